#include "http/server/content_coding.hpp"

#include "http/request.hpp"
#include "http/token_list.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <zlib.h>

namespace http {

namespace {

/// "0", "0.", "0.000": not at all. What is no weight counts as none given.
bool is_zero_weight(std::string_view weight) {
  if (weight.empty() || weight.front() != '0') return false;
  weight.remove_prefix(1);
  if (weight.empty()) return true;
  return weight.front() == '.' && weight.find_first_not_of('0', 1) == weight.npos;
}

struct coding {
  std::string_view name;
  bool refused = false; ///< q=0
};

coding read_coding(std::string_view item) {
  coding c{next_part(item, ';')};
  while (!item.empty()) {
    auto parameter = next_part(item, ';');
    const auto name = next_part(parameter, '=');
    if (equal_ignoring_case(name, "q")) c.refused = is_zero_weight(trimmed_field(parameter));
  }
  return c;
}

/// The stream of zlib, ended on every way out.
struct deflater {
  z_stream stream{};
  bool usable;

  explicit deflater(int level) {
    constexpr int gzip_frame = 16; // zlib's own way to say so: added to the size of the window
    constexpr int memory = 8;
    usable = deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + gzip_frame, memory,
                          Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~deflater() {
    if (usable) deflateEnd(&stream);
  }
  deflater(const deflater&) = delete;
  deflater& operator=(const deflater&) = delete;
};

} // namespace

bool takes_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    const auto c = read_coding(next_part(accept_encoding, ','));
    if (equal_ignoring_case(c.name, "gzip") || equal_ignoring_case(c.name, "x-gzip"))
      return !c.refused;
    if (c.name == "*") any = !c.refused;
  }
  return any;
}

bool shrinks(std::string_view content_type) {
  const auto type = next_part(content_type, ';');
  constexpr std::array<std::string_view, 7> known{
      "application/json", "application/manifest+json", "application/problem+json",
      "image/svg+xml",    "application/javascript",    "application/xml",
      "application/wasm"};
  if (type == "text/event-stream") return false; // its events follow one by one
  return type.starts_with("text/") || std::find(known.begin(), known.end(), type) != known.end();
}

std::optional<std::string> gzipped(std::string_view text, int level) {
  if (text.size() > std::numeric_limits<uInt>::max()) return std::nullopt;
  deflater d{level};
  if (!d.usable) return std::nullopt;
  std::string out(text.size(), '\0'); // what needs more than that is better sent as it is
  d.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // zlib only reads it
  d.stream.avail_in = static_cast<uInt>(text.size());
  d.stream.next_out = reinterpret_cast<Bytef*>(out.data());
  d.stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&d.stream, Z_FINISH) != Z_STREAM_END) return std::nullopt;
  out.resize(d.stream.total_out);
  out.shrink_to_fit();
  return out;
}

} // namespace http
