#include "http/api/decode.hpp"

#include "base/limits.hpp"
#include "http/api/text.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

namespace json = base::json;

constexpr std::size_t quoted_bytes_max = 1024;
constexpr std::string_view bad_date =
    "Input should be a valid date or datetime, unable to read it as ISO-8601 between 1900 and 2199";

json::value shown(const json::value& v) {
  return json::write(v).size() > quoted_bytes_max ? json::value{nullptr} : v;
}

json::value shown(const std::string& s) {
  const bool quotable = s.size() <= quoted_bytes_max && s.find('\0') == s.npos;
  return quotable ? json::value{s} : json::value{nullptr};
}

json::value number(std::size_t n) { return json::value{static_cast<std::int64_t>(n)}; }

/// 'a', 'b' or 'c'
std::string listed(choices allowed) {
  std::string text;
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if (i > 0) text += i + 1 == allowed.size() ? " or " : ", ";
    text += fmt::format("'{}'", allowed[i]);
  }
  return text;
}

std::string characters(std::size_t n) {
  return fmt::format("{} character{}", n, n == 1 ? "" : "s");
}

bool contains(choices allowed, std::string_view text) {
  return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

std::string_view without_digits(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
  return text;
}

/// Whether it is a number at all, however large.
bool is_decimal(std::string_view text) {
  const auto skip_sign = [&] {
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  };
  skip_sign();
  const auto before = text.size();
  text = without_digits(text);
  auto digits = before - text.size();
  if (!text.empty() && text.front() == '.') {
    const auto fraction = text.substr(1);
    text = without_digits(fraction);
    digits += fraction.size() - text.size();
  }
  if (digits == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  skip_sign();
  return !text.empty() && without_digits(text).empty();
}

enum class number_form : std::uint8_t { whole, fractional };

number_form form_of(const json::number& n) {
  return n.text.find_first_of(".eE") == n.text.npos ? number_form::whole : number_form::fractional;
}

} // namespace

// -- object_reader --------------------------------------------------------------------------------

object_reader::object_reader(const json::value& object, json::array loc, faults& out,
                             std::initializer_list<std::string_view> secrets)
    : object_(object), loc_(std::move(loc)), out_(out), secrets_(secrets) {}

json::array object_reader::at(std::string_view key) const {
  auto loc = loc_;
  loc.emplace_back(key);
  return loc;
}

bool object_reader::is_secret(std::string_view key) const {
  return std::find(secrets_.begin(), secrets_.end(), key) != secrets_.end();
}

json::value object_reader::quoted(std::string_view key, const json::value& v) const {
  return is_secret(key) ? json::value{"***"} : shown(v);
}

json::value object_reader::quoted_whole() const {
  if (secrets_.empty()) return shown(object_);
  auto copy = object_;
  if (auto* members = copy.if_object())
    for (auto& [key, v] : *members)
      if (is_secret(key)) v = "***";
  return shown(copy);
}

void object_reader::add(std::string_view key, std::string type, std::string msg,
                        const json::value& input, std::optional<json::object> ctx) {
  out_.push_back({std::move(type), at(key), std::move(msg), quoted(key, input), std::move(ctx)});
}

void object_reader::add_whole(std::string type, std::string msg) {
  out_.push_back({std::move(type), loc_, std::move(msg), quoted_whole(), std::nullopt});
}

const json::value* object_reader::wanted(std::string_view key, presence_rule rule) {
  const auto* v = find(key);
  if (v == nullptr) {
    if (rule.presence == need::required)
      out_.push_back({"missing", at(key), "Field required", quoted_whole(), std::nullopt});
    return nullptr;
  }
  if (v->is_null() && rule.null == null_rule::absent) return nullptr;
  return v;
}

std::optional<std::string> object_reader::sized(std::string_view key, const json::value& input,
                                                const std::string& sent, const text_rule& rule) {
  std::string kept = rule.secret ? sent : without_controls(sent);
  if (rule.trim) kept = std::string{trimmed(kept)};
  const auto length = code_points(kept);
  if (length < rule.min || (rule.blank_counts_as_short && is_blank(kept))) {
    const auto min = std::max<std::size_t>(rule.min, 1);
    add(key, "string_too_short", "String should have at least " + characters(min), input,
        json::object{{"min_length", number(min)}});
    return std::nullopt;
  }
  if (length > rule.max) {
    add(key, "string_too_long", "String should have at most " + characters(rule.max), input,
        json::object{{"max_length", number(rule.max)}});
    return std::nullopt;
  }
  return kept;
}

std::optional<std::string> object_reader::text(std::string_view key, const text_rule& rule) {
  const auto* v = wanted(key, {rule.presence, rule.null});
  if (v == nullptr) return std::nullopt;
  const auto* s = v->if_string();
  if (s == nullptr) {
    add(key, "string_type", "Input should be a valid string", *v);
    return std::nullopt;
  }
  return sized(key, *v, *s, rule);
}

std::optional<std::string> object_reader::id(std::string_view key, presence_rule rule) {
  auto text_of_id = text(key, {.min = 1, .presence = rule.presence, .null = rule.null});
  if (text_of_id && text_of_id->size() > base::limits::id_bytes_max) {
    add(key, "string_too_long",
        "String should have at most " + characters(base::limits::id_bytes_max), *text_of_id,
        json::object{{"max_length", number(base::limits::id_bytes_max)}});
    return std::nullopt;
  }
  return text_of_id;
}

std::optional<std::string> object_reader::one_of(std::string_view key, choices allowed,
                                                 presence_rule rule) {
  const auto* v = wanted(key, rule);
  if (v == nullptr) return std::nullopt;
  const auto* s = v->if_string();
  if (s != nullptr && contains(allowed, *s)) return *s;
  const auto expected = listed(allowed);
  add(key, "enum", "Input should be " + expected, *v, json::object{{"expected", expected}});
  return std::nullopt;
}

std::optional<std::string> object_reader::color(std::string_view key, presence_rule rule) {
  auto sent = text(key, {.presence = rule.presence, .null = rule.null});
  if (!sent || is_color(*sent)) return sent;
  constexpr std::string_view pattern = "^#[0-9A-Fa-f]{6}$";
  add(key, "string_pattern_mismatch", fmt::format("String should match pattern '{}'", pattern),
      *sent, json::object{{"pattern", pattern}});
  return std::nullopt;
}

std::optional<std::string> object_reader::email(std::string_view key, presence_rule rule) {
  auto sent = text(key, {.presence = rule.presence, .null = rule.null, .trim = true});
  if (!sent) return std::nullopt;
  if (is_email(*sent)) return lower_ascii(*sent);
  add(key, "value_error", "Value error, Email inválido", *sent);
  return std::nullopt;
}

std::optional<bool> object_reader::boolean(std::string_view key, presence_rule rule) {
  const auto* v = wanted(key, rule);
  if (v == nullptr) return std::nullopt;
  if (const auto* b = v->if_bool()) return *b;
  add(key, "bool_type", "Input should be a valid boolean", *v);
  return std::nullopt;
}

std::optional<base::centavos> object_reader::any_amount(std::string_view key, presence_rule rule) {
  const auto* v = wanted(key, rule);
  if (v == nullptr) return std::nullopt;
  const auto* n = v->if_number();
  if (n == nullptr || form_of(*n) == number_form::fractional) {
    add(key, "value_error", "Value error, amount_cents must be integer", *v);
    return std::nullopt;
  }
  using ends = std::numeric_limits<std::int64_t>;
  const auto end = n->text.front() == '-' ? ends::min() : ends::max();
  return base::centavos{v->as_int64().value_or(end)};
}

std::optional<base::centavos> object_reader::cents(std::string_view key, std::int64_t least,
                                                   presence_rule rule) {
  const auto sent = any_amount(key, rule);
  if (!sent) return std::nullopt;
  if (sent->minor < least) {
    const bool zero = least == 0;
    add(key, zero ? "greater_than_equal" : "greater_than",
        zero ? "Input should be greater than or equal to 0" : "Input should be greater than 0",
        *find(key), json::object{{zero ? "ge" : "gt", 0}});
    return std::nullopt;
  }
  if (sent->minor > base::amount_minor_max) {
    add(key, "less_than_equal",
        fmt::format("Input should be less than or equal to {}", base::amount_minor_max), *find(key),
        json::object{{"le", base::amount_minor_max}});
    return std::nullopt;
  }
  return sent;
}

std::optional<base::centavos> object_reader::signed_amount(std::string_view key,
                                                           presence_rule rule) {
  const auto sent = any_amount(key, rule);
  if (!sent) return std::nullopt;
  constexpr auto max = base::amount_minor_max;
  if (sent->minor == 0) {
    add(key, "value_error", fmt::format("Value error, {} must not be 0", key), *find(key));
    return std::nullopt;
  }
  if (sent->minor >= -max && sent->minor <= max) return sent;
  if (sent->minor < 0)
    add(key, "greater_than_equal", fmt::format("Input should be greater than or equal to {}", -max),
        *find(key), json::object{{"ge", -max}});
  else
    add(key, "less_than_equal", fmt::format("Input should be less than or equal to {}", max),
        *find(key), json::object{{"le", max}});
  return std::nullopt;
}

std::optional<base::centavos> object_reader::reais(std::string_view key, presence_rule rule) {
  const auto* v = wanted(key, rule);
  if (v == nullptr) return std::nullopt;
  const auto* n = v->if_number();
  const auto* s = v->if_string();
  if (n == nullptr && s == nullptr) {
    add(key, "float_type", "Input should be a valid number", *v);
    return std::nullopt;
  }
  const auto text = trimmed(n != nullptr ? n->text : *s);
  if (const auto read = base::parse_reais(text)) return read;
  if (n == nullptr && !is_decimal(text)) {
    add(key, "float_parsing", "Input should be a valid number, unable to parse string as a number",
        *v);
    return std::nullopt;
  }
  const auto limit = base::decimal_text(base::centavos{base::amount_minor_max});
  if (text.front() == '-')
    add(key, "greater_than_equal",
        fmt::format("Input should be greater than or equal to -{}", limit), *v,
        json::object{{"ge", json::number{"-" + limit}}});
  else
    add(key, "less_than_equal", fmt::format("Input should be less than or equal to {}", limit), *v,
        json::object{{"le", json::number{limit}}});
  return std::nullopt;
}

std::optional<written_date>
object_reader::date(std::string_view key, const scheduler::zone_rules& zone, presence_rule rule) {
  const auto* v = wanted(key, rule);
  if (v == nullptr) return std::nullopt;
  const auto* s = v->if_string();
  auto read = s == nullptr ? std::nullopt : read_date(*s, zone);
  if (!read) add(key, "datetime_parsing", std::string{bad_date}, *v);
  return read;
}

std::optional<std::vector<std::string>> object_reader::tags(std::string_view key) {
  constexpr std::size_t name_max = 50;
  const auto* v = wanted(key, {need::optional, null_rule::absent});
  if (v == nullptr) return std::nullopt;
  const auto* list = v->if_array();
  if (list == nullptr) {
    add(key, "list_type", "Input should be a valid list", *v);
    return std::nullopt;
  }
  if (list->size() > base::limits::tags_max) {
    add(key, "too_long",
        fmt::format("List should have at most {} items after validation, not {}",
                    base::limits::tags_max, list->size()),
        *v,
        json::object{{"field_type", "List"},
                     {"max_length", number(base::limits::tags_max)},
                     {"actual_length", number(list->size())}});
    return std::nullopt;
  }
  std::vector<std::string> names;
  names.reserve(list->size());
  bool sound = true;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto before = out_.size();
    const auto& element = (*list)[i];
    const auto* s = element.if_string();
    std::optional<std::string> name;
    if (s == nullptr)
      add(key, "string_type", "Input should be a valid string", element);
    else
      name = sized(key, element, *s, {.min = 1, .max = name_max, .trim = true});
    for (auto f = before; f < out_.size(); ++f) out_[f].loc.emplace_back(number(i));
    if (!name) sound = false;
    if (name && std::find(names.begin(), names.end(), *name) == names.end())
      names.push_back(std::move(*name));
  }
  if (!sound) return std::nullopt;
  return names;
}

