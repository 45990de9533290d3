#include "base/sha256.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace base;

BOOST_AUTO_TEST_SUITE(sha256_digest)

// FIPS 180-4 examples and the one-million-a vector.
BOOST_AUTO_TEST_CASE(known_vectors) {
  BOOST_TEST(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(hex(sha256(std::string_view{})) == hex(sha256("")));
  BOOST_TEST(hex(sha256("abc")) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  BOOST_TEST(hex(sha256(std::string(1'000'000, 'a'))) ==
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

BOOST_AUTO_TEST_CASE(pieces_sum_up_to_the_whole_at_every_moment) {
  const std::string all(300, 'x');
  sha256_stream pieces;
  BOOST_TEST(hex(pieces.so_far()) == hex(sha256("")));
  for (std::size_t done = 0; done < all.size(); done += 7) {
    pieces.add(std::string_view{all}.substr(done, 7));
    BOOST_TEST(hex(pieces.so_far()) ==
               hex(sha256(std::string_view{all}.substr(0, std::min<std::size_t>(done + 7, 300)))));
  }
}

BOOST_AUTO_TEST_CASE(a_nul_byte_counts) {
  BOOST_TEST(hex(sha256(std::string_view{"a\0b", 3})) != hex(sha256("a")));
  BOOST_TEST(hex(sha256(std::string_view{"\0", 1})) ==
             "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

BOOST_AUTO_TEST_CASE(texts_of_bytes) {
  BOOST_TEST(hex(std::string_view{"\x00\x0f\xf0\xff", 4}) == "000ff0ff");
  BOOST_TEST(hex(std::string_view{}) == "");
  const auto d = sha256("abc");
  const auto bytes = bytes_of(d);
  BOOST_TEST(bytes.size() == 32u);
  BOOST_TEST(hex(bytes) == hex(d));
  BOOST_TEST((digest_of_hex(hex(d)) == d));
  auto text = hex(d);
  for (const char wrong : {'g', 'A', '/', ':', '`', '\0'}) {
    text[63] = wrong;
    BOOST_TEST(!digest_of_hex(text));
  }
  BOOST_TEST(!digest_of_hex(hex(d).substr(1)));
  BOOST_TEST(!digest_of_hex(hex(d) + "0"));
  BOOST_TEST(!digest_of_hex(""));
}

BOOST_AUTO_TEST_SUITE_END()
