#include "tests/sim/judge.hpp"

#include "tests/sim/marks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sim {

using model::money;

namespace {

/// Of the words of a batch: the first one says that it is one.
std::vector<bool> accepted_of(const std::string& said) {
  std::vector<bool> all;
  for (auto at = said.find(','); at != std::string::npos; at = said.find(',', at + 1))
    all.push_back(said.substr(at + 1, said.find(',', at + 1) - at - 1) == "ok");
  return all;
}

} // namespace

judge::judge(shared_database& db, std::uint32_t shards)
    : db_(db), shards_(shards), reader_(db.reader()) {}

void judge::accuse(std::string invariant, std::string text) {
  if (broken_) return;
  say("BROKEN " + invariant + ": " + text);
  broken_ = violation{std::move(invariant), std::move(text)};
}

void judge::add_user(const std::string& id, ledger::shard_id shard, const std::string& equity) {
  customer c;
  c.id = id;
  c.shard = shard;
  c.equity = equity;
  c.books.open_category(equity);
  users.push_back(std::move(c));
}

customer* judge::customer_of(const std::string& id) {
  const auto found =
      std::find_if(users.begin(), users.end(), [&](const customer& c) { return c.id == id; });
  return found == users.end() ? nullptr : &*found;
}

// -- requests -------------------------------------------------------------------------------------

void judge::begin(const operation_ptr& op) {
  auto& c = users[op->user];
  op->alone = c.open.empty();
  op->allowed = std::make_shared<std::vector<prediction>>();
  if (!op->key.empty()) {
    c.keys[op->key].bodies.insert(op->body);
    for (const auto& other : c.open) {
      if (other->key != op->key) continue;
      op->met_same_key = other->met_same_key = true;
      // The second one waits for the first and gets its answer.
      if (other->body == op->body) op->allowed = other->allowed;
    }
  }
  c.open.push_back(op);
  look_at_open(c);
}

/// What each open one may do to the accounts as they stand, or did and they may not know yet.
std::vector<judge::push> judge::pushes_of(const customer& c) const {
  std::vector<push> all(c.open.size());
  for (std::size_t i = 0; i < c.open.size(); ++i) {
    const auto& op = *c.open[i];
    // Durable, and perhaps not yet known to the account: then it sees less, or more, than there is.
    for (const auto& [id, sum] : op.committed ? op.net : net_of(c.books, op.what, c.equity)) {
      const bool lowers = op.committed ? sum > 0 : sum < 0;
      all[i].push_back({id, sum < 0 ? -sum : sum, lowers});
    }
  }
  return all;
}

/// Adds what is allowed in this state to everybody who is still to be answered. To be called when
/// the state has changed; what left nothing behind changes nothing.
void judge::look_at_open(customer& c) {
  const auto pushes = pushes_of(c);
  surroundings everybody;
  everybody.equity = c.equity;
  const auto shift = [](surroundings& at, const push& of, int sign) {
    for (const auto& [id, size, lowers] : of) {
      (lowers ? at.others.debits : at.others.credits)[id] += sign * size;
      if (size < 1'000'000'000'000)
        (lowers ? at.moderate.debits : at.moderate.credits)[id] += sign * size;
    }
  };
  for (const auto& p : pushes) shift(everybody, p, 1);
  for (std::size_t i = 0; i < c.open.size(); ++i) {
    const auto& op = c.open[i];
    if (op->committed || (op->answered && !op->lingers)) continue;
    shift(everybody, pushes[i], -1);
    for (auto& p : predict(c.books, op->what, everybody))
      if (std::find(op->allowed->begin(), op->allowed->end(), p) == op->allowed->end())
        op->allowed->push_back(std::move(p));
    shift(everybody, pushes[i], 1);
  }
}

// -- answers --------------------------------------------------------------------------------------

bool judge::excused(const operation& op, const std::string& code) const {
  if (code == "IDEMPOTENCY_IN_FLIGHT") {
    // Also when it was stored by somebody whom the book has not seen; the next one is a replay.
    const auto key = users[op.user].keys.find(op.key);
    const bool stored = key != users[op.user].keys.end() && key->second.effects > 0;
    return op.met_same_key || stored || weather.faults;
  }
  if (code == "OVERLOADED") return weather.faults || weather.small_doors;
  if (code == "DB_BROKEN" && op.poison) return true;
  if (code == "SHARD_STOPPED") return weather.stopped;
  static const std::set<std::string> of_faults{"DB_UNAVAILABLE", "DB_READ_ONLY", "DB_FULL",
                                               "DB_TIMEOUT",     "DB_BROKEN",    "OUTCOME_UNKNOWN",
                                               "SHUTTING_DOWN"};
  return weather.faults && of_faults.contains(code);
}

