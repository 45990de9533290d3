// Goal: what follows from a posting is what the contract says, whatever came before: envelopes hold
// exactly the round-ups of the expenses that are there, and each crossing is told once.
#include "ledger/follow_ups.hpp"

#include "ledger/insights.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(follow_ups)

namespace {

using ledger::automation;
using ledger::posted_change;
using ledger::transaction_record;
using ledger::transaction_type;

const ledger::user_id ana{"ana"};
const ledger::account_id purse{"a"}, food{"c"};
constexpr base::utc_us now{1'764'000'000'000'000};
const base::civil_day today = base::make_day(2026, 11, 24);

/// The rows of one user in memory: answers the questions and takes what is written.
struct little_world {
  std::map<std::string, transaction_record> posted;
  std::map<std::string, automation> rules;
  std::map<std::string, ledger::budget_envelope> envelopes;
  std::map<std::pair<std::string, std::string>, ledger::round_up> added;
  std::map<std::pair<std::string, std::string>, ledger::alert_state> states;
  std::vector<ledger::notification> told;
  std::vector<ledger::delivery> sent;
  std::vector<ledger::earmark_movement> moved;
  ledger::watching watches;
  std::int64_t held = 0;
  int ids = 0;

  void envelope(const std::string& id, std::int64_t balance = 0) {
    ledger::budget_envelope e;
    e.id = ledger::envelope_id{id};
    e.user = ana;
    e.balance = {balance};
    envelopes[id] = e;
  }
  automation& rule(const std::string& id, const std::string& type, const std::string& conditions) {
    automation a;
    a.id = ledger::automation_id{id};
    a.user = ana;
    a.type = type;
    a.conditions = conditions;
    a.actions = "{}";
    rules[id] = a;
    learn(id);
    return rules[id];
  }
  void learn(const std::string& id) { watches.learn(rules.at(id)); }

  ledger::user_rows answer(const ledger::row_question& q) const {
    ledger::user_rows all;
    if (std::holds_alternative<ledger::envelopes_of_user>(q)) {
      for (const auto& [id, e] : envelopes)
        if (!e.deleted_at) all.emplace_back(e);
    } else if (const auto* r = std::get_if<ledger::round_ups_of>(&q)) {
      for (const auto& [key, u] : added)
        if (u.transaction == r->transaction) all.emplace_back(u);
    } else if (const auto* s = std::get_if<ledger::alert_states_of>(&q)) {
      for (const auto& [key, a] : states)
        if (a.rule == s->rule) all.emplace_back(a);
    } else if (std::holds_alternative<ledger::balance_of>(q)) {
      all.emplace_back(ledger::row_count{held});
    } else if (const auto* spent = std::get_if<ledger::spent_in>(&q)) {
      std::int64_t sum = 0;
      for (const auto& [id, t] : posted)
        if (t.type == transaction_type::expense && !t.deleted_at && t.category == spent->category &&
            t.effective >= spent->first && t.effective <= spent->last)
          sum += t.amount.minor;
      all.emplace_back(ledger::row_count{sum});
    }
    return all;
  }

  void change(const std::vector<transaction_record>& rows) {
    std::vector<posted_change> changes;
    std::map<ledger::account_id, base::centavos> net;
    for (const auto& t : rows) {
      posted_change c{{}, t};
      const auto effect = [](const transaction_record& x) {
        return x.deleted_at ? 0 : x.direction * x.amount.minor;
      };
      net[t.account].minor += effect(t);
      if (const auto old = posted.find(t.id.text()); old != posted.end()) {
        c.before = old->second;
        net[old->second.account].minor -= effect(old->second);
      }
      changes.push_back(c);
    }
    const auto asked = watches.questions(ana, changes, net);
    std::vector<ledger::user_rows> facts;
    for (const auto& q : asked) facts.push_back(answer(q));
    const auto made = watches.rows(changes, net, asked, facts, now,
                                   [this] { return "id-" + std::to_string(++ids); });
    for (const auto& t : rows) posted[t.id.text()] = t;
    for (const auto& [account, amount] : net)
      if (account == purse) held += amount.minor;
    for (const auto& r : made) take(r);
  }
  void take(const ledger::user_row& r) {
    if (const auto* e = std::get_if<ledger::budget_envelope>(&r)) envelopes[e->id.text()] = *e;
    if (const auto* u = std::get_if<ledger::round_up>(&r))
      added[{u->transaction.text(), u->rule.text()}] = *u;
    if (const auto* s = std::get_if<ledger::alert_state>(&r)) states[{s->rule, s->subject}] = *s;
    if (const auto* n = std::get_if<ledger::notification>(&r)) told.push_back(*n);
    if (const auto* d = std::get_if<ledger::delivery>(&r)) sent.push_back(*d);
    if (const auto* m = std::get_if<ledger::earmark_movement>(&r)) moved.push_back(*m);
  }

  std::int64_t in(const std::string& id) const { return envelopes.at(id).balance.minor; }
  std::int64_t added_to(const std::string& envelope) const {
    std::int64_t sum = 0;
    for (const auto& [key, u] : added)
      if (u.envelope.text() == envelope) sum += u.amount.minor;
    return sum;
  }
};

transaction_record paid(const std::string& id, std::int64_t amount) {
  transaction_record t;
  t.id = ledger::transaction_id{id};
  t.owner = ana;
  t.account = purse;
  t.category = food;
  t.type = transaction_type::expense;
  t.direction = -1;
  t.amount = {amount};
  t.effective = today;
  return t;
}
transaction_record gone(transaction_record t) {
  t.deleted_at = now;
  return t;
}
transaction_record earned(transaction_record t) {
  t.type = transaction_type::income;
  t.direction = 1;
  return t;
}

std::string into(const std::string& envelope, int step = 100) {
  return R"({"envelope_id":")" + envelope + R"(","round_to_cents":)" + std::to_string(step) + "}";
}

} // namespace

BOOST_AUTO_TEST_CASE(a_round_up_follows_its_expense) {
  little_world w;
  w.envelope("e");
  w.rule("r", "round_up", into("e"));
  w.change({paid("t", 700)});
  BOOST_TEST(w.in("e") == 0);
  w.change({paid("t", 750)}); // it was an expense of the rule all the time
  BOOST_TEST(w.in("e") == 50);
  w.change({earned(paid("t", 750))});
  BOOST_TEST(w.in("e") == 0);
  w.change({paid("t", 720)});
  BOOST_TEST(w.in("e") == 80);
  w.change({gone(paid("t", 720))});
  BOOST_TEST(w.in("e") == 0);
  w.change({paid("t", 720)});
  BOOST_TEST(w.in("e") == 80);
  // An income that becomes an expense is an expense from then on.
  w.change({earned(paid("u", 130))});
  BOOST_TEST(w.in("e") == 80);
  w.change({paid("u", 130)});
  BOOST_TEST(w.in("e") == 150);
}

BOOST_AUTO_TEST_CASE(what_a_rule_added_is_corrected_when_it_rests_or_is_gone) {
  little_world w;
  w.envelope("e");
  auto& r = w.rule("r", "round_up", into("e"));
  w.change({paid("t", 730)});
  w.change({paid("u", 760)});
  BOOST_TEST(w.in("e") == 110);
  r.active = false;
  w.learn("r");
  BOOST_TEST((!w.watches.none() && !w.watches.looks()));
  BOOST_TEST(!w.watches.concerns({purse}, food, true));
  w.change({paid("t", 780)});
  BOOST_TEST(w.in("e") == 60);
  w.change({paid("v", 101)}); // nothing new
  BOOST_TEST(w.in("e") == 60);
  r.deleted_at = now;
  w.learn("r");
  w.change({gone(paid("t", 780))});
  w.change({gone(paid("u", 760))});
  BOOST_TEST(w.in("e") == 0);
  r.active = true;
  r.deleted_at.reset();
  w.learn("r");
  w.change({paid("v", 102)}); // posted while it rested
  BOOST_TEST(w.in("e") == 0);
}

BOOST_AUTO_TEST_CASE(an_envelope_is_never_below_0_nor_beyond_its_largest) {
  little_world w;
  w.envelope("e");
  w.rule("r", "round_up", into("e"));
  w.change({paid("t", 710)});
  w.envelopes["e"].balance = {40}; // 50 were taken out
  w.change({gone(paid("t", 710))});
  BOOST_TEST(w.in("e") == 0);
  w.envelopes["e"].balance = {base::amount_minor_max - 30};
  w.change({paid("u", 710)});
  BOOST_TEST(w.in("e") == base::amount_minor_max);
  w.change({gone(paid("u", 710))}); // as much as was added
  BOOST_TEST(w.in("e") == base::amount_minor_max - 30);
}

BOOST_AUTO_TEST_CASE(another_envelope_gets_what_the_first_one_gives_back) {
  little_world w;
  w.envelope("e");
  w.envelope("f");
  auto& r = w.rule("r", "round_up", into("e"));
  w.change({paid("t", 710)});
  r.conditions = into("f", 1000);
  w.learn("r");
  w.change({paid("t", 810)});
  BOOST_TEST(w.in("e") == 0);
  BOOST_TEST(w.in("f") == 190);
  // One that nobody has, as of an import: given back, and nothing is remembered under its name.
  r.conditions = into("nobody's");
  w.learn("r");
  w.change({paid("t", 820)});
  w.change({paid("v", 820)});
  BOOST_TEST(w.in("f") == 0);
  BOOST_TEST(w.added.size() == 1u);
  BOOST_TEST(w.added_to("f") == 0);
  r.conditions = into("f");
  w.learn("r");
  w.change({paid("t", 830)});
  BOOST_TEST(w.in("f") == 70);
  w.envelopes["f"].deleted_at = now;
  w.change({gone(paid("t", 830))});
  w.change({paid("u", 830)});
  BOOST_TEST(w.in("f") == 70);
}

// Independent of the code above it: whatever happens to expenses and rules, an envelope from which
// nobody takes holds the sum of what is remembered, and of each expense that is there exactly what
// is missing to the step.
BOOST_AUTO_TEST_CASE(envelopes_hold_what_is_remembered_whatever_happens) {
  constexpr int steps[] = {100, 500, 1000};
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random{seed};
    const auto pick = [&](int below) {
      return static_cast<int>(random() % static_cast<unsigned>(below));
    };
    little_world w;
    w.envelope("e");
    w.envelope("f");
    std::map<std::string, int> step_of;
    for (const char* id : {"r", "s"}) {
      step_of[id] = steps[pick(3)];
      w.rule(id, "round_up", into(id[0] == 'r' ? "e" : "f", step_of[id]));
    }
    int made = 0;
    for (int i = 0; i < 60; ++i) {
      std::vector<transaction_record> rows;
      const int act = pick(8);
      if (act < 3 || made == 0) {
        for (int n = 1 + pick(3); n > 0; --n)
          rows.push_back(paid("t" + std::to_string(++made), 1 + pick(2'000)));
      } else if (act < 7) {
        auto t = w.posted.at("t" + std::to_string(1 + pick(made)));
        const bool live = !t.deleted_at;
        if (act == 3 && live) t.deleted_at = now;
        if (act == 4) t.deleted_at.reset();
        if (act == 5 && live) t.amount = {1 + pick(2'000)};
        if (act == 6 && live)
          t = t.type == transaction_type::expense ? earned(t) : [&] {
            auto back = t;
            back.type = transaction_type::expense;
            back.direction = -1;
            return back;
          }();
        rows.push_back(t);
      } else {
        auto& r = w.rules.at(pick(2) == 0 ? "r" : "s");
        r.active = !r.active;
        w.learn(r.id.text());
      }
      if (!rows.empty()) w.change(rows);
      BOOST_TEST_REQUIRE(w.in("e") == w.added_to("e"), "seed " << seed << ", step " << i);
      BOOST_TEST_REQUIRE(w.in("f") == w.added_to("f"), "seed " << seed << ", step " << i);
      for (const auto& [key, u] : w.added) {
        const auto& t = w.posted.at(key.first);
        const bool counts = t.type == transaction_type::expense && !t.deleted_at;
        const auto over = t.amount.minor % step_of.at(key.second);
        const auto due = counts && over != 0 ? step_of.at(key.second) - over : 0;
        BOOST_TEST_REQUIRE(u.amount.minor == due, "seed " << seed << ", step " << i);
      }
    }
    std::int64_t sum = 0;
    for (const auto& m : w.moved) sum += m.amount.minor;
    BOOST_TEST_REQUIRE(sum == w.in("e") + w.in("f"), "seed " << seed);
  }
}

// A budget and an account, watched by rules with limits of their own, through any history: a rule
// tells exactly when its condition becomes true, and never twice in a row.
BOOST_AUTO_TEST_CASE(each_crossing_is_told_once_whatever_happens) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random{seed};
    const auto pick = [&](int below) {
      return static_cast<int>(random() % static_cast<unsigned>(below));
    };
    little_world w;
    std::map<std::string, std::int64_t> limits;
    for (const char* id : {"b1", "b2"}) {
      limits[id] = pick(4'000);
      w.rule(id, pick(2) == 0 ? "budget_alert" : "category_limit",
             R"({"category_id":"c","amount_cents":)" + std::to_string(limits[id]) + "}");
    }
    for (const char* id : {"l1", "l2"}) {
      limits[id] = pick(4'000) - 2'000;
      w.rule(id, "low_balance_alert",
             R"({"account_id":"a","amount_cents":)" + std::to_string(limits[id]) + "}");
    }
    w.rule("hook", "webhook", R"({"events":["alert_fired"]})");
    w.held = 3'000;
    std::map<std::string, bool> was;
    // Nothing is below a limit of theirs before the first posting touches it.
    std::map<std::string, int> expected;
    int made = 0;
    for (int i = 0; i < 60; ++i) {
      transaction_record t;
      const int act = pick(6);
      if (act < 3 || made == 0) {
        t = paid("t" + std::to_string(++made), 1 + pick(1'500));
        if (act == 2) t = earned(t);
      } else {
        t = w.posted.at("t" + std::to_string(1 + pick(made)));
        if (act == 3) t.deleted_at = t.deleted_at ? std::nullopt : std::optional{now};
        if (act == 4 && !t.deleted_at) t.amount = {1 + pick(1'500)};
        if (act == 5 && !t.deleted_at) t.effective = base::make_day(2026, 10, 3);
      }
      w.change({t});
      std::map<ledger::month, std::int64_t> spent;
      for (const auto& [id, p] : w.posted)
        if (p.type == transaction_type::expense && !p.deleted_at)
          spent[ledger::month_of(p.effective)] += p.amount.minor;
      for (const auto& [id, limit] : limits) {
        if (id[0] == 'l') {
          const bool low = w.held < limit;
          if (low && !was[id]) ++expected[id];
          was[id] = low;
          continue;
        }
        for (const auto month :
             {*ledger::parse_month("2026-10"), *ledger::parse_month("2026-11")}) {
          const bool over = spent[month] > limit;
          auto& before = was[id + ledger::to_text(month)];
          if (over && !before) ++expected[id];
          before = over;
        }
      }
      std::map<std::string, int> heard;
      for (const auto& n : w.told)
        for (const auto& [id, limit] : limits)
          if (n.metadata.find("\"" + id + "\"") != std::string::npos) ++heard[id];
      for (const auto& [id, limit] : limits)
        BOOST_TEST_REQUIRE(heard[id] == expected[id],
                           "seed " << seed << ", step " << i << ' ' << id);
    }
    BOOST_TEST_REQUIRE(w.sent.size() == w.told.size(), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(webhooks_hear_of_what_they_want) {
  little_world w;
  w.rule("l", "low_balance_alert", R"({"account_id":"a","amount_cents":0})");
  w.rule("news", "webhook", R"({"events":["transaction_created","alert_fired"]})");
  w.rule("other", "webhook", R"({"events":["goal_entered_risk_state"]})");
  BOOST_TEST(w.watches.concerns({purse}, food, false));
  w.change({paid("t", 10)});
  BOOST_TEST_REQUIRE(w.sent.size() == 2u);
  BOOST_TEST(w.sent[0].rule == "news");
  BOOST_TEST(w.sent[0].body.find(R"("event":"alert_fired","automation_rule_id":"news",)"
                                 R"("alert":"low_balance_alert","notification_id":")" +
                                 w.told.at(0).id.text() + '"') != std::string::npos);
  BOOST_TEST(w.sent[1].body.find(R"("event":"transaction_created","automation_rule_id":"news",)"
                                 R"("transaction_id":"t")") != std::string::npos);
  w.change({paid("t", 20)}); // created once, and still low
  BOOST_TEST(w.sent.size() == 2u);
}

BOOST_AUTO_TEST_CASE(who_has_no_rules_is_asked_nothing) {
  const ledger::watching none{{}};
  BOOST_TEST((none.none() && !none.looks() && !none.concerns({purse}, food, true)));
  little_world w;
  w.rule("weekly", "weekly_report", "{}");
  BOOST_TEST(w.watches.none());
  auto& b = w.rule("b", "budget_alert", R"({"category_id":"c","amount_cents":1})");
  BOOST_TEST(w.watches.concerns({purse}, food, true));
  BOOST_TEST(!w.watches.concerns({purse}, food, false)); // income
  BOOST_TEST(!w.watches.concerns({purse}, ledger::account_id{"d"}, true));
  BOOST_TEST(w.watches.questions(ana, {{{}, earned(paid("t", 5))}}, {{purse, {5}}}).empty());
  b.active = false;
  w.learn("b");
  BOOST_TEST(w.watches.none());
}

BOOST_AUTO_TEST_SUITE_END()
