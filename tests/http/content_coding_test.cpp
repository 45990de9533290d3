// Goal: gzip for those who take it, and only where it helps.
// Method: the header as clients of all kinds write it; what was compressed is read back by zlib.
#include "http/server/content_coding.hpp"

#include "tests/http/gunzip.hpp"

#include <boost/test/unit_test.hpp>

using namespace http;

BOOST_AUTO_TEST_SUITE(content_coding)

BOOST_AUTO_TEST_CASE(a_client_says_what_it_takes) {
  for (const auto* taken : {"gzip", "GZIP", "x-gzip", "gzip, deflate, br", "br;q=1, gzip;q=0.8",
                            "gzip ; q=0.001", "*", "identity;q=0, *;q=0.5", " deflate,\tgzip",
                            "*;q=0, gzip", "gzip;q=1.000", "gzip;level=9;Q=1"})
    BOOST_TEST(takes_gzip(taken), taken);
  for (const auto* refused : {"", "identity", "br", "gzip;q=0", "gzip;q=0.", "gzip; q = 0.000",
                              "*;q=0", "gzip;q=0, *", "gzipped", "deflate, br;q=1.0", ",,;", "q=1"})
    BOOST_TEST(!takes_gzip(refused), refused);
}

BOOST_AUTO_TEST_CASE(texts_shrink_and_pictures_do_not) {
  for (const auto* yes :
       {"application/json", "text/html; charset=utf-8", "text/javascript; charset=utf-8",
        "text/css", "image/svg+xml", "text/csv; charset=utf-8", "application/manifest+json"})
    BOOST_TEST(shrinks(yes), yes);
  for (const auto* no : {"image/png", "font/woff2", "application/octet-stream", "", "video/mp4",
                         "text/event-stream"})
    BOOST_TEST(!shrinks(no), no);
}

BOOST_AUTO_TEST_CASE(what_was_compressed_is_the_same_again) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "{\"id\":" + std::to_string(i) + "},";
  for (const int level : {gzip_quick, gzip_small}) {
    const auto small = gzipped(text, level);
    BOOST_REQUIRE(small.has_value());
    BOOST_TEST(small->size() < text.size() / 3);
    BOOST_TEST((http_test::gunzip(*small) == text));
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_shrink_stays_as_it_is) {
  std::string noise;
  unsigned state = 1;
  for (int i = 0; i < 4096; ++i)
    noise += static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  BOOST_TEST(!gzipped(noise, gzip_quick).has_value());
  BOOST_TEST(!gzipped("", gzip_quick).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
