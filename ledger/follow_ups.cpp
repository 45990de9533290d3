#include "ledger/follow_ups.hpp"

#include "ledger/insights.hpp"
#include "ledger/webhook_event.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

namespace ledger {

namespace {

constexpr std::string_view created_event = "transaction_created", alert_event = "alert_fired";

bool is_expense(const transaction_record& t) {
  return t.type == transaction_type::expense && !t.deleted_at;
}

/// What it adds to the spending of a category in a month.
std::int64_t spent_by(const transaction_record& t, const account_id& category, month of) {
  const bool counts = is_expense(t) && t.category == category && month_of(t.effective) == of;
  return counts ? t.amount.minor : 0;
}

std::set<month> months_of(const std::vector<posted_change>& changes, const account_id& category) {
  std::set<month> all;
  for (const auto& c : changes) {
    if (c.before && is_expense(*c.before) && c.before->category == category)
      all.insert(month_of(c.before->effective));
    if (is_expense(c.after) && c.after.category == category)
      all.insert(month_of(c.after.effective));
  }
  return all;
}

bool touches_expenses(const std::vector<posted_change>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const posted_change& c) {
    return is_expense(c.after) || (c.before && is_expense(*c.before));
  });
}

/// The answer to the question for which `is` holds.
template <class Question, class Is>
const user_rows* answer_to(const std::vector<row_question>& asked,
                           const std::vector<user_rows>& facts, Is is) {
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (const auto* q = std::get_if<Question>(&asked[i]); q != nullptr && is(*q)) return &facts[i];
  return nullptr;
}

std::optional<base::centavos> number_in(const user_rows* rows) {
  const auto count = rows == nullptr ? std::nullopt : row_of<row_count>(*rows);
  if (!count) return std::nullopt;
  return base::centavos{count->count};
}

user_rows told_webhooks(const webhook_event& event, const std::vector<automation>& rules,
                        base::utc_us now, const id_maker& new_id) {
  user_rows all;
  for (auto& d : webhooks_of(event, rules, now, [&] { return delivery_id{new_id()}; }))
    all.emplace_back(std::move(d));
  return all;
}

/// A round_up rule whatever its state.
std::optional<rounding> rounding_of(const automation& rule) {
  auto awake = rule;
  awake.active = true;
  awake.deleted_at.reset();
  const auto read = round_up_rule_of(awake);
  if (!read) return std::nullopt;
  return rounding{*read, rule.active && !rule.deleted_at};
}

/// Whether the commit makes an expense of it. One that comes back was one before.
bool becomes_expense(const posted_change& c) {
  const bool was = c.before && (c.before->deleted_at || is_expense(*c.before));
  return !was && is_expense(c.after);
}

/// The envelopes of the user while changes are worked in, one after the other.
class envelopes_in_work {
public:
  explicit envelopes_in_work(std::vector<budget_envelope> found) : found_(std::move(found)) {
    for (const auto& e : found_) held_[e.id] = e.balance.minor;
  }
  bool has(const envelope_id& id) const { return held_.contains(id); }
  /// What there is no room for. Never below 0: somebody may have taken out what was put in.
  std::int64_t add(const envelope_id& id, std::int64_t amount) {
    const auto at = held_.find(id);
    if (at == held_.end()) return 0;
    const auto wanted = at->second + amount;
    at->second = std::clamp(wanted, std::int64_t{0}, base::amount_minor_max);
    return std::max(wanted - base::amount_minor_max, std::int64_t{0});
  }
  user_rows moves(base::utc_us now) const {
    user_rows made;
    for (const auto& e : found_) {
      const auto moved = move(e, {held_.at(e.id) - e.balance.minor}, now);
      if (!moved || !moved->movement) continue;
      made.emplace_back(moved->now);
      made.emplace_back(*moved->movement);
    }
    return made;
  }

private:
  std::vector<budget_envelope> found_;
  std::map<envelope_id, std::int64_t> held_;
};

/// What the rule has added for a transaction from now on; nothing when that stays as it is.
std::optional<round_up> rounded(const rounding& by, const posted_change& c, const round_up* old,
                                envelopes_in_work& envelopes, base::utc_us now) {
  const auto& wanted = old != nullptr && !by.adds ? old->envelope : by.rule.envelope;
  const bool there = envelopes.has(wanted); // a rule may name one that is deleted, or nobody's
  // What was posted while the rule was not there is none of its business.
  if (old == nullptr && !(there && by.adds && becomes_expense(c))) return std::nullopt;
  const auto& envelope = there ? wanted : old->envelope;
  round_up made{c.after.id, by.rule.id, c.after.owner, envelope, {}, now};
  if (there && is_expense(c.after)) made.amount = rounded_up(c.after.amount, by.rule.step);
  if (old != nullptr && old->envelope == envelope) {
    if (old->amount == made.amount) return std::nullopt;
    made.amount.minor -= envelopes.add(envelope, made.amount.minor - old->amount.minor);
  } else {
    if (old != nullptr) envelopes.add(old->envelope, -old->amount.minor);
    made.amount.minor -= envelopes.add(envelope, made.amount.minor);
  }
  return made;
}

