// Metamorphic runs: the same requests carried out in another manner leave the same books.
#include "tests/sim/world.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace sim {

namespace {

constexpr std::size_t again_from = 1'000'000;
constexpr std::size_t burst = 12;

bool is_posting(intent what) {
  return what == intent::income || what == intent::expense || what == intent::transfer ||
         what == intent::hot || what == intent::back_dated;
}

} // namespace

void world::in_a_manner() {
  const auto& how = *options_.how;
  work_->keyless_rate = 0;
  work_->poison_rate = 0;
  next_index_ = 100;
  for (std::size_t i = 0; i < options_.operations && good(); ++i) {
    const auto index = next_index();
    auto what = work_->choose(index);
    if (how.in_bursts && !is_posting(what)) what = intent::transfer;
    const auto r = work_->make(index, what, clock_.now().count);
    if (!r) continue;
    issue(*r);
    if (how.in_bursts && i % burst != burst - 1) continue;
    settle();
    judge_->calm();
    if (how.twice && !r->op->key.empty() && good()) {
      issue(work_->retry_of(again_from + index, *r->op));
      settle();
      judge_->calm();
    }
    if (how.restarts && good()) {
      crash();
      start_node();
      settle();
      judge_->calm();
    }
  }
  settle();
  judge_->calm();
  if (good()) report_.books = books_text(!how.in_bursts);
}

/// Accounts by their place, entries in their order, rows, answers. Sent at once, requests may
/// change places, so only the balances and the rows are the same then.
std::string world::books_text(bool with_order) const {
  std::string all;
  std::vector<std::string> lines;
  for (const auto& c : judge_->users) {
    std::map<std::string, std::string> names{{c.equity, "equity"}};
    for (const auto& id : c.accounts) names[id] = fmt::format("account{}", names.size());
    for (const auto& id : c.categories) names[id] = fmt::format("category{}", names.size());
    std::vector<std::string> ids{c.equity};
    ids.insert(ids.end(), c.accounts.begin(), c.accounts.end());
    ids.insert(ids.end(), c.categories.begin(), c.categories.end());
    for (const auto& id : ids) {
      const auto& a = c.books.accounts().at(id);
      all += fmt::format("{} {} {} {}\n", c.id, names[id], static_cast<std::int64_t>(a.posted),
                         a.open);
      if (!with_order) continue;
      for (const auto& e : judge_->entries())
        if (e.draft.account.text() == id)
          all += fmt::format("  {} {} {} {} {}\n", e.version, e.draft.amount.minor,
                             e.balance_after.minor, e.draft.effective.count, e.draft.reversal);
    }
    for (const auto& id : c.rows) {
      const auto& r = c.books.rows().at(id);
      lines.push_back(fmt::format("{} {} {} {} {} {} {} {}\n", c.id, names[r.account],
                                  names[r.category], r.outgoing, r.amount, r.day, r.deleted,
                                  c.descriptions.at(id)));
    }
  }
  auto answers = answers_;
  if (!with_order) {
    std::sort(lines.begin(), lines.end());
    std::sort(answers.begin(), answers.end());
  }
  for (const auto& line : lines) all += line;
  for (const auto& line : answers) all += line + '\n';
  return all;
}

} // namespace sim
