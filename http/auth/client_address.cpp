#include "http/auth/client_address.hpp"

#include <string_view>
#include <vector>

namespace http {
namespace {

std::string_view stripped(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
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
