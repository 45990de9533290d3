#include "http/route.hpp"

#include "base/assert.hpp"
#include "http/target.hpp"

#include <algorithm>

namespace http {

namespace {

bool is_parameter(std::string_view segment) { return segment.substr(0, 1) == "{"; }

/// Literals first at each segment, so that the first pattern that fits is the most exact one.
bool more_exact(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](const std::string& x, const std::string& y) {
                                        return !is_parameter(x) && is_parameter(y);
                                      });
}

} // namespace

void route_table::add(route r) {
  ENSURE(!r.path.empty() && r.path.front() == '/', "a route template starts with a slash");
  ENSURE(r.path.size() == 1 || r.path.back() != '/', "a route template has no trailing slash");
  ENSURE((r.run != nullptr) != (r.start != nullptr), "a route has one handler");
  ENSURE(!r.flags.vital || r.run != nullptr, "a vital route answers at once");
  std::vector<std::string> segments;
  for (const auto part : segments_of(r.path)) segments.emplace_back(part);
  auto same = std::find_if(patterns_.begin(), patterns_.end(),
                           [&](const pattern& p) { return p.segments == segments; });
  if (same == patterns_.end()) {
    const auto place =
        std::upper_bound(patterns_.begin(), patterns_.end(), segments,
                         [](const auto& s, const pattern& p) { return more_exact(s, p.segments); });
    same = patterns_.insert(place, pattern{std::move(segments), {}});
  }
  for (const auto* other : same->methods)
    ENSURE(other->method != r.method, "a route is named twice");
  same->methods.push_back(&routes_.emplace_back(std::move(r)));
}

void route_table::add_fallback(route r, std::function<bool(std::string_view)> covers) {
  ENSURE(fallback_ == nullptr && r.method == "GET" && r.run != nullptr,
         "one fallback, for reading");
  fallback_ = &routes_.emplace_back(std::move(r));
  covers_ = std::move(covers);
}

route_match route_table::find(std::string_view method, std::string_view path) const {
  const auto parts = segments_of(path);
  route_match match;
  std::vector<std::string_view> allowed;
  const auto allow = [&](std::string_view m) {
    if (std::find(allowed.begin(), allowed.end(), m) == allowed.end()) allowed.push_back(m);
  };
  for (const auto& p : patterns_) {
    if (p.segments.size() != parts.size()) continue;
    fields params;
    bool fits = true;
    for (std::size_t i = 0; i < parts.size() && fits; ++i) {
      auto text = parts[i].find('%') == std::string_view::npos ? std::string{parts[i]}
                                                               : percent_decoded(parts[i]);
      if (!is_parameter(p.segments[i])) {
        fits = text == p.segments[i];
      } else {
        // What can be no id matches nothing: the answer is 404, and no handler has to defend
        // itself.
        fits = !text.empty() && text.find('\0') == text.npos && valid_utf8(text);
        params.push_back({p.segments[i].substr(1, p.segments[i].size() - 2), std::move(text)});
      }
    }
    if (!fits) continue;
    const route* get = nullptr;
    for (const auto* r : p.methods) {
      if (r->method == method) {
        match.found = r;
        match.params = std::move(params);
        return match;
      }
      if (r->method == "GET") get = r;
      allow(r->method);
      if (r->method == "GET") allow("HEAD");
    }
    if (method == "HEAD" && get != nullptr) {
      match.found = get;
      match.params = std::move(params);
      return match;
    }
  }
  if (allowed.empty() && fallback_ != nullptr && covers_(path)) {
    if (method == "GET" || method == "HEAD") {
      match.found = fallback_;
      match.params.push_back({"path", std::string{path}});
      return match;
    }
    allow("GET");
    allow("HEAD");
  }
  if (allowed.empty()) return match;
  allow("OPTIONS");
  for (const auto m : allowed) {
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += m;
  }
  return match;
}

} // namespace http
