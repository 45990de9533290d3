// Requests of administrators and of those who register or log in: whatever comes, the answer can be
// shown, and what was begun or written down is within the bounds of the contract.
#include "http/api/admin_api.hpp"
#include "http/api/handlers.hpp"
#include "http/target.hpp"
#include "tests/fuzz/api_world.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/http/fake_checks.hpp"

#include <algorithm>
#include <string>

namespace {

struct world : fuzz::api_world {
  http_test::fake_checks checks{clock};
  ledger::user_record admin;

  world() {
    s.checks = &checks;
    admin.id = ledger::user_id{"root"};
    admin.admin = true;
  }
};

constexpr http::admin_handler operations[] = {
    http::admin_backfill,        http::admin_sync_accounts, http::admin_sync_account,
    http::admin_verify,          http::admin_reconcile,     http::admin_snapshots,
    http::admin_finish_recovery, http::admin_list_audit,    http::admin_find_users,
    http::admin_list_checks,     http::admin_get_check,     http::admin_database};
using entrance = http::response (*)(const http::service&, const http::request&);
constexpr entrance entrances[] = {http::register_user, http::login};

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
}

void check_note(const ledger::audit_note& n) {
  ENSURE(code_points(n.reason) >= 3 && code_points(n.reason) <= 200, "a reason out of bounds");
  ENSURE(http::valid_utf8(n.reason) && n.actor == "root", "a note that nobody signed");
  for (const auto* state : {&n.before, &n.after})
    ENSURE(std::holds_alternative<base::json::value>(base::json::read(*state)),
           "a state that is no JSON");
}

void check_answer(const http::response& r) {
  ENSURE(r.status == 200 || r.status == 202 || (r.status >= 400 && r.status < 500),
         "the fault is said to be ours");
  const auto body = base::json::read(r.body);
  ENSURE(std::holds_alternative<base::json::value>(body), "an answer that is no JSON");
  if (r.status >= 400)
    ENSURE(std::get<base::json::value>(body).find("code") != nullptr, "a refusal without its code");
}

} // namespace

/// First byte: which. First line: the query. The rest: the body.
void fuzz::target(std::string_view input) {
  static world w;
  w.books.executed.reset();
  w.books.recovery_now = {true, {}, {}};
  w.checks.runs.clear();
  const auto first = first_byte(input);
  const auto which = (first & 0x3f) % (std::size(operations) + std::size(entrances));
  // A run that was there before, or goes on; and whether a new one ends at once.
  if (first & 0x80) w.checks.runs.push_front({.id = "a1", .started = w.clock.now()});
  if (first & 0x40)
    w.checks.ends_at_once.reset();
  else
    w.checks.ends_at_once = http::check_run{.result = "{}", .passed = true};
  http::request r;
  r.request_id = "request";
  r.method = "POST";
  r.path = "/";
  r.path_params = {{"id", "a1"}};
  r.query = http::decoded_query(before(input, '\n'));
  r.body = std::string{input};
  if (which < std::size(operations))
    check_answer(operations[which](w.s, r, w.admin));
  else
    check_answer(entrances[which - std::size(operations)](w.s, r));
  if (w.books.executed)
    if (const auto* noted = std::get_if<ledger::note_action>(&w.books.executed->what))
      check_note(noted->note);
  for (const auto& run : w.checks.runs)
    ENSURE(run.wish.scope == "all" || run.wish.scope == "balances" || run.wish.scope == "snapshots",
           "a scope that nobody knows");
}