bool judge::replay_is_right(customer& c, const operation& op, const ledger::reply& reply) {
  const auto& key = c.keys[op.key];
  if (!key.stored || key.body != op.body) return false;
  return reply.stored.has_value() && *reply.stored == *key.stored;
}

void judge::answered(const operation_ptr& op, const ledger::reply& reply, const std::string& text) {
  if (op->answered) {
    // After its deadline nobody listens any more.
    if (!op->unknown) accuse("P4", fmt::format("operation {} is answered twice", op->index));
    return;
  }
  auto& c = users[op->user];
  op->answered = true;
  const auto leave = [&] { std::erase(c.open, op); };
  if (reply.replayed) {
    if (!replay_is_right(c, *op, reply))
      accuse("P4", fmt::format("operation {} is given an answer that is not that of its key: {}",
                               op->index, text));
    return leave();
  }
  if (text == "IDEMPOTENCY_KEY_REUSED") {
    const auto& key = c.keys[op->key];
    if (key.bodies.size() < 2)
      accuse("P5", fmt::format("operation {}: its key was never used otherwise", op->index));
    op->failed = true;
    return leave();
  }
  const bool has_rule = std::any_of(op->allowed->begin(), op->allowed->end(),
                                    [&](const prediction& p) { return p.matches(text); });
  // What a former owner refuses is as old as its books; what it accepts cannot be durable.
  const bool stale = op->at_former && text != "ok" && text.find(',') == std::string::npos;
  if (!has_rule && (stale || excused(*op, text))) {
    op->unknown = text == "OUTCOME_UNKNOWN" || text == "IDEMPOTENCY_IN_FLIGHT";
    op->failed = !op->unknown && !op->met_same_key;
    op->lingers = op->unknown;
    if (!op->unknown) leave();
    if (op->failed && op->committed)
      accuse("P2", fmt::format("operation {} is durable and was refused: {}", op->index, text));
    return;
  }
  if (!has_rule) {
    std::string wanted;
    for (const auto& p : *op->allowed) wanted += " {" + p.text() + "}";
    const char* rule = text == "SHARD_STOPPED" || text == "OUTCOME_UNKNOWN" ? "liveness"
                       : text == "TX_INSUFFICIENT_BALANCE"                  ? "I5"
                       : text == "ok" && op->what.what == wish_kind::post   ? "I6"
                                                                            : "P8";
    accuse(rule,
           fmt::format("operation {} is answered {}, allowed was{}", op->index, text, wanted));
  }
  const bool done = text == "ok" || text.starts_with("batch,") || text.starts_with("many,");
  if (done && !op->committed) {
    // A batch of refusals alone, and what a waiter hears, have no commit of their own.
    const bool nothing = text != "ok" && text.find(",ok") == std::string::npos && op->key.empty();
    const bool by_other = op->met_same_key && !op->key.empty() && c.keys[op->key].effects > 0;
    if (!nothing && !by_other)
      accuse("P1", fmt::format("operation {} is acknowledged and not durable", op->index));
  }
  const bool pinned = text == "TX_INSUFFICIENT_BALANCE" || text == "TX_ACCOUNT_CLOSED";
  if (pinned && !op->key.empty() && c.keys[op->key].effects == 0)
    accuse("P6", fmt::format("the refusal of operation {} is not kept under its key", op->index));
  learn_ids(c, *op);
  leave();
}

/// Its client knows the ids from now on.
void judge::learn_ids(customer& c, operation& op) {
  for (auto& id : std::exchange(op.accounts_made, {})) c.accounts.push_back(std::move(id));
  for (auto& id : std::exchange(op.categories_made, {})) c.categories.push_back(std::move(id));
}

// -- postings of jobs -----------------------------------------------------------------------------

void judge::begin_again(const operation_ptr& op) {
  auto& c = users[op->user];
  op->answered = op->unknown = op->lingers = false;
  if (std::find(c.open.begin(), c.open.end(), op) == c.open.end()) return begin(op);
  look_at_open(c);
}

