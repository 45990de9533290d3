#include "http/request.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace http {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

} // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* request::header(std::string_view name) const {
  for (const auto& f : headers)
    if (equal_ignoring_case(f.name, name)) return &f.value;
  return nullptr;
}

const std::string* request::query_value(std::string_view name) const {
  for (auto f = query.rbegin(); f != query.rend(); ++f)
    if (f->name == name) return &f->value;
  return nullptr;
}

std::vector<std::string_view> request::query_values(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto& f : query)
    if (f.name == name) found.push_back(f.value);
  return found;
}

const std::string& request::path_param(std::string_view name) const {
  for (const auto& f : path_params)
    if (f.name == name) return f.value;
  UNREACHABLE("the route template has no such parameter");
}

} // namespace http
