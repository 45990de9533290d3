// Amounts: exact, within bounds, and the same when they are printed and read again.
#include "base/json.hpp"
#include "base/money.hpp"
#include "http/api/decode.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

namespace {

/// Plain texts such as "-12.3" once more, by counting digits only.
std::optional<std::int64_t> plainly(std::string_view text) {
  const bool minus = !text.empty() && text.front() == '-';
  if (minus) text.remove_prefix(1);
  const auto dot = text.find('.');
  const auto whole = text.substr(0, dot);
  const auto part = dot == text.npos ? std::string_view{} : text.substr(dot + 1);
  if (whole.empty() || whole.size() > 13 || part.size() > 2 || (dot != text.npos && part.empty()))
    return std::nullopt;
  std::int64_t minor = 0;
  for (const char c : std::string{whole} + std::string{part} + std::string(2 - part.size(), '0')) {
    if (c < '0' || c > '9') return std::nullopt;
    minor = minor * 10 + (c - '0');
  }
  return minus ? -minor : minor;
}

bool within(base::centavos c) {
  return c.minor <= base::amount_minor_max && c.minor >= -base::amount_minor_max;
}

void check_member(const base::json::value& body) {
  http::faults faults;
  http::object_reader reader(body, {"body"}, faults);
  const auto reais = reader.reais("v");
  ENSURE(reais.has_value() == faults.empty(), "no value, or no fault");
  ENSURE(!reais || within(*reais), "reais out of bounds");
  faults.clear();
  const auto cents = reader.amount("v");
  ENSURE(cents.has_value() == faults.empty(), "no amount, or no fault");
  if (!cents) return;
  ENSURE(cents->minor >= 1 && within(*cents), "an amount out of bounds");
  const auto* number = body.find("v")->if_number();
  ENSURE(number && std::to_string(cents->minor) == number->text, "centavos that nobody wrote");
}

} // namespace

void fuzz::target(std::string_view input) {
  const auto read = base::parse_reais(input);
  if (read) {
    ENSURE(within(*read), "out of bounds");
    const auto text = base::decimal_text(*read);
    const auto again = base::parse_reais(text);
    ENSURE(again && *again == *read, "printed and read again it is another amount");
    ENSURE(plainly(text) == read->minor, "its text says something else");
  }
  if (const auto minor = plainly(input)) {
    ENSURE(read.has_value() == within({*minor}), "a plain text is refused, or too much is taken");
    ENSURE(!read || read->minor == *minor, "a plain text is read wrong");
  }
  check_member(base::json::object{{"v", std::string{input}}});
  const auto body = base::json::read("{\"v\":" + std::string{input} + "}");
  if (const auto* value = std::get_if<base::json::value>(&body))
    if (value->find("v")) check_member(*value);
}
