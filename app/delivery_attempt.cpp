#include "app/delivery_attempt.hpp"

#include "app/weekly_report.hpp"
#include "base/json.hpp"
#include "http/api/text.hpp"
#include "http/perform.hpp"
#include "ledger/delivery_acts.hpp"

#include <utility>

namespace app {
namespace {

namespace json = base::json;
using ledger::delivery;
using ledger::delivery_kind;
using ledger::delivery_state;
using ledger::delivery_step;

constexpr std::int64_t patience_us = 20 * base::us_per_second;

actors::job_done done_with(const delivery& d) {
  json::object shown{{"state", ledger::to_text(d.state)}};
  if (!d.code.empty()) shown.emplace_back("code", d.code);
  return actors::job_done{json::write(std::move(shown)), {}};
}

std::optional<ledger::delivery_id> delivery_named_in(const std::string& payload) {
  const auto read = json::read(payload);
  const auto* object = std::get_if<json::value>(&read);
  const auto* v = object == nullptr ? nullptr : object->find("delivery_id");
  const auto* text = v == nullptr ? nullptr : v->if_string();
  if (text == nullptr || text->empty() || text->size() > 64) return std::nullopt;
  return ledger::delivery_id{*text};
}

std::string url_of(const ledger::automation& rule) {
  const auto read = json::read(rule.actions);
  const auto* object = std::get_if<json::value>(&read);
  const auto* v = object == nullptr ? nullptr : object->find("url");
  const auto* text = v == nullptr ? nullptr : v->if_string();
  return text == nullptr ? std::string{} : *text;
}

/// What is known of a delivery at one moment, in the book.
struct delivery_facts {
  std::optional<delivery> row;
  std::optional<ledger::automation> rule;
  std::optional<ledger::user_record> owner;
};

std::vector<ledger::row_question> questions_about(const delivery& d) {
  return {ledger::delivery_by_id{d.user, d.id},
          ledger::automation_by_id{d.user, ledger::automation_id{d.rule}},
          ledger::profile_of{d.user}};
}

delivery_facts facts_in(const std::vector<ledger::user_rows>& found) {
  return {ledger::row_of<delivery>(found.at(0)), ledger::row_of<ledger::automation>(found.at(1)),
          ledger::row_of<ledger::user_record>(found.at(2))};
}

/// Of a change: what is to be done when it is durable.
enum begun_verdict : int { left, over, to_send };

/// Why it is not to be sent, or nothing. Decided in the book, so it owns what it looks at.
struct door {
  bool mail_on = false, webhook_on = false, readable = false;

  std::string why_not(const delivery_facts& f) const {
    if (!f.owner || !f.owner->active) return "USER_INACTIVE";
    if (!f.rule || !f.rule->active) return "RULE_GONE";
    if (f.row->kind == delivery_kind::webhook) return webhook_on ? "" : "WEBHOOK_OFF";
    if (!mail_on) return "MAIL_OFF";
    if (!readable) return "BAD_DELIVERY";
    return http::is_email(report_receiver(*f.rule, *f.owner)) ? "" : "BAD_DESTINATION";
  }
};

/// For what the owner of a delivery may be told.
struct notice_facts {
  base::civil_day made;
  ledger::notification_id id;
};

/// The row, with what its end means for the rule and its owner.
void write_end(ledger::row_change& c, const delivery_facts& f, const delivery& ended,
               const notice_facts& notice, base::utc_us now) {
  c.writes.emplace_back(ended);
  c.answer.emplace_back(ended);
  if (!f.rule || !f.owner || !f.owner->active) return; // nobody is left who could be told
  if (!f.rule->active && ended.state == delivery_state::failed) return; // as its owner wished
  if (ledger::is_news(*f.rule, ended))
    c.writes.emplace_back(ledger::notice_of(*f.rule, ended, notice.made, notice.id, now));
  if (auto after = ledger::rule_after(*f.rule, ended)) c.writes.emplace_back(std::move(*after));
}

void decide_begin(ledger::row_change& c, const delivery_facts& f, const door& out,
                  const notice_facts& notice, base::utc_us now) {
  auto begun = ledger::begin_delivery(*f.row, now);
  if (begun.step == delivery_step::leave) {
    c.answer.emplace_back(begun.row);
    return;
  }
  c.verdict = over;
  if (begun.step == delivery_step::in_doubt) return write_end(c, f, begun.row, notice, now);
  if (const auto why = out.why_not(f); !why.empty())
    return write_end(c, f, ledger::give_up(*f.row, why, now), notice, now);
  c.verdict = to_send;
  c.writes.emplace_back(begun.row);
  c.answer = {begun.row, *f.rule, *f.owner};
}

class delivery_attempt {
public:
  delivery_attempt(const delivery_desk& desk, http::backend& books, const actors::job_context& job,
                   delivery row)
      : desk_(desk), books_(books), job_(job), row_(std::move(row)) {}

