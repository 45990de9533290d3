#include "http/auth/client_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace http {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string_view stripped(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool same_network(const ip_address& a, const ip_address& b, unsigned bits) {
  const auto whole = bits / 8, rest = bits % 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> rest);
  return rest == 0 || ((a[whole] ^ b[whole]) & mask) == 0;
}

/// All of X-Forwarded-For, which may come in several headers, as one list.
std::vector<std::string_view> forwarded(const request& r) {
  std::vector<std::string_view> all;
  for (const auto& h : r.headers) {
    if (!equal_ignoring_case(h.name, "X-Forwarded-For")) continue;
    std::string_view rest = h.value;
    for (;;) {
      const auto comma = rest.find(',');
      all.push_back(stripped(rest.substr(0, comma)));
      if (comma == rest.npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return all;
}

} // namespace

std::optional<ip_address> parse_address(std::string_view text) {
  const std::string whole{text};
  if (whole.find('\0') != whole.npos) return std::nullopt; // the rest would not be looked at
  ip_address found{};
  if (inet_pton(AF_INET6, whole.c_str(), found.data()) == 1) return found;
  std::copy(v4_prefix.begin(), v4_prefix.end(), found.begin());
  if (inet_pton(AF_INET, whole.c_str(), found.data() + v4_prefix.size()) == 1) return found;
  return std::nullopt;
}

trusted_proxies::trusted_proxies(const std::vector<std::string>& networks) {
  for (const auto& text : networks) {
    const auto slash = text.find('/');
    const auto base = parse_address(std::string_view{text}.substr(0, slash));
    if (!base) continue;
    const bool v4 = text.find(':') == text.npos;
    const unsigned widest = v4 ? 32 : 128;
    unsigned bits = widest;
    if (slash != text.npos) {
      const char* end = text.data() + text.size();
      const auto read = std::from_chars(text.data() + slash + 1, end, bits);
      if (read.ec != std::errc{} || read.ptr != end || bits > widest) continue;
    }
    networks_.push_back({*base, v4 ? bits + 96 : bits});
  }
}

bool trusted_proxies::contains(const ip_address& address) const {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const network& n) { return same_network(address, n.base, n.bits); });
}

std::string client_address(const request& r, const trusted_proxies& proxies) {
  std::string last = r.peer;
  auto address = parse_address(last);
  if (!address || !proxies.contains(*address)) return last;
  const auto said = forwarded(r);
  std::size_t looked = 0;
  for (auto at = said.rbegin(); at != said.rend() && looked < forwarded_max; ++at, ++looked) {
    address = parse_address(*at);
    if (!address) break;
    last = *at;
    if (!proxies.contains(*address)) break;
  }
  return last;
}

} // namespace http