const json::array* object_reader::list(std::string_view key, size_rule size) {
  const auto* v = wanted(key, {});
  if (v == nullptr) return nullptr;
  const auto* list = v->if_array();
  if (list == nullptr) {
    add(key, "list_type", "Input should be a valid list", *v);
    return nullptr;
  }
  const auto fault = [&](std::string type, std::string_view bound, std::size_t n) {
    add(key, std::move(type),
        fmt::format("List should have at {} {} item{} after validation, not {}",
                    bound == "min_length" ? "least" : "most", n, n == 1 ? "" : "s", list->size()),
        *v,
        json::object{{"field_type", "List"},
                     {std::string{bound}, number(n)},
                     {"actual_length", number(list->size())}});
  };
  if (list->size() < size.min) fault("too_short", "min_length", size.min);
  if (list->size() <= size.max) return list;
  fault("too_long", "max_length", size.max);
  return nullptr;
}

void object_reader::currency() {
  static constexpr std::string_view allowed[] = {base::currency_brl};
  one_of("currency", allowed, {need::optional, null_rule::refused});
}

// -- query_reader ---------------------------------------------------------------------------------

void query_reader::add(std::string_view key, std::string type, std::string msg,
                       const std::string& input, std::optional<json::object> ctx) {
  out_.push_back(
      {std::move(type), json::array{"query", key}, std::move(msg), shown(input), std::move(ctx)});
}

