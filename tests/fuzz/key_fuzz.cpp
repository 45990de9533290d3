// Idempotency keys, and the fingerprint of what was asked under one.
#include "base/limits.hpp"
#include "http/api/request_key.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace {

namespace json = base::json;

json::value reversed(const json::value& v) {
  if (const auto* a = v.if_array()) {
    json::array out;
    for (const auto& one : *a) out.push_back(reversed(one));
    return out;
  }
  const auto* o = v.if_object();
  if (o == nullptr) return v;
  json::object out;
  for (const auto& [name, one] : *o) out.emplace_back(name, reversed(one));
  std::reverse(out.begin(), out.end());
  return out;
}

} // namespace

void fuzz::target(std::string_view input) {
  http::request r;
  r.method = "POST";
  r.route = "/api/transactions";
  r.headers = {{"idempotency-KEY", std::string{before(input, '\n')}}};
  http::faults faults;
  const auto key = http::idempotency_key(r, faults);
  ENSURE(!key || faults.empty(), "a key, and a fault");
  if (key) {
    ENSURE(!key->empty() && key->size() <= base::limits::idempotency_key_max, "key out of bounds");
    ENSURE(std::all_of(key->begin(), key->end(), [](char c) { return c >= ' ' && c <= '~'; }),
           "a key that is not printable");
    ENSURE(key->front() != ' ' && key->back() != ' ', "a key that was not trimmed");
    r.headers[0].value = " " + *key + "\t";
    ENSURE(http::idempotency_key(r, faults) == key, "white space around it makes another key");
  }
  const auto read = json::read(input);
  const auto* value = std::get_if<json::value>(&read);
  if (value == nullptr || value->if_object() == nullptr) return;
  const auto& body = *value->if_object();
  const auto print = http::fingerprint_of(r, body);
  ENSURE(http::fingerprint_of(r, *reversed(*value).if_object()) == print,
         "the order of fields makes another request");
  auto other = body;
  other.emplace_back("\x01 a name that no input has", true);
  ENSURE(http::fingerprint_of(r, other) != print, "another body, the same fingerprint");
}
