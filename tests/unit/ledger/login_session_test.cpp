#include "ledger/login_session.hpp"

#include <boost/test/unit_test.hpp>

using namespace ledger;
using base::utc_us;

BOOST_AUTO_TEST_SUITE(login_sessions)

namespace {

constexpr std::int64_t second = base::us_per_second;
const utc_us login{1'000'000'000 * second};
const utc_us later{login.count + 3600 * second};

login_session session_of(std::int64_t n, utc_us at = login) {
  login_session s;
  s.id = session_id::of(n);
  s.user = user_id{"ana"};
  s.created_at = s.last_used_at = at;
  s.expires_at = {at.count + 7 * 86'400 * second};
  return s;
}

refresh_token token_of(const login_session& s, const char* text) {
  refresh_token t;
  t.hash = base::sha256(text);
  t.session = s.id;
  t.user = s.user;
  t.issued_at = s.created_at;
  t.expires_at = s.expires_at;
  return t;
}

refresh_token next() {
  refresh_token t;
  t.hash = base::sha256("next");
  t.issued_at = later;
  t.expires_at = {later.count + 7 * 86'400 * second};
  return t;
}

refresh_verdict verdict(const std::optional<refresh_token>& t,
                        const std::optional<login_session>& s, utc_us now = later) {
  return refresh(t, s, next(), {now}).verdict;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_token_is_exchanged_for_the_next) {
  const auto s = session_of(1);
  const auto t = token_of(s, "first");
  const auto done = refresh(t, s, next(), {later});
  BOOST_TEST((done.verdict == refresh_verdict::rotated));
  BOOST_REQUIRE(done.session.has_value());
  BOOST_TEST(done.session->last_used_at.count == later.count);
  BOOST_TEST(done.session->expires_at.count == next().expires_at.count);
  BOOST_TEST(!done.session->revoked_at.has_value());
  BOOST_REQUIRE_EQUAL(done.tokens.size(), 2U);
  auto old = t;
  old.rotated_at = later;
  BOOST_CHECK(done.tokens[0] == old);
  auto fresh = next();
  fresh.session = s.id;
  fresh.user = s.user;
  BOOST_CHECK(done.tokens[1] == fresh);
}

BOOST_AUTO_TEST_CASE(within_the_grace_it_gives_access_and_changes_nothing) {
  const auto s = session_of(1);
  auto t = token_of(s, "first");
  for (const std::int64_t ago : {std::int64_t{0}, 10 * second}) {
    t.rotated_at = utc_us{later.count - ago};
    const auto done = refresh(t, s, next(), {later});
    BOOST_TEST((done.verdict == refresh_verdict::raced));
    BOOST_TEST(!done.session.has_value());
    BOOST_TEST(done.tokens.empty());
  }
}

BOOST_AUTO_TEST_CASE(after_the_grace_the_session_ends) {
  const auto s = session_of(1);
  auto t = token_of(s, "first");
  t.rotated_at = utc_us{later.count - 10 * second - 1};
  auto done = refresh(t, s, next(), {later});
  BOOST_TEST((done.verdict == refresh_verdict::reused));
  BOOST_REQUIRE(done.session.has_value());
  BOOST_TEST(done.session->revoked_at->count == later.count);
  BOOST_TEST(done.tokens.empty());
  t.expires_at = utc_us{later.count - 1}; // only a copy can come back
  done = refresh(t, s, next(), {later});
  BOOST_TEST((done.verdict == refresh_verdict::reused));
}

BOOST_AUTO_TEST_CASE(what_is_unknown_over_or_revoked_is_invalid) {
  const auto s = session_of(1);
  const auto t = token_of(s, "first");
  BOOST_TEST((verdict({}, s) == refresh_verdict::invalid));
  BOOST_TEST((verdict(t, {}) == refresh_verdict::invalid));
  BOOST_TEST((verdict(t, s, t.expires_at) == refresh_verdict::invalid));
  BOOST_TEST((verdict(t, s, {t.expires_at.count - 1}) == refresh_verdict::rotated));
  auto ended = s;
  ended.revoked_at = login;
  BOOST_TEST((verdict(t, ended) == refresh_verdict::invalid));
  auto old = t;
  old.rotated_at = login;
  BOOST_TEST((verdict(old, ended) == refresh_verdict::invalid)); // ends once
}

BOOST_AUTO_TEST_CASE(the_oldest_make_room) {
  std::vector<login_session> all;
  for (int i = 0; i < 5; ++i) all.push_back(session_of(i, {login.count + (i + 2) % 5 * second}));
  auto dead = session_of(9, {0});
  dead.revoked_at = login;
  all.push_back(dead);
  BOOST_TEST(make_room(all, 6, later).empty());
  const auto ended = make_room(all, 4, later);
  BOOST_REQUIRE_EQUAL(ended.size(), 2U); // four and the new one would be five
  BOOST_CHECK(ended[0].id == session_id::of(3));
  BOOST_CHECK(ended[1].id == session_id::of(4));
  for (const auto& s : ended) BOOST_TEST(s.revoked_at->count == later.count);
}

BOOST_AUTO_TEST_CASE(one_may_go_on) {
  const std::vector<login_session> all{session_of(1), session_of(2), session_of(3)};
  const auto ended = revoked(all, later, session_id::of(2));
  BOOST_REQUIRE_EQUAL(ended.size(), 2U);
  for (const auto& s : ended) BOOST_CHECK(s.id != session_id::of(2));
  BOOST_TEST(revoked(all, later).size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
