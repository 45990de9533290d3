// What   row_reader: takes a row apart from left to right.
// Why    The codecs say which columns there are; how a cell becomes a value is said once.
// Errors codec_error when a row holds what no program of ours writes.
// Threads one.
#pragma once

#include "storage/row_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace storage {

/// Takes a row apart from left to right.
class row_reader {
public:
  explicit row_reader(const row& r) : row_(r) {}

  std::int64_t number() { return as<std::int64_t>("integer"); }
  std::string words() { return as<std::string>("text"); }
  std::optional<std::string> optional_words() {
    return optional([](row_reader& r) { return r.words(); });
  }
  bool yes() { return one_of({0, 1}) == 1; }
  void skip(std::size_t columns) { at_ += columns; }
  std::uint64_t count() { return unsigned_bits(number()); }
  std::uint32_t small() { return within<std::uint32_t>(); }
  base::centavos money() { return {number()}; }
  base::utc_us time() { return {number()}; }
  base::civil_day day() { return {within<std::int32_t>()}; }
  template <class Id> Id id() { return id_of<Id>(number()); }
  template <class Id> std::optional<Id> optional_id() {
    const auto key = optional([](row_reader& r) { return r.number(); });
    if (key) return id_of<Id>(*key);
    ++at_; // its text
    return std::nullopt;
  }

  // Cut to fit, two rows that differ would look the same to the auditor.
  template <class Int> Int within() {
    const auto n = number();
    if (!std::in_range<Int>(n))
      throw codec_error(fmt::format("column {} is out of range", at_ - 1));
    return static_cast<Int>(n);
  }
  std::int64_t one_of(std::initializer_list<std::int64_t> allowed) {
    const auto n = number();
    if (std::find(allowed.begin(), allowed.end(), n) == allowed.end())
      throw codec_error(fmt::format("column {} is out of range", at_ - 1));
    return n;
  }

  base::digest digest() {
    const auto bytes = as<blob>("bytes").bytes;
    base::digest d{};
    if (bytes.size() != d.size()) throw codec_error("a digest has 32 bytes");
    std::copy(bytes.begin(), bytes.end(), d.begin());
    return d;
  }

  template <class Read> auto optional(Read read) -> std::optional<decltype(read(*this))> {
    if (at_ < row_.size() && std::holds_alternative<std::monostate>(row_[at_])) {
      ++at_;
      return std::nullopt;
    }
    return read(*this);
  }
  std::optional<base::utc_us> optional_time() {
    return optional([](row_reader& r) { return r.time(); });
  }

  template <class T> T named(std::optional<T> (*parse)(std::string_view)) {
    const auto found = parse(words());
    if (!found) throw codec_error(fmt::format("column {} holds an unknown word", at_ - 1));
    return *found;
  }

private:
  template <class Id> Id id_of(base::id_key key) {
    const auto imported = optional([](row_reader& r) { return r.words(); });
    if (!imported) return Id::of(key);
    Id id{*imported};
    if (key_of(id) != key)
      throw codec_error(fmt::format("column {} is not the text of its key", at_ - 1));
    return id;
  }
  template <class T> T as(const char* type) {
    const auto* found = at_ < row_.size() ? std::get_if<T>(&row_[at_]) : nullptr;
    if (found == nullptr) throw codec_error(fmt::format("column {} is not of type {}", at_, type));
    ++at_;
    return *found;
  }

  const row& row_;
  std::size_t at_ = 0;
};

ledger::account_record read_account(row_reader& r);

} // namespace storage
