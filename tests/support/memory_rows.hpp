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
    if (const auto* all = std::get_if<ledger::feed_read>(&fresh)) {
      for (auto& r : rows_)
        if (auto* f = std::get_if<ledger::feed_item>(&r))
          if (f->user == all->user && !f->read_at && f->created_at <= all->until)
            f->read_at = all->at;
      return;
    }
    std::erase_if(rows_, [&](const auto& r) { return same_key(r, fresh); });
    rows_.push_back(std::move(fresh));
  }

  ledger::user_rows answer(const ledger::row_question& q) const {
    ledger::user_rows found;
    if (std::holds_alternative<ledger::share_by_id>(q) ||
        std::holds_alternative<ledger::shares_of_expense>(q) ||
        std::holds_alternative<ledger::shares_visible_to>(q) ||
        std::holds_alternative<ledger::shares_pending_of>(q))
      return views(q);
    for (const auto& r : rows_)
      if (std::visit([&](const auto& asked) { return matches(asked, r); }, q)) found.push_back(r);
    if (std::holds_alternative<ledger::unread_notifications>(q) ||
        std::holds_alternative<ledger::count_of>(q) ||
        std::holds_alternative<ledger::count_notifications>(q) ||
        std::holds_alternative<ledger::unread_feed_items>(q) ||
        std::holds_alternative<ledger::count_feed_items>(q))
      return {ledger::row_count{static_cast<std::int64_t>(found.size())}};
    if (const auto* page = std::get_if<ledger::notification_filter>(&q)) cut(found, *page);
    if (const auto* page = std::get_if<ledger::feed_filter>(&q)) cut(found, *page);
    if (const auto* page = std::get_if<ledger::rows_after>(&q)) {
      std::sort(found.begin(), found.end(),
                [](const auto& a, const auto& b) { return number(a) < number(b); });
      if (std::ssize(found) > page->limit) found.erase(found.begin() + page->limit, found.end());
    }
    if (const auto* page = std::get_if<ledger::automation_runs_of>(&q))
      first_of<ledger::automation_run>(found, page->limit, [](const auto& a, const auto& b) {
        return b.day < a.day; // newest first
      });
    if (const auto* page = std::get_if<ledger::alert_states_of>(&q))
      first_of<ledger::alert_state>(found, page->limit, [](const auto& a, const auto& b) {
        return std::tie(a.rule, a.subject) < std::tie(b.rule, b.subject);
      });
    if (std::holds_alternative<ledger::sessions_of_user>(q) &&
        std::ssize(found) > ledger::user_rows_max)
      found.resize(static_cast<std::size_t>(ledger::user_rows_max));
    return found;
  }

  template <class Row> std::vector<Row> all() const { return ledger::rows_of<Row>(rows_); }

