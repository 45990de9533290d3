// All that is kept about a user, for their own hands (api-contract §12.3).
#include "http/api/book_reading.hpp"
#include "http/api/export_limit.hpp"
#include "http/api/login.hpp"
#include "http/api/own_data_api.hpp"
#include "http/api/render.hpp"
#include "http/api/render_rows.hpp"
#include "http/api/render_schedules.hpp"
#include "http/job_service.hpp"

#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

constexpr std::int64_t page_rows = 500;

void append_feedback(std::string& out, const ledger::insight_feedback& f) {
  out += "{\"insight_type\":";
  append_text(out, f.type);
  out += ",\"insight_hash\":";
  append_text(out, f.hash);
  out += ",\"status\":";
  append_text(out, f.status);
  out += ",\"created_at\":";
  append_instant(out, f.at);
  out += '}';
}

void append_preferences(std::string& out, const ledger::insight_preferences& p) {
  out += fmt::format("{{\"enable_category_variation\":{},\"enable_goals_at_risk\":{}",
                     p.category_variation, p.goals_at_risk);
  out += ",\"updated_at\":";
  append_instant(out, p.updated_at);
  out += '}';
}

class writer {
public:
  writer(const service& s, const request& r, const ledger::user_record& user, std::string& out)
      : s_(s), r_(r), user_(user), limit_(s), out_(out) {}

  base::status write() {
    const auto now = s_.clock.now();
    out_ = "{\"exported_at\":";
    append_instant(out_, now);
    out_ += ",\"user\":";
    append_user(out_, user_);
    const auto moment = moment_of(s_, user_.id);
    if (!moment) return moment.error();
    auto done = books(*moment);
    if (done) done = earmarks(s_.zone.day_of(now));
    if (done) done = notifications();
    if (done)
      done = rows<ledger::automation>("automation_rules", ledger::automations_of_user{user_.id},
                                      append_automation);
    if (done) done = runs();
    if (done) done = schedules();
    const auto current = session_of(s_, r_);
    if (done)
      done =
          rows<ledger::login_session>("sessions", ledger::sessions_of_user{user_.id, now},
                                      [&](std::string& out, const ledger::login_session& session) {
                                        append_session(out, session, session.id == current);
                                      });
    if (done) done = entries(*moment);
    out_ += ",\"insight_cache\":null"; // insights are computed when they are asked for
    if (done)
      done = rows<ledger::insight_feedback>("insight_feedback",
                                            ledger::insight_feedback_of{user_.id}, append_feedback);
    return done ? preferences() : done;
  }

private:
  base::status books(const book_moment& moment) {
    const auto accounts = all_accounts(s_, user_.id, moment.members);
    if (!accounts) return accounts.error();
    out_ += ",\"accounts\":";
    append_list(out_, *accounts, append_account);
    out_ += ",\"categories\":";
    append_categories(out_, moment.members);
    out_ += ",\"transactions\":[";
    ledger::transaction_filter all;
    all.user = user_.id;
    all.include_deleted = all.include_system = true;
    bool first = true;
    auto done = each_transaction(s_, all, [&](const ledger::transaction_record& t) {
      if (!std::exchange(first, false)) out_ += ',';
      append_transaction(out_, t);
      return limit_.room(out_);
    });
    out_ += ']';
    return done;
  }

  base::status earmarks(base::civil_day today) {
    auto done = rows<ledger::goal>(
        "goals", ledger::goals_of_user{user_.id},
        [today](std::string& out, const ledger::goal& g) { append_goal(out, g, today); });
    if (done)
      done = rows<ledger::budget_envelope>("envelopes", ledger::envelopes_of_user{user_.id},
                                           append_envelope);
    return done;
  }

