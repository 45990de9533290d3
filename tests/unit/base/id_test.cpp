#include "base/id.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <type_traits>
#include <unordered_set>

using namespace base;

namespace {

struct user_tag;
struct account_tag;
using user_id = strong_id<user_tag>;
using account_id = strong_id<account_tag>;

static_assert(!std::is_convertible_v<user_id, account_id>);
static_assert(!std::is_constructible_v<account_id, user_id>);
static_assert(!std::is_convertible_v<std::string, user_id>);

constexpr utc_us some_time{1'795'546'484'000'123}; // 2026-11-24T18:54:44.000123Z

} // namespace

BOOST_AUTO_TEST_SUITE(ids)

BOOST_AUTO_TEST_CASE(uuid7_has_the_form_of_rfc_9562) {
  base::random chance{1};
  for (int i = 0; i < 1000; ++i) {
    const auto id = uuid7(some_time, chance);
    BOOST_REQUIRE_EQUAL(id.size(), 36u);
    for (std::size_t at = 0; at < id.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      const bool hex = (id[at] >= '0' && id[at] <= '9') || (id[at] >= 'a' && id[at] <= 'f');
      BOOST_REQUIRE(dash ? id[at] == '-' : hex);
    }
    BOOST_REQUIRE_EQUAL(id[14], '7');                                               // version
    BOOST_REQUIRE(std::string_view{"89ab"}.find(id[19]) != std::string_view::npos); // variant
  }
}

BOOST_AUTO_TEST_CASE(uuid7_begins_with_the_milliseconds) {
  base::random chance{2};
  const auto id = uuid7(some_time, chance);
  const auto ms = std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
  BOOST_TEST(ms == some_time.count / 1000);
  BOOST_TEST(uuid7(utc_us{0}, chance).substr(0, 15) == "00000000-0000-7");
}

BOOST_AUTO_TEST_CASE(uuid7_texts_are_in_the_order_of_time) {
  base::random chance{3};
  std::string before = uuid7(some_time, chance);
  for (std::int64_t ms = 1; ms <= 5000; ++ms) {
    const auto after = uuid7(utc_us{some_time.count + ms * 1000}, chance);
    BOOST_REQUIRE_LT(before, after);
    before = after;
  }
}

BOOST_AUTO_TEST_CASE(uuid7_of_one_instant_differ_and_repeat_with_the_seed) {
  base::random chance{4}, again{4};
  std::set<std::string> seen;
  std::set<char> variants;
  for (int i = 0; i < 5000; ++i) {
    const auto id = uuid7(some_time, chance);
    BOOST_REQUIRE_EQUAL(id, uuid7(some_time, again));
    seen.insert(id);
    variants.insert(id[19]);
  }
  BOOST_TEST(seen.size() == 5000u);
  BOOST_TEST(variants.size() == 4u); // the bits beside the variant are random
}

BOOST_AUTO_TEST_CASE(strong_ids_compare_and_hash_by_text) {
  BOOST_CHECK(user_id{"a"} == user_id{"a"});
  BOOST_CHECK(user_id{"a"} < user_id{"b"});
  BOOST_TEST(user_id{}.empty());
  BOOST_TEST(!user_id{"a"}.empty());
  std::unordered_set<user_id> ids{user_id{"a"}, user_id{"b"}, user_id{"a"}};
  BOOST_TEST(ids.size() == 2u);
  BOOST_TEST(ids.contains(user_id{"b"}));
}

BOOST_AUTO_TEST_SUITE_END()
