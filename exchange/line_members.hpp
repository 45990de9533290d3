// What   members: takes the members of a line's object one after another and remembers the first
//        that is wrong. read_row: the line of a row beside the books; read_schedule: of a schedule.
// Why    Each kind of line names its members; what is wrong with one is said once.
// Errors fault(): a text for people; empty when all is well and nothing is left over.
// Threads one.
#pragma once

#include "base/json.hpp"
#include "base/limits.hpp"
#include "ledger/user_row.hpp"
#include "scheduler/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exchange {

class members {
public:
  explicit members(const base::json::object& o) : object_(o) {}

  std::string text(std::string_view name) {
    const auto* found = find(name);
    if (found && found->if_string()) return *found->if_string();
    wrong(name, "is no text");
    return {};
  }
  std::int64_t number(std::string_view name,
                      std::int64_t low = std::numeric_limits<std::int64_t>::min(),
                      std::int64_t high = std::numeric_limits<std::int64_t>::max()) {
    const auto* found = find(name);
    const auto n = found ? found->as_int64() : std::nullopt;
    if (n && *n >= low && *n <= high) return *n;
    wrong(name, "is no integer, or out of range");
    return low;
  }
  std::uint64_t count(std::string_view name, std::int64_t low = 0) {
    return static_cast<std::uint64_t>(number(name, low));
  }
  std::uint32_t small(std::string_view name) {
    return static_cast<std::uint32_t>(number(name, 0, std::numeric_limits<std::uint32_t>::max()));
  }
  bool flag(std::string_view name) {
    const auto* found = find(name);
    if (found && found->if_bool()) return *found->if_bool();
    wrong(name, "is neither true nor false");
    return false;
  }
  base::civil_day day(std::string_view name) {
    return {static_cast<std::int32_t>(number(name, std::numeric_limits<std::int32_t>::min(),
                                             std::numeric_limits<std::int32_t>::max()))};
  }
  template <class Id> Id id(std::string_view name) {
    const auto given = text(name);
    if (given.empty() || given.size() > base::limits::id_bytes_max) wrong(name, "is no id");
    return Id{given};
  }
  base::digest digest(std::string_view name) {
    const auto found = base::digest_of_hex(text(name));
    if (!found) wrong(name, "is no SHA-256");
    return found.value_or(base::digest{});
  }
  template <class T> T named(std::string_view name, std::optional<T> (*parse)(std::string_view)) {
    const auto found = parse(text(name));
    if (!found) wrong(name, "is an unknown word");
    return found.value_or(T{});
  }
  /// Reads the member with `read` unless it is null.
  template <class Read> auto optional(std::string_view name, Read read) {
    std::optional<decltype(read(name))> made;
    const auto* found = peek(name);
    if (found && found->is_null())
      ++taken_;
    else
      made = read(name);
    return made;
  }
  std::optional<base::utc_us> time_or_null(std::string_view name) {
    return optional(name, [this](std::string_view n) { return base::utc_us{number(n)}; });
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> made;
    const auto* found = find(name);
    const auto* all = found ? found->if_array() : nullptr;
    if (!all) wrong(name, "is no list");
    for (std::size_t i = 0; all && i < all->size(); ++i) {
      const auto* one = (*all)[i].if_string();
      if (!one) wrong(name, "holds what is no text");
      made.push_back(one ? *one : std::string{});
    }
    return made;
  }
  const base::json::object& inner(std::string_view name) {
    static const base::json::object none;
    const auto* found = find(name);
    if (found && found->if_object()) return *found->if_object();
    wrong(name, "is no object");
    return none;
  }

  void wrong(std::string_view name, std::string_view what) {
    if (fault_.empty()) fault_ = fmt::format("{} {}", name, what);
  }
  /// The first fault; one too many is one, too.
  std::string fault() const {
    if (fault_.empty() && taken_ != object_.size()) return "there is a member that nobody knows";
    return fault_;
  }

private:
  const base::json::value* peek(std::string_view name) const {
    const auto at = std::find_if(object_.begin(), object_.end(),
                                 [&](const auto& m) { return m.first == name; });
    return at == object_.end() ? nullptr : &at->second;
  }
  const base::json::value* find(std::string_view name) {
    const auto* found = peek(name);
    if (found)
      ++taken_;
    else
      wrong(name, "is missing");
    return found;
  }

  const base::json::object& object_;
  std::size_t taken_ = 0;
  std::string fault_;
};

/// In the order of their enumerations.
inline constexpr std::array<std::string_view, 3> misfire_words{"skip", "once", "all"};
inline constexpr std::array<std::string_view, 3> overlap_words{"skip", "queue", "allow"};

scheduler::schedule read_schedule(members& m);

/// Nothing when no row is called that.
std::optional<ledger::user_row> read_row(std::string_view kind, members& m);

} // namespace exchange
