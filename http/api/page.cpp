#include "http/api/page.hpp"

#include "base/limits.hpp"
#include "base/sha256.hpp"
#include "http/problem.hpp"
#include "http/target.hpp"

#include <charconv>
#include <fmt/format.h>
#include <limits>

namespace http {

namespace {

template <class Int> std::optional<Int> read_whole(std::string_view text) {
  Int n = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, n);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return n;
}

std::optional<std::string> read_hex(std::string_view text) {
  if (text.empty() || text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const auto* end = text.data() + i + 2;
    const auto read = std::from_chars(text.data() + i, end, byte, 16);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

} // namespace

std::string version_cursor(std::uint64_t version) { return fmt::format("v{}", version); }

std::optional<std::uint64_t> read_version_cursor(std::string_view text) {
  if (text.empty() || text.front() != 'v') return std::nullopt;
  const auto version = read_whole<std::uint64_t>(text.substr(1));
  if (version && version_cursor(*version) != text) return std::nullopt; // "v007"
  return version;
}

std::string position_cursor(const ledger::transaction_record& last) {
  return position_cursor(last.date, last.id.text());
}

std::string position_cursor(base::utc_us at, std::string_view id) {
  return fmt::format("{}.{}", at.count, base::hex(id));
}

std::optional<ledger::transaction_filter::position> read_position_cursor(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  const auto date = read_whole<std::int64_t>(text.substr(0, dot));
  auto id = read_hex(text.substr(dot + 1));
  if (!date || !id || id->size() > base::limits::id_bytes_max) return std::nullopt;
  // Leading zeros, capital letters: we give out one text for each position.
  if (position_cursor(base::utc_us{*date}, *id) != text) return std::nullopt;
  // It goes to the database as text.
  if (!valid_utf8(*id) || id->find('\0') != id->npos) return std::nullopt;
  return ledger::transaction_filter::position{base::utc_us{*date},
                                              ledger::transaction_id{std::move(*id)}};
}

page_wish read_page(query_reader& in) {
  constexpr auto far = std::numeric_limits<std::int32_t>::max();
  page_wish wish;
  const auto offset = in.integer("offset", 0, far);
  wish.skip = in.integer("skip", 0, far).value_or(offset.value_or(0));
  wish.limit = in.integer("limit", 1, 100).value_or(50);
  wish.count = in.flag("count");
  if (const auto* sent = in.raw("cursor")) {
    wish.after = read_position_cursor(*sent);
    if (!wish.after) in.add("cursor", "value_error", "Value error, cursor inválido", *sent);
  }
  return wish;
}

std::optional<response> refusal_of(const page_wish& wish, const request& r) {
  if (!wish.after || wish.skip == 0) return std::nullopt;
  return problem(400, "BAD_REQUEST", "skip e cursor não podem ser usados juntos", r.request_id);
}

void put_total(response& answer, std::int64_t total) {
  answer.headers.push_back({"X-Total-Count", std::to_string(total)});
}

void put_next_page(response& answer, const request& r, const std::string& cursor) {
  std::string target{r.route};
  char sign = '?';
  for (const auto& f : r.query) {
    if (f.name == "cursor" || f.name == "skip" || f.name == "offset") continue;
    target += fmt::format("{}{}={}", sign, percent_encoded(f.name), percent_encoded(f.value));
    sign = '&';
  }
  target += fmt::format("{}cursor={}", sign, percent_encoded(cursor));
  answer.headers.push_back({"X-Next-Cursor", cursor});
  answer.headers.push_back({"Link", fmt::format("<{}>; rel=\"next\"", target)});
}

} // namespace http
