// Rows of holds that no program of ours writes, and the hold behind a loaded account.
#include "storage/row_codec.hpp"

#include <boost/test/unit_test.hpp>

using namespace storage;

BOOST_AUTO_TEST_SUITE(hold_codec)

namespace {

constexpr std::size_t account_columns = 18; // with balance and version

row loaded(std::initializer_list<cell> hold) {
  row r(account_columns);
  r.insert(r.end(), hold);
  return r;
}

row stored(std::int64_t status) {
  return {base::key_of("h"),
          std::string{"h"},
          base::key_of("u"),
          std::string{"u"},
          base::key_of("a"),
          std::string{"a"},
          std::int64_t{7},
          std::string{"luz"},
          status,
          std::int64_t{1},
          cell{},
          std::int64_t{3},
          cell{},
          cell{},
          cell{}};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_loaded_row_may_bring_a_hold) {
  BOOST_TEST(!held_from(loaded({{}, {}, {}, {}})).has_value());
  const auto hold =
      held_from(loaded({base::key_of("h"), std::string{"h"}, std::int64_t{7}, std::int64_t{9}}));
  BOOST_REQUIRE(hold.has_value());
  BOOST_TEST(hold->id.text() == "h");
  BOOST_TEST(hold->amount.minor == 7);
  BOOST_TEST(hold->expires_at->count == 9);
  BOOST_CHECK_THROW(held_from(loaded({base::key_of("h"), std::string{"h"}, {}, {}})), codec_error);
}

BOOST_AUTO_TEST_CASE(a_stored_hold_has_one_of_four_states) {
  for (std::int64_t status = 1; status <= 4; ++status) {
    const auto h = hold_from(stored(status));
    BOOST_TEST(static_cast<std::int64_t>(h.status) == status);
    BOOST_TEST(h.description == "luz");
    BOOST_TEST(h.ended_at->count == 3);
    BOOST_TEST(!h.transaction.has_value());
  }
  for (const std::int64_t status : {0, 5, -1})
    BOOST_CHECK_THROW(hold_from(stored(status)), codec_error);
}

BOOST_AUTO_TEST_SUITE_END()
