#include "exchange/journal.hpp"

#include "base/assert.hpp"
#include "exchange/safe_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace exchange {

namespace {

struct branch {
  std::string_view root;
  char type; ///< of hledger
};

branch branch_of(ledger::account_kind kind) {
  switch (kind) {
  case ledger::account_kind::asset: return {"assets", 'A'};
  case ledger::account_kind::liability: return {"liabilities", 'L'};
  case ledger::account_kind::income: return {"income", 'R'};
  case ledger::account_kind::expense: return {"expenses", 'X'};
  case ledger::account_kind::equity: return {"equity", 'E'};
  }
  UNREACHABLE("ledger::account_kind");
}

std::string amount_text(base::centavos amount, std::string_view currency) {
  return fmt::format("{} {}", base::decimal_text(amount), currency);
}

/// A commodity without quotes is letters only; others get quotes.
std::string commodity(std::string_view currency) {
  const bool letters =
      !currency.empty() && std::all_of(currency.begin(), currency.end(), [](char c) {
        return std::isalpha(static_cast<unsigned char>(c)) != 0;
      });
  if (letters) return std::string{currency};
  auto name = encoded(currency);
  return '"' + name + '"';
}

void comment(std::string& out, std::string_view key, std::string_view value) {
  out += fmt::format("    ; {}: {}\n", key, value);
}

/// Whose text the posting shows: of a transfer the leg that the money leaves.
const ledger::transaction_record* leading(const journal_posting& p) {
  const ledger::transaction_record* found = nullptr;
  for (const auto& t : p.transactions)
    if (found == nullptr || t.direction < found->direction) found = &t;
  return found;
}

} // namespace

std::string journal::head(std::string_view user_name, const std::vector<std::string>& tags,
                          const std::vector<std::string>& currencies) {
  std::string out = fmt::format(
      "; Vai de Pix: the books of {}\n"
      "; For hledger and ledger, in UTF-8. Dates are BOOKED=EFFECTIVE: the day of the commit, and\n"
      "; the day that the user gave (hledger --date2, ledger --effective). Edits and deletions "
      "are\n"
      "; reversals (vdp-reversal). Names are made safe; vdp-text and vdp-name hold the original,\n"
      "; percent-encoded, where it differs. The last transaction asserts the balances.\n\n",
      encoded(user_name));
  for (const auto& c : currencies)
    out += fmt::format("commodity {}\n    format 1000.00 {}\n\n", commodity(c), commodity(c));
  std::set<std::string> names{"vdp-booked", "vdp-deleted",  "vdp-id",
                              "vdp-name",   "vdp-reversal", "vdp-transaction",
                              "vdp-text",   "vdp-type",     "vdp-assertion"};
  for (const auto& t : tags) names.insert(tag_name(t));
  for (const auto& n : names) out += fmt::format("tag {}\n", n);
  return out + '\n';
}

std::string journal::declare(const ledger::account_record& account) {
  const auto [root, type] = branch_of(account.kind);
  const auto base_name = fmt::format("{}:{}", root, account_part(account.name));
  auto name = base_name;
  for (int n = 2; !taken_.insert(name).second; ++n) name = fmt::format("{} ({})", base_name, n);
  std::string out = fmt::format("account {}\n    ; type: {}\n", name, type);
  comment(out, "vdp-id", encoded(account.id.text()));
  if (name.substr(root.size() + 1) != account.name) comment(out, "vdp-name", encoded(account.name));
  accounts_.insert_or_assign(account.id, known{std::move(name), commodity(account.currency)});
  return out + '\n';
}

std::string journal::posting(const journal_posting& p) const {
  ENSURE(!p.entries.empty(), "a posting has entries");
  const auto& first = p.entries.front();
  const auto effective = first.draft.effective;
  const auto* lead = leading(p);
  std::string out =
      fmt::format("{}={} * ({}.{}.{})", base::to_text(p.booked), base::to_text(effective),
                  first.shard, first.seq, first.draft.posting);
  const auto description = lead ? readable(lead->description) : std::string{};
  if (!description.empty()) out += ' ' + description;
  out += '\n';
  comment(out, "vdp-booked", base::to_text(first.booked_at));
  if (lead) comment(out, "vdp-type", ledger::to_text(lead->type));
  if (first.draft.reversal) comment(out, "vdp-reversal", "yes");
  std::set<std::string> tags;
  const auto describe = [&](const ledger::transaction_record& t) {
    comment(out, "vdp-transaction", encoded(t.id.text()));
    if (t.deleted_at)
      comment(out, "vdp-deleted", base::to_text(*t.deleted_at));
    else
      for (const auto& tag : t.tags) tags.insert(tag_name(tag));
  };
  if (lead) describe(*lead); // the first one named is the one whose text it is
  for (const auto& t : p.transactions)
    if (&t != lead) describe(t);
  if (lead && description != lead->description)
    comment(out, "vdp-text", encoded(lead->description));
  for (const auto& tag : tags) out += fmt::format("    ; :{}:\n", tag);
  for (const auto& e : p.entries) {
    const auto& account = of(e.draft.account);
    out += fmt::format("    {}  {}\n", account.name, amount_text(e.draft.amount, account.currency));
    if (e.draft.effective != effective)
      out += fmt::format("        ; [={}]\n", base::to_text(e.draft.effective));
  }
  return out + '\n';
}

std::string journal::assertions(base::civil_day day, const std::vector<balance>& balances) const {
  if (balances.empty()) return {};
  std::string out = fmt::format("{} * balances as the ledger keeps them\n", base::to_text(day));
  comment(out, "vdp-assertion", "yes");
  for (const auto& b : balances) {
    const auto& account = of(b.account);
    out += fmt::format("    {}  {} = {}\n", account.name, amount_text({0}, account.currency),
                       amount_text(b.amount, account.currency));
  }
  return out;
}

const std::string& journal::name_of(const ledger::account_id& id) const { return of(id).name; }

const journal::known& journal::of(const ledger::account_id& id) const {
  const auto at = accounts_.find(id);
  ENSURE(at != accounts_.end(), "an account is declared before it is posted to");
  return at->second;
}

} // namespace exchange
