// What a device has, sent to be kept: accounts, categories, envelopes and goals, new and changed
// ones, in one commit (api-contract §12.2).
#include "base/limits.hpp"
#include "http/api/decode.hpp"
#include "http/api/merge_body.hpp"
#include "http/api/own_data_api.hpp"
#include "http/api/own_row.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/api/snapshot.hpp"
#include "http/problem.hpp"

#include <algorithm>
#include <memory>
#include <unordered_set>
#include <utility>

namespace http {

namespace {

using ledger::merge_refusal;
using ledger::merge_section;

/// The answer is kept under its key; with a stored batch it is the largest.
constexpr std::size_t transactions_bytes_max = std::size_t{4} << 20;

// -- whose ids they are ---------------------------------------------------------------------------

/// Nothing: nobody has it.
template <class Row>
base::result<std::optional<Row>> anybodys(const service& s, ledger::dumped_row kind,
                                          base::id_key key) {
  ledger::rows_after next;
  next.kind = kind;
  next.key = key - 1;
  next.limit = 1;
  const auto answer = s.books.user_rows(next);
  if (!answer) return answer.error();
  auto row = ledger::row_of<Row>(*answer);
  if (row && key_of(row->id) != key) row.reset();
  return row;
}

/// Why the book is not asked about_user the id, if it is not.
using verdict = base::result<std::optional<merge_refusal>>;

verdict judge_new(const ledger::user_id& user, const ledger::user_id* owner, std::string_view id,
                  base::utc_us now) {
  using answer = std::optional<merge_refusal>;
  if (owner != nullptr) return *owner == user ? answer{} : answer{merge_refusal::other_user};
  return ledger::may_choose(id, now) ? answer{} : answer{merge_refusal::id_not_allowed};
}

/// A goal and an envelope may have one id: movements say what they are of.
template <class Row>
verdict judge_row(const service& s, const ledger::user_id& user, ledger::dumped_row kind,
                  const decltype(Row::id)& id) {
  const auto row = anybodys<Row>(s, kind, key_of(id));
  if (!row) return row.error();
  if (*row && (**row).user == user && (**row).deleted_at)
    return std::optional{merge_refusal::deleted};
  return judge_new(user, *row ? &(**row).user : nullptr, id.text(), s.clock.now());
}

verdict judge_member(const service& s, const ledger::user_id& user,
                     const std::unordered_set<ledger::account_id>& own,
                     const ledger::account_id& id) {
  if (own.contains(id)) return std::optional<merge_refusal>{};
  const auto found = s.books.check_of(id);
  if (!found) return found.error();
  return judge_new(user, *found ? &(**found).owner : nullptr, id.text(), s.clock.now());
}

/// Takes out what is refused.
template <class Edit, class Judge>
base::status sift(std::vector<Edit>& edits, merge_section section,
                  std::vector<ledger::merge_skip>& skipped, Judge judge) {
  std::vector<Edit> kept;
  for (auto& edit : edits) {
    const auto why = judge(edit.id);
    if (!why) return why.error();
    if (*why)
      skipped.push_back({section, edit.id.text(), **why});
    else
      kept.push_back(std::move(edit));
  }
  edits = std::move(kept);
  return {};
}

base::status sift_all(const service& s, const ledger::user_id& user, merge_body& sent) {
  std::unordered_set<ledger::account_id> own;
  if (!sent.wish.accounts.empty() || !sent.wish.categories.empty()) {
    const auto members = s.books.book_members(user);
    if (!members) return members.error();
    for (const auto& m : *members) own.insert(m.id);
  }
  const auto member = [&](const auto& id) { return judge_member(s, user, own, id); };
  auto done = sift(sent.wish.accounts, merge_section::accounts, sent.skipped, member);
  if (done) done = sift(sent.wish.categories, merge_section::categories, sent.skipped, member);
  if (done)
    done = sift(sent.wish.envelopes, merge_section::envelopes, sent.skipped, [&](const auto& id) {
      return judge_row<ledger::budget_envelope>(s, user, ledger::dumped_row::envelopes, id);
    });
  if (done)
    done = sift(sent.wish.goals, merge_section::goals, sent.skipped, [&](const auto& id) {
      return judge_row<ledger::goal>(s, user, ledger::dumped_row::goals, id);
    });
  return done;
}

// -- the answer -----------------------------------------------------------------------------------

const auto& id_of(const ledger::account_view& a) { return a.record.id; }
template <class Row> const auto& id_of(const Row& row) { return row.id; }

/// What was merged takes the place of what was read before.
template <class Row> void lay_over(std::vector<Row>& all, const std::vector<Row>& merged) {
  for (const auto& row : merged) {
    const auto at = std::find_if(all.begin(), all.end(),
                                 [&](const auto& other) { return id_of(other) == id_of(row); });
    if (at == all.end())
      all.push_back(row);
    else
      *at = row;
  }
}

void append_skips(std::string& out, const std::vector<ledger::merge_skip>& skipped) {
  append_list(out, skipped, [](std::string& o, const ledger::merge_skip& s) {
    o += "{\"section\":";
    append_text(o, ledger::to_text(s.section));
    o += ",\"id\":";
    append_text(o, s.id);
    o += ",\"reason\":";
    append_text(o, ledger::to_text(s.reason));
    o += '}';
  });
}

success_render showing(snapshot before, std::vector<ledger::merge_skip> skipped,
                       base::civil_day today) {
  const auto read = std::make_shared<const snapshot>(std::move(before));
  return [read, skipped = std::move(skipped), today](const ledger::outcome& o) {
    const auto& made = std::get<ledger::merged_books>(o);
    auto after = *read;
    lay_over(after.accounts, made.accounts);
    lay_over(after.categories, made.categories);
    lay_over(after.envelopes, made.envelopes);
    lay_over(after.goals, made.goals);
    auto all = skipped;
    all.insert(all.end(), made.skipped.begin(), made.skipped.end());
    ledger::stored_answer answer{200, {}};
    append_snapshot(answer.body, after, today);
    answer.body += ",\"skipped\":";
    append_skips(answer.body, all);
    answer.body += '}';
    return answer;
  };
}

} // namespace

decision merge_my_data(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  auto read = read_merge(std::get<base::json::value>(body), s.zone, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (!read) return problem(400, "BAD_REQUEST", read.error().detail, r.request_id);
  if (auto done = sift_all(s, user.id, *read); !done) return s.refused(done.error(), r, about_user);
  auto before = read_snapshot(s, user.id, transactions_bytes_max);
  if (!before) return s.refused(before.error(), r, about_user);
  const auto today = s.zone.day_of(s.clock.now());
  return change{.what = std::move(read->wish),
                .key = std::move(key),
                .canonical = std::move(read->canonical),
                .show = showing(std::move(*before), std::move(read->skipped), today),
                .context = beside_the_books()};
}

} // namespace http