private:
  template <class Row, class Less>
  static void first_of(ledger::user_rows& found, std::int64_t limit, Less less) {
    std::sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
      return less(std::get<Row>(a), std::get<Row>(b));
    });
    if (std::ssize(found) > limit) found.erase(found.begin() + limit, found.end());
  }
  template <class Page> static void cut(ledger::user_rows& found, const Page& page) {
    std::reverse(found.begin(), found.end()); // they came in the order of time
    const auto size = static_cast<std::int64_t>(found.size());
    found.erase(found.begin(), found.begin() + std::min(page.skip, size));
    if (static_cast<std::int64_t>(found.size()) > page.limit + 1)
      found.erase(found.begin() + page.limit + 1, found.end());
  }

  // Nobody here knows the users: their ids stand for their names.
  ledger::user_rows views(const ledger::row_question& q) const {
    ledger::user_rows found;
    const auto shares = all<ledger::expense_share>();
    for (const auto& e : all<ledger::shared_expense>())
      for (const auto& s : shares) {
        if (s.expense != e.id) continue;
        const auto visible = [&](const ledger::user_id& user) {
          return e.user == user || std::any_of(shares.begin(), shares.end(), [&](const auto& o) {
                   return o.expense == e.id && o.user == user;
                 });
        };
        const auto* one = std::get_if<ledger::share_by_id>(&q);
        const auto* whole = std::get_if<ledger::shares_of_expense>(&q);
        const auto* seen = std::get_if<ledger::shares_visible_to>(&q);
        const auto* open = std::get_if<ledger::shares_pending_of>(&q);
        if ((one && one->id == s.id) || (whole && whole->expense == e.id) ||
            (seen && !seen->after && visible(seen->user)) ||
            (open && open->user == s.user && s.status == "pending" && !e.cancelled))
          found.emplace_back(
              ledger::share_view{s, e, s.user.text(), s.user.text() + "@x", e.user.text()});
      }
    return found;
  }

  /// Of what rows_after answers.
  static base::id_key number(const ledger::user_row& r) {
    if (const auto* g = std::get_if<ledger::goal>(&r)) return key_of(g->id);
    if (const auto* e = std::get_if<ledger::budget_envelope>(&r)) return key_of(e->id);
    return base::before_all_keys;
  }
  static std::string key(const ledger::insight_preferences& p) { return p.user.text(); }
  static std::string key(const ledger::insight_feedback& f) { return f.user.text() + '/' + f.hash; }
  static std::string key(const ledger::shared_expense& e) { return e.id.text(); }
  static std::string key(const ledger::expense_share& s) { return s.id.text(); }
  static std::string key(const ledger::share_event& e) { return e.id.text(); }
  static std::string key(const ledger::feed_item& f) { return f.id.text(); }
  static std::string key(const ledger::feed_read&) { return {}; }
  static std::string key(const ledger::share_view&) { return {}; }
  static std::string key(const ledger::login_session& s) { return s.id.text(); }
  static std::string key(const ledger::refresh_token& t) { return base::hex(t.hash); }
  static std::string key(const ledger::password_reset& p) { return base::hex(p.hash); }
  static std::string key(const ledger::goal& g) { return g.id.text(); }
  static std::string key(const ledger::budget_envelope& e) { return e.id.text(); }
  static std::string key(const ledger::earmark_movement& m) {
    return std::string{to_text(m.kind)} + '/' + std::to_string(m.earmark) + '/' +
           std::to_string(m.version);
  }
  static std::string key(const ledger::automation& a) { return a.id.text(); }
  static std::string key(const ledger::notification& n) { return n.id.text(); }
  static std::string key(const ledger::notifications_read&) { return {}; }
  static std::string key(const ledger::automation_run& o) {
    return o.automation.text() + '/' + base::to_text(o.day);
  }
  static std::string key(const ledger::alert_state& s) {
    return s.user.text() + '/' + s.rule + '/' + s.subject;
  }
  static std::string key(const ledger::round_up& u) {
    return u.transaction.text() + '/' + u.rule.text();
  }
  static std::string key(const ledger::delivery& d) { return d.id.text(); }
  static std::string key(const ledger::row_count&) { return {}; }
  static std::string key(const ledger::credentials&) { return {}; }
  static std::string key(const ledger::user_record&) { return {}; }
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
  static bool matches(const ledger::count_notifications& q, const ledger::user_row& r) {
    return matches(ledger::notification_filter{q.user, q.unread_only, 0, 0, {}}, r);
  }
  static bool matches(const ledger::insight_preferences_of& q, const ledger::user_row& r) {
    const auto* p = std::get_if<ledger::insight_preferences>(&r);
    return p && p->user == q.user;
  }
  static bool matches(const ledger::insight_feedback_of& q, const ledger::user_row& r) {
    const auto* f = std::get_if<ledger::insight_feedback>(&r);
    return f && f->user == q.user;
  }
  static bool matches(const ledger::shared_expense_by_id& q, const ledger::user_row& r) {
    const auto* e = std::get_if<ledger::shared_expense>(&r);
    return e && e->id == q.id;
  }
  static bool matches(const ledger::share_by_id&, const ledger::user_row&) { return false; }
  static bool matches(const ledger::shares_of_expense&, const ledger::user_row&) { return false; }
  static bool matches(const ledger::shares_visible_to&, const ledger::user_row&) { return false; }
  static bool matches(const ledger::shares_pending_of&, const ledger::user_row&) { return false; }
  static bool matches(const ledger::events_of_share& q, const ledger::user_row& r) {
    const auto* e = std::get_if<ledger::share_event>(&r);
    return e && e->share == q.share;
  }
  static bool matches(const ledger::feed_item_by_id& q, const ledger::user_row& r) {
    const auto* f = std::get_if<ledger::feed_item>(&r);
    return f && f->user == q.user && f->id == q.id;
  }
  static bool matches(const ledger::feed_filter& q, const ledger::user_row& r) {
    const auto* f = std::get_if<ledger::feed_item>(&r);
    if (!f || f->user != q.user) return false;
    return !q.after || std::tie(f->created_at, f->id) < std::tie(q.after->created_at, q.after->id);
  }
  static bool matches(const ledger::feed_since& q, const ledger::user_row& r) {
    const auto* f = std::get_if<ledger::feed_item>(&r);
    return f && f->user == q.user && f->created_at >= q.since;
  }
  static bool matches(const ledger::unread_feed_items& q, const ledger::user_row& r) {
    const auto* f = std::get_if<ledger::feed_item>(&r);
    return f && f->user == q.user && !f->read_at;
  }
  static bool matches(const ledger::count_feed_items& q, const ledger::user_row& r) {
    const auto* f = std::get_if<ledger::feed_item>(&r);
    return f && f->user == q.user;
  }
  template <class Row>
  static bool changed(const ledger::user_row& r, const ledger::user_id& user, base::utc_us since) {
    const auto* mine = std::get_if<Row>(&r);
    return mine && mine->user == user &&
           (mine->updated_at.value_or(mine->created_at) >= since || mine->deleted_at >= since);
  }
  static bool matches(const ledger::goals_changed& q, const ledger::user_row& r) {
    return changed<ledger::goal>(r, q.user, q.since);
  }
  static bool matches(const ledger::envelopes_changed& q, const ledger::user_row& r) {
    return changed<ledger::budget_envelope>(r, q.user, q.since);
  }
  static bool matches(const ledger::credentials_of&, const ledger::user_row&) {
    return false; // whoever has the users answers it
  }
  static bool matches(const ledger::profile_of&, const ledger::user_row&) { return false; }
  static bool matches(const ledger::owner_of_email&, const ledger::user_row&) { return false; }
  static bool matches(const ledger::other_admins&, const ledger::user_row&) { return false; }
  static bool matches(const ledger::count_of& q, const ledger::user_row& r) {
    switch (q.kind) {
    case ledger::dumped_row::goals: return matches(ledger::goals_of_user{q.user}, r);
    case ledger::dumped_row::envelopes: return matches(ledger::envelopes_of_user{q.user}, r);
    default: return matches(ledger::automations_of_user{q.user}, r);
    }
  }
  static bool matches(const ledger::rows_after& q, const ledger::user_row& r) {
    if (q.kind == ledger::dumped_row::goals) return behind<ledger::goal>(r, q.key);
    if (q.kind == ledger::dumped_row::envelopes) return behind<ledger::budget_envelope>(r, q.key);
    return false; // for dumps, which read tables
  }
  template <class Row> static bool behind(const ledger::user_row& r, base::id_key key) {
    const auto* row = std::get_if<Row>(&r);
    return row && key_of(row->id) > key;
  }
  static bool matches(const ledger::movements_of& q, const ledger::user_row& r) {
    const auto* m = std::get_if<ledger::earmark_movement>(&r);
    return m && m->user == q.user && m->kind == q.kind && m->earmark == q.earmark;
  }
  static bool matches(const ledger::automation_run_of& q, const ledger::user_row& r) {
    const auto* o = std::get_if<ledger::automation_run>(&r);
    return o && o->user == q.user && o->automation == q.automation && o->day == q.day;
  }
  static bool matches(const ledger::automation_runs_of& q, const ledger::user_row& r) {
    const auto* o = std::get_if<ledger::automation_run>(&r);
    return o && o->user == q.user && o->automation == q.automation;
  }
  static bool matches(const ledger::alert_states_of& q, const ledger::user_row& r) {
    const auto* s = std::get_if<ledger::alert_state>(&r);
    return s && s->user == q.user && (q.rule.empty() || s->rule == q.rule) &&
           (!q.subject || s->subject == *q.subject) && (q.after.empty() || s->subject > q.after);
  }
  static bool matches(const ledger::round_ups_of& q, const ledger::user_row& r) {
    const auto* u = std::get_if<ledger::round_up>(&r);
    return u && u->user == q.user && u->transaction == q.transaction;
  }
  static bool matches(const ledger::watching_rules_of& q, const ledger::user_row& r) {
    const auto* a = std::get_if<ledger::automation>(&r);
    return a && a->user == q.user && (a->type == "round_up" || (a->active && !a->deleted_at));
  }
  static bool matches(const ledger::spent_in&, const ledger::user_row&) { return false; }
  static bool matches(const ledger::balance_of&, const ledger::user_row&) { return false; }
  static bool matches(const ledger::delivery_by_id& q, const ledger::user_row& r) {
    const auto* d = std::get_if<ledger::delivery>(&r);
    return d && d->user == q.user && d->id == q.id;
  }
  static bool matches(const ledger::deliveries_open& q, const ledger::user_row& r) {
    const auto* d = std::get_if<ledger::delivery>(&r);
    return d && d->state <= ledger::delivery_state::sending && d->created_at < q.made_before;
  }
  static bool matches(const ledger::notifications_since& q, const ledger::user_row& r) {
    const auto* n = std::get_if<ledger::notification>(&r);
    return n && n->user == q.user && n->created_at >= q.since;
  }
  static bool matches(const ledger::users_after&, const ledger::user_row&) { return false; }
  static bool matches(const ledger::rules_after& q, const ledger::user_row& r) {
    const auto* a = std::get_if<ledger::automation>(&r);
    return a && a->active && !a->deleted_at && a->type == q.type && key_of(a->id) > q.key;
  }
  static bool matches(const ledger::shares_by_expense&, const ledger::user_row&) {
    return false; // for verify, which reads tables
  }

  std::vector<ledger::user_row> rows_;
};

} // namespace tests