  actors::job_verdict run() {
    if (row_.kind == delivery_kind::mail)
      if (auto unread = read_figures()) return std::move(*unread);
    const auto begun = begin();
    if (!begun) return actors::try_later(begun.error().code);
    if (const auto now = ledger::row_of<delivery>(begun->rows)) row_ = *now;
    if (begun->verdict != to_send) {
      if (begun->verdict == over) tell();
      return done_with(row_);
    }
    rule_ = ledger::row_of<ledger::automation>(begun->rows);
    owner_ = ledger::row_of<ledger::user_record>(begun->rows);
    return end(send());
  }

private:
  /// Before it is begun: what cannot be read now is no doubt about a mail.
  std::optional<actors::job_verdict> read_figures() {
    days_ = read_report_body(row_.body);
    if (!days_) return std::nullopt;
    auto sums = books_.monthly(row_.user, days_->first, days_->last);
    if (!sums) return actors::try_later(sums.error().code);
    sums_ = std::move(*sums);
    return std::nullopt;
  }

  base::result<ledger::changed_rows> perform(ledger::change_rows wish) {
    ledger::envelope command;
    command.user = row_.user;
    command.request_id = job_.what.id.text();
    command.deadline = {desk_.clock.now().count + patience_us};
    command.what = std::move(wish);
    return http::perform_rows(books_, std::move(command));
  }

  ledger::change_rows
  wish(std::function<void(ledger::row_change&, const delivery_facts&, base::utc_us)> decide) const {
    ledger::change_rows w;
    w.of_operator = true; // also when its owner has gone meanwhile
    w.reads = questions_about(row_);
    w.decide = [decide = std::move(decide)](const std::vector<ledger::user_rows>& found,
                                            base::utc_us now) -> base::result<ledger::row_change> {
      ledger::row_change c;
      c.verdict = left;
      const auto facts = facts_in(found);
      if (facts.row) decide(c, facts, now);
      return c;
    };
    return w;
  }

  notice_facts fresh_notice() const {
    return {desk_.zone.day_of(row_.created_at), ledger::notification_id{desk_.new_id()}};
  }

  base::result<ledger::changed_rows> begin() {
    const door out{desk_.mail != nullptr, desk_.webhook != nullptr, days_.has_value()};
    return perform(wish([out, notice = fresh_notice()](auto& c, const auto& facts, auto now) {
      decide_begin(c, facts, out, notice, now);
    }));
  }

  http::sent_end send() const {
    const auto now = desk_.clock.now();
    if (row_.kind == delivery_kind::webhook)
      return desk_.webhook({url_of(*rule_), row_.id.text(), row_.body}, now);
    const auto mail = report_mail(*rule_, *owner_, *days_, sums_);
    if (!mail) return {ledger::delivery_end::refused, "BAD_DELIVERY"};
    return desk_.mail(*mail, now, row_.id.text());
  }

  actors::job_verdict end(const http::sent_end& how) {
    const auto attempt = row_.attempts;
    const auto at_end = [attempt, how](const delivery& d, base::utc_us now) {
      return ledger::end_attempt(d, attempt, how.how, how.code, now);
    };
    row_ = at_end(row_, desk_.clock.now()).value_or(row_);
    if (row_.state == delivery_state::pending) {
      tell();
      // Were this lost, the next attempt would find it begun: a mail would be in doubt.
      const auto kept = perform(wish([at_end](auto& c, const auto& facts, auto now) {
        if (auto back = at_end(*facts.row, now)) c.writes.emplace_back(std::move(*back));
      }));
      auto later = actors::try_later(kept ? std::string_view{how.code} : kept.error().code);
      if (how.retry_after_s) later.retry_after_us = *how.retry_after_s * base::us_per_second;
      return later;
    }
    auto verdict = done_with(row_);
    verdict.effects.rows =
        wish([at_end, notice = fresh_notice()](auto& c, const auto& facts, auto now) {
          if (const auto ended = at_end(*facts.row, now)) write_end(c, facts, *ended, notice, now);
        });
    if (desk_.ended) verdict.effects.committed = [ended = desk_.ended, row = row_] { ended(row); };
    return verdict;
  }

  void tell() const {
    if (desk_.ended) desk_.ended(row_);
  }

  const delivery_desk& desk_;
  http::backend& books_;
  const actors::job_context& job_;
  delivery row_;
  std::optional<ledger::automation> rule_;   ///< once it is begun
  std::optional<ledger::user_record> owner_; ///< as rule_
  std::optional<report_days> days_;
  ledger::monthly_sums sums_;
};

} // namespace

actors::job_verdict run_delivery(const delivery_desk& desk, const actors::job_context& job) {
  const auto id = delivery_named_in(job.what.payload);
  if (!id || !job.what.user)
    return actors::job_failed{{"BAD_PAYLOAD", "names no delivery of a user", {}}, false, {}};
  auto& books = desk.books();
  if (job.stop.stop_requested()) return actors::try_later("INTERRUPTED");
  const auto rows = books.user_rows(ledger::delivery_by_id{*job.what.user, *id});
  if (!rows) return actors::try_later(rows.error().code);
  auto row = ledger::row_of<delivery>(*rows);
  if (!row) return actors::job_done{R"({"state":"gone"})", {}};
  return delivery_attempt{desk, books, job, std::move(*row)}.run();
}

} // namespace app
