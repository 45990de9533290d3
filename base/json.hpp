// What   json::value: a small document type whose numbers keep their text; strict reader,
//        deterministic writer.
// Why    Money must be read from and written as exact decimal text, which no double-based library
//        type can promise. RapidJSON does the parsing behind it (json.cpp is its only home).
// Bounds depth <= limits::json_depth_max; the caller bounds the size.
// Errors read() answers the byte offset and a reason; invalid UTF-8, NUL characters in strings,
//        NaN, trailing bytes, lone surrogates, numbers beyond a double are refused. A duplicate
//        key: the last one wins (api-contract §1.1).
// Threads a value belongs to one thread.
#pragma once

#include "base/money.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace base::json {

class value;
using array = std::vector<value>;
/// Members in the order of the text (writer) or of arrival (reader), without duplicates.
using object = std::vector<std::pair<std::string, value>>;

/// A number as its text: "10", "-0.5", "1e3". Also how raw exact numbers are written.
struct number {
  std::string text;
  bool operator==(const number&) const = default;
};

class value {
public:
  using variant = std::variant<std::nullptr_t, bool, number, std::string, array, object>;

  value() : v_(nullptr) {}
  value(std::nullptr_t) : v_(nullptr) {}
  value(bool b) : v_(b) {}
  value(std::int64_t n) : v_(number{std::to_string(n)}) {}
  value(int n) : v_(number{std::to_string(n)}) {}
  value(number n) : v_(std::move(n)) {}
  value(std::string s) : v_(std::move(s)) {}
  value(std::string_view s) : v_(std::string{s}) {}
  value(const char* s) : v_(std::string{s}) {}
  value(array a) : v_(std::move(a)) {}
  value(object o) : v_(std::move(o)) {}

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(v_); }
  const bool* if_bool() const { return std::get_if<bool>(&v_); }
  const number* if_number() const { return std::get_if<number>(&v_); }
  const std::string* if_string() const { return std::get_if<std::string>(&v_); }
  const array* if_array() const { return std::get_if<array>(&v_); }
  const object* if_object() const { return std::get_if<object>(&v_); }
  array* if_array() { return std::get_if<array>(&v_); }
  object* if_object() { return std::get_if<object>(&v_); }

  /// The member of an object; nothing when it is absent or this is no object.
  const value* find(std::string_view key) const;
  /// The whole number, when the text is one without fraction and exponent and it fits.
  std::optional<std::int64_t> as_int64() const;

  bool operator==(const value&) const = default;

private:
  variant v_;
};

/// Money as a JSON number with two decimals, exact.
inline value money(centavos c) { return number{decimal_text(c)}; }

struct fault {
  std::size_t offset = 0; ///< byte
  std::string reason;
};

std::variant<value, fault> read(std::string_view text);
/// Compact, members in their order, strings escaped, UTF-8 left as it is.
std::string write(const value& v);
void write(const value& v, std::string& out);
/// Compact with the keys of every object sorted: for fingerprints.
std::string write_canonical(const value& v);

} // namespace base::json
