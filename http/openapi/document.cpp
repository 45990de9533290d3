#include "http/openapi/document.hpp"

#include "base/assert.hpp"
#include "http/openapi/openapi_text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace http {

namespace {

namespace json = base::json;

json::value parsed(const openapi_part& part) {
  auto read = json::read(part.text);
  auto* value = std::get_if<json::value>(&read);
  ENSURE(value != nullptr && value->if_object() != nullptr, "a part of openapi.json is no object");
  return std::move(*value);
}

std::string joined() {
  const auto parts = openapi_parts();
  ENSURE(!parts.empty() && parts.front().name == "document", "openapi.json begins with document");
  auto whole = parsed(parts.front());
  for (const auto& part : parts.subspan(1)) join_openapi(whole, parsed(part));
  return json::write(whole);
}

} // namespace

void join_openapi(json::value& into, json::value more) {
  if (auto* list = into.if_array(), *other = more.if_array(); list && other) {
    std::move(other->begin(), other->end(), std::back_inserter(*list));
    return;
  }
  auto* members = into.if_object();
  auto* others = more.if_object();
  ENSURE(members != nullptr && others != nullptr, "two parts of openapi.json say one thing");
  for (auto& [key, value] : *others) {
    const auto same = std::find_if(members->begin(), members->end(),
                                   [&name = key](const auto& m) { return m.first == name; });
    if (same == members->end())
      members->emplace_back(std::move(key), std::move(value));
    else
      join_openapi(same->second, std::move(value));
  }
}

const std::string& openapi_document() {
  static const std::string text = joined();
  return text;
}

} // namespace http
