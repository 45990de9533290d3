// What   house_actor<Handle>: the base of our actors: what a broken handler, a stray message or an
//        exit does.
// Why    An exception never takes the process down: it ends its actor with a named reason, and the
//        supervisor acts on the reason. A broken invariant is a different reason, because nothing
//        may go on after it.
// Source engineering.md d, laws 5, 7, 21.
#pragma once

#include "actors/environment.hpp"
#include "actors/guarded_invariant.hpp"
#include "base/assert.hpp"

#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <exception>

namespace actors {

enum class exit_cause : std::uint8_t {
  handler_failed = 1,   ///< an exception left a handler
  invariant_broken = 2, ///< ENSURE failed: the shard must not commit again
  fenced = 3,           ///< somebody else owns the shards
};

inline caf::error make_error(exit_cause e) {
  return caf::error{static_cast<std::uint8_t>(e), caf::atom("vdp")};
}

inline bool is(const caf::error& reason, exit_cause e) {
  return reason.category() == caf::atom("vdp") && reason.code() == static_cast<std::uint8_t>(e);
}

/// The reason for an exception that left a handler; logs it.
inline caf::error reason_of(std::exception_ptr& x, environment& env,
                            observability::actor_role role) {
  env.metrics.actor_failures(role).add();
  try {
    std::rethrow_exception(x);
  } catch (const base::broken_invariant& broken) {
    env.log.critical("vai_de_pix.actors", "Invariante violada",
                     {{"event", "invariant.broken"},
                      {"error_code", observability::code{broken.what}},
                      {"source_file", observability::code{broken.file}},
                      {"source_line", broken.line}});
    if (const auto guarded = guarded_invariant(broken.file))
      env.metrics.ledger_invariant_violations(*guarded).add();
    return make_error(exit_cause::invariant_broken);
  } catch (const std::exception& e) {
    env.log.error("vai_de_pix.actors", "Erro em um ator",
                  {{"event", "actor.failed"}, {"error_code", observability::code{e.what()}}});
  } catch (...) {
    env.log.error("vai_de_pix.actors", "Erro em um ator",
                  {{"event", "actor.failed"}, {"error_code", "unknown"}});
  }
  return make_error(exit_cause::handler_failed);
}

template <class Handle> class house_actor : public Handle::base {
public:
  house_actor(caf::actor_config& cfg, environment& env, observability::actor_role role)
      : Handle::base(cfg), env_(env), metrics_(env.metrics), role_(role),
        messages_(env.metrics.actor_messages(role)) {
    metrics_.actors(role).add(1);
    this->set_exception_handler(
        [this](std::exception_ptr& x) { return reason_of(x, env_, role_); });
    this->set_default_handler(caf::print_and_drop);
  }
  /// Metrics outlive the node; an actor may end after its environment, when a thread of the store
  /// was the last to hold it.
  ~house_actor() override { metrics_.actors(role_).add(-1); }

protected:
  void handled() { messages_.add(); }
  environment& env() { return env_; }
  std::int64_t steady_ns() const { return env_.time.steady_ns(); }

private:
  environment& env_;
  observability::metrics& metrics_;
  observability::actor_role role_;
  observability::counter messages_;
};

} // namespace actors
