#include "config/secret_key.hpp"

#include <boost/test/unit_test.hpp>

using namespace config;

BOOST_AUTO_TEST_SUITE(secret_key)

BOOST_AUTO_TEST_CASE(random_keys_of_32_bytes_are_fine) {
  BOOST_TEST(!weakness_of("kT3vQ9w1Zr7uY2bN5mX8cL0pA4sD6fGh"));
  BOOST_TEST(!weakness_of("0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"));
}

BOOST_AUTO_TEST_CASE(weak_keys_say_why) {
  BOOST_TEST(weakness_of("").value() == "is missing");
  BOOST_TEST(weakness_of("kT3vQ9w1Zr7uY2bN5mX8cL0pA4sD6fG").value() == "is shorter than 32 bytes");
  BOOST_TEST(weakness_of(std::string(64, 'a')).value() ==
             "repeats fewer than 8 different characters");
  for (const char* key :
       {"your-secret-key-here-change-in-production", "YOUR_SUPER_SECRET_KEY_0123456789abcdef",
        "please-change-me-0123456789-0123456789", "sua-chave-secreta-aqui-0123456789abcd",
        "change-this-to-a-random-string-of-32-bytes"})
    BOOST_TEST(weakness_of(key).value() == "is a known default", key);
}

BOOST_AUTO_TEST_SUITE_END()
