// The export of a report: JSON, CSV for spreadsheets, a journal for hledger (api-contract §12.1).
#include "exchange/report_csv.hpp"
#include "http/api/book_reading.hpp"
#include "http/api/decode.hpp"
#include "http/api/export_limit.hpp"
#include "http/api/own_data_api.hpp"
#include "http/api/render.hpp"
#include "http/api/report_period.hpp"
#include "http/problem.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <unordered_map>
#include <utility>

namespace http {

namespace {

constexpr std::string_view formats[] = {"json", "csv", "hledger"};

ledger::transaction_filter within(const ledger::user_id& user, const report_period& days) {
  ledger::transaction_filter filter;
  filter.user = user;
  filter.from = days.first;
  filter.to = days.last;
  return filter;
}

void append_line(std::string& out, const ledger::transaction_record& t) {
  out += "{\"id\":";
  append_text(out, t.id.text());
  out += ",\"date\":";
  append_instant(out, t.date);
  out += ",\"type\":";
  append_text(out, ledger::to_text(t.type));
  out += ",\"amount\":";
  append_money(out, t.amount);
  out += ",\"description\":";
  append_text(out, t.description);
  out += ",\"account_id\":";
  append_text(out, t.account.text());
  out += ",\"category_id\":";
  append_text(out, t.category.text());
  out += ",\"tags\":";
  append_list(out, t.tags, [](std::string& o, const std::string& tag) { append_text(o, tag); });
  out += '}';
}

base::status write_json(const service& s, const ledger::user_record& user,
                        const report_period& days, const export_limit& limit, std::string& out) {
  const auto now = s.clock.now();
  const auto members = members_of(s, user.id);
  if (!members) return members.error();
  const auto accounts = all_accounts(s, user.id, *members);
  if (!accounts) return accounts.error();
  const auto goals = s.books.user_rows(ledger::goals_of_user{user.id});
  if (!goals) return goals.error();
  const auto envelopes = s.books.user_rows(ledger::envelopes_of_user{user.id});
  if (!envelopes) return envelopes.error();

  out = "{\"export_date\":";
  append_instant(out, now);
  out += ",\"user\":{\"name\":";
  append_text(out, user.name);
  out += ",\"email\":";
  append_text(out, user.email);
  out += fmt::format("}},\"period\":{{\"start_date\":\"{}\",\"end_date\":\"{}\",\"months\":{}}}",
                     base::to_text(days.first), base::to_text(days.last), days.months);
  out += ",\"data\":{\"transactions\":[";
  bool first = true;
  auto done = each_transaction(s, within(user.id, days), [&](const auto& t) {
    if (!std::exchange(first, false)) out += ',';
    append_line(out, t);
    return limit.room(out);
  });
  if (!done) return done;
  out += "],\"goals\":";
  append_list(out, ledger::rows_of<ledger::goal>(*goals),
              [day = s.zone.day_of(now)](std::string& o, const ledger::goal& g) {
                append_goal(o, g, day);
              });
  out += ",\"envelopes\":";
  append_list(out, ledger::rows_of<ledger::budget_envelope>(*envelopes), append_envelope);
  out += ",\"categories\":";
  append_categories(out, *members);
  out += ",\"accounts\":";
  append_list(out, *accounts, append_account);
  out += "}}";
  return limit.room(out);
}

base::status write_csv(const service& s, const ledger::user_record& user, const report_period& days,
                       const export_limit& limit, std::string& out) {
  const auto members = members_of(s, user.id);
  if (!members) return members.error();
  std::unordered_map<ledger::account_id, std::string_view> names;
  for (const auto& m : *members) names.emplace(m.id, m.name);
  out = exchange::report_csv_head();
  return each_transaction(s, within(user.id, days), [&](const auto& t) {
    out += exchange::report_csv_row(t, {names[t.account], names[t.category]});
    return limit.room(out);
  });
}

/// All of the books, whatever the months are: half of them would not be balanced.
base::status write_journal(const service& s, const ledger::user_record& user,
                           const export_limit& limit, std::string& out) {
  const auto now = moment_of(s, user.id);
  if (!now) return now.error();
  const auto used = s.books.tags(user.id);
  if (!used) return used.error();
  std::vector<std::string> tags, currencies;
  for (const auto& t : *used) tags.push_back(t.name);
  for (const auto& m : now->members) currencies.push_back(m.currency);
  std::sort(currencies.begin(), currencies.end());
  currencies.erase(std::unique(currencies.begin(), currencies.end()), currencies.end());

  exchange::journal journal;
  out = exchange::journal::head(user.name, tags, currencies);
  for (const auto& m : now->members) out += journal.declare(m);
  base::civil_day last{std::numeric_limits<std::int32_t>::min()};
  struct position {
    std::uint64_t version = 0;
    base::centavos balance;
  };
  std::unordered_map<ledger::account_id, position> balances;
  auto done = exchange::each_posting(now->entries, [&](const exchange::journal_posting& p) {
    last = std::max(last, p.booked);
    // The postings of one commit are not in the order of the versions.
    for (const auto& e : p.entries)
      if (auto& b = balances[e.draft.account]; b.version < e.version)
        b = {e.version, e.balance_after};
    out += journal.posting(p);
    return limit.room(out);
  });
  if (!done) return done;
  std::vector<exchange::journal::balance> asserted;
  for (const auto& m : now->members)
    if (const auto found = balances.find(m.id); found != balances.end())
      asserted.push_back({m.id, found->second.balance});
  out += journal.assertions(last, asserted);
  return limit.room(out);
}

} // namespace

response export_report(const service& s, const request& r, const ledger::user_record& user) {
  const export_limit limit{s};
  faults bad;
  query_reader in{r, bad};
  const auto days = read_period(s, in, 24);
  const auto format = in.one_of("format", formats).value_or("json");
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  response answer;
  base::status done;
  const auto attach = [&](std::string_view type, const std::string& name) {
    answer.content_type = type;
    answer.headers.push_back(
        {"Content-Disposition", fmt::format("attachment; filename=\"{}\"", name)});
  };
  if (format == "csv") {
    done = write_csv(s, user, days, limit, answer.body);
    attach("text/csv; charset=utf-8",
           fmt::format("vaidepix-{}-{}.csv", base::to_text(days.first), base::to_text(days.last)));
  } else if (format == "hledger") {
    done = write_journal(s, user, limit, answer.body);
    attach("text/plain; charset=utf-8",
           fmt::format("vaidepix-{}.journal", base::to_text(s.zone.day_of(s.clock.now()))));
  } else {
    done = write_json(s, user, days, limit, answer.body);
  }
  return done ? answer : s.refused(done.error(), r, about_user);
}

} // namespace http
