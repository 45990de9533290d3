// If-Match: whoever changes something on the basis of what it was is told so by the book.
#include "ledger/etag.hpp"
#include "tests/support/caf_fixture.hpp"

using namespace tests;

BOOST_AUTO_TEST_SUITE(conditions)

namespace {

const ledger::account_id leisure{"C"};

struct conditions_bed : caf_fixture {
  std::string tag() const { return ledger::category_etag(store.accounts_.at("C").record); }
  ledger::update_category named(const std::string& name, const std::string& tag) {
    ledger::update_category c;
    c.id = leisure;
    c.name = name;
    c.if_match = tag;
    return c;
  }
  std::string name() const { return store.accounts_.at("C").record.name; }
};

/// A new name for whoever is called so.
ledger::change_rows renamed(const std::string& from, const std::string& to) {
  ledger::change_rows c;
  c.reads = {ledger::profile_of{ledger::user_id{"ana"}}};
  c.decide = [from, to](const std::vector<ledger::user_rows>& found,
                        base::utc_us now) -> base::result<ledger::row_change> {
    const auto profile = ledger::row_of<ledger::user_record>(found.at(0)).value();
    if (profile.name != from) return base::fail(ledger::errc::version_conflict);
    ledger::row_change change;
    change.user.emplace();
    change.user->id = profile.id;
    change.user->name = to;
    change.user->updated_at = now;
    return change;
  };
  return c;
}

ledger::change_rows moved_to(const std::string& address) {
  ledger::change_rows c;
  c.decide = [address](const std::vector<ledger::user_rows>&,
                       base::utc_us now) -> base::result<ledger::row_change> {
    ledger::row_change change;
    change.user.emplace();
    change.user->id = ledger::user_id{"ana"};
    change.user->email = address;
    change.user->updated_at = now;
    return change;
  };
  return c;
}

} // namespace

BOOST_AUTO_TEST_CASE(of_two_edits_of_a_category_on_one_tag_one_is_done) {
  conditions_bed f;
  const auto old = f.tag();
  const auto one = f.send(f.named("one", old));
  const auto two = f.send(f.named("two", old));
  f.settle();
  BOOST_TEST(f.word(one) == "ok");
  BOOST_TEST(f.word(two) == "VERSION_CONFLICT");
  BOOST_TEST(f.name() == "one");
  f.pass(std::chrono::milliseconds{1});
  const auto three = f.send(f.named("three", f.tag()));
  f.settle();
  BOOST_TEST(f.word(three) == "ok");
  BOOST_TEST(f.name() == "three");
}

BOOST_AUTO_TEST_CASE(an_edit_and_an_end_of_a_category_on_one_tag_do_not_both_happen) {
  conditions_bed f;
  const auto old = f.tag();
  const auto edit = f.send(f.named("one", old));
  const auto end = f.send(ledger::archive_category{leisure, old});
  f.settle();
  BOOST_TEST(f.word(edit) == "ok");
  BOOST_TEST(f.word(end) == "VERSION_CONFLICT");
  BOOST_TEST(f.store.accounts_.at("C").record.active);
  const auto again = f.send(ledger::archive_category{leisure, f.tag()});
  f.settle();
  BOOST_TEST(f.word(again) == "ok");
  BOOST_TEST(!f.store.accounts_.at("C").record.active);
}

// An edit whose commit failed changed no version.
BOOST_AUTO_TEST_CASE(a_tag_is_that_of_what_was_committed) {
  conditions_bed f;
  const auto old = f.tag();
  f.store.outcomes = {storage::commit_class::definite};
  const auto lost = f.send(f.named("one", old));
  f.settle();
  BOOST_TEST(f.word(lost) != "ok");
  const auto again = f.send(f.named("two", old));
  f.settle();
  BOOST_TEST(f.word(again) == "ok");
  BOOST_TEST(f.name() == "two");
}

BOOST_AUTO_TEST_CASE(a_stale_tag_is_not_pinned_under_a_key) {
  conditions_bed f;
  const auto stale = f.send(f.named("one", "nobody made this"), "k");
  f.settle();
  BOOST_TEST(f.word(stale) == "VERSION_CONFLICT");
  const auto again = f.send(f.named("one", f.tag()), "k");
  f.settle();
  BOOST_TEST(f.word(again) == "ok");
}

BOOST_AUTO_TEST_CASE(of_two_edits_of_a_profile_the_second_sees_the_first) {
  conditions_bed f;
  const auto one = f.send(renamed("ana", "one"));
  const auto two = f.send(renamed("ana", "two"));
  f.run();
  f.settle();
  BOOST_TEST(f.word(one) == "ok");
  BOOST_TEST(f.word(two) == "VERSION_CONFLICT");
  BOOST_TEST(f.store.users_.at("ana").name == "one");
}

// Two users ask for it at the same time: no book knows of the other, the commit decides.
BOOST_AUTO_TEST_CASE(an_address_that_somebody_else_just_took_is_in_use) {
  for (const char* key : {"", "k"}) {
    conditions_bed f;
    f.store.outcomes = {storage::commit_class::duplicate_key};
    const auto late = f.send(moved_to("eva@example.com"), key);
    f.settle();
    BOOST_TEST(f.word(late) == "EMAIL_IN_USE", "key: " << key);
    const auto again = f.send(moved_to("ana@new.example"), key, "ana", 2);
    f.settle();
    BOOST_TEST(f.word(again) == "ok");
    BOOST_TEST(f.store.users_.at("ana").email == "ana@new.example");
  }
}

BOOST_AUTO_TEST_CASE(an_amount_that_no_posting_has_is_refused_and_the_book_goes_on) {
  conditions_bed f;
  const auto made = f.send(expense(300));
  f.settle();
  const auto id = std::get<ledger::transaction_record>(*f.answer(made)->result).id;
  for (const std::int64_t bad :
       {std::int64_t{0}, std::int64_t{-1}, base::amount_minor_max + 1,
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    ledger::edit_transaction e;
    e.id = id;
    e.edit.amount = base::centavos{bad};
    const auto edit = f.send(e);
    f.settle();
    BOOST_TEST(f.word(edit) == "TX_VALIDATION_AMOUNT", bad);
  }
  BOOST_TEST(f.balance("A") == 9'700);
  const auto more = f.send(expense(1));
  f.settle();
  BOOST_TEST(f.word(more) == "ok");
}

BOOST_AUTO_TEST_SUITE_END()
