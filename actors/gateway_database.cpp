// What the gateway tells an operator of the database.
#include "actors/gateway.hpp"

namespace actors {
namespace {

/// The probe asks one thing after another, and gives each up before that.
constexpr std::chrono::microseconds usage_patience = std::chrono::seconds{6};

http::database_view::pool pool_of(const storage::pool_usage& p) {
  return {p.idle, p.busy, p.broken};
}

void put_facts(http::database_view& view, storage::database_usage said) {
  view.version = std::move(said.version);
  view.size_bytes = said.size_bytes;
  if (said.server) view.server = {said.server->in_use, said.server->max};
  if (const auto& f = said.on_disk)
    view.on_disk = {f->page_bytes, f->pages, f->pages_free, f->wal_bytes};
  if (!said.transactions) return;
  auto& open = view.long_transactions.emplace();
  for (auto& t : *said.transactions)
    open.push_back({t.pid, t.since, t.age_s, std::move(t.state), std::move(t.application)});
}

} // namespace

http::database_view gateway::database() {
  const auto waiting = std::make_shared<slot<base::result<storage::store_usage>>>();
  env_.store.usage([waiting](base::result<storage::store_usage> r) { waiting->put(std::move(r)); });
  auto used = waiting->wait_for(usage_patience);
  const auto db = env_.store.health(); // after the answer: what was just learnt counts
  http::database_view view;
  view.state = health().database;
  if (db.up) view.read_only = db.read_only;
  view.schema_current = db.schema_current;
  view.schema_expected = db.schema_expected;
  view.free_bytes = db.free_bytes;
  if (!used || !*used) return view;
  auto& all = **used;
  view.adapter = all.adapter;
  view.ours = {pool_of(all.readers), pool_of(all.journals)};
  if (all.database) put_facts(view, std::move(*all.database));
  return view;
}

} // namespace actors