std::optional<std::string> query_reader::text(std::string_view key, std::size_t max) {
  const auto* sent = raw(key);
  if (sent == nullptr) return std::nullopt;
  if (sent->find('\0') != sent->npos) {
    add(key, "value_error", "Value error, o texto não pode conter NUL", *sent);
    return std::nullopt;
  }
  if (code_points(*sent) > max) {
    add(key, "string_too_long", "String should have at most " + characters(max), *sent,
        json::object{{"max_length", number(max)}});
    return std::nullopt;
  }
  return without_controls(*sent);
}

std::vector<std::string> query_reader::texts(std::string_view key, std::size_t max,
                                             std::size_t count_max) {
  std::vector<std::string> found;
  const auto sent = request_.query_values(key);
  if (sent.size() > count_max) {
    out_.push_back({"too_long", json::array{"query", key},
                    fmt::format("List should have at most {} items after validation, not {}",
                                count_max, sent.size()),
                    nullptr,
                    json::object{{"field_type", "List"},
                                 {"max_length", number(count_max)},
                                 {"actual_length", number(sent.size())}}});
    return found;
  }
  for (const auto value : sent) {
    if (value.find('\0') != value.npos)
      add(key, "value_error", "Value error, o texto não pode conter NUL", std::string{value});
    else if (code_points(value) > max)
      add(key, "string_too_long", "String should have at most " + characters(max),
          std::string{value}, json::object{{"max_length", number(max)}});
    else
      found.emplace_back(trimmed(value));
  }
  return found;
}