  base::status notifications() {
    ledger::notification_filter page;
    page.user = user_.id;
    page.limit = page_rows;
    out_ += ",\"notifications\":[";
    bool first = true;
    for (;;) {
      const auto answer = s_.books.user_rows(page);
      if (!answer) return answer.error();
      auto found = ledger::rows_of<ledger::notification>(*answer);
      const bool more = std::ssize(found) > page.limit;
      if (more) found.pop_back();
      for (const auto& n : found) {
        if (!std::exchange(first, false)) out_ += ',';
        append_notification(out_, n);
      }
      if (auto room = limit_.room(out_); !room) return room;
      if (!more) break;
      page.after = {found.back().created_at, found.back().id};
    }
    out_ += ']';
    return {};
  }

  /// How the occurrences of the rules ended; of a rule the newest.
  base::status runs() {
    const auto rules = s_.books.user_rows(ledger::automations_of_user{user_.id});
    if (!rules) return rules.error();
    out_ += ",\"automation_runs\":[";
    bool first = true;
    for (const auto& rule : ledger::rows_of<ledger::automation>(*rules)) {
      const auto answer =
          s_.books.user_rows(ledger::automation_runs_of{user_.id, rule.id, ledger::user_rows_max});
      if (!answer) return answer.error();
      if (answer->empty()) continue;
      if (!std::exchange(first, false)) out_ += ',';
      out_ += "{\"automation_id\":";
      append_text(out_, rule.id.text());
      out_ += ",\"runs\":";
      append_list(out_, ledger::rows_of<ledger::automation_run>(*answer), append_automation_run);
      out_ += '}';
      if (auto room = limit_.room(out_); !room) return room;
    }
    out_ += ']';
    return {};
  }

  /// Those of the rules among them; null: this server follows none. Jobs are not kept for long, and
  /// have lists of their own.
  base::status schedules() {
    out_ += ",\"schedules\":";
    if (s_.jobs == nullptr) {
      out_ += "null";
      return {};
    }
    out_ += '[';
    std::optional<scheduler::schedule_id> before;
    for (;;) {
      const auto page = s_.jobs->schedules.schedules(user_.id, before, page_rows);
      if (!page) return page.error();
      for (const auto& v : *page) {
        if (v.what.id != page->front().what.id || before) out_ += ',';
        append_schedule(out_, v);
      }
      if (auto room = limit_.room(out_); !room) return room;
      if (std::ssize(*page) < page_rows) break;
      before = page->back().what.id;
    }
    out_ += ']';
    return {};
  }

  base::status entries(const book_moment& moment) {
    out_ += ",\"ledger_entries\":[";
    bool first = true;
    auto done = exchange::each_entry(moment.entries, [&](const ledger::entry_view& e) {
      if (!std::exchange(first, false)) out_ += ',';
      append_entry(out_, e, true);
      return limit_.room(out_);
    });
    out_ += ']';
    return done;
  }

  base::status preferences() {
    const auto answer = s_.books.user_rows(ledger::insight_preferences_of{user_.id});
    if (!answer) return answer.error();
    out_ += ",\"insight_preferences\":";
    if (const auto p = ledger::row_of<ledger::insight_preferences>(*answer))
      append_preferences(out_, *p);
    else
      out_ += "null";
    out_ += '}';
    return limit_.room(out_);
  }

  template <class Row, class Append>
  base::status rows(std::string_view name, const ledger::row_question& which, Append append) {
    const auto answer = s_.books.user_rows(which);
    if (!answer) return answer.error();
    out_ += fmt::format(",\"{}\":", name);
    append_list(out_, ledger::rows_of<Row>(*answer), append);
    return limit_.room(out_);
  }

  const service& s_;
  const request& r_;
  const ledger::user_record& user_;
  export_limit limit_;
  std::string& out_;
};

} // namespace

response export_my_data(const service& s, const request& r, const ledger::user_record& user) {
  response answer;
  const auto done = writer{s, r, user, answer.body}.write();
  if (!done) return s.refused(done.error(), r, about_user);
  answer.headers.push_back(
      {"Content-Disposition", fmt::format("attachment; filename=\"vaidepix-{}.json\"",
                                          base::to_text(s.zone.day_of(s.clock.now())))});
  return answer;
}

} // namespace http
