// proves I10, I11, P16: records, canonical bytes, the chain.
#include "base/assert.hpp"
#include "ledger/commit.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <set>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(commit)

namespace {

entry sample() {
  entry e;
  e.draft.account = account_id{base::id_of(-(std::int64_t{1} << 56))};
  e.draft.amount = base::centavos{-2};
  e.draft.transaction = transaction_id{base::id_of(0x74)};
  e.draft.effective = base::civil_day{-1};
  e.draft.posting = 7;
  e.draft.reversal = true;
  e.version = 9;
  e.balance_after = base::centavos{258};
  e.shard = 3;
  e.seq = 5;
  e.position = 1;
  e.booked_at = base::utc_us{4};
  return e;
}

struct sealed {
  commit_record record;
  std::vector<entry> entries;

  base::digest hash() const {
    std::vector<const entry*> all;
    for (const auto& e : entries) all.push_back(&e);
    return hash_of(record, all);
  }
};

sealed two_entries() {
  shard_head head{3, 4, 2, base::sha256("before"), base::utc_us{100}};
  sealed s{next_record(head, 2, "node-1", base::utc_us{200}), {}};
  for (std::uint32_t i = 0; i < 2; ++i) {
    auto e = sample();
    e.draft.amount.minor = i == 0 ? -2 : 2;
    e.seq = s.record.seq;
    e.position = i;
    e.booked_at = s.record.booked_at;
    s.entries.push_back(e);
  }
  std::vector<const entry*> all{&s.entries[0], &s.entries[1]};
  seal(s.record, all);
  return s;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_canonical_bytes_of_an_entry_are_these_for_ever) {
  std::string bytes;
  append_canonical(bytes, sample());
  BOOST_TEST(base::hex(bytes) == "ff00000000000000" // account
                                 "fffffffffffffffe" // amount
                                 "0000000000000074" // transaction
                                 "ffffffff"         // effective
                                 "00000007"         // posting
                                 "01"               // reversal
                                 "0000000000000009" // version
                                 "0000000000000102" // balance_after
                                 "00000003"         // shard
                                 "0000000000000005" // seq
                                 "00000001"         // position
                                 "0000000000000004" // booked_at
  );
}

BOOST_AUTO_TEST_CASE(the_hash_of_a_record_is_over_the_documented_bytes) {
  commit_record r;
  r.shard = 3;
  r.seq = 5;
  r.epoch = 2;
  r.node = "n1";
  r.prev_hash = base::sha256("before");
  r.booked_at = base::utc_us{4};
  r.entries = 1;
  std::string bytes = base::bytes_of(r.prev_hash);
  bytes += std::string("\0\0\0\3", 4);
  bytes += std::string("\0\0\0\0\0\0\0\5", 8);
  bytes += std::string("\0\0\0\0\0\0\0\2", 8);
  bytes += std::string("\0\0\0\2n1", 6);
  bytes += std::string("\0\0\0\0\0\0\0\4", 8);
  bytes += std::string("\0\0\0\1", 4);
  const auto e = sample();
  append_canonical(bytes, e);
  BOOST_TEST(base::hex(hash_of(r, {&e})) == base::hex(base::sha256(bytes)));
}

BOOST_AUTO_TEST_CASE(the_next_record_follows_the_head) {
  const shard_head head{3, 4, 2, base::sha256("x"), base::utc_us{100}};
  const auto r = next_record(head, 3, "node-1", base::utc_us{101});
  BOOST_TEST(r.shard == 3u);
  BOOST_TEST(r.seq == 5u);
  BOOST_TEST(r.epoch == 3u);
  BOOST_TEST(r.node == "node-1");
  BOOST_TEST((r.prev_hash == head.hash));
  BOOST_TEST((r.booked_at == base::utc_us{101}));
  BOOST_TEST((r.head() == shard_head{3, 5, 3, r.hash, base::utc_us{101}}));
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_does_not_make_booked_at_fall) {
  const shard_head head{0, 1, 1, {}, base::utc_us{100}};
  BOOST_TEST((next_record(head, 1, "n", base::utc_us{99}).booked_at == base::utc_us{100}));
}

BOOST_AUTO_TEST_CASE(an_epoch_never_falls) {
  const shard_head head{0, 1, 5, {}, base::utc_us{100}};
  BOOST_CHECK_THROW(next_record(head, 4, "n", base::utc_us{100}), base::broken_invariant);
}

BOOST_AUTO_TEST_CASE(an_empty_record_is_an_ordinary_link) {
  auto r = next_record(shard_head{}, 1, "n", base::utc_us{1});
  seal(r, {});
  BOOST_TEST(r.entries == 0u);
  BOOST_TEST((r.hash == hash_of(r, {})));
  BOOST_TEST((r.hash != base::digest{}));
}

BOOST_AUTO_TEST_CASE(seal_refuses_entries_of_another_record_and_gaps_in_position) {
  const auto good = two_entries();
  const std::vector<std::function<void(std::vector<entry>&)>> faults{
      [](auto& e) { e[1].shard = 4; },
      [](auto& e) { e[1].seq += 1; },
      [](auto& e) { e[1].booked_at.count += 1; },
      [](auto& e) { e[1].position = 2; },
      [](auto& e) { std::swap(e[0], e[1]); },
  };
  for (const auto& plant : faults) {
    auto entries = good.entries;
    plant(entries);
    auto record = good.record;
    BOOST_CHECK_THROW(seal(record, {&entries[0], &entries[1]}), base::broken_invariant);
  }
}

// proves I11: every bit of every number, and every bit of every text and hash.
BOOST_AUTO_TEST_CASE(any_flipped_bit_changes_the_hash) {
  const auto good = two_entries();
  const auto hash = good.hash();
  BOOST_TEST((hash == good.record.hash));
  std::set<base::digest> seen{hash};
  std::size_t flips = 0;
  const auto flip = [&](const std::function<void(sealed&)>& change) {
    auto bad = good;
    change(bad);
    ++flips;
    BOOST_TEST(seen.insert(bad.hash()).second, "flip " << flips << " is not seen");
  };
  const auto text = [&](const std::function<std::string&(sealed&)>& of) {
    auto probe = good;
    for (std::size_t i = 0; i < 8 * of(probe).size(); ++i) {
      flip([&](sealed& s) { of(s)[i / 8] = static_cast<char>(of(s)[i / 8] ^ 1 << i % 8); });
    }
  };
  const auto id = [&](auto of) {
    auto probe = good;
    for (std::size_t i = 0; i < 8 * of(probe).text().size(); ++i) {
      flip([&](sealed& s) {
        auto changed = of(s).text();
        changed[i / 8] = static_cast<char>(changed[i / 8] ^ 1 << i % 8);
        of(s) = std::decay_t<decltype(of(s))>{changed};
      });
    }
  };
  for (int b = 0; b < 256; ++b) {
    flip([&](sealed& s) {
      auto& byte = s.record.prev_hash[static_cast<std::size_t>(b / 8)];
      byte = static_cast<unsigned char>(byte ^ 1 << b % 8);
    });
  }
  for (int b = 0; b < 64; ++b) {
    const auto bit = std::uint64_t{1} << b;
    const auto turn = [bit](std::int64_t& n) {
      n = static_cast<std::int64_t>(static_cast<std::uint64_t>(n) ^ bit);
    };
    flip([&](sealed& s) { s.record.seq ^= bit; });
    flip([&](sealed& s) { s.record.epoch ^= bit; });
    flip([&](sealed& s) { turn(s.record.booked_at.count); });
    for (std::size_t i = 0; i < 2; ++i) {
      flip([&](sealed& s) { turn(s.entries[i].draft.amount.minor); });
      flip([&](sealed& s) { turn(s.entries[i].balance_after.minor); });
      flip([&](sealed& s) { turn(s.entries[i].booked_at.count); });
      flip([&](sealed& s) { s.entries[i].version ^= bit; });
      flip([&](sealed& s) { s.entries[i].seq ^= bit; });
    }
    if (b >= 32) continue;
    const auto low = static_cast<std::uint32_t>(bit);
    flip([&](sealed& s) { s.record.shard ^= low; });
    flip([&](sealed& s) { s.record.entries ^= low; });
    for (std::size_t i = 0; i < 2; ++i) {
      flip([&](sealed& s) { s.entries[i].draft.posting ^= low; });
      flip([&](sealed& s) { s.entries[i].shard ^= low; });
      flip([&](sealed& s) { s.entries[i].position ^= low; });
      flip([&](sealed& s) {
        auto& day = s.entries[i].draft.effective.count;
        day = static_cast<std::int32_t>(static_cast<std::uint32_t>(day) ^ low);
      });
    }
  }
  text([](sealed& s) -> std::string& { return s.record.node; });
  for (std::size_t i = 0; i < 2; ++i) {
    id([i](sealed& s) -> account_id& { return s.entries[i].draft.account; });
    id([i](sealed& s) -> transaction_id& { return s.entries[i].draft.transaction; });
    flip([&](sealed& s) { s.entries[i].draft.reversal = !s.entries[i].draft.reversal; });
  }
  flip([](sealed& s) { s.entries.pop_back(); });
  flip([](sealed& s) { std::swap(s.entries[0], s.entries[1]); });
}

BOOST_AUTO_TEST_CASE(a_letter_that_moves_between_neighbouring_texts_is_seen) {
  auto a = sample(), b = sample();
  a.draft.account = account_id{"ab"};
  a.draft.transaction = transaction_id{"c"};
  b.draft.account = account_id{"a"};
  b.draft.transaction = transaction_id{"bc"};
  std::string bytes_a, bytes_b;
  append_canonical(bytes_a, a);
  append_canonical(bytes_b, b);
  BOOST_TEST(bytes_a != bytes_b);
}

// The values come from sha256sum; they must never change, or users are looked for in other shards.
BOOST_AUTO_TEST_CASE(the_shard_of_a_user_is_the_same_for_ever) {
  BOOST_TEST(shard_of(user_id{"ana"}, 16) == 10u);
  BOOST_TEST(shard_of(user_id{"bob"}, 16) == 10u);
  BOOST_TEST(shard_of(user_id{"0190b6a0-0000-7000-8000-000000000001"}, 16) == 12u);
  BOOST_TEST(shard_of(user_id{""}, 16) == 4u);
  BOOST_TEST(shard_of(user_id{"ana"}, 7) == 6u);
  BOOST_TEST(shard_of(user_id{"bob"}, 7) == 1u);
  BOOST_TEST(shard_of(user_id{"ana"}, 1) == 0u);
  BOOST_CHECK_THROW(shard_of(user_id{"ana"}, 0), base::broken_invariant);
}

BOOST_AUTO_TEST_CASE(users_spread_over_the_shards) {
  std::array<int, 16> users{};
  for (int i = 0; i < 16'000; ++i) ++users[shard_of(user_id{"user-" + std::to_string(i)}, 16)];
  for (const auto n : users) {
    BOOST_TEST(n > 850); // 1000 expected, deviation 31: five of them
    BOOST_TEST(n < 1150);
  }
}

BOOST_AUTO_TEST_SUITE_END()