std::optional<std::int64_t> query_reader::integer(std::string_view key, std::int64_t min,
                                                  std::int64_t max) {
  const auto* sent = raw(key);
  if (sent == nullptr) return std::nullopt;
  const auto text_of_number = trimmed(*sent);
  const auto* end = text_of_number.data() + text_of_number.size();
  std::int64_t n = 0;
  const auto read = std::from_chars(text_of_number.data(), end, n);
  const bool digits = read.ptr == end && !text_of_number.empty();
  if (!digits || read.ec == std::errc::invalid_argument) {
    add(key, "int_parsing", "Input should be a valid integer, unable to parse string as an integer",
        *sent);
    return std::nullopt;
  }
  const bool beyond = read.ec == std::errc::result_out_of_range;
  const bool negative = text_of_number.front() == '-';
  if (beyond ? negative : n < min) {
    add(key, "greater_than_equal", fmt::format("Input should be greater than or equal to {}", min),
        *sent, json::object{{"ge", min}});
    return std::nullopt;
  }
  if (beyond || n > max) {
    add(key, "less_than_equal", fmt::format("Input should be less than or equal to {}", max), *sent,
        json::object{{"le", max}});
    return std::nullopt;
  }
  return n;
}

bool query_reader::flag(std::string_view key) {
  const auto* sent = raw(key);
  if (sent == nullptr) return false;
  static constexpr std::string_view yes[] = {"true", "1", "yes", "on"};
  static constexpr std::string_view no[] = {"false", "0", "no", "off"};
  const auto word = lower_ascii(trimmed(*sent));
  if (contains(yes, word)) return true;
  if (!contains(no, word)) add(key, "bool_type", "Input should be a valid boolean", *sent);
  return false;
}

std::optional<std::string> query_reader::one_of(std::string_view key, choices allowed) {
  const auto* sent = raw(key);
  if (sent == nullptr) return std::nullopt;
  if (contains(allowed, *sent)) return *sent;
  const auto expected = listed(allowed);
  add(key, "enum", "Input should be " + expected, *sent, json::object{{"expected", expected}});
  return std::nullopt;
}

std::optional<written_date> query_reader::date(std::string_view key,
                                               const scheduler::zone_rules& zone) {
  const auto* sent = raw(key);
  if (sent == nullptr) return std::nullopt;
  auto read = read_date(*sent, zone);
  if (!read) add(key, "date_from_datetime_parsing", std::string{bad_date}, *sent);
  return read;
}

// -- body -----------------------------------------------------------------------------------------

std::variant<json::value, response> read_body(const request& r) {
  if (is_blank(r.body))
    return validation_problem({{"missing", json::array{"body"}, "Field required", nullptr, {}}},
                              r.request_id);
  auto parsed = json::read(r.body);
  if (const auto* bad = std::get_if<json::fault>(&parsed)) return json_problem(*bad, r.request_id);
  auto& value = std::get<json::value>(parsed);
  if (value.if_object() == nullptr)
    return validation_problem(
        {{"model_attributes_type",
          json::array{"body"},
          "Input should be a valid dictionary or object to extract fields from",
          shown(value),
          {}}},
        r.request_id);
  return std::move(value);
}

} // namespace http
