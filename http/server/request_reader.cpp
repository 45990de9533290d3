#include "http/server/request_reader.hpp"

#include "http/token_list.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace http {

namespace {

constexpr std::size_t target_bytes_max = 8192;
constexpr std::size_t headers_max = 100;
constexpr std::size_t chunk_line_max = 1024; // hex digits and extensions, which we ignore
constexpr std::size_t empty_lines_max = 4;   // before a request line, RFC 9112 §2.2

bool is_token_char(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_target_char(char c) { return c > 0x20 && c < 0x7f; }

bool is_field_char(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

/// Digits of the base and nothing else; too many of them count as the largest number.
std::optional<std::uint64_t> number_of(std::string_view digits, int base) {
  std::uint64_t n = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, fault] = std::from_chars(digits.data(), end, n, base);
  if (stop != end || digits.empty() || fault == std::errc::invalid_argument) return std::nullopt;
  return fault == std::errc::result_out_of_range ? UINT64_MAX : n;
}

} // namespace

request_reader::progress request_reader::refuse(const refusal& why) {
  why_ = why;
  stage_ = stage::done;
  return progress::refused;
}

request_reader::progress request_reader::advance(std::string& in) {
  switch (stage_) {
  case stage::head: return read_head(in);
  case stage::sized: return read_sized(in);
  case stage::chunked: return read_chunked(in);
  case stage::done: break;
  }
  return progress::more;
}

// -- head ---------------------------------------------------------------------------------------

request_reader::progress request_reader::read_head(std::string& in) {
  for (;;) {
    const auto end = in.find('\n', scanned_);
    if (end == in.npos) {
      scanned_ = in.size();
      if (in.size() > limits_.head_bytes) return refuse(refusals::head_too_large);
      // TLS on the plain port, say: do not let it wait for a line end that never comes.
      if (!line_seen_ && line_start_ < in.size() && !is_token_char(in[line_start_]) &&
          in[line_start_] != '\r')
        return refuse(refusals::malformed);
      return progress::more;
    }
    if (end >= limits_.head_bytes) return refuse(refusals::head_too_large);
    // A bare line feed is how requests are smuggled past proxies that see lines elsewhere.
    if (end == line_start_ || in[end - 1] != '\r') return refuse(refusals::malformed);
    const auto line = std::string_view{in}.substr(line_start_, end - 1 - line_start_);
    scanned_ = line_start_ = end + 1;
    if (line.empty() && line_seen_) break;
    if (line.empty()) {
      if (scanned_ > empty_lines_max * 2) return refuse(refusals::malformed);
    } else if (line_seen_ ? !read_field(line) : !read_request_line(line)) {
      return refuse(why_);
    }
    line_seen_ = line_seen_ || !line.empty();
  }
  in.erase(0, scanned_);
  if (!decide_framing()) return refuse(why_);
  const auto next = advance(in);
  const bool waits = next == progress::more && expects_continue_ && in.empty();
  return waits ? progress::continues : next;
}

bool request_reader::read_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == line.npos || first == last) return false;
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(method) || !std::all_of(target.begin(), target.end(), is_target_char)) return false;
  if (target.empty() || version.substr(0, 5) != "HTTP/") return false;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return why_ = refusals::version, false;
  if (target.size() > target_bytes_max) return why_ = refusals::target_too_long, false;
  if (target.front() != '/' && target != "*" && target.find("://") == target.npos) return false;
  message_.method = method;
  message_.target = target;
  message_.version_1_0 = version == "HTTP/1.0";
  return true;
}

bool request_reader::read_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == line.npos || !is_token(line.substr(0, colon))) return false; // folded lines too
  const auto value = trimmed_field(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), is_field_char)) return false;
  if (message_.headers.size() == headers_max) return why_ = refusals::head_too_large, false;
  message_.headers.push_back({std::string{line.substr(0, colon)}, std::string{value}});
  return true;
}

