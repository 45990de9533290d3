// What   row_table of shared expenses, the activity feed and what users said about insights.
// Why    See row_table.hpp; user_row_codec.cpp has the others.
// Errors As row_table.hpp.
// Threads any (pure).
#pragma once

#include "ledger/user_row.hpp"
#include "storage/row_table.hpp"

#include <tuple>

namespace storage {

template <> struct row_table<ledger::insight_preferences> {
  static constexpr const statement* put = &sql::insight_preferences_put;
  static void add(batch& to, const ledger::insight_preferences& p) {
    to.add(key_of(p.user), std::int64_t{p.category_variation}, std::int64_t{p.goals_at_risk},
           p.updated_at.count);
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::insight_preferences p;
    p.user = r.id<ledger::user_id>();
    p.category_variation = r.yes();
    p.goals_at_risk = r.yes();
    p.updated_at = r.time();
    return p;
  }
};

template <> struct row_table<ledger::insight_feedback> {
  static constexpr const statement* put = &sql::insight_feedback_put;
  static void add(batch& to, const ledger::insight_feedback& f) {
    to.add(key_of(f.user), std::string_view{f.hash}, std::string_view{f.type},
           std::string_view{f.status}, f.at.count);
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::insight_feedback f;
    f.user = r.id<ledger::user_id>();
    f.hash = r.words();
    f.type = r.words();
    f.status = r.words();
    f.at = r.time();
    return f;
  }
};

template <> struct row_table<ledger::automation_run> {
  static constexpr const statement* put = &sql::automation_run_insert;
  static void add(batch& to, const ledger::automation_run& o) {
    to.add(key_of(o.automation), std::int64_t{o.day.count}, key_of(o.user),
           std::int64_t{static_cast<std::uint8_t>(o.end)},
           o.transaction ? cell_view{key_of(*o.transaction)} : cell_view{},
           std::string_view{o.code}, o.at.count);
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::automation_run o;
    o.automation = r.id<ledger::automation_id>();
    o.day = r.day();
    o.user = r.id<ledger::user_id>();
    o.end = static_cast<ledger::occurrence_end>(r.one_of({0, 1, 2, 3}));
    o.transaction = r.optional_id<ledger::transaction_id>();
    o.code = r.words();
    o.at = r.time();
    return o;
  }
};

template <> struct row_table<ledger::alert_state> {
  static constexpr const statement* put = &sql::alert_state_put;
  static auto key(const ledger::alert_state& s) {
    return std::tuple{key_of(s.user), s.rule, s.subject};
  }
  static void add(batch& to, const ledger::alert_state& s) {
    to.add(key_of(s.user), std::string_view{s.rule}, std::string_view{s.subject},
           std::int64_t{s.fired}, s.at.count);
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::alert_state s;
    s.user = r.id<ledger::user_id>();
    s.rule = r.words();
    s.subject = r.words();
    s.fired = r.yes();
    s.at = r.time();
    return s;
  }
};

template <> struct row_table<ledger::round_up> {
  static constexpr const statement* put = &sql::round_up_put;
  static auto key(const ledger::round_up& u) {
    return std::pair{key_of(u.transaction), key_of(u.rule)};
  }
  static void add(batch& to, const ledger::round_up& u) {
    to.add(key_of(u.transaction), key_of(u.rule), key_of(u.user), key_of(u.envelope),
           u.amount.minor, u.at.count);
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::round_up u;
    u.transaction = r.id<ledger::transaction_id>();
    u.rule = r.id<ledger::automation_id>();
    u.user = r.id<ledger::user_id>();
    u.envelope = r.id<ledger::envelope_id>();
    u.amount = r.money();
    u.at = r.time();
    return u;
  }
};

template <> struct row_table<ledger::delivery> {
  static constexpr const statement* put = &sql::delivery_put;
  static auto key(const ledger::delivery& d) { return key_of(d.id); }
  static void add(batch& to, const ledger::delivery& d) {
    to.add(key_of(d.id), key_of(d.user), std::int64_t{static_cast<std::uint8_t>(d.kind)},
           std::string_view{d.rule}, std::string_view{d.body},
           std::int64_t{static_cast<std::uint8_t>(d.state)}, std::int64_t{d.attempts},
           std::string_view{d.code}, d.created_at.count, optional_time(d.ended_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::delivery d;
    d.id = ledger::delivery_id::of(r.number());
    d.user = r.id<ledger::user_id>();
    d.kind = static_cast<ledger::delivery_kind>(r.one_of({0, 1}));
    d.rule = r.words();
    d.body = r.words();
    d.state = static_cast<ledger::delivery_state>(r.one_of({0, 1, 2, 3, 4}));
    d.attempts = r.within<std::int32_t>();
    d.code = r.words();
    d.created_at = r.time();
    d.ended_at = r.optional_time();
    return d;
  }
};

inline ledger::shared_expense expense_from(row_reader& r) {
  ledger::shared_expense e;
  e.id = r.id<ledger::shared_expense_id>();
  e.user = r.id<ledger::user_id>();
  e.total = r.money();
  e.description = r.words();
  e.split = r.words();
  e.cancelled = r.yes();
  e.automatic = r.optional_id<ledger::transaction_id>();
  e.created_at = r.time();
  e.updated_at = r.optional_time();
  return e;
}

inline ledger::expense_share share_from(row_reader& r) {
  ledger::expense_share s;
  s.id = r.id<ledger::share_id>();
  s.expense = r.id<ledger::shared_expense_id>();
  s.user = r.id<ledger::user_id>();
  s.status = r.words();
  s.basis = r.optional([](row_reader& x) { return x.number(); });
  s.amount = r.money();
  s.created_at = r.time();
  s.responded_at = r.optional_time();
  return s;
}

template <> struct row_table<ledger::shared_expense> {
  static constexpr const statement* put = &sql::expense_put;
  static void add(batch& to, const ledger::shared_expense& e) {
    to.add(key_of(e.id), imported(e.id), key_of(e.user), e.total.minor,
           std::string_view{e.description}, std::string_view{e.split}, std::int64_t{e.cancelled},
           e.automatic ? cell_view{key_of(*e.automatic)} : cell_view{}, e.created_at.count,
           optional_time(e.updated_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    return expense_from(r);
  }
};

template <> struct row_table<ledger::expense_share> {
  static constexpr const statement* put = &sql::share_put;
  static void add(batch& to, const ledger::expense_share& s) {
    to.add(key_of(s.id), imported(s.id), key_of(s.expense), key_of(s.user),
           std::string_view{s.status}, s.basis ? cell_view{*s.basis} : cell_view{}, s.amount.minor,
           s.created_at.count, optional_time(s.responded_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    return share_from(r);
  }
};

template <> struct row_table<ledger::share_view> {
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::share_view v;
    v.share = share_from(r);
    v.expense = expense_from(r);
    v.user_name = r.words();
    v.user_email = r.words();
    v.creator_name = r.words();
    return v;
  }
};

template <> struct row_table<ledger::share_event> {
  static constexpr const statement* put = &sql::share_event_insert;
  static void add(batch& to, const ledger::share_event& e) {
    to.add(key_of(e.id), imported(e.id), key_of(e.share), std::string_view{e.action},
           key_of(e.performed_by), e.at.count);
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::share_event e;
    e.id = r.id<ledger::share_event_id>();
    e.share = r.id<ledger::share_id>();
    e.action = r.words();
    e.performed_by = r.id<ledger::user_id>();
    e.at = r.time();
    return e;
  }
};

template <> struct row_table<ledger::feed_item> {
  static constexpr const statement* put = &sql::feed_item_put;
  static void add(batch& to, const ledger::feed_item& f) {
    to.add(key_of(f.id), imported(f.id), key_of(f.user), std::string_view{f.type},
           std::string_view{f.title}, std::string_view{f.description},
           std::string_view{f.entity_type}, std::string_view{f.entity_id},
           std::string_view{f.metadata}, f.created_at.count, optional_time(f.read_at));
  }
  static ledger::user_row from(const row& cells) {
    row_reader r{cells};
    ledger::feed_item f;
    f.id = r.id<ledger::feed_item_id>();
    f.user = r.id<ledger::user_id>();
    f.type = r.words();
    f.title = r.words();
    f.description = r.words();
    f.entity_type = r.words();
    f.entity_id = r.words();
    f.metadata = r.words();
    f.created_at = r.time();
    f.read_at = r.optional_time();
    return f;
  }
};

template <> struct row_table<ledger::feed_read> {
  static constexpr const statement* put = &sql::feed_mark;
  static void add(batch& to, const ledger::feed_read& f) {
    to.add(key_of(f.user), f.until.count, f.at.count);
  }
};

} // namespace storage
