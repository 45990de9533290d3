// Backfill: jobs for the ticks of a range that lies behind, those that have a row excepted. First a
// preview, then the same again with its token.
#include "actors/schedule_owner.hpp"

#include "base/sha256.hpp"
#include "scheduler/retention.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <charconv>

namespace actors {
namespace {

constexpr std::int64_t token_life_us = 300 * base::us_per_second;

using known_ticks = std::set<base::utc_us>;

/// All ticks of the range that have a row, page by page.
void read_known(storage::job_port& jobs, const http::backfill_wish& wish,
                std::optional<base::utc_us> before, const std::shared_ptr<known_ticks>& into,
                const std::function<void(const base::status&)>& done) {
  jobs.ticks(wish.id, before, storage::job_page_max,
             [&jobs, wish, into, done](base::result<std::vector<scheduler::schedule_tick>> page) {
               if (!page) return done(page.error());
               for (const auto& t : *page)
                 if (t.at >= wish.from && t.at <= wish.to && t.end != scheduler::tick_end::manual)
                   into->insert(t.at);
               if (std::ssize(*page) < storage::job_page_max || page->back().at < wish.from)
                 return done({});
               read_known(jobs, wish, page->back().at, into, done);
             });
}

} // namespace

std::string schedule_owner::token_of(const http::backfill_wish& wish, std::int64_t count,
                                     base::utc_us until) const {
  const auto proof = base::sha256(fmt::format("{}\nbackfill {} {} {} {} {}\n{}", settings_.secret,
                                              wish.id.text(), wish.from.count, wish.to.count, count,
                                              until.count, settings_.secret));
  return fmt::format("{}.{}.{}", until.count, count, base::hex(proof).substr(0, 32));
}

/// The preview was made by us, not long ago, and promised about as many.
bool schedule_owner::proves(const http::backfill_wish& wish, std::int64_t count,
                            base::utc_us now) const {
  const auto& text = *wish.token;
  std::int64_t until = 0, promised = 0;
  const auto* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, until);
  if (first.ec != std::errc{} || first.ptr == end) return false;
  const auto second = std::from_chars(first.ptr + 1, end, promised);
  if (second.ec != std::errc{} || until < now.count) return false;
  return token_of(wish, promised, {until}) == text && count * 10 <= promised * 11;
}

void schedule_owner::fill(const shared_request& asked, entry& e, const on_answer& done) {
  const auto& wish = std::get<http::backfill_wish>(asked->what);
  // What is older has lost its rows, and would be made twice.
  const base::utc_us oldest{env().time.now().count - scheduler::ticks_kept_us};
  if (wish.to < wish.from || wish.from < oldest)
    return refuse(asked, {"BAD_RANGE", wish.from < oldest ? "from" : "to"}, done);
  const auto known = std::make_shared<known_ticks>();
  e.writing = true; // nothing of it changes between looking and writing
  read_known(
      env().store.jobs(), wish, base::utc_us{wish.to.count + 1}, known,
      [me = schedule_owner_actor{this}, asked, id = wish.id, known, done](const base::status& s) {
        caf::anon_send(me, schedule_call{[=](schedule_owner& o) {
                         o.entries_.at(id).writing = false;
                         if (s)
                           o.fill_known(asked, id, *known, done);
                         else
                           done(s.error());
                         o.go_on(id);
                       }});
      });
}

void schedule_owner::fill_known(const shared_request& asked, const scheduler::schedule_id& id,
                                const std::set<base::utc_us>& known, const on_answer& done) {
  auto& e = entries_.at(id);
  const auto& wish = std::get<http::backfill_wish>(asked->what);
  const auto now = env().time.now();
  if (!e.fault.empty()) return refuse(asked, {"BAD_RULE", e.fault}, done);
  auto w = std::make_shared<tick_write>();
  auto& filled = w->answer.filled.emplace();
  // What is not settled yet comes by itself.
  const auto last = std::min(wish.to, e.what.watermark);
  for (auto at = scheduler::next_after(*e.rule, {wish.from.count - 1}, *e.zone); at && *at <= last;
       at = scheduler::next_after(*e.rule, *at, *e.zone)) {
    if (known.contains(*at)) {
      ++filled.existing;
      continue;
    }
    if (w->ticks.size() == http::backfill_max)
      return refuse(asked, {"BACKFILL_TOO_LARGE", std::to_string(http::backfill_max)}, done);
    auto j = job_of(e.what);
    j.tick = *at;
    w->ticks.push_back(settled_tick(id, *at, scheduler::tick_end::ran, now, std::move(j)));
    if (!filled.first) filled.first = *at;
    filled.last = *at;
  }
  filled.count = std::ssize(w->ticks);
  w->answer.view = view(e);
  if (wish.token && !proves(wish, filled.count, now))
    return refuse(asked, {"PREVIEW_STALE", {}}, done);
  if (!wish.token) {
    filled.token = token_of(wish, filled.count, {now.count + token_life_us});
    w->ticks.clear();
  }
  if (w->ticks.empty() && !asked->key) return done(std::move(w->answer));
  w->shard = e.what.shard;
  w->asked = asked;
  w->answer.view.unfinished += std::ssize(w->ticks);
  write(e, std::move(w), [done](const base::status& s, const std::shared_ptr<tick_write>& what) {
    if (!s) return done(s.error());
    done(what->answer);
  });
}

} // namespace actors
