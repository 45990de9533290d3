// The tags of a transaction as one cell.
#include "storage/row_codec.hpp"
#include "storage/tag_list.hpp"

#include <boost/test/unit_test.hpp>

using namespace storage;

BOOST_AUTO_TEST_SUITE(tag_list)

BOOST_AUTO_TEST_CASE(tags_are_an_array_of_texts) {
  const std::vector<std::vector<std::string>> lists{
      {}, {""}, {"a"}, {"[]"}, {"casa", "\"quoted\"", "ação", "\n"}};
  for (const auto& tags : lists) BOOST_TEST(tags_from(tags_text(tags)) == tags);
  for (const char* text : {"", " ", "{}", "null", "\"a\"", "[1]", "[null]", "[[\"a\"]]", "[\"a\"",
                           "[\"a\"]]", "[\"\\ud800\"]", "[\"\xff\"]"})
    BOOST_TEST_CONTEXT(text) BOOST_CHECK_THROW(tags_from(text), codec_error);
}

BOOST_AUTO_TEST_SUITE_END()
