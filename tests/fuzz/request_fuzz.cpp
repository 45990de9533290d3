// Bytes of a connection: however they are cut, they are the same requests.
#include "http/server/request_reader.hpp"
#include "http/target.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace {

using http::request_reader;
constexpr request_reader::limits bounds{2048, 4096};

/// All requests and how it ended, as one text.
std::string all_of(std::string_view bytes, std::size_t piece) {
  std::string out, buffer;
  request_reader reader(bounds);
  auto at = request_reader::progress::more;
  for (;;) {
    at = reader.advance(buffer);
    if (at == request_reader::progress::complete) {
      const auto m = reader.take();
      ENSURE(m.body.size() <= bounds.body_bytes, "a body out of bounds");
      ENSURE(!m.method.empty() && !m.target.empty(), "a request of nothing");
      ENSURE(m.headers.size() <= 100, "too many headers");
      out +=
          fmt::format("[{}|{}|{}|{}|{}", m.method, m.target, m.version_1_0, m.keep_alive, m.body);
      for (const auto& h : m.headers) {
        ENSURE(h.value.find_first_of("\r\n") == h.value.npos &&
                   h.name.find_first_of(" :\r\n") == h.name.npos,
               "a header with a line end");
        out += fmt::format("|{}:{}", h.name, h.value);
      }
      const auto parts = http::split_target(m.target);
      for (const auto s : http::segments_of(parts.path)) {
        ENSURE(s.find('/') == s.npos, "a segment of two");
        ENSURE(http::percent_decoded(s).size() <= s.size(), "decoding makes it longer");
      }
      for (const auto& f : http::decoded_query(parts.query))
        ENSURE(http::valid_utf8(f.name) && http::valid_utf8(f.value), "a query that is no UTF-8");
      reader = request_reader(bounds);
      continue;
    }
    if (at == request_reader::progress::refused) {
      ENSURE(reader.why().status >= 400 && !reader.why().code.empty(), "refused without a reason");
      return out + fmt::format("!{} {}", reader.why().status, reader.why().detail);
    }
    if (bytes.empty()) return out + "…";
    buffer += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
}

} // namespace

void fuzz::target(std::string_view input) {
  const auto piece = first_byte(input);
  const auto whole = all_of(input, input.size() + 1);
  ENSURE(all_of(input, 1) == whole, "cut at each byte it is something else");
  ENSURE(all_of(input, piece + 1U) == whole, "cut in pieces it is something else");
}
