// What   memory_rows: what users have beside their books, in memory.
// Why    Fakes answer the same questions as the tables do, and tests look into it.
// Threads one.
#pragma once

#include "ledger/user_row.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

namespace tests {

class memory_rows {
public:
  void put(ledger::user_row fresh) {
    if (const auto* all = std::get_if<ledger::notifications_read>(&fresh)) {
      for (auto& r : rows_)
        if (auto* n = std::get_if<ledger::notification>(&r))
          if (n->user == all->user && !n->read_at && n->created_at <= all->until)
            n->read_at = all->at;
      return;
    }
    std::erase_if(rows_, [&](const auto& r) { return same_key(r, fresh); });
    rows_.push_back(std::move(fresh));
  }

  ledger::user_rows answer(const ledger::row_question& q) const {
    ledger::user_rows found;
    for (const auto& r : rows_)
      if (std::visit([&](const auto& asked) { return matches(asked, r); }, q)) found.push_back(r);
    if (std::holds_alternative<ledger::unread_notifications>(q) ||
        std::holds_alternative<ledger::count_of>(q))
      return {ledger::row_count{static_cast<std::int64_t>(found.size())}};
    if (const auto* page = std::get_if<ledger::notification_filter>(&q)) {
      std::reverse(found.begin(), found.end()); // they came in the order of time
      const auto size = static_cast<std::int64_t>(found.size());
      found.erase(found.begin(), found.begin() + std::min(page->skip, size));
      if (static_cast<std::int64_t>(found.size()) > page->limit + 1)
        found.erase(found.begin() + page->limit + 1, found.end());
    }
    return found;
  }

  template <class Row> std::vector<Row> all() const { return ledger::rows_of<Row>(rows_); }

private:
  static std::string key(const ledger::login_session& s) { return s.id.text(); }
  static std::string key(const ledger::refresh_token& t) { return base::hex(t.hash); }
  static std::string key(const ledger::password_reset& p) { return base::hex(p.hash); }
  static std::string key(const ledger::goal& g) { return g.id.text(); }
  static std::string key(const ledger::budget_envelope& e) { return e.id.text(); }
  static std::string key(const ledger::earmark_movement& m) {
    return std::to_string(m.earmark) + '/' + std::to_string(m.version);
  }
  static std::string key(const ledger::automation& a) { return a.id.text(); }
  static std::string key(const ledger::notification& n) { return n.id.text(); }
  static std::string key(const ledger::notifications_read&) { return {}; }
  static std::string key(const ledger::row_count&) { return {}; }
  static std::string key(const ledger::credentials&) { return {}; }
  static bool same_key(const ledger::user_row& a, const ledger::user_row& b) {
    const auto text = [](const auto& r) { return key(r); };
    return a.index() == b.index() && std::visit(text, a) == std::visit(text, b);
  }

  static bool matches(const ledger::session_by_id& q, const ledger::user_row& r) {
    const auto* s = std::get_if<ledger::login_session>(&r);
    return s && s->id == q.id;
  }
  static bool matches(const ledger::sessions_of_user& q, const ledger::user_row& r) {
    const auto* s = std::get_if<ledger::login_session>(&r);
    return s && s->user == q.user && s->live(q.now);
  }
  static bool matches(const ledger::token_by_hash& q, const ledger::user_row& r) {
    const auto* t = std::get_if<ledger::refresh_token>(&r);
    return t && t->hash == q.hash;
  }
  static bool matches(const ledger::reset_by_hash& q, const ledger::user_row& r) {
    const auto* p = std::get_if<ledger::password_reset>(&r);
    return p && p->hash == q.hash;
  }
  static bool matches(const ledger::resets_of_user& q, const ledger::user_row& r) {
    const auto* p = std::get_if<ledger::password_reset>(&r);
    return p && p->user == q.user && p->usable(q.now);
  }

  template <class Row, class Id>
  static bool own(const ledger::user_row& r, const ledger::user_id& user, const Id* id) {
    const auto* mine = std::get_if<Row>(&r);
    return mine && mine->user == user && !mine->deleted_at && (id == nullptr || mine->id == *id);
  }
  static bool matches(const ledger::goal_by_id& q, const ledger::user_row& r) {
    return own<ledger::goal>(r, q.user, &q.id);
  }
  static bool matches(const ledger::goals_of_user& q, const ledger::user_row& r) {
    return own<ledger::goal, ledger::goal_id>(r, q.user, nullptr);
  }
  static bool matches(const ledger::envelope_by_id& q, const ledger::user_row& r) {
    return own<ledger::budget_envelope>(r, q.user, &q.id);
  }
  static bool matches(const ledger::envelopes_of_user& q, const ledger::user_row& r) {
    return own<ledger::budget_envelope, ledger::envelope_id>(r, q.user, nullptr);
  }
  static bool matches(const ledger::automation_by_id& q, const ledger::user_row& r) {
    return own<ledger::automation>(r, q.user, &q.id);
  }
  static bool matches(const ledger::automations_of_user& q, const ledger::user_row& r) {
    return own<ledger::automation, ledger::automation_id>(r, q.user, nullptr);
  }
  static bool matches(const ledger::notification_by_id& q, const ledger::user_row& r) {
    const auto* n = std::get_if<ledger::notification>(&r);
    return n && n->user == q.user && n->id == q.id;
  }
  static bool matches(const ledger::notification_filter& q, const ledger::user_row& r) {
    const auto* n = std::get_if<ledger::notification>(&r);
    if (!n || n->user != q.user || (q.unread_only && n->read_at)) return false;
    return !q.after || std::tie(n->created_at, n->id) < std::tie(q.after->created_at, q.after->id);
  }
  static bool matches(const ledger::unread_notifications& q, const ledger::user_row& r) {
    const auto* n = std::get_if<ledger::notification>(&r);
    return n && n->user == q.user && !n->read_at &&
           (!q.insights_only || n->type.starts_with("insight_"));
  }
  static bool matches(const ledger::credentials_of&, const ledger::user_row&) {
    return false; // whoever has the users answers it
  }
  static bool matches(const ledger::count_of& q, const ledger::user_row& r) {
    switch (q.kind) {
    case ledger::dumped_row::goals: return matches(ledger::goals_of_user{q.user}, r);
    case ledger::dumped_row::envelopes: return matches(ledger::envelopes_of_user{q.user}, r);
    default: return matches(ledger::automations_of_user{q.user}, r);
    }
  }
  static bool matches(const ledger::rows_after&, const ledger::user_row&) {
    return false; // for dumps, which read tables
  }
  static bool matches(const ledger::movements_of& q, const ledger::user_row& r) {
    const auto* m = std::get_if<ledger::earmark_movement>(&r);
    return m && m->user == q.user && m->earmark == q.earmark;
  }

  std::vector<ledger::user_row> rows_;
};

} // namespace tests
