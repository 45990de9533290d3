#include "http/target.hpp"

#include <cstddef>

namespace http {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

/// Length of the valid UTF-8 sequence at the start of the text; 0 when there is none. RFC 3629 §4.
std::size_t sequence_length(std::string_view t) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(t[i]); };
  const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < t.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return tail(1, low, high) && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

std::string with_valid_utf8(std::string text) {
  if (valid_utf8(text)) return text;
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const auto n = sequence_length(rest);
    if (n == 0) {
      out += "\xEF\xBF\xBD";
      rest.remove_prefix(1);
    } else {
      out += rest.substr(0, n);
      rest.remove_prefix(n);
    }
  }
  return out;
}

} // namespace

target split_target(std::string_view text) {
  text = text.substr(0, text.find('#'));
  // Absolute form, as sent to proxies: the authority says nothing that we use.
  if (text.substr(0, 1) != "/") {
    if (const auto scheme = text.find("://"); scheme != text.npos) {
      const auto authority = text.substr(scheme + 3);
      const auto end = authority.find_first_of("/?");
      text = end == authority.npos ? std::string_view{"/"} : authority.substr(end);
    }
  }
  const auto mark = text.find('?');
  if (mark == text.npos) return {text, {}};
  return {mark == 0 ? std::string_view{"/"} : text.substr(0, mark), text.substr(mark + 1)};
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> parts;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (!path.empty() && path.back() == '/')
    path.remove_suffix(1);
  else if (path.empty())
    return parts;
  for (;;) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == path.npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

std::string percent_decoded(std::string_view text) { return decoded(text, false); }

fields decoded_query(std::string_view query) {
  fields out;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query.remove_prefix(end == query.npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    out.push_back({with_valid_utf8(decoded(pair.substr(0, equals), true)),
                   equals == pair.npos ? std::string{}
                                       : with_valid_utf8(decoded(pair.substr(equals + 1), true))});
  }
  return out;
}

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto n = sequence_length(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

} // namespace http
