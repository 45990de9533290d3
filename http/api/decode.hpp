// What   Readers of bodies and query strings that collect every fault of a request before anything
//        is refused: object_reader, query_reader, read_body.
// Why    The shape, types and messages of faults are those of the former backend; clients show
//        them.
// Bounds what a fault quotes of the input is at most 1 KiB of JSON, else null, so an answer never
//        multiplies a body.
// Errors Each getter adds its faults and answers nothing; the caller looks at faults.empty() once.
// Threads one reader belongs to one request.
// Source api-contract.md §1.2 (types and messages), §2.1, §2.4
#pragma once

#include "base/json.hpp"
#include "base/money.hpp"
#include "http/api/written_date.hpp"
#include "http/problem.hpp"
#include "http/request.hpp"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace http {

using faults = std::vector<validation_fault>;
using choices = std::span<const std::string_view>;

/// `refused`: null is a value of the wrong type. `absent`: null means "not sent".
enum class null_rule : std::uint8_t { refused, absent };
enum class need : std::uint8_t { required, optional };

struct text_rule {
  std::size_t min = 0; ///< code points, after control characters were dropped
  std::size_t max = std::numeric_limits<std::size_t>::max();
  need presence = need::required;
  null_rule null = null_rule::refused;
  bool trim = false; ///< white space at both ends is dropped
  bool blank_counts_as_short = false;
  bool secret = false; ///< kept byte for byte, and never quoted
};

struct presence_rule {
  need presence = need::required;
  null_rule null = null_rule::refused;
};
constexpr presence_rule may_be_left_out{need::optional, null_rule::refused};
constexpr presence_rule may_be_null{need::optional, null_rule::absent};

struct size_rule {
  std::size_t min = 1;
  std::size_t max = 1;
};

/// The members of one JSON object.
class object_reader {
public:
  /// `secrets`: members whose values are never quoted, not even inside the whole object.
  object_reader(const base::json::value& object, base::json::array loc, faults& out,
                std::initializer_list<std::string_view> secrets = {});

  const base::json::value* find(std::string_view key) const { return object_.find(key); }
  bool has(std::string_view key) const { return find(key) != nullptr; }
  bool is_null(std::string_view key) const {
    const auto* v = find(key);
    return v != nullptr && v->is_null();
  }

  std::optional<std::string> text(std::string_view key, const text_rule& rule);
  /// An id: 1..64 bytes.
  std::optional<std::string> id(std::string_view key, presence_rule rule = {});
  std::optional<std::string> one_of(std::string_view key, choices allowed, presence_rule rule = {});
  std::optional<std::string> color(std::string_view key, presence_rule rule = {});
  std::optional<std::string> email(std::string_view key, presence_rule rule = {});
  std::optional<bool> boolean(std::string_view key, presence_rule rule = {});
  /// Integer centavos, 1..amount_minor_max.
  std::optional<base::centavos> amount(std::string_view key, presence_rule rule = {}) {
    return cents(key, 1, rule);
  }
  /// Integer centavos, 0..amount_minor_max.
  std::optional<base::centavos> amount_or_zero(std::string_view key, presence_rule rule = {}) {
    return cents(key, 0, rule);
  }
  /// Integer centavos of any size, for the ledger to judge; beyond int64 the end of it.
  std::optional<base::centavos> any_amount(std::string_view key, presence_rule rule = {});
  /// Integer centavos of either sign, not 0, within ± amount_minor_max.
  std::optional<base::centavos> signed_amount(std::string_view key, presence_rule rule = {});
  /// Reais as a JSON number or a numeric text; exact.
  std::optional<base::centavos> reais(std::string_view key, presence_rule rule = {});
  std::optional<written_date> date(std::string_view key, const scheduler::zone_rules& zone,
                                   presence_rule rule = {});
  /// A set of names: trimmed, without repetitions, in their order.
  std::optional<std::vector<std::string>> tags(std::string_view key);
  /// A list of min..max elements; they are for the caller to read. Nothing: it is not a list, or
  /// too long to look at.
  const base::json::array* list(std::string_view key, size_rule size);
  /// `currency`, when it is sent, must be BRL.
  void currency();

  void add(std::string_view key, std::string type, std::string msg, const base::json::value& input,
           std::optional<base::json::object> ctx = std::nullopt);
  /// A fault of the object as a whole.
  void add_whole(std::string type, std::string msg);

private:
  const base::json::value* wanted(std::string_view key, presence_rule rule);
  base::json::array at(std::string_view key) const;
  bool is_secret(std::string_view key) const;
  base::json::value quoted(std::string_view key, const base::json::value& v) const;
  base::json::value quoted_whole() const;
  std::optional<base::centavos> cents(std::string_view key, std::int64_t least, presence_rule rule);
  std::optional<std::string> sized(std::string_view key, const base::json::value& shown,
                                   const std::string& sent, const text_rule& rule);

  const base::json::value& object_;
  base::json::array loc_;
  faults& out_;
  std::vector<std::string_view> secrets_;
};

class query_reader {
public:
  query_reader(const request& r, faults& out) : request_(r), out_(out) {}

  const std::string* raw(std::string_view key) const { return request_.query_value(key); }
  std::optional<std::string> text(std::string_view key, std::size_t max);
  std::vector<std::string> texts(std::string_view key, std::size_t max, std::size_t count_max);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  bool flag(std::string_view key);
  std::optional<std::string> one_of(std::string_view key, choices allowed);
  std::optional<written_date> date(std::string_view key, const scheduler::zone_rules& zone);

  void add(std::string_view key, std::string type, std::string msg, const std::string& input,
           std::optional<base::json::object> ctx = std::nullopt);

private:
  const request& request_;
  faults& out_;
};

/// The body as an object, or the 422 that refuses it: no JSON, nothing at all, no object.
std::variant<base::json::value, response> read_body(const request& r);

} // namespace http
