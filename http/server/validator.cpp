#include "http/server/validator.hpp"

#include "base/sha256.hpp"

#include <array>
#include <ctime>
#include <sodium.h>

namespace http {

namespace {

constexpr const char* date_form = "%a, %d %b %Y %H:%M:%S GMT";

std::string_view opaque_of(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  return tag;
}

} // namespace

std::string digest_of(const std::vector<std::string_view>& parts) {
  // BLAKE2b: a third of the time of SHA-256, and no client ever computes it.
  crypto_generichash_state state;
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash_init(&state, nullptr, 0, hash.size());
  for (const auto part : parts) {
    const std::uint64_t size = part.size();
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()),
                              part.size());
  }
  crypto_generichash_final(&state, hash.data(), hash.size());
  return base::hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

bool names_tag(std::string_view if_none_match, std::string_view etag) {
  const auto wanted = opaque_of(etag);
  auto rest = if_none_match;
  for (;;) {
    // A comma may stand inside a tag, so the list is read from quote to quote.
    const auto start = rest.find_first_not_of(" \t,");
    if (start == rest.npos) return false;
    rest.remove_prefix(start);
    if (rest.front() == '*') return true;
    rest = opaque_of(rest);
    if (rest.empty() || rest.front() != '"') return false; // no tag: nothing after it is one
    const auto end = rest.find('"', 1);
    if (end == rest.npos) return false;
    if (rest.substr(0, end + 1) == wanted) return true;
    rest.remove_prefix(end + 1);
  }
}

std::string http_date(std::int64_t unix_seconds) {
  const std::time_t at = unix_seconds;
  std::tm parts{};
  gmtime_r(&at, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), date_form, &parts)};
}

std::optional<std::int64_t> read_http_date(std::string_view text) {
  const std::string copy{text};
  std::tm parts{};
  const auto* end = strptime(copy.c_str(), date_form, &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::int64_t at = timegm(&parts);
  if (http_date(at) != text) return std::nullopt; // 31 February, a wrong day of the week
  return at;
}

} // namespace http
