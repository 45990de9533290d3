#include "tests/bench/ledger_bed.hpp"

#include "actors/slot.hpp"
#include "storage/port.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>

namespace bench {
namespace {

observability::log_options warnings_to_stderr() {
  observability::log_options o;
  o.level = observability::log_level::warning;
  o.sink = [](std::string_view line) {
    return std::fwrite(line.data(), 1, line.size(), stderr) == line.size();
  };
  return o;
}

[[noreturn]] void give_up(const std::string& what, const base::failure& why) {
  throw std::runtime_error(fmt::format("{}: {} {}", what, why.code, why.detail));
}

ledger::account_record account_of(const ledger::user_id& owner, ledger::account_id id,
                                  ledger::account_role role, base::utc_us now) {
  ledger::account_record a;
  a.id = std::move(id);
  a.owner = owner;
  a.role = role;
  const bool is_category = role == ledger::account_role::category;
  a.kind = is_category                             ? ledger::account_kind::income
           : role == ledger::account_role::opening ? ledger::account_kind::equity
                                                   : ledger::account_kind::asset;
  a.type = is_category ? "income" : role == ledger::account_role::opening ? "opening" : "checking";
  a.name = is_category ? "Vendas" : "Conta";
  if (is_category) {
    a.color = "#00aa00";
    a.icon = "cart";
  }
  a.created_at = now;
  return a;
}

/// Whether it is durable; false: refused as overloaded. Anything else throws.
bool done_by(const ledger::reply& reply) {
  if (!reply.result) {
    if (reply.result.error().code == storage::code_text(storage::errc::overloaded)) return false;
    give_up("a posting is refused", reply.result.error());
  }
  if (const auto* batch = std::get_if<ledger::batch_outcome>(&*reply.result)) {
    for (const auto& item : batch->items)
      if (!item.result) give_up("an item of a batch is refused", item.result.error());
  }
  return true;
}

} // namespace

base::id_key pair_key(std::size_t index, side which) {
  return static_cast<base::id_key>(index + 1) * pair_key_step + (which == side::account ? 0 : 1);
}

pair_ids pair_at(std::size_t index, std::size_t pairs_per_user) {
  const auto user = static_cast<base::id_key>(index / pairs_per_user + 1) * pair_key_step;
  return {ledger::user_id{base::id_of(user)},
          ledger::account_id{base::id_of(pair_key(index, side::account))},
          ledger::account_id{base::id_of(pair_key(index, side::category))}};
}

ledger::account_record account_at(std::size_t pair, std::size_t pairs_per_user, side which,
                                  base::utc_us now) {
  auto ids = pair_at(pair, pairs_per_user);
  if (which == side::account)
    return account_of(ids.user, std::move(ids.account), ledger::account_role::money, now);
  return account_of(ids.user, std::move(ids.category), ledger::account_role::category, now);
}

household household_at(std::size_t index, std::size_t pairs_per_user, base::utc_us now) {
  household all;
  const auto first = index * pairs_per_user;
  auto& user = all.user;
  user.id = pair_at(first, pairs_per_user).user;
  user.name = "Bench";
  user.email = fmt::format("{}@example.com", user.id.text());
  user.password_hash = "none";
  user.created_at = now;
  all.accounts.push_back(
      account_of(user.id, ledger::account_id{base::id_of(pair_key(first, side::account) + 2)},
                 ledger::account_role::opening, now));
  for (std::size_t i = 0; i < pairs_per_user; ++i) {
    all.accounts.push_back(account_at(first + i, pairs_per_user, side::account, now));
    all.accounts.push_back(account_at(first + i, pairs_per_user, side::category, now));
  }
  return all;
}

ledger_bed::ledger_bed(bed_settings settings)
    : settings_(std::move(settings)), log_(warnings_to_stderr(), clock_, metrics_) {
  storage::open_settings open;
  open.database_url = settings_.url;
  open.journals = settings_.journals;
  auto store = storage::open_store(open, storage::migrate_mode::serve, clock_, log_, metrics_);
  if (!store) give_up("the store does not open", store.error());
  store_ = std::move(*store);
  start();
}

ledger_bed::ledger_bed(bed_settings settings, std::unique_ptr<storage::store> store)
    : settings_(std::move(settings)), log_(warnings_to_stderr(), clock_, metrics_),
      store_(std::move(store)) {
  start();
}

void ledger_bed::start() {
  actors::node_settings n;
  n.node_id = "bench";
  n.bounds.book_idle = settings_.book_idle;
  n.local_day = [](base::utc_us t) { return base::day_of(t); };
  node_ = std::make_unique<actors::node>(n, *store_, clock_, log_, metrics_, ids_);
  for (int i = 0; !node_->backend().health().ready; ++i) {
    if (i == 1000) throw std::runtime_error("the node does not become ready");
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

ledger_bed::~ledger_bed() { stop(); }

void ledger_bed::register_users(std::size_t first, std::size_t last) {
  for (std::size_t u = first; u < last; ++u) {
    const auto now = clock_.now();
    auto all = household_at(u, settings_.pairs_per_user, now);
    const auto done = node_->backend().register_user(
        std::move(all.user), std::move(all.accounts), {},
        base::utc_us{now.count + std::chrono::microseconds{settings_.deadline}.count()});
    if (!done) give_up("a user is not registered", done.error());
  }
}

void ledger_bed::touch_all() {
  for (std::size_t u = 0; u < settings_.users; ++u) {
    std::vector<std::size_t> all(settings_.pairs_per_user);
    std::iota(all.begin(), all.end(), u * settings_.pairs_per_user);
    if (!post_batch(all, 1)) throw std::runtime_error("a batch is refused as overloaded");
  }
}

const pair_ids& ledger_bed::known(std::size_t pair) {
  constexpr std::size_t few = 20'000; // more would show in the memory that the actors' bench reads
  if (pairs() > few) {
    thread_local pair_ids last;
    return last = pair_at(pair, settings_.pairs_per_user);
  }
  std::call_once(written_, [this] {
    for (std::size_t i = 0; i < pairs(); ++i)
      pairs_.push_back(pair_at(i, settings_.pairs_per_user));
  });
  return pairs_.at(pair);
}

ledger::create_transaction ledger_bed::income(std::size_t pair, std::int64_t centavos,
                                              std::int64_t days_back) {
  const auto& ids = known(pair);
  ledger::create_transaction c;
  c.date.count = clock_.now().count - days_back * base::us_per_day;
  c.effective = base::day_of(c.date);
  c.account = ids.account;
  c.category = ids.category;
  c.type = "income";
  c.amount = base::centavos{centavos};
  c.description = "Venda no balcão";
  return c;
}

ledger::envelope ledger_bed::envelope_of(const ledger::user_id& user, ledger::command what) {
  ledger::envelope e;
  e.user = user;
  e.request_id = "bench";
  e.deadline.count = clock_.now().count + std::chrono::microseconds{settings_.deadline}.count();
  e.what = std::move(what);
  return e;
}

bool ledger_bed::execute(const ledger::user_id& user, ledger::command what) {
  const auto waiting = std::make_shared<actors::slot<ledger::reply>>();
  node_->backend().execute(envelope_of(user, std::move(what)),
                           [waiting](ledger::reply r) { waiting->put(std::move(r)); });
  const auto answered = waiting->wait_for(settings_.deadline + std::chrono::seconds{5});
  if (!answered) throw std::runtime_error("a posting is not answered");
  return done_by(*answered);
}

void ledger_bed::begin_post(std::size_t pair, std::int64_t centavos,
                            std::function<void(bool)> done) {
  node_->backend().execute(
      envelope_of(known(pair).user, income(pair, centavos)),
      [done = std::move(done)](const ledger::reply& r) {
        try {
          done(done_by(r));
        } catch (const std::exception& e) { // on a thread of the node: nobody else would hear it
          fmt::print(stderr, "bench: {}\n", e.what());
          std::abort();
        }
      });
}

bool ledger_bed::post(std::size_t pair, std::int64_t centavos) {
  return execute(known(pair).user, income(pair, centavos));
}

bool ledger_bed::post_batch(const std::vector<std::size_t>& pairs, std::int64_t centavos,
                            std::int64_t days_back) {
  auto items = std::make_shared<std::vector<ledger::batch_item>>();
  items->reserve(pairs.size());
  for (const auto pair : pairs) {
    auto& item = items->emplace_back();
    item.wish = income(pair, centavos, days_back);
  }
  ledger::post_batch batch;
  batch.items = std::move(items);
  return execute(known(pairs.front()).user, std::move(batch));
}

std::chrono::milliseconds ledger_bed::stop() {
  const auto began = std::chrono::steady_clock::now();
  if (node_) node_->stop(std::chrono::seconds{5});
  node_.reset();
  if (store_) store_->stop();
  store_.reset();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               began);
}

} // namespace bench
