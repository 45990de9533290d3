// Our HTTP front without a database, for http_bench.py. Prints one line of JSON when it listens:
// port, token, account, category. Ends with its standard input.
//
//   POST /same               reads the body and answers the sample: the connection layer alone
//   POST /api/transactions   the whole way of a posting; its store answers from memory
#include "actors/system.hpp"
#include "base/id.hpp"
#include "http/api/service.hpp"
#include "http/routes.hpp"
#include "http/server/server.hpp"
#include "tests/bench/http_sample.hpp"
#include "tests/bench/instant_store.hpp"
#include "tests/bench/ledger_bed.hpp"

#include <fmt/core.h>

#include <csignal>
#include <cstdio>

namespace bench {
namespace {

constexpr std::size_t users = 1;
constexpr std::size_t pairs_per_user = 50;

int run() {
  std::signal(SIGPIPE, SIG_IGN);
  base::system_clock clock;
  observability::metrics metrics;
  observability::log_options quiet;
  quiet.level = observability::log_level::warning;
  observability::log log(quiet, clock, metrics);
  const auto store = make_instant_store(users, pairs_per_user);
  actors::node_settings settings;
  settings.node_id = "bench";
  settings.local_day = [](base::utc_us t) { return base::day_of(t); };
  base::id_source ids;
  actors::node node(settings, *store, clock, log, metrics, ids);

  const http::access_tokens tokens(
      {.key = std::string(48, 'k'), .previous = {}, .lifetime = std::chrono::minutes{600}});
  http::password_pool passwords({});
  const scheduler::zone_rules zone{"America/Sao_Paulo", -3 * 3600, {}};
  const auto new_id = [&] { return base::id_of(ids.next(clock.now(), 255)); };
  http::service service{
      node.backend(), clock, tokens, passwords, zone, new_id, [&] { return metrics.render(); }};
  auto routes = http::make_routes(service);
  routes.add({"POST", "/same", "transactions", [](const http::request& r) {
                http::response answer;
                answer.status = r.body.empty() ? 400 : 201;
                answer.body = sample_answer;
                return answer;
              }});
  http::server_settings listen;
  listen.host = "127.0.0.1";
  listen.port = 0;
  listen.threads = 64; // as `vaidepix serve` has
  http::server server(listen, std::move(routes));
  if (const auto started = server.start(); !started) {
    fmt::print(stderr, "front_server: {}\n", started.error().code);
    return 1;
  }
  const auto client = pair_at(0, pairs_per_user);
  fmt::print("{{\"port\":{},\"token\":\"{}\",\"account\":\"{}\",\"category\":\"{}\"}}\n",
             server.port(), tokens.issue(client.user.text(), "session", "token", clock.now()),
             client.account.text(), client.category.text());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server.drain(std::chrono::seconds{1});
  server.stop();
  passwords.stop();
  node.stop(std::chrono::seconds{5});
  return 0;
}

} // namespace
} // namespace bench

int main() { return bench::run(); }
