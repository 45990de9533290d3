#include "app/deliver_job.hpp"

#include "app/delivery_attempt.hpp"
#include "app/delivery_queue.hpp"
#include "app/mail_server.hpp"
#include "base/slot.hpp"
#include "observability/job_metrics.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace app {
namespace {

using ledger::delivery_state;
using observability::code;

constexpr std::int64_t asking_us = 15 * base::us_per_second;

observability::delivery_result label_of(delivery_state s) {
  using observability::delivery_result;
  switch (s) {
  case delivery_state::delivered: return delivery_result::delivered;
  case delivery_state::failed: return delivery_result::failed;
  case delivery_state::unknown: return delivery_result::unknown;
  case delivery_state::pending:
  case delivery_state::sending: return delivery_result::retried;
  }
  return delivery_result::retried;
}

/// One line for what a person may have to look at; the rest is counted.
void tell_end(const ledger::delivery& d, observability::log& log, observability::metrics& metrics) {
  using observability::delivery_way;
  const bool mail = d.kind == ledger::delivery_kind::mail;
  metrics.jobs()
      .deliveries(mail ? delivery_way::mail : delivery_way::webhook, label_of(d.state))
      .add();
  const bool failed = d.state == delivery_state::failed;
  if (!failed && d.state != delivery_state::unknown) return;
  log.warning("vai_de_pix.jobs", "Entrega não confirmada",
              {{"event", "delivery.not_confirmed"},
               {"delivery_id", d.id},
               {"user_id", d.user},
               {"state", code{ledger::to_text(d.state)}},
               {"error_code", code{d.code}}});
}

actors::job_verdict find_open(const actors::job_context& job, const product_surroundings& around) {
  auto* books = around.node->books.load();
  auto* jobs = around.node->jobs.load();
  const auto rows = books->user_rows(ledger::deliveries_open{around.clock.now()});
  if (!rows) return actors::try_later(rows.error().code);
  std::map<ledger::user_id, std::vector<ledger::delivery_id>> open;
  for (const auto& d : ledger::rows_of<ledger::delivery>(*rows)) open[d.user].push_back(d.id);
  std::size_t asked = 0;
  for (const auto& [user, ids] : open) {
    if (job.stop.stop_requested()) return actors::try_later("INTERRUPTED");
    const auto answer = std::make_shared<base::slot<base::result<std::size_t>>>();
    enqueue_deliveries(*jobs, user, ids, {around.clock.now().count + asking_us},
                       [answer](base::result<std::size_t> n) { answer->put(std::move(n)); });
    const auto n = answer->wait_for(std::chrono::microseconds{asking_us});
    if (!n) return actors::try_later("OUTCOME_UNKNOWN");
    if (!*n) return actors::try_later(n->error().code);
    asked += **n;
  }
  return actors::job_done{fmt::format("{{\"open\":{}}}", asked), {}};
}

} // namespace

actors::job_kind deliver_kind(const product_surroundings& around) {
  delivery_desk desk{[node = around.node]() -> http::backend& { return *node->books.load(); },
                     around.clock,
                     around.zone,
                     around.new_id,
                     {},
                     {},
                     [&log = around.log, &metrics = around.metrics](const ledger::delivery& d) {
                       tell_end(d, log, metrics);
                     }};
  const auto& out = around.settings.outbound;
  if (auto server = mail_server(out))
    desk.mail = [server = std::move(*server)](const http::mail& m, base::utc_us now,
                                              const std::string& id) {
      return server.deliver(m, now, id);
    };
  if (!out.webhook_secret.empty()) {
    http::webhook_settings how;
    how.secret = out.webhook_secret.reveal();
    desk.webhook = [client = http::webhook_client{std::move(how)}](const http::webhook_call& c,
                                                                   base::utc_us now) {
      return client.call(c, now);
    };
  }
  actors::job_kind k;
  k.name = delivery_kind_name;
  k.queue = "deliveries";
  k.calls_out = true;
  k.user_visible = false;
  k.run = [desk = std::move(desk)](const actors::job_context& job) {
    return run_delivery(desk, job);
  };
  return k;
}

actors::job_kind deliveries_kind(const product_surroundings& around) {
  actors::job_kind k;
  k.name = "deliveries";
  k.run = [around](const actors::job_context& job) { return find_open(job, around); };
  return k;
}

actors::on_deliveries deliver_soon(std::shared_ptr<late_node> node, base::clock& clock,
                                   observability::log& log) {
  return [node = std::move(node), &clock, &log](const ledger::user_id& user,
                                                const std::vector<ledger::delivery_id>& ids) {
    auto* jobs = node->jobs.load();
    if (jobs == nullptr) return;
    enqueue_deliveries(*jobs, user, ids, {clock.now().count + asking_us},
                       [&log](const base::result<std::size_t>& n) {
                         if (n) return;
                         log.warning(
                             "vai_de_pix.jobs", "Entregas esperam pela próxima busca",
                             {{"event", "delivery.not_enqueued"}, {"error_code", n.error()}});
                       });
  };
}

} // namespace app
