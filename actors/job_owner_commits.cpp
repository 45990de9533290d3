// What the owner writes: items of the journal, directly, or through the book of the user when money
// belongs to them. What has happened and cannot be written now, because the database takes nothing,
// is written later.
#include "actors/job_effects_command.hpp"
#include "actors/job_owner.hpp"

#include "base/probe.hpp"
#include "ledger/user_row.hpp"

#include <caf/send.hpp>

namespace actors {
namespace {

/// A job may wait long for the database; a client that waits has its own deadline.
constexpr std::int64_t item_patience_us = std::int64_t{24} * 3600 * base::us_per_second;
constexpr std::int64_t away_ns = 1'000'000'000;
constexpr std::int64_t book_patience_us = 60 * base::us_per_second;

} // namespace

void job_owner::write_out(std::shared_ptr<write> what) {
  ++committing_;
  if (!what->transactions.empty()) return send_through_book(what);
  if (what->change) {
    for_books_.push_back(std::move(what));
    return send_to_books();
  }
  const auto shard = what->shard;
  if (what->rows.size() > gathered_rows_max) return send_rows(shard, {std::move(what)});
  auto& group = gathered_[shard];
  group.push_back(std::move(what));
  if (group.size() >= gathered_max) return send_gathered(shard);
  // Else with the first answer: the journal would not begin with it before.
  if (on_the_way_[shard] > 0 || std::exchange(gathers_, true)) return;
  caf::anon_send(job_owner_actor{this}, owner_call{[](job_owner& o) { o.send_all_gathered(); }});
}

/// Also with each beat: a journal that waits for its database answers nothing, and says so at the
/// door.
void job_owner::send_all_gathered() {
  gathers_ = false;
  for (std::uint32_t shard = 0; shard < routes_->shard_count(); ++shard) send_gathered(shard);
}

/// What the messages that waited here have brought goes as one item of its shard: a message and an
/// answer for every outcome of a small job cost more than the job, and small commits more than
/// large ones.
void job_owner::send_gathered(std::uint32_t shard) {
  const auto at = gathered_.find(shard);
  if (at == gathered_.end() || at->second.empty()) return;
  send_rows(shard, std::exchange(at->second, {}));
}

void job_owner::send_rows(std::uint32_t shard, write_group group) {
  const auto to = routes_->journal_of(shard);
  if (!to) {
    for (const auto& w : group) written(w, base::failure{"SHARD_STOPPED", {}});
    return;
  }
  ++on_the_way_[shard];
  auto item = std::make_shared<storage::commit_item>();
  item->shard = shard;
  if (group.size() == 1 && !group.front()->must)
    item->job_rows = std::move(group.front()->rows); // it is not sent again: a thousand jobs, maybe
  else
    for (const auto& w : group)
      item->job_rows.insert(item->job_rows.end(), w->rows.begin(), w->rows.end());
  // A journal that dies with it answers too: it may have been written, and is sent again.
  const auto all = std::make_shared<const write_group>(std::move(group));
  auto answer = std::make_shared<promise<item_ended>>(
      [me = job_owner_actor{this}, all, shard](const item_ended& e) {
        for (const auto& w : *all) *w->seq = e.seq;
        caf::anon_send(me, owner_call{[all, shard, s = e.result](job_owner& o) {
                         --o.on_the_way_[shard];
                         // One of them is refused: each hears its own answer.
                         const bool apart = !s && all->size() > 1 && !is_away(s.error());
                         for (const auto& w : *all)
                           if (apart)
                             o.send_rows(shard, {w});
                           else
                             o.written(w, s);
                         o.send_gathered(shard);
                       }});
      },
      item_ended{base::failure{"OUTCOME_UNKNOWN", {}}});
  this->send(*to, hand_over{std::move(item),
                            0,
                            {},
                            {env().time.now().count + item_patience_us},
                            [answer](const item_ended& e) { answer->put(e); }});
}

/// A few at a time: what they read waits for the same sessions as what people read. In waves: those
/// that begin together share their reads and end in few commits, which cost more than what is in
/// them. The first to come do not wait for others.
void job_owner::send_to_books() {
  const auto now = env().time.now();
  if (for_books_.empty() || (deciding_ > deciding_few && now < wave_until_)) return;
  wave_until_ = {now.count + wave_us};
  while (deciding_ < deciding_max && !for_books_.empty()) {
    const auto next = std::move(for_books_.front());
    for_books_.pop_front();
    ++deciding_;
    send_through_book(next);
  }
}

/// The rows, the postings and nothing of either without the other.
void job_owner::send_through_book(const std::shared_ptr<write>& what) {
  const auto to = routes_->shard(what->shard);
  if (!to) {
    if (what->change) --deciding_;
    return written(what, base::failure{"SHARD_STOPPED", {}});
  }
  ledger::envelope command;
  command.user = *what->user;
  command.deadline = {env().time.now().count + book_patience_us};
  command.what = *effects_command(what->transactions, what->change);
  const bool apart = base::mutant("outcome_apart_from_its_posting");
  // One that dies unanswered may have been written: sent again, it meets its own outcome.
  auto answer = std::make_shared<promise<ledger::reply>>(
      [me = job_owner_actor{this}, what](const ledger::reply& r) {
        caf::anon_send(me, owner_call{[what, s = effects_verdict(r)](job_owner& o) {
                         if (what->change) --o.deciding_;
                         if (s && base::mutant("outcome_apart_from_its_posting"))
                           o.send_rows(what->shard, {what});
                         else
                           o.written(what, s);
                         o.send_to_books();
                       }});
      },
      ledger::reply{base::failure{"DB_UNAVAILABLE", {}}, {}, false});
  this->send(*to,
             submit{std::make_shared<const ledger::envelope>(std::move(command)), std::move(answer),
                    apart ? nullptr : std::make_shared<const scheduler::job_rows>(what->rows),
                    what->seq});
}

/// The book commits the rows together with the answer under the key; or tells again what stands
/// under it; or answers with the reason why there is nothing to commit.
void job_owner::through_key(keyed_write what,
                            const std::function<void(const ledger::reply&)>& then) {
  const auto to = routes_->shard(ledger::shard_of(what.book, routes_->shard_count()));
  if (!to) return then({base::failure{"SHARD_STOPPED", {}}, {}, false});
  ledger::envelope command;
  command.user = what.book;
  command.request_id = std::move(what.request_id);
  command.deadline = what.deadline;
  command.key = std::move(what.key);
  if (what.shown)
    command.to_answer = [shown = std::move(*what.shown)](const base::result<ledger::outcome>&) {
      return shown;
    };
  command.what = ledger::change_rows{
      {},
      [why = std::move(what.why)](const std::vector<ledger::user_rows>&,
                                  base::utc_us) -> base::result<ledger::row_change> {
        if (why) return *why;
        return ledger::row_change{};
      }};
  ++committing_;
  auto answer = std::make_shared<promise<ledger::reply>>(
      [me = job_owner_actor{this}, then](const ledger::reply& r) {
        caf::anon_send(me, owner_call{[then, r](job_owner& o) {
                         --o.committing_;
                         then(r);
                       }});
      },
      ledger::reply{base::failure{"OUTCOME_UNKNOWN", {}}, {}, false});
  this->send(*to, submit{std::make_shared<const ledger::envelope>(std::move(command)),
                         std::move(answer), std::move(what.rows)});
}

void job_owner::written(const std::shared_ptr<write>& what, const base::status& s) {
  --committing_;
  if (!s && is_away(s.error())) {
    away_until_ns_ = steady_ns() + away_ns;
    schedule_tick();
    if (what->must) {
      PROBE("job_write_waits_for_the_database");
      again_.push_back(what);
      return free_locks();
    }
  }
  // Of postings a refusal is the ledger's word; of our own rows it is a fault, and nobody else
  // hears of it. What memory says goes on; a start begins with the rows that are there.
  const bool ours = what->transactions.empty() && !what->change;
  if (!s && what->must && ours && s.error().code != "DUPLICATE_KEY")
    env().log.error("vai_de_pix.jobs", "Estado de um job não gravado",
                    {{"event", "jobs.write_failed"},
                     {"shard", what->shard},
                     {"rows", what->rows.size()},
                     {"error_code", s.error()}});
  what->done(s);
}

void job_owner::send_again() {
  for (auto& w : std::exchange(again_, {})) write_out(std::move(w));
}

/// Of a question to a journal; no, when it dies with the question.
std::shared_ptr<yes_or_no> job_owner::journal_says(std::function<void(job_owner&, bool)> then) {
  return std::make_shared<yes_or_no>(
      [me = job_owner_actor{this}, then = std::move(then)](std::optional<bool> yes) {
        caf::anon_send(me, owner_call{[=](job_owner& o) { then(o, yes.value_or(false)); }});
      },
      std::nullopt);
}

/// Whoever was to write it died, which does not say that it is not there. That is known when all
/// that was on its way has ended and the shard is owned; never, of a shard that has stopped.
void job_owner::look_for(const scheduler::job_id& id, std::uint32_t shard, const when_known& then) {
  if (env().status.stopped.contains(shard)) return then({});
  const auto later = [id, shard, then](job_owner& o) {
    o.delayed_send(job_owner_actor{&o}, std::chrono::seconds{1},
                   owner_call{[=](job_owner& me) { me.look_for(id, shard, then); }});
  };
  const auto journal = routes_->journal_of(shard);
  if (!journal) return later(*this);
  const auto read = [id, then, later](job_owner& o, bool owned) {
    if (!owned) return later(o);
    o.env().store.jobs().job(id, [me = job_owner_actor{&o}, then, later](auto found) {
      caf::anon_send(me, owner_call{[=](job_owner& owner) {
                       if (!found) return later(owner);
                       then(found->has_value());
                     }});
    });
  };
  this->send(*journal, ask_flushed{journal_says([=](job_owner& o, bool all_ended) {
    if (!all_ended) return later(o);
    o.send(*journal, ask_owned{o.journal_says(read)});
  })});
}

} // namespace actors
