#include "http/server/representation.hpp"

#include "http/server/content_coding.hpp"
#include "http/server/validator.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

namespace {

const std::string* value_of(const fields& all, std::string_view name) {
  for (const auto& f : all)
    if (equal_ignoring_case(f.name, name)) return &f.value;
  return nullptr;
}

void set(fields& all, std::string_view name, std::string value) {
  for (auto& f : all)
    if (equal_ignoring_case(f.name, name)) {
      f.value = std::move(value);
      return;
    }
  all.push_back({std::string{name}, std::move(value)});
}

/// A list may come in several lines.
std::string joined(const request& r, std::string_view name) {
  std::string all;
  for (const auto& f : r.headers) {
    if (!equal_ignoring_case(f.name, name)) continue;
    if (!all.empty()) all += ',';
    all += f.value;
  }
  return all;
}

/// "v7" and what is sent -> "v7;0a1b…", quoted.
std::string tag_of_bytes(const response& answer) {
  std::vector<std::string_view> parts{answer.body};
  for (const auto& f : answer.headers) // cursors and counts belong to what is shown
    if (!equal_ignoring_case(f.name, "ETag")) parts.push_back(f.value);
  std::string tag = "\"";
  if (const auto* version = value_of(answer.headers, "ETag"); version != nullptr) {
    std::string_view opaque = *version;
    if (opaque.starts_with('"') && opaque.ends_with('"') && opaque.size() >= 2)
      opaque = opaque.substr(1, opaque.size() - 2);
    tag.append(opaque).append(1, version_end);
  }
  return tag.append(digest_of(parts)).append("\"");
}

bool has_it(const response& answer, const client_wishes& wants) {
  if (!wants.if_none_match.empty()) {
    const auto* tag = value_of(answer.headers, "ETag");
    return tag != nullptr && names_tag(wants.if_none_match, *tag);
  }
  const auto since = read_http_date(wants.if_modified_since);
  const auto* modified = value_of(answer.headers, "Last-Modified");
  const auto at = modified != nullptr ? read_http_date(*modified) : std::nullopt;
  return since && at && *at <= *since;
}

} // namespace

client_wishes wishes_of(const request& r) {
  client_wishes wants;
  wants.gzip = takes_gzip(joined(r, "Accept-Encoding"));
  wants.reads = r.method == "GET" || r.method == "HEAD";
  if (!wants.reads) return wants;
  wants.if_none_match = joined(r, "If-None-Match");
  wants.if_modified_since = joined(r, "If-Modified-Since");
  return wants;
}

void represent(response& answer, const client_wishes& wants, const route_flags& flags,
               bool may_compress) {
  auto& headers = answer.headers;
  const bool fits = answer.body.size() >= gzip_from && !flags.holds_secret &&
                    shrinks(answer.content_type) &&
                    value_of(headers, "Content-Encoding") == nullptr &&
                    value_of(headers, "Set-Cookie") == nullptr;
  const bool small = fits && wants.gzip && may_compress;
  const bool shown = wants.reads && answer.status == 200;
  if (shown && !flags.page && (flags.tagged || value_of(headers, "ETag") != nullptr))
    set(headers, "ETag", tag_of_bytes(answer));
  if (fits) headers.push_back({"Vary", "Accept-Encoding"});
  if (const auto* tag = value_of(headers, "ETag"); small && tag != nullptr && tag->starts_with('"'))
    set(headers, "ETag", "W/" + *tag); // the same thing in other bytes
  if (shown && has_it(answer, wants)) {
    answer.status = 304;
    answer.body.clear();
    std::erase_if(headers,
                  [](const field& f) { return equal_ignoring_case(f.name, "Content-Encoding"); });
    return;
  }
  if (!small) return;
  auto bytes = gzipped(answer.body, gzip_quick);
  if (!bytes) return;
  answer.body = std::move(*bytes);
  headers.push_back({"Content-Encoding", "gzip"});
}

} // namespace http
