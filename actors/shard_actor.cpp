#include "actors/shard_actor.hpp"

#include "actors/book_actor.hpp"
#include "base/probe.hpp"

namespace actors {
namespace {

constexpr auto shard_beat = std::chrono::milliseconds{500};
constexpr std::size_t retirements_per_beat = 2000;

} // namespace

shard::shard(caf::actor_config& cfg, environment& env, ledger::shard_id id, journal_actor journal)
    : house_actor(cfg, env, observability::actor_role::dispatcher), id_(id),
      journal_(std::move(journal)) {
  this->set_down_handler([this](caf::down_msg& down) {
    const auto found = by_address_.find(down.source);
    if (found == by_address_.end()) return;
    const auto user = found->second;
    if (is(down.reason, exit_cause::invariant_broken)) return this->quit(down.reason);
    if (down.reason == caf::exit_reason::user_shutdown) return drop(user);
    // The next book must read all that this one gave away, so it has to wait until that has ended.
    this->env().metrics.actor_restarts(observability::actor_role::account).add();
    by_address_.erase(found);
    auto& e = books_.at(user);
    e.retiring = true;
    e.book = book_actor{};
    this->send(journal_, ask_flushed{if_answered([me = shard_actor{this}, user](bool) {
                 caf::anon_send(me, flushed{user});
               })});
  });
  this->set_exit_handler([this](caf::exit_msg& exit) {
    for (auto& [user, e] : books_) {
      if (e.book) this->send_exit(e.book, exit.reason);
    }
    this->quit(exit.reason);
  });
}

shard::behavior_type shard::make_behavior() {
  this->delayed_send(shard_actor{this}, shard_beat, tick{});
  return {
      [this](const submit& m) {
        handled();
        forward(m.command->user, m);
      },
      [this](const ask_running& m) {
        handled();
        forward(m.user, m);
      },
      [this](const retire_answered& m) {
        handled();
        on_retire_answered(m);
      },
      [this](const flushed& m) {
        handled();
        drop(m.user);
      },
      [this](const tick&) {
        handled();
        on_tick();
      },
      [this](const drain&) {
        handled();
        for (auto& [user, e] : books_) {
          if (e.book) this->send(e.book, drain{});
        }
        this->quit(caf::exit_reason::user_shutdown);
      },
  };
}

void shard::forward(const ledger::user_id& user, command what) {
  auto& e = find_or_spawn(user);
  e.used_ns = steady_ns();
  order_.splice(order_.end(), order_, e.order);
  if (e.retiring) {
    PROBE("command_held_while_the_book_goes");
    e.held.push_back(std::move(what));
    return;
  }
  pass_on(e, std::move(what));
}

void shard::pass_on(entry& e, command what) {
  ++e.forwarded;
  std::visit([&](auto& m) { this->send(e.book, std::move(m)); }, what);
}

shard::entry& shard::find_or_spawn(const ledger::user_id& user) {
  const auto found = books_.find(user);
  if (found != books_.end()) return found->second;
  auto actor = this->spawn<book, caf::monitored>(env(), user, id_, journal_, shard_actor{this});
  by_address_.emplace(actor.address(), user);
  order_.push_back(user);
  auto& e = books_[user];
  e.book = std::move(actor);
  e.order = std::prev(order_.end());
  return e;
}

void shard::drop(const ledger::user_id& user) {
  const auto found = books_.find(user);
  if (found == books_.end()) return;
  if (found->second.book) by_address_.erase(found->second.book.address());
  order_.erase(found->second.order);
  auto held = std::move(found->second.held);
  books_.erase(found);
  for (auto& what : held) forward(user, std::move(what));
}

void shard::on_retire_answered(const retire_answered& m) {
  const auto found = books_.find(m.user);
  if (found == books_.end()) return;
  if (m.retired) return drop(m.user);
  auto& e = found->second;
  e.retiring = false;
  for (auto& what : std::exchange(e.held, {})) pass_on(e, std::move(what));
}

void shard::on_exit() {
  books_.clear();
  by_address_.clear();
  order_.clear();
  journal_ = journal_actor{};
}

void shard::on_tick() {
  const auto now = steady_ns();
  const auto idle_ns = std::chrono::nanoseconds{env().bounds.book_idle}.count();
  std::size_t over = books_.size() > env().bounds.books_per_shard
                         ? books_.size() - env().bounds.books_per_shard
                         : 0;
  std::size_t asked = 0;
  for (const auto& user : order_) {
    auto& e = books_.at(user);
    if (asked >= retirements_per_beat || (over == 0 && now - e.used_ns < idle_ns)) break;
    ++asked;
    if (over > 0) --over;
    if (std::exchange(e.retiring, true)) continue;
    this->send(e.book, retire{e.forwarded});
  }
  this->delayed_send(shard_actor{this}, shard_beat, tick{});
}

} // namespace actors
