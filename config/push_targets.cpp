#include "config/push_targets.hpp"

#include "config/kind_names.hpp"
#include "scheduler/kind_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

namespace config {
namespace {

constexpr std::size_t url_bytes_max = 2048;
constexpr std::size_t push_secret_bytes_min = 16;
constexpr std::size_t push_secrets_max = 4;

bool has_only(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || marks.find(static_cast<char>(c)) != marks.npos);
  });
}

bool is_port(std::string_view text) {
  unsigned n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  return failed == std::errc{} && end == text.data() + text.size() && n >= 1 && n <= 65'535;
}

/// "host", "host:8000", "[::1]:8000"
bool is_host_and_port(std::string_view text) {
  const auto end = text.starts_with('[') ? text.find(']') : text.find(':');
  const auto host = text.substr(0, text.starts_with('[') && end != text.npos ? end + 1 : end);
  const auto rest = text.substr(host.size());
  const bool named = host.starts_with('[') ? host.ends_with(']') && host.size() > 2 &&
                                                 has_only(host.substr(1, host.size() - 2), ":.")
                                           : !host.empty() && has_only(host, ".-_");
  return named && (rest.empty() || (rest.front() == ':' && is_port(rest.substr(1))));
}

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// What RFC 3986 lets stand in a URL, without what separates entries, and without a fragment.
bool is_push_url(std::string_view url) {
  if (url.ends_with('?')) return false; // what is signed and what is sent would differ
  if (url.size() > url_bytes_max || !has_only(url, "-._~:/?[]@!$&'()*+=%")) return false;
  for (const std::string_view scheme : {"https://", "http://"})
    if (url.starts_with(scheme)) {
      url.remove_prefix(scheme.size());
      return is_host_and_port(url.substr(0, url.find_first_of("/?")));
    }
  return false;
}

} // namespace

std::string read_push_targets(std::string_view text, std::vector<push_target>& out) {
  std::set<std::string> named;
  std::size_t number = 0;
  for (const auto& part : parts_of(text, ',')) {
    ++number;
    const std::string one{without_spaces(part)};
    const auto equals = one.find('=');
    if (equals == one.npos)
      return fmt::format("entry {} is not of the form <kind>+<kind>=<url>[;effects]", number);
    push_target t{parts_of(one.substr(0, equals), '+'), one.substr(equals + 1)};
    if (const auto end = t.url.find(';'); end != t.url.npos) {
      if (t.url.substr(end + 1) != "effects")
        return fmt::format("entry {} has after its ; something that is not \"effects\"", number);
      t.effects = true;
      t.url.resize(end);
    }
    if (!is_push_url(t.url))
      return fmt::format("the URL of entry {} is no http(s)://host[:port][/path], without user, "
                         "password and fragment",
                         number);
    for (const auto& kind : t.kinds) {
      if (!scheduler::is_kind_name(kind))
        return fmt::format("entry {} names what is no kind", number);
      if (!named.insert(kind).second) return fmt::format("\"{}\" has two targets", kind);
    }
    out.push_back(std::move(t));
  }
  if (named.size() > named_kinds_max) return fmt::format("more than {} kinds", named_kinds_max);
  return {};
}

std::string read_push_secrets(std::string_view text, std::vector<secret>& out) {
  for (const auto& part : parts_of(text, ',')) {
    const auto one = without_spaces(part);
    if (one.size() < push_secret_bytes_min)
      return fmt::format("number {} is shorter than {} bytes", out.size() + 1,
                         push_secret_bytes_min);
    out.emplace_back(std::string{one});
  }
  if (out.size() > push_secrets_max)
    return fmt::format("has more than {} secrets", push_secrets_max);
  return {};
}

} // namespace config
