#include "storage/user_row_codec.hpp"

#include "base/assert.hpp"
#include "storage/automations_step.hpp"
#include "storage/shared_row_tables.hpp"

#include <limits>
#include <utility>

namespace storage {
namespace {

using integer = std::int64_t;
using text = std::string_view;

/// A session has an id of ours.
template <class Id> Id own_id(row_reader& r) { return Id::of(r.number()); }

integer kind_cell(ledger::earmark_kind k) { return static_cast<std::uint8_t>(k); }

} // namespace

// -- each kind: put, add, from --------------------------------------------------------------------

template <> struct row_table<ledger::login_session> {
  static constexpr const statement* put = &sql::session_put;
  static void add(batch& to, const ledger::login_session& s) {
    to.add(key_of(s.id), key_of(s.user), std::string_view{s.device}, std::string_view{s.ip},
           s.created_at.count, s.last_used_at.count, s.expires_at.count,
           optional_time(s.revoked_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::login_session s;
    s.id = own_id<ledger::session_id>(r);
    s.user = r.id<ledger::user_id>();
    s.device = r.words();
    s.ip = r.words();
    s.created_at = r.time();
    s.last_used_at = r.time();
    s.expires_at = r.time();
    s.revoked_at = r.optional_time();
    return s;
  }
};

template <> struct row_table<ledger::refresh_token> {
  static constexpr const statement* put = &sql::token_put;
  static void add(batch& to, const ledger::refresh_token& t) {
    to.add(bytes_view(t.hash), key_of(t.session), key_of(t.user), t.issued_at.count,
           t.expires_at.count, optional_time(t.rotated_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::refresh_token t;
    t.hash = r.digest();
    t.session = own_id<ledger::session_id>(r);
    t.user = r.id<ledger::user_id>();
    t.issued_at = r.time();
    t.expires_at = r.time();
    t.rotated_at = r.optional_time();
    return t;
  }
};

template <> struct row_table<ledger::password_reset> {
  static constexpr const statement* put = &sql::reset_put;
  static void add(batch& to, const ledger::password_reset& p) {
    to.add(bytes_view(p.hash), key_of(p.user), p.created_at.count, p.expires_at.count,
           optional_time(p.used_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::password_reset p;
    p.hash = r.digest();
    p.user = r.id<ledger::user_id>();
    p.created_at = r.time();
    p.expires_at = r.time();
    p.used_at = r.optional_time();
    return p;
  }
};

template <> struct row_table<ledger::goal> {
  static constexpr const statement* put = &sql::goal_put;
  static void add(batch& to, const ledger::goal& g) {
    to.add(key_of(g.id), imported(g.id), key_of(g.user), text{g.name}, g.target.minor,
           g.current.minor, g.due.count, integer{g.due_day.count}, optional_text(g.description),
           text{g.category}, text{g.priority}, text{g.status}, signed_bits(g.version),
           g.created_at.count, optional_time(g.updated_at), optional_time(g.deleted_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::goal g;
    g.id = r.id<ledger::goal_id>();
    g.user = r.id<ledger::user_id>();
    g.name = r.words();
    g.target = r.money();
    g.current = r.money();
    g.due = r.time();
    g.due_day = r.day();
    g.description = r.optional_words();
    g.category = r.words();
    g.priority = r.words();
    g.status = r.words();
    g.version = r.count();
    g.created_at = r.time();
    g.updated_at = r.optional_time();
    g.deleted_at = r.optional_time();
    return g;
  }
};

template <> struct row_table<ledger::budget_envelope> {
  static constexpr const statement* put = &sql::envelope_put;
  static void add(batch& to, const ledger::budget_envelope& e) {
    to.add(key_of(e.id), imported(e.id), key_of(e.user), text{e.name}, e.balance.minor,
           optional_money(e.target), optional_text(e.color), optional_text(e.description),
           signed_bits(e.version), e.created_at.count, optional_time(e.updated_at),
           optional_time(e.deleted_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::budget_envelope e;
    e.id = r.id<ledger::envelope_id>();
    e.user = r.id<ledger::user_id>();
    e.name = r.words();
    e.balance = r.money();
    e.target = r.optional([](row_reader& x) { return x.money(); });
    e.color = r.optional_words();
    e.description = r.optional_words();
    e.version = r.count();
    e.created_at = r.time();
    e.updated_at = r.optional_time();
    e.deleted_at = r.optional_time();
    return e;
  }
};

template <> struct row_table<ledger::earmark_movement> {
  static constexpr const statement* put = &sql::movement_insert;
  static void add(batch& to, const ledger::earmark_movement& m) {
    to.add(kind_cell(m.kind), m.earmark, signed_bits(m.version), key_of(m.user), m.amount.minor,
           m.after.minor, m.at.count);
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::earmark_movement m;
    m.kind = static_cast<ledger::earmark_kind>(r.one_of({1, 2}));
    m.earmark = r.number();
    m.user = r.id<ledger::user_id>();
    m.version = r.count();
    m.amount = r.money();
    m.after = r.money();
    m.at = r.time();
    return m;
  }
};

template <> struct row_table<ledger::automation> {
  static constexpr const statement* put = &sql::automation_put;
  static void add(batch& to, const ledger::automation& a) {
    to.add(key_of(a.id), imported(a.id), key_of(a.user), text{a.name}, optional_text(a.description),
           text{a.type}, integer{a.active}, text{a.conditions}, text{a.actions},
           optional_time(a.last_run), optional_time(a.next_run), optional_text(a.last_error),
           a.created_at.count, optional_time(a.updated_at), optional_time(a.deleted_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::automation a;
    a.id = r.id<ledger::automation_id>();
    a.user = r.id<ledger::user_id>();
    a.name = r.words();
    a.description = r.optional_words();
    a.type = r.words();
    a.active = r.yes();
    a.conditions = r.words();
    a.actions = r.words();
    a.last_run = r.optional_time();
    a.next_run = r.optional_time();
    a.last_error = r.optional_words();
    a.created_at = r.time();
    a.updated_at = r.optional_time();
    a.deleted_at = r.optional_time();
    return a;
  }
};

template <> struct row_table<ledger::notification> {
  static constexpr const statement* put = &sql::notification_put;
  static void add(batch& to, const ledger::notification& n) {
    to.add(key_of(n.id), imported(n.id), key_of(n.user), text{n.type}, text{n.title}, text{n.body},
           text{n.metadata}, n.created_at.count, optional_time(n.read_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::notification n;
    n.id = r.id<ledger::notification_id>();
    n.user = r.id<ledger::user_id>();
    n.type = r.words();
    n.title = r.words();
    n.body = r.words();
    n.metadata = r.words();
    n.created_at = r.time();
    n.read_at = r.optional_time();
    return n;
  }
};

template <> struct row_table<ledger::notifications_read> {
  static constexpr const statement* put = &sql::notifications_mark;
  static void add(batch& to, const ledger::notifications_read& n) {
    to.add(key_of(n.user), n.until.count, n.at.count);
  }
};

template <> struct row_table<ledger::row_count> {
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    return ledger::row_count{r.number()};
  }
};

template <> struct row_table<ledger::user_record> {
  static ledger::user_row from(const row& cells) { return user_from(cells); }
};

template <> struct row_table<ledger::credentials> {
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::credentials c;
    c.password_hash = r.words();
    c.active = r.yes();
    return c;
  }
};

namespace {

// -- all kinds ------------------------------------------------------------------------------------

template <class Row> row_request request(const statement& what, params values) {
  row_request made;
  made.what.what = &what;
  made.what.values = std::move(values);
  made.decode = &row_table<Row>::from;
  return made;
}

constexpr auto last = std::numeric_limits<integer>::max();

struct asking {
  row_request operator()(const ledger::session_by_id& q) const {
    return request<ledger::login_session>(sql::session_by_id, args(key_of(q.id)));
  }
  row_request operator()(const ledger::sessions_of_user& q) const {
    return request<ledger::login_session>(
        sql::sessions_of_user, args(key_of(q.user), q.now.count, integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::token_by_hash& q) const {
    return request<ledger::refresh_token>(sql::token_by_hash, args(blob{base::bytes_of(q.hash)}));
  }
  row_request operator()(const ledger::reset_by_hash& q) const {
    return request<ledger::password_reset>(sql::reset_by_hash, args(blob{base::bytes_of(q.hash)}));
  }
  row_request operator()(const ledger::resets_of_user& q) const {
    return request<ledger::password_reset>(
        sql::resets_of_user, args(key_of(q.user), q.now.count, integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::goal_by_id& q) const {
    return request<ledger::goal>(sql::goal_by_id, args(key_of(q.id), key_of(q.user)));
  }
  row_request operator()(const ledger::goals_of_user& q) const {
    return request<ledger::goal>(sql::goals_of_user,
                                 args(key_of(q.user), integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::envelope_by_id& q) const {
    return request<ledger::budget_envelope>(sql::envelope_by_id,
                                            args(key_of(q.id), key_of(q.user)));
  }
  row_request operator()(const ledger::envelopes_of_user& q) const {
    return request<ledger::budget_envelope>(sql::envelopes_of_user,
                                            args(key_of(q.user), integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::automation_by_id& q) const {
    return {automations_step({q}), &row_table<ledger::automation>::from};
  }
  row_request operator()(const ledger::automations_of_user& q) const {
    return request<ledger::automation>(sql::automations_of_user,
                                       args(key_of(q.user), integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::notification_by_id& q) const {
    return request<ledger::notification>(sql::notification_by_id,
                                         args(key_of(q.id), key_of(q.user)));
  }
  row_request operator()(const ledger::notification_filter& q) const {
    return request<ledger::notification>(
        sql::notifications_page,
        args(key_of(q.user), integer{q.unread_only}, q.after ? q.after->created_at.count : last,
             q.after ? key_of(q.after->id) : last, q.limit + 1, q.skip));
  }
  row_request operator()(const ledger::unread_notifications& q) const {
    return request<ledger::row_count>(sql::notifications_unread,
                                      args(key_of(q.user), integer{q.insights_only}));
  }
  row_request operator()(const ledger::count_notifications& q) const {
    return request<ledger::row_count>(sql::notifications_count,
                                      args(key_of(q.user), integer{q.unread_only}));
  }
  row_request operator()(const ledger::insight_preferences_of& q) const {
    return request<ledger::insight_preferences>(sql::insight_preferences_of, args(key_of(q.user)));
  }
  row_request operator()(const ledger::insight_feedback_of& q) const {
    return request<ledger::insight_feedback>(sql::insight_feedback_of,
                                             args(key_of(q.user), integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::automation_run_of& q) const {
    return request<ledger::automation_run>(
        sql::automation_run_of, args(key_of(q.automation), integer{q.day.count}, key_of(q.user)));
  }
  row_request operator()(const ledger::automation_runs_of& q) const {
    return request<ledger::automation_run>(sql::automation_runs_of,
                                           args(key_of(q.automation), key_of(q.user), q.limit));
  }
  row_request operator()(const ledger::alert_states_of& q) const {
    if (q.subject)
      return request<ledger::alert_state>(sql::alert_state_of,
                                          args(key_of(q.user), q.rule, *q.subject));
    return request<ledger::alert_state>(sql::alert_states_of,
                                        args(key_of(q.user), q.rule, q.after, q.limit));
  }
  row_request operator()(const ledger::delivery_by_id& q) const {
    return request<ledger::delivery>(sql::delivery_by_id, args(key_of(q.id), key_of(q.user)));
  }
  row_request operator()(const ledger::round_ups_of& q) const {
    return request<ledger::round_up>(sql::round_ups_of,
                                     args(key_of(q.transaction), key_of(q.user)));
  }
  row_request operator()(const ledger::watching_rules_of& q) const {
    return request<ledger::automation>(sql::watching_rules_of,
                                       args(key_of(q.user), integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::spent_in& q) const {
    // As read_work::monthly: the day of the write may be another one than that of the instant.
    return request<ledger::row_count>(
        sql::spent_in,
        args(key_of(q.user), key_of(q.category), integer{q.first.count}, integer{q.last.count},
             base::start_of({q.first.count - 2}).count, base::start_of({q.last.count + 3}).count));
  }
  row_request operator()(const ledger::balance_of& q) const {
    return request<ledger::row_count>(sql::balance_of, args(key_of(q.account), key_of(q.user)));
  }
  row_request operator()(const ledger::deliveries_open& q) const {
    return request<ledger::delivery>(sql::deliveries_open, args(q.made_before.count, q.limit));
  }
  row_request operator()(const ledger::notifications_since& q) const {
    return request<ledger::notification>(
        sql::notifications_since,
        args(key_of(q.user), q.since.count, integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::users_after& q) const {
    return request<ledger::user_record>(sql::users_after, args(q.key, q.limit));
  }
  row_request operator()(const ledger::rules_after& q) const {
    return request<ledger::automation>(sql::rules_after, args(q.type, q.key, q.limit));
  }
  row_request operator()(const ledger::shared_expense_by_id& q) const {
    return request<ledger::shared_expense>(sql::expense_by_id, args(key_of(q.id)));
  }
  row_request operator()(const ledger::share_by_id& q) const {
    return request<ledger::share_view>(sql::share_by_id, args(key_of(q.id)));
  }
  row_request operator()(const ledger::shares_of_expense& q) const {
    return request<ledger::share_view>(sql::shares_of_expense,
                                       args(key_of(q.expense), integer{ledger::participants_max}));
  }
  row_request operator()(const ledger::shares_visible_to& q) const {
    return request<ledger::share_view>(
        sql::shares_visible, args(key_of(q.user), q.after ? q.after->created_at.count : last,
                                  q.after ? key_of(q.after->id) : last, q.limit));
  }
  row_request operator()(const ledger::shares_pending_of& q) const {
    return request<ledger::share_view>(sql::shares_pending,
                                       args(key_of(q.user), integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::events_of_share& q) const {
    return request<ledger::share_event>(sql::events_of_share,
                                        args(key_of(q.share), integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::feed_item_by_id& q) const {
    return request<ledger::feed_item>(sql::feed_item_by_id, args(key_of(q.id), key_of(q.user)));
  }
  row_request operator()(const ledger::feed_filter& q) const {
    return request<ledger::feed_item>(
        sql::feed_page, args(key_of(q.user), q.after ? q.after->created_at.count : last,
                             q.after ? key_of(q.after->id) : last, q.limit + 1, q.skip));
  }
  row_request operator()(const ledger::feed_since& q) const {
    return request<ledger::feed_item>(
        sql::feed_since, args(key_of(q.user), q.since.count, integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::unread_feed_items& q) const {
    return request<ledger::row_count>(sql::feed_unread, args(key_of(q.user)));
  }
  row_request operator()(const ledger::count_feed_items& q) const {
    return request<ledger::row_count>(sql::feed_count, args(key_of(q.user)));
  }
  row_request operator()(const ledger::goals_changed& q) const {
    return request<ledger::goal>(
        sql::goals_changed, args(key_of(q.user), q.since.count, integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::envelopes_changed& q) const {
    return request<ledger::budget_envelope>(
        sql::envelopes_changed,
        args(key_of(q.user), q.since.count, integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::credentials_of& q) const {
    return request<ledger::credentials>(sql::credentials_of, args(key_of(q.user)));
  }
  row_request operator()(const ledger::other_admins& q) const {
    return request<ledger::row_count>(sql::other_admins, args(key_of(q.user)));
  }
  row_request operator()(const ledger::profile_of& q) const {
    return request<ledger::user_record>(sql::user_by_id, args(key_of(q.user)));
  }
  row_request operator()(const ledger::owner_of_email& q) const {
    return request<ledger::user_record>(sql::user_by_email, args(q.email));
  }
  row_request operator()(const ledger::count_of& q) const {
    const auto counting = [&](const statement& what) {
      return request<ledger::row_count>(what, args(key_of(q.user)));
    };
    switch (q.kind) {
    case ledger::dumped_row::goals: return counting(sql::goals_count);
    case ledger::dumped_row::envelopes: return counting(sql::envelopes_count);
    case ledger::dumped_row::automations: return counting(sql::automations_count);
    default: UNREACHABLE("a kind that nobody counts");
    }
  }
  row_request operator()(const ledger::rows_after& q) const {
    using kind = ledger::dumped_row;
    switch (q.kind) {
    case kind::goals: return request<ledger::goal>(sql::goals_after, args(q.key, q.limit));
    case kind::envelopes:
      return request<ledger::budget_envelope>(sql::envelopes_after, args(q.key, q.limit));
    case kind::movements:
      return request<ledger::earmark_movement>(
          sql::movements_after,
          args(kind_cell(q.earmarks), q.key, signed_bits(q.version), q.limit));
    case kind::automations:
      return request<ledger::automation>(sql::automations_after, args(q.key, q.limit));
    case kind::notifications:
      return request<ledger::notification>(sql::notifications_after, args(q.key, q.limit));
    case kind::insight_preferences:
      return request<ledger::insight_preferences>(sql::insight_preferences_after,
                                                  args(q.key, q.limit));
    case kind::insight_feedback:
      return request<ledger::insight_feedback>(sql::insight_feedback_after,
                                               args(q.key, q.hash, q.limit));
    case kind::shared_expenses:
      return request<ledger::shared_expense>(sql::expenses_after, args(q.key, q.limit));
    case kind::expense_shares:
      return request<ledger::expense_share>(sql::shares_after, args(q.key, q.limit));
    case kind::share_events:
      return request<ledger::share_event>(sql::share_events_after, args(q.key, q.limit));
    case kind::feed_items:
      return request<ledger::feed_item>(sql::feed_items_after, args(q.key, q.limit));
    case kind::automation_runs:
      return request<ledger::automation_run>(sql::automation_runs_after,
                                             args(q.key, signed_bits(q.version), q.limit));
    case kind::round_ups:
      return request<ledger::round_up>(sql::round_ups_after,
                                       args(q.key, signed_bits(q.version), q.limit));
    case kind::alert_states:
      return request<ledger::alert_state>(sql::alert_states_after,
                                          args(q.key, q.hash, q.subject, q.limit));
    }
    UNREACHABLE("a kind of rows");
  }
  row_request operator()(const ledger::movements_of& q) const {
    return request<ledger::earmark_movement>(
        sql::movements_of,
        args(kind_cell(q.kind), q.earmark, key_of(q.user), integer{ledger::user_rows_max}));
  }
  row_request operator()(const ledger::shares_by_expense& q) const {
    return request<ledger::expense_share>(sql::shares_by_expense,
                                          args(q.expense, q.share, q.limit));
  }
};

} // namespace

std::vector<step> puts_of(const std::vector<const ledger::user_row*>& written_rows,
                          text_store& texts) {
  return puts(written_rows, texts);
}

row_request request_of(const ledger::row_question& q) { return std::visit(asking{}, q); }

} // namespace storage
