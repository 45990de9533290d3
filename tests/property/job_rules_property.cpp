// proves of the small rules of jobs over generated input: waits stay within their bounds, a ranked
// list is a sorted set, and a unique key is held exactly as long as a list of all jobs says.
#include "scheduler/ranked_list.hpp"
#include "scheduler/retry_policy.hpp"
#include "scheduler/unique_index.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <iterator>
#include <limits>
#include <set>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(job_rules)

namespace {

constexpr std::int64_t second = 1'000'000;

std::int64_t wide(std::int64_t low, std::int64_t high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high));
}

backoff any_backoff() {
  backoff b;
  b.curve = static_cast<backoff_curve>(wide(0, 4));
  b.spread = static_cast<jitter>(wide(0, 3));
  b.base_us = wide(0, std::numeric_limits<std::int64_t>::max());
  if (wide(0, 2) == 0) b.base_us %= 10 * second;
  b.factor = wide(0, 100);
  b.cap_us = wide(0, 2) == 0 ? wide(0, 3600 * second) : wide(0, 1'000'000 * second);
  for (auto n = wide(0, 5); n > 0; --n) b.list_us.push_back(wide(0, 7200 * second));
  return b;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_wait_is_never_short_and_beyond_the_cap_only_as_a_hint_wishes) {
  BOOST_TEST(rc::check("waits", [] {
    const auto b = any_backoff();
    const auto failed = static_cast<std::int32_t>(wide(1, 200));
    const auto hint = wide(0, 3) == 0 ? wide(0, 200'000 * second) : 0;
    base::random chance{static_cast<std::uint64_t>(wide(0, 1'000'000))};
    const auto wait = delay_us(b, failed, hint, chance);
    const auto wished = std::min(hint, 24 * 3600 * second);
    RC_ASSERT(wait >= second / 10);
    RC_ASSERT(wait >= wished);
    RC_ASSERT(wait <= std::max({second / 10, b.cap_us, wished}));
    // Without jitter it is the longest that it can be, and with half of it no less than half.
    auto full = b;
    full.spread = jitter::none;
    const auto longest = delay_us(full, failed, hint, chance);
    RC_ASSERT(wait <= longest);
    if (b.spread == jitter::equal) RC_ASSERT(wait >= longest / 2);
    if (failed < 200 && b.factor > 0 && b.curve != backoff_curve::list)
      RC_ASSERT(longest <= delay_us(full, failed + 1, hint, chance));
  }));
}

BOOST_AUTO_TEST_CASE(a_ranked_list_is_a_sorted_set) {
  BOOST_TEST(rc::check("ranked list", [] {
    ranked_list<int> list;
    std::set<int> all;
    base::random chance{static_cast<std::uint64_t>(wide(0, 1'000'000))};
    const auto mode = wide(0, 3); // mixed, growing at the end, eaten from the front
    int last = 0;
    for (auto n = wide(1, 3'000); n > 0; --n) {
      const auto value = mode == 0 ? static_cast<int>(chance.below(2'000)) : ++last;
      if (all.insert(value).second) {
        list.insert(value);
      } else {
        all.erase(value);
        list.erase(value);
      }
      if (mode == 2 && n % 3 == 0) {
        list.erase(*all.begin());
        all.erase(all.begin());
      }
      RC_ASSERT(list.size() == all.size());
      RC_ASSERT((list.empty() || list.front() == *all.begin()));
    }
    for (int tries = 0; tries < 20; ++tries) {
      const auto value = static_cast<int>(chance.between(-1, 3'001));
      RC_ASSERT(list.before(value) ==
                static_cast<std::size_t>(std::distance(all.begin(), all.lower_bound(value))));
    }
    std::size_t rank = 0;
    for (const auto value : all) RC_ASSERT(list[rank++] == value);
    while (!all.empty()) {
      const auto at = std::next(all.begin(), chance.between(0, std::ssize(all) - 1));
      list.erase(*at);
      all.erase(at);
      RC_ASSERT((all.empty() || list.front() == *all.begin()));
    }
    RC_ASSERT(list.empty());
  }));
}

BOOST_AUTO_TEST_CASE(a_key_is_held_exactly_as_a_list_of_all_jobs_says) {
  BOOST_TEST(rc::check("unique", [] {
    struct known {
      job what;
      bool begun = false, over = false;
    };
    unique_index index;
    std::vector<known> all;
    base::utc_us now{0};
    const auto holder = [&](const std::string& key) -> const known* {
      for (auto k = all.rbegin(); k != all.rend(); ++k) { // at most one holds
        const auto& rule = *k->what.unique;
        if (rule.key != key) continue;
        const bool holds = rule.until == unique_rule::period::window
                               ? now.count < k->what.created_at.count + rule.window_us
                           : rule.until == unique_rule::period::until_started
                               ? !k->begun && !k->over
                               : !k->over;
        if (holds) return &*k;
      }
      return nullptr;
    };
    for (auto steps = wide(1, 120); steps > 0; --steps) {
      const auto what = wide(0, 10);
      if (what < 4) {
        job j;
        j.id = job_id::of(std::ssize(all) + 1);
        j.kind = "k";
        j.created_at = now;
        unique_rule rule;
        rule.key = std::string(1, static_cast<char>('a' + wide(0, 3)));
        rule.until = static_cast<unique_rule::period>(wide(0, 3));
        rule.window_us = wide(1, 50);
        rule.on_conflict = static_cast<unique_rule::conflict>(wide(0, 4));
        j.unique = rule;
        const auto verdict = index.decide(j, now);
        const auto* h = holder(rule.key);
        RC_ASSERT((verdict.what == unique_verdict::enqueue) == (h == nullptr));
        if (h == nullptr) {
          index.add(j, now);
          all.push_back({j});
        } else {
          RC_ASSERT(verdict.existing == h->what.id);
          const bool changes =
              verdict.what == unique_verdict::replace || verdict.what == unique_verdict::debounce;
          RC_ASSERT((!changes || (!h->begun && !h->over)));
        }
      } else if (what < 8) {
        if (all.empty()) continue;
        auto& k = all[static_cast<std::size_t>(wide(0, std::ssize(all)))];
        if (k.over) continue;
        if (what < 6) {
          index.started(k.what.id, now);
          k.begun = true;
        } else {
          index.erase(k.what.id);
          k.over = true;
        }
      } else {
        now.count += wide(0, 40);
        if (what == 9) index.expire(now);
      }
    }
    // After a restart the rows of live jobs come in any order.
    unique_index again;
    auto order = *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<bool>());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto& k = all[order ? i : all.size() - 1 - i];
      if (!k.over) again.add(k.what, now, k.begun);
    }
    for (const char key : {'a', 'b', 'c'}) {
      job j;
      j.kind = "k";
      j.unique = unique_rule{};
      j.unique->key = std::string(1, key);
      const auto* h = holder(j.unique->key);
      if (h == nullptr || !h->over) // a window of one that has ended is in no live row
        RC_ASSERT((again.decide(j, now).what == unique_verdict::enqueue) == (h == nullptr));
    }
    now.count += 100;
    for (const auto& k : all)
      if (!k.over) index.erase(k.what.id);
    index.expire(now);
    RC_ASSERT(index.size() == 0U);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
