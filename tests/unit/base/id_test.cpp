#include "base/id.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <vector>

using namespace base;

BOOST_AUTO_TEST_SUITE(ids)

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

BOOST_AUTO_TEST_CASE(a_key_and_the_text_of_ours_follow_from_each_other) {
  id_source make;
  std::string before;
  id_key key_before = -1;
  for (int i = 0; i < 20'000; ++i) {
    const auto key =
        make.next(utc_us{some_time.count + i / 7 * 1000}, static_cast<std::uint8_t>(i));
    const auto id = id_of(key);
    BOOST_REQUIRE(text_follows(key));
    BOOST_REQUIRE_EQUAL(key_of(id), key);
    BOOST_REQUIRE_LT(before, id);
    BOOST_REQUIRE_LT(key_before, key);
    BOOST_REQUIRE_EQUAL(id[14], '7');
    BOOST_REQUIRE(std::string_view{"89ab"}.find(id[19]) != std::string_view::npos);
    before = id;
    key_before = key;
  }
}

BOOST_AUTO_TEST_CASE(the_edges_of_our_keys) {
  for (const id_key key : {id_key{0}, id_key{1}, id_key{255}, (id_key{1} << 62) - 1})
    BOOST_TEST(key_of(id_of(key)) == key);
  BOOST_TEST(id_of(0).substr(0, 15) == "016f5e66-e800-7"); // 2020-01-01
  BOOST_TEST(instant_of(0).count == 1'577'836'800'000'000);
  // A clock before our epoch, and one that is not set at all.
  id_source make;
  const auto first = make.next(utc_us{0}, 3), second = make.next(utc_us{-5'000'000}, 3);
  BOOST_TEST(second == first + 256);
}

BOOST_AUTO_TEST_CASE(any_changed_character_makes_an_id_foreign) {
  const auto id = id_of(id_source{}.next(some_time, 7));
  for (std::size_t at = 0; at < id.size(); ++at)
    for (const char c : {'0', '1', '8', 'a', 'f', 'A', 'F', '-', 'g', ' ', '\0', '\xe9'}) {
      auto other = id;
      if (other[at] == c) continue;
      other[at] = c;
      BOOST_REQUIRE(!text_follows(key_of(other)) || id_of(key_of(other)) == other);
      BOOST_REQUIRE(key_of(other) != key_of(id));
    }
  for (const auto& other : {id + "0", id.substr(0, 35), id + '\0'}) BOOST_TEST(key_of(other) < 0);
  base::random chance{9};
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(key_of(uuid7(some_time, chance)) < 0);
}

BOOST_AUTO_TEST_CASE(foreign_texts_have_keys_of_their_own) {
  std::set<id_key> seen;
  for (int i = 0; i < 5000; ++i) {
    const auto key = key_of("conta-" + std::to_string(i));
    BOOST_REQUIRE_LT(key, 0);
    seen.insert(key);
    BOOST_REQUIRE_EQUAL(key_of(id_of(key)), key); // an id whose row is gone
  }
  BOOST_TEST(seen.size() == 5000u);
  BOOST_TEST(key_of("") == before_all_keys);
  BOOST_TEST(key_of("#-7") == -7);
  BOOST_TEST(key_of("#-07") != -7); // not what id_of writes
  BOOST_TEST(key_of("#7") < 0);
  // First 8 bytes of SHA-256("a") are ca978112ca1bbdca.
  BOOST_TEST(key_of("a") == -1 - static_cast<id_key>(0xca978112ca1bbdcaULL >> 1));
}

BOOST_AUTO_TEST_CASE(an_id_tells_when_it_was_made) {
  const auto id = id_source{}.next(some_time, 1);
  BOOST_TEST(instant_of(id).count == some_time.count / 1000 * 1000);
}

BOOST_AUTO_TEST_CASE(ids_do_not_go_back_with_the_clock) {
  id_source make;
  const auto first = make.next(some_time, 0);
  const auto second = make.next(utc_us{some_time.count - 3'600'000'000}, 0);
  BOOST_TEST(second == first + 256);
  make.not_before(utc_us{some_time.count + 60'000'000});
  BOOST_TEST(instant_of(make.next(some_time, 0)).count > some_time.count + 60'000'000 - 1000);
  make.not_before(some_time); // older than what was made: says nothing
  BOOST_TEST(instant_of(make.next(some_time, 0)).count > some_time.count + 60'000'000 - 1000);
  // 4,096 ids fit into a millisecond; the next one borrows from the future.
  id_source busy;
  for (int i = 0; i < 4096; ++i) busy.next(some_time, 0);
  BOOST_TEST(instant_of(busy.next(some_time, 0)).count / 1000 == some_time.count / 1000 + 1);
}

BOOST_AUTO_TEST_CASE(many_threads_get_different_ids) {
  id_source make;
  std::vector<std::vector<id_key>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made)
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) mine.push_back(make.next(some_time, 9));
    });
  for (auto& t : threads) t.join();
  std::set<id_key> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  BOOST_TEST(all.size() == 20'000u);
}

BOOST_AUTO_TEST_CASE(a_strong_id_gives_its_text_back) {
  id_source make;
  for (const std::string& text :
       {id_of(make.next(some_time, 3)), std::string{"a"}, std::string{"#-7"},
        std::string{"0190A000-0000-7000-8000-000000000000"}, std::string(64, 'x'), std::string{}}) {
    const user_id id{text};
    BOOST_TEST(id.text() == text);
    BOOST_TEST(key_of(id) == key_of(text));
    BOOST_TEST(id.imported_text() == (text_follows(key_of(text)) ? "" : text));
    BOOST_TEST(id.empty() == text.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_key_gives_the_id_of_its_text) {
  id_source make;
  const auto key = make.next(some_time, 3);
  BOOST_CHECK(user_id::of(key) == user_id{id_of(key)});
  BOOST_CHECK(user_id::of(-7) == user_id{"#-7"});
  BOOST_CHECK(user_id::of(before_all_keys) == user_id{});
}

BOOST_AUTO_TEST_CASE(strong_ids_compare_and_hash) {
  id_source make;
  const auto first = user_id::of(make.next(some_time, 3));
  const auto second = user_id::of(make.next(some_time, 3));
  BOOST_CHECK(first < second);
  BOOST_CHECK(first < user_id{"a"}); // as their texts
  BOOST_CHECK(user_id{} < user_id{"a"});
  BOOST_CHECK(user_id{"a"} == user_id{"a"});
  BOOST_CHECK(user_id{"a"} != user_id{"b"});
  BOOST_TEST(user_id{}.empty());
  BOOST_TEST(!user_id{"a"}.empty());
  std::unordered_set<user_id> ids{user_id{"a"}, user_id{"b"}, user_id{"a"}};
  BOOST_TEST(ids.size() == 2u);
  BOOST_TEST(ids.contains(user_id{"b"}));
}

BOOST_AUTO_TEST_SUITE_END()
