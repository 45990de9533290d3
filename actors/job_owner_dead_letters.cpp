// What people say of groups of dead jobs: kept, and read again by a start.
#include "actors/job_owner.hpp"

#include <caf/send.hpp>

namespace actors {

/// Before anything starts: a dead job must not be told to those who have muted its group.
void job_owner::read_mutes() {
  env().store.jobs().dead_notes([me = job_owner_actor{this}](auto found) {
    caf::anon_send(me, owner_call{[found](job_owner& o) {
                     if (!found) return o.load_later();
                     const auto now = o.env().time.now();
                     for (const auto& n : *found)
                       if (n.muted_until && *n.muted_until > now)
                         o.memory_.dead_letters.mute(n.fingerprint, n.muted_until);
                     o.mutes_read_ = true;
                     o.load_next();
                   }});
  });
}

void job_owner::set_dead_note(const scheduler::dead_letter_note& what,
                              const http::on_result<scheduler::dead_letter_note>& done) {
  if (!mutes_read_) return done(base::failure{"DB_UNAVAILABLE", {}});
  const auto now = env().time.now();
  const bool mutes = what.muted_until && *what.muted_until > now;
  if (mutes && !memory_.dead_letters.may_mute(what.fingerprint, now))
    return done(base::failure{"LIMIT_REACHED", {}});
  write w;
  w.rows.emplace_back(what);
  w.must = false;
  w.done = [this, what, done](const base::status& s) {
    if (!s) return done(s.error());
    memory_.dead_letters.mute(what.fingerprint, what.muted_until);
    sample_dead_letters(env().time.now());
    done(what);
  };
  write_out(std::make_shared<write>(std::move(w)));
}

void job_owner::sample_dead_letters(base::utc_us now) {
  using observability::dead_letter_state;
  const auto counts = memory_.dead_letters.count(now);
  auto& m = env().metrics.jobs();
  m.dead_letters(dead_letter_state::open).set(static_cast<double>(counts.open));
  m.dead_letters(dead_letter_state::muted).set(static_cast<double>(counts.muted));
}

} // namespace actors
