#include "ledger/user_row_audit.hpp"

#include <utility>

namespace ledger {
namespace {

invariant rule_of(earmark_kind k) {
  return k == earmark_kind::goal ? invariant::goal : invariant::envelope;
}

} // namespace

void user_row_auditor::row(const goal& g) {
  open_earmark fresh;
  fresh.kind = earmark_kind::goal;
  fresh.key = key_of(g.id);
  fresh.id = g.id.text();
  fresh.user = g.user;
  fresh.has_row = true;
  fresh.within = g.target.minor > 0 && g.current.minor >= 0 && g.current <= g.target;
  fresh.amount = g.current;
  fresh.version = g.version;
  open(std::move(fresh));
}

void user_row_auditor::row(const budget_envelope& e) {
  open_earmark fresh;
  fresh.kind = earmark_kind::envelope;
  fresh.key = key_of(e.id);
  fresh.id = e.id.text();
  fresh.user = e.user;
  fresh.has_row = true;
  fresh.within = e.balance.minor >= 0;
  fresh.amount = e.balance;
  fresh.version = e.version;
  open(std::move(fresh));
}

void user_row_auditor::row(const earmark_movement& m) {
  if (!earmark_ || earmark_->kind != m.kind || earmark_->key != m.earmark) {
    open_earmark nameless;
    nameless.kind = m.kind;
    nameless.key = m.earmark;
    nameless.id = base::id_of(m.earmark);
    nameless.user = m.user;
    open(std::move(nameless));
  }
  auto& e = *earmark_;
  if (wanted(e.user)) {
    const auto say = [&](const char* what) {
      fault(rule_of(e.kind), std::string{to_text(e.kind)} + ' ' + e.id + " version " +
                                 std::to_string(m.version) + what);
    };
    if (m.version != e.last_version + 1) say(": the versions of its movements are not 1..n");
    if (wide{m.after.minor} != e.last_after + m.amount.minor)
      say(": the amount after it is not the one before plus the movement");
    if (m.user != e.user) say(": is a movement of another user");
  }
  e.last_version = m.version;
  e.last_after = m.after.minor;
  e.sum += m.amount.minor;
}

void user_row_auditor::row(const shared_expense& e) {
  open_expense fresh;
  fresh.key = key_of(e.id);
  fresh.id = e.id.text();
  fresh.has_row = true;
  fresh.wanted = wanted(e.user);
  fresh.total = e.total;
  open(std::move(fresh));
}

void user_row_auditor::row(const expense_share& s) {
  const auto key = key_of(s.expense);
  if (!expense_ || expense_->key != key) {
    open_expense nameless;
    nameless.key = key;
    nameless.id = s.expense.text();
    open(std::move(nameless));
  }
  expense_->wanted = expense_->wanted || wanted(s.user);
  expense_->sum += s.amount.minor;
}

void user_row_auditor::row(const round_up& u, const transaction_record* of,
                           round_up_verdict verdict) {
  if (!wanted(u.user) && (of == nullptr || !wanted(of->owner))) return;
  const auto say = [&](const char* what) {
    fault(invariant::envelope,
          "round-up of transaction " + u.transaction.text() + " by rule " + u.rule.text() + what);
  };
  if (of == nullptr)
    say(": there is no such transaction");
  else if (verdict != round_up_verdict::sound)
    say(": its amount is not what the transaction adds");
}

audit_report user_row_auditor::finish() {
  close();
  return report_;
}

void user_row_auditor::open(open_earmark fresh) {
  close();
  earmark_ = std::move(fresh);
}

void user_row_auditor::open(open_expense fresh) {
  close();
  expense_ = std::move(fresh);
}

void user_row_auditor::close() {
  if (earmark_ && wanted(earmark_->user)) judge(*earmark_);
  if (expense_ && expense_->wanted) judge(*expense_);
  earmark_.reset();
  expense_.reset();
}

void user_row_auditor::judge(const open_earmark& e) {
  const auto rule = rule_of(e.kind);
  check(rule);
  const auto say = [&](const char* what) {
    fault(rule, std::string{to_text(e.kind)} + ' ' + e.id + what);
  };
  if (!e.has_row) return say(": has movements and no row");
  if (!e.within)
    say(e.kind == earmark_kind::goal ? ": its amount is not between zero and its target"
                                     : ": its balance is below zero");
  if (e.version != e.last_version)
    say(": its version is not that of its last movement");
  else if (e.amount.minor != e.sum || e.amount.minor != e.last_after)
    say(": its amount is not the sum of its movements");
}

void user_row_auditor::judge(const open_expense& e) {
  check(invariant::shares_exact);
  const auto say = [&](const char* what) {
    fault(invariant::shares_exact, "shared expense " + e.id + what);
  };
  if (!e.has_row)
    say(": has shares and no row");
  else if (e.total.minor != e.sum)
    say(": its shares do not sum to its total");
}

void user_row_auditor::fault(invariant i, std::string text) {
  auto& f = report_.findings[static_cast<std::size_t>(i)];
  if (f.faults++ == 0) f.first = std::move(text);
}

} // namespace ledger