/// What each envelope gets, and what is remembered of it.
user_rows round_all(const std::vector<rounding>& rules, const std::vector<posted_change>& changes,
                    const std::vector<row_question>& asked, const std::vector<user_rows>& facts,
                    base::utc_us now) {
  user_rows made;
  const auto* found = answer_to<envelopes_of_user>(asked, facts, [](const auto&) { return true; });
  if (found == nullptr) return made;
  envelopes_in_work envelopes{rows_of<budget_envelope>(*found)};
  for (const auto& c : changes) {
    const auto* known = answer_to<round_ups_of>(
        asked, facts, [&](const round_ups_of& q) { return q.transaction == c.after.id; });
    const auto before = known == nullptr ? std::vector<round_up>{} : rows_of<round_up>(*known);
    for (const auto& rule : rules) {
      const auto old = std::find_if(before.begin(), before.end(),
                                    [&](const round_up& r) { return r.rule == rule.rule.id; });
      auto now_added = rounded(rule, c, old == before.end() ? nullptr : &*old, envelopes, now);
      if (now_added) made.emplace_back(std::move(*now_added));
    }
  }
  for (auto& r : envelopes.moves(now)) made.push_back(std::move(r));
  return made;
}

} // namespace

bool watching::is_of_interest(const automation& rule) {
  return watch_rule_of(rule).has_value() || rounding_of(rule).has_value() ||
         wants(rule, created_event) || wants(rule, alert_event);
}

watching::watching(std::vector<automation> rules) : rules_(std::move(rules)) { parse(); }

void watching::parse() {
  std::erase_if(rules_, [](const automation& r) { return !is_of_interest(r); });
  watches_.clear();
  roundings_.clear();
  looks_ = false;
  for (const auto& r : rules_) {
    looks_ = looks_ || (r.active && !r.deleted_at);
    if (auto w = watch_rule_of(r)) watches_.push_back(std::move(*w));
    if (auto u = rounding_of(r)) roundings_.push_back(std::move(*u));
  }
}

void watching::learn(const automation& rule) {
  std::erase_if(rules_, [&](const automation& r) { return r.id == rule.id; });
  rules_.push_back(rule);
  parse();
}

bool watching::concerns(const std::vector<account_id>& accounts, const account_id& category,
                        bool expense) const {
  if (expense &&
      std::any_of(roundings_.begin(), roundings_.end(), [](const rounding& r) { return r.adds; }))
    return true;
  for (const auto& r : rules_)
    if (wants(r, created_event)) return true;
  return std::any_of(watches_.begin(), watches_.end(), [&](const watch_rule& w) {
    if (w.what == watched::spending) return expense && w.subject == category;
    return std::find(accounts.begin(), accounts.end(), w.subject) != accounts.end();
  });
}

std::vector<row_question>
watching::questions(const user_id& user, const std::vector<posted_change>& changes,
                    const std::map<account_id, base::centavos>& net) const {
  std::vector<row_question> asked;
  for (const auto& w : watches_) {
    if (w.what == watched::balance) {
      if (!net.contains(w.subject)) continue;
      asked.emplace_back(alert_states_of{user, w.id.text(), subject_of(w, {})});
      asked.emplace_back(balance_of{user, w.subject});
      continue;
    }
    for (const auto m : months_of(changes, w.subject)) {
      asked.emplace_back(alert_states_of{user, w.id.text(), subject_of(w, m)});
      const auto days = days_of(m);
      asked.emplace_back(spent_in{user, w.subject, days.first, days.last});
    }
  }
  if (!roundings_.empty() && touches_expenses(changes)) {
    asked.emplace_back(envelopes_of_user{user});
    for (const auto& c : changes)
      if (c.before) asked.emplace_back(round_ups_of{user, c.after.id});
  }
  return asked;
}

user_rows watching::rows(const std::vector<posted_change>& changes,
                         const std::map<account_id, base::centavos>& net,
                         const std::vector<row_question>& asked,
                         const std::vector<user_rows>& facts, base::utc_us now,
                         const id_maker& new_id) const {
  user_rows all;
  const auto add = [&](user_rows more) {
    for (auto& r : more) all.push_back(std::move(r));
  };
  for (const auto& w : watches_) {
    const auto known_of = [&](month m) {
      const auto* states = answer_to<alert_states_of>(asked, facts, [&](const alert_states_of& q) {
        return q.rule == w.id.text() && q.subject == subject_of(w, m);
      });
      return states == nullptr ? std::vector<alert_state>{} : rows_of<alert_state>(*states);
    };
    if (w.what == watched::balance) {
      const auto before = number_in(answer_to<balance_of>(
          asked, facts, [&](const balance_of& q) { return q.account == w.subject; }));
      if (before)
        add(watch(w, {}, {before->minor + net.at(w.subject).minor}, known_of({}), now, new_id));
      continue;
    }
    for (const auto m : months_of(changes, w.subject)) {
      const auto first = days_of(m).first;
      auto spent = number_in(answer_to<spent_in>(asked, facts, [&](const spent_in& q) {
        return q.category == w.subject && q.first == first;
      }));
      if (!spent) continue;
      for (const auto& c : changes) {
        if (c.before) spent->minor -= spent_by(*c.before, w.subject, m);
        spent->minor += spent_by(c.after, w.subject, m);
      }
      add(watch(w, m, *spent, known_of(m), now, new_id));
    }
  }
  if (!roundings_.empty()) add(round_all(roundings_, changes, asked, facts, now));
  add(alert_webhooks(all, rules_, now, new_id));
  for (const auto& c : changes)
    if (!c.before)
      add(told_webhooks({created_event, {{"transaction_id", c.after.id.text()}}}, rules_, now,
                        new_id));
  return all;
}

user_rows alert_webhooks(const user_rows& told, const std::vector<automation>& rules,
                         base::utc_us now, const id_maker& new_id) {
  user_rows all;
  for (const auto& r : told) {
    const auto* n = std::get_if<notification>(&r);
    if (n == nullptr) continue;
    for (auto& d :
         told_webhooks({alert_event, {{"alert", n->type}, {"notification_id", n->id.text()}}},
                       rules, now, new_id))
      all.push_back(std::move(d));
  }
  return all;
}

} // namespace ledger
