// What   gunzip: the other side of content_coding, by zlib itself.
// Bounds texts of tests.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <zlib.h>

namespace http_test {

inline std::string gunzip(const std::string& small) {
  z_stream in{};
  BOOST_REQUIRE(inflateInit2(&in, MAX_WBITS + 16) == Z_OK); // 16: with the frame of gzip
  std::string text(16 * 1024 * 1024, '\0');
  in.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(small.data()));
  in.avail_in = static_cast<uInt>(small.size());
  in.next_out = reinterpret_cast<Bytef*>(text.data());
  in.avail_out = static_cast<uInt>(text.size());
  BOOST_TEST(inflate(&in, Z_FINISH) == Z_STREAM_END);
  text.resize(in.total_out);
  inflateEnd(&in);
  return text;
}

} // namespace http_test
