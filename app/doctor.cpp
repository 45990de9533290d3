// `vaidepix doctor`: what is wrong, in the words of the incident playbook, and which command mends
// it. It only looks.
#include "app/commands.hpp"

#include "app/console.hpp"
#include "audit/ledger_walk.hpp"
#include "base/json.hpp"

#include <fmt/core.h>

namespace app {
namespace {

using audit::ask_long;

constexpr std::int64_t nameless_max = 1000;

struct line {
  bool fine = true;
  std::string section; ///< of the playbook
  std::string what;
  std::string repair; ///< empty: nothing to do

  base::json::object as_json() const {
    return {{"ok", fine}, {"section", section}, {"what", what}, {"repair", repair}};
  }
};

class examination {
public:
  void fine(std::string section, std::string what) {
    lines_.push_back({true, std::move(section), std::move(what), {}});
  }
  void wrong(std::string section, std::string what, std::string repair) {
    lines_.push_back({false, std::move(section), std::move(what), std::move(repair)});
  }
  int print(bool json) const {
    bool all_fine = true;
    base::json::array rows;
    for (const auto& l : lines_) {
      all_fine = all_fine && l.fine;
      rows.emplace_back(l.as_json());
      if (json) continue;
      fmt::print("{:<9} §{:<3} {}\n", l.fine ? "ok" : "PROBLEMA", l.section, l.what);
      if (!l.repair.empty()) fmt::print("               → {}\n", l.repair);
    }
    if (json)
      fmt::print("{}\n", base::json::write(
                             base::json::object{{"ok", all_fine}, {"checks", std::move(rows)}}));
    else
      fmt::print("{}\n", all_fine ? "Nada a corrigir." : "Há problemas a corrigir.");
    return all_fine ? 0 : 1;
  }

private:
  std::vector<line> lines_;
};

base::status look_at_transactions(storage::store& store, examination& out) {
  std::uint64_t seen = 0, without = 0, wrong = 0;
  std::string first;
  auto walked = audit::walk_states(store, [&](const ledger::transaction_state& s) -> base::status {
    ++seen;
    if (ledger::is_whole(s)) return {};
    if (first.empty()) first = s.row.id.text();
    ++(s.sums.empty() ? without : wrong);
    return {};
  });
  if (!walked) return walked;
  constexpr auto repair =
      "vaidepix backfill-ledger --dry-run --reason \"…\" e depois sem --dry-run (seção 13.2)";
  if (without > 0)
    out.wrong("8",
              fmt::format("Ledger inconsistente: {} transações sem entradas no ledger "
                          "(primeira: {})",
                          without, first),
              repair);
  if (wrong > 0)
    out.wrong("8",
              fmt::format("Ledger inconsistente: as entradas de {} transações não são o seu "
                          "efeito (primeira: {})",
                          wrong, first),
              repair);
  if (without + wrong == 0) out.fine("8", fmt::format("{} transações com suas entradas", seen));

  const auto nameless = ask_long<std::vector<std::string>>(
      [&](auto done) { store.audit().without_transaction(nameless_max, std::move(done)); });
  if (!nameless) return nameless.error();
  const auto lost = nameless->size();
  if (lost == 0) {
    out.fine("8", "nenhuma entrada sem transação");
  } else {
    out.wrong("8",
              fmt::format("Ledger inconsistente: entradas de {}{} transações que não existem "
                          "(última: {})",
                          lost == nameless_max ? "pelo menos " : "", lost, nameless->back()),
              "nenhum comando as refaz: restaure a tabela transactions de um backup mais novo "
              "(docs/OPERATIONS.md, Restore parcial)");
  }
  return {};
}

base::status look_at_balances(storage::store& store, examination& out) {
  std::uint64_t seen = 0, wrong = 0;
  std::string first;
  auto walked = audit::walk_checks(store, [&](const storage::account_check& c) {
    ++seen;
    if (c.same()) return;
    if (wrong++ == 0) first = c.record.id.text();
  });
  if (!walked) return walked;
  if (wrong == 0)
    out.fine("9", fmt::format("saldos de {} contas iguais ao ledger", seen));
  else
    out.wrong("9",
              fmt::format("Saldo divergente: {} contas com saldo diferente do ledger "
                          "(primeira: {})",
                          wrong, first),
              fmt::format("vaidepix sync-balance {} --reason \"…\", ou --all", first));
  return {};
}

base::status look_at_chains(storage::store& store, base::utc_us now, examination& out) {
  base::utc_us last;
  const auto chain = audit::walk_chain(store, last);
  if (!chain) return chain.error();
  for (const auto i : {ledger::invariant::ledger_append_only, ledger::invariant::balanced}) {
    const auto& f = (*chain)[i];
    if (f.faults == 0)
      out.fine("8", fmt::format("{}: {} verificações", ledger::to_text(i), f.checked));
    else
      out.wrong("8",
                fmt::format("Ledger inconsistente: {}: {} violações, primeira: {}",
                            ledger::to_text(i), f.faults, f.first),
                "não há reparo no lugar: restaure um backup íntegro, ou exporte e importe "
                "(docs/OPERATIONS.md, Restore parcial); vaidepix verify --json dá o relatório");
  }
  const auto log = audit::walk_audit_log(audit::source_of(store));
  if (!log) return log.error();
  if (log->faults() == 0)
    out.fine("5", fmt::format("registro de auditoria: {} linhas encadeadas", log->checked()));
  else
    out.wrong("5", "registro de auditoria alterado: " + log->first(),
              "guarde uma cópia do banco e procure quem tem permissão de escrita");
  if (now < last)
    out.wrong("1", "relógio atrasado: o último commit do ledger é posterior a agora",
              "acerte o relógio da máquina (NTP)");
  else
    out.fine("1", "relógio");
  return {};
}

/// As /health says it (storage/port.hpp).
void look_at_disk(const storage::store_health& health, examination& out) {
  if (!health.free_bytes) return; // it is on the server's machine, or in memory
  const auto mib = *health.free_bytes >> 20;
  if (health.disk_low())
    out.wrong("1", fmt::format("pouco espaço em disco: {} MiB livres", mib),
              "libere espaço na pasta do banco");
  else
    out.fine("1", fmt::format("{} MiB livres no disco do banco", mib));
}

int refused(const base::failure& why, examination& out, bool json) {
  using storage::errc;
  if (why.code == code_text(errc::in_use)) {
    fmt::print(stderr, "vaidepix: {}\n", why.detail);
    return 4;
  }
  if (why.code == code_text(errc::schema)) {
    out.wrong("1", "migrações: " + why.detail, "vaidepix migrate --dry-run mostra o que falta");
    return out.print(json);
  }
  out.wrong("2", "Banco fora do ar ou timeout: " + why.detail,
            "confira DATABASE_URL, a rede e o provedor; não reaplique migrações");
  out.print(json);
  return 3;
}

} // namespace

int doctor(const config::loaded& loaded, const config::doctor& command) {
  console c;
  examination out;
  auto settings = storage_settings_of(loaded.values);
  settings.read_deadline_ms = std::chrono::milliseconds{audit::walk_patience}.count();
  const auto store =
      storage::open_store(settings, storage::migrate_mode::refuse, c.clock, c.log, c.metrics);
  if (!store) return refused(store.error(), out, command.json);
  const auto health = (*store)->health();
  out.fine("1", fmt::format("esquema {} do banco", health.schema_current));
  if (health.read_only)
    out.wrong("12", "DB read-only: réplica ou modo de manutenção",
              "aponte DATABASE_URL para o primário ou aguarde o fim da janela");
  look_at_disk(health, out);
  auto looked = look_at_transactions(**store, out);
  if (looked) looked = look_at_balances(**store, out);
  if (looked) looked = look_at_chains(**store, c.clock.now(), out);
  (*store)->stop();
  if (!looked) return refused(looked.error(), out, command.json);
  return out.print(command.json);
}

} // namespace app