/// Where the body ends, whether the connection stays, what the client waits for.
bool request_reader::decide_framing() {
  std::optional<std::uint64_t> length;
  bool chunked = false;
  bool kept = !message_.version_1_0;
  std::size_t hosts = 0;
  for (const auto& [name, value] : message_.headers) {
    if (equal_ignoring_case(name, "Content-Length")) {
      const auto n = number_of(value, 10);
      if (!n || (length && *length != *n)) return false;
      length = n;
    } else if (equal_ignoring_case(name, "Transfer-Encoding")) {
      if (!equal_ignoring_case(value, "chunked")) return why_ = refusals::coding, false;
      if (chunked || message_.version_1_0) return false;
      chunked = true;
    } else if (equal_ignoring_case(name, "Connection")) {
      if (lists_token(value, "close"))
        kept = false;
      else if (message_.version_1_0 && lists_token(value, "keep-alive"))
        kept = true;
    } else if (equal_ignoring_case(name, "Expect")) {
      if (!equal_ignoring_case(value, "100-continue")) return why_ = refusals::expectation, false;
      expects_continue_ = !message_.version_1_0;
    } else if (equal_ignoring_case(name, "Host")) {
      ++hosts;
    }
  }
  if (hosts > 1 || (hosts == 0 && !message_.version_1_0)) return false; // RFC 9112 §3.2
  if (chunked && length) return false; // two opinions about the length: RFC 9112 §6.1
  message_.keep_alive = kept;
  length_ = length.value_or(0);
  if (length_ > limits_.body_bytes) return why_ = refusals::body_too_large, false;
  stage_ = chunked ? stage::chunked : stage::sized;
  if (chunked) length_ = 0;
  return true;
}

// -- body ---------------------------------------------------------------------------------------

request_reader::progress request_reader::read_sized(std::string& in) {
  if (in.size() < length_) return progress::more;
  if (in.size() == length_) {
    message_.body = std::move(in);
    in.clear();
  } else {
    message_.body = in.substr(0, length_);
    in.erase(0, length_);
  }
  stage_ = stage::done;
  return progress::complete;
}

request_reader::progress request_reader::read_chunked(std::string& in) {
  std::size_t at = 0; // everything before is used up
  const auto keep_rest = [&](progress p) {
    in.erase(0, at);
    return p;
  };
  for (;;) {
    if (chunk_ == chunk::data) {
      const auto n = std::min<std::uint64_t>(length_, in.size() - at);
      message_.body.append(in, at, n);
      at += n;
      length_ -= n;
      if (length_ > 0) return keep_rest(progress::more);
      chunk_ = chunk::data_end;
    }
    const auto end = in.find('\n', at);
    if (end == in.npos) {
      if (in.size() - at > chunk_line_max) return refuse(refusals::malformed);
      return keep_rest(progress::more);
    }
    if (end == at || in[end - 1] != '\r') return refuse(refusals::malformed);
    const auto line = std::string_view{in}.substr(at, end - 1 - at);
    at = end + 1;
    switch (chunk_) {
    case chunk::data_end:
      if (!line.empty()) return refuse(refusals::malformed);
      chunk_ = chunk::size;
      break;
    case chunk::size: {
      const auto n = number_of(trimmed_field(line.substr(0, line.find(';'))), 16);
      if (!n || line.size() > chunk_line_max) return refuse(refusals::malformed);
      if (*n > limits_.body_bytes - message_.body.size()) return refuse(refusals::body_too_large);
      length_ = *n;
      chunk_ = *n == 0 ? chunk::trailer : chunk::data;
      break;
    }
    case chunk::trailer: // ignored: nothing that we use may come this late
      if (line.empty()) {
        stage_ = stage::done;
        return keep_rest(progress::complete);
      }
      trailer_bytes_ += line.size();
      if (trailer_bytes_ > limits_.head_bytes) return refuse(refusals::head_too_large);
      break;
    case chunk::data: break; // handled above
    }
  }
}

} // namespace http