void judge::told(const operation_ptr& op, const std::string& text) {
  auto& c = users[op->user];
  const bool right = std::any_of(op->allowed->begin(), op->allowed->end(),
                                 [&](const prediction& p) { return p.matches(text); });
  std::string wanted;
  for (const auto& p : *op->allowed) wanted += " {" + p.text() + "}";
  if (text == "ok" && !op->committed)
    accuse("P1", op->description + " is told that it has posted, which is not durable");
  if (text != "ok" && op->committed)
    accuse("P2", op->description + " has posted and is told " + text);
  if (!right && !op->at_former && !excused(*op, text))
    accuse("J2", fmt::format("{} is told {}, allowed was{}", op->description, text, wanted));
  op->answered = true;
  std::erase(c.open, op);
}

void judge::lost(const operation_ptr& op) {
  if (op->answered) return;
  op->answered = op->unknown = op->lingers = true;
}

void judge::calm() {
  for (auto& c : users)
    std::erase_if(c.open, [&](const operation_ptr& op) {
      learn_ids(c, *op);
      if (op->unknown) reached(op->committed ? "unknown_was_applied" : "unknown_was_absent");
      return op->answered;
    });
}

// -- batches --------------------------------------------------------------------------------------

void judge::applied(const storage::journal_batch& batch) {
  ++commits_;
  for (const auto& r : batch.records) {
    auto& last = last_seq_[r.shard];
    if (r.seq <= last) accuse("P7", fmt::format("shard {} seq {} comes late", r.shard, r.seq));
    last = r.seq;
    records_[{r.shard, r.seq}] = r;
    if (forbidden_.contains({r.shard, r.node}))
      accuse("I3", fmt::format("shard {} was stopped and commits again", r.shard));
    say(fmt::format("commit {}:{} entries {}", r.shard, r.seq, r.entries));
  }
  check_floors(batch);
  check_entries(batch);
  std::map<ledger::shard_id, std::int64_t> booked;
  for (const auto& r : batch.records) booked[r.shard] = r.booked_at.count;
  for (const auto& item : batch.items) {
    if (of_jobs && of_jobs(*item)) continue;
    auto* c = customer_of(item->user.text());
    if (c == nullptr) continue; // the registration of the user itself
    const auto op = owner_of(*c, *item);
    if (!op) {
      if (item->users_new.empty())
        accuse("P2", "a durable item belongs to no open operation of " + item->user.text());
      continue;
    }
    apply_item(*c, *item, op, booked[item->shard]);
  }
  // I3: what the journal wrote is what the model has.
  for (const auto& row : batch.balances)
    for (const auto& c : users) {
      const auto known = c.books.accounts().find(row.account.text());
      if (known != c.books.accounts().end() && known->second.posted != row.balance.minor)
        accuse("I3", "the balance of " + row.account.text() + " is not the model's");
    }
}

operation_ptr judge::owner_of(customer& c, const storage::commit_item& item) {
  operation_ptr found;
  const auto take = [&](const operation_ptr& op) {
    // Who was told that nothing happened comes last: if nobody else can have done it, that was a
    // lie.
    if (!found || found->failed) found = op;
  };
  if (!item.answers.empty()) {
    const auto& a = item.answers.front();
    for (const auto& op : c.open)
      if (!op->committed && op->key == a.scope.key && base::sha256(op->body) == a.fingerprint)
        take(op);
    return found;
  }
  for (const auto& op : c.open) {
    if (op->committed || !op->key.empty()) continue;
    const auto& rows = item.transactions_new;
    if (!rows.empty() && rows.front().description.starts_with(op->description)) take(op);
    for (const auto& a : item.accounts_new)
      if (a.name == op->description) take(op);
  }
  return found;
}

void judge::apply_item(customer& c, const storage::commit_item& item, const operation_ptr& op,
                       std::int64_t booked_us) {
  if (op->failed) accuse("P2", fmt::format("operation {} was refused and is durable", op->index));
  remember_key(c, item, op);
  const bool effect = item.rows() > item.answers.size();
  op->committed = true;
  const bool composed =
      op->what.what == wish_kind::batch || op->what.what == wish_kind::remove_many;
  if (!effect && !composed) { // a refusal that is kept
    say(fmt::format("operation {} is refused for good", op->index));
    return;
  }
  const auto said = item.answers.empty() ? std::string{} : item.answers.front().answer.body;
  const bool right =
      std::any_of(op->allowed->begin(), op->allowed->end(), [&](const prediction& p) {
        if (composed && !said.empty()) return p.matches(said);
        return composed || p.parts.front().contains("ok");
      });
  if (!right) {
    std::string wanted;
    for (const auto& p : *op->allowed) wanted += " {" + p.text() + "}";
    const char* rule = composed ? "P12" : wanted.find("CLOSED") != std::string::npos ? "I9" : "I6";
    return accuse(
        rule, fmt::format("operation {} is durable ({}), allowed was{}", op->index, said, wanted));
  }
  given_ids given;
  given.equity = c.equity;
  for (const auto& t : item.transactions_new) given.transactions.push_back(t.id.text());
  for (const auto& a : item.accounts_new) given.accounts.push_back(a.id.text());
  for (const auto& t : item.transactions_new) given.today = t.effective.count;
  if (op->what.what == wish_kind::batch) given.accepted = accepted_of(said);
  op->net = net_of(c.books, op->what, c.equity);
  try {
    apply(c.books, op->what, given, next_operation_++);
  } catch (const std::exception& e) {
    return accuse("I13", fmt::format("operation {}: {}", op->index, e.what()));
  }
  for (const auto& a : item.accounts_new)
    (a.role == ledger::account_role::money ? op->accounts_made : op->categories_made)
        .push_back(a.id.text());
  for (const auto& t : item.transactions_new) {
    c.descriptions[t.id.text()] = t.description;
    if (!t.system()) c.rows.push_back(t.id.text());
  }
  if (op->what.what == wish_kind::edit && op->what.edit.description)
    c.descriptions[op->what.edit.id] = *op->what.edit.description;
  std::set<std::string> moved;
  for (const auto& e : item.entries) moved.insert(e.account.text());
  for (const auto& id : moved) {
    const auto& a = c.books.accounts().at(id);
    c.positions[id].push_back({booked_us, a.posted, heads_.at(id).second});
  }
  look_at_open(c);
}

void judge::remember_key(customer& c, const storage::commit_item& item, const operation_ptr& op) {
  if (op->key.empty()) return;
  auto& key = c.keys[op->key];
  const auto wall = db_.clock().now().count;
  if (key.stored && wall < key.expires_us && key.expires_us > 0 &&
      item.answers.front().created_at.count < key.expires_us)
    accuse("P4", fmt::format("the key of operation {} has a second effect", op->index));
  if (key.stored) reached("key_expired");
  const auto& a = item.answers.front();
  key.stored = a.answer;
  key.body = op->body;
  key.expires_us = a.expires_at.count;
  ++key.effects;
}

/// I6: should every debit of the batch settle and no credit, no floor breaks. Whoever decided
/// these items knew the durable balance and nothing else.
void judge::check_floors(const storage::journal_batch& batch) {
  std::map<std::string, money> debits;
  for (const auto& item : batch.items) {
    std::map<std::string, money> net;
    for (const auto& e : item->entries) net[e.account.text()] += e.amount.minor;
    for (const auto& [id, sum] : net)
      if (sum < 0) debits[id] += sum;
  }
  for (const auto& c : users)
    for (const auto& [id, a] : c.books.accounts()) {
      const auto found = debits.find(id);
      if (found == debits.end() || !a.floor) continue;
      if (a.posted + found->second < *a.floor)
        accuse("I6", "the debits of a batch break the floor of " + id);
    }
}

void judge::check_entries(const storage::journal_batch& batch) {
  std::map<std::pair<std::uint64_t, std::uint32_t>, money> postings;
  std::map<std::string, ledger::shard_id> shard_of;
  for (const auto& e : batch.entries) {
    const auto& id = e.draft.account.text();
    auto& [balance, version] = heads_[id];
    if (e.version != version + 1) accuse("I4", "version of " + id + " is not the next");
    if (e.balance_after.minor != balance + e.draft.amount.minor)
      accuse("I4", "balance after of " + id + " is not the one before plus the amount");
    version = e.version;
    balance = e.balance_after.minor;
    if (e.draft.amount.minor == 0) accuse("I1", "an entry of " + id + " moves nothing");
    postings[{(std::uint64_t{e.shard} << 40) + e.seq, e.draft.posting}] += e.draft.amount.minor;
    const auto known = shard_of.emplace(e.draft.transaction.text(), e.shard).first;
    if (known->second != e.shard) accuse("I1", "a transaction lies in two shards");
    entries_.push_back(e);
  }
  for (const auto& [at, sum] : postings)
    if (sum != 0) accuse("I1", "a posting does not sum to zero");
  money total = 0;
  for (const auto& [id, head] : heads_) total += head.first;
  if (total != 0) accuse("I2", "all accounts together do not sum to zero");
}

} // namespace sim
