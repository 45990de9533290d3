#include "storage/postgres/pg_schema_session.hpp"

#include "base/assert.hpp"
#include "storage/postgres/pg_connection.hpp"
#include "storage/postgres/pg_setup.hpp"
#include "storage/postgres/pg_values.hpp"

#include <chrono>
#include <thread>

namespace storage {
namespace {

constexpr std::chrono::milliseconds lock_wait{60'000};
constexpr std::chrono::seconds start_wait{10};
constexpr std::chrono::milliseconds start_pause{100};
// Any number that no other program uses in this database: the first half of a SHA-256 of our name.
constexpr const char* lock_text = "select pg_advisory_xact_lock(7295423341078839051)";

pg_result ask(PGconn& on, const std::string& text) {
  return pg_result(PQexecParams(&on, text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1));
}

bool succeeded(const pg_result& answer) {
  const auto status = PQresultStatus(answer.get());
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

base::failure failure_of(const pg_result& answer) {
  if (answer == nullptr) return base::fail(errc::unavailable, "no answer from the database");
  const auto e = error_of(*answer);
  return base::fail(errc_of(e), e.text());
}

base::status checked(const pg_result& answer) {
  if (!succeeded(answer)) return failure_of(answer);
  return {};
}

std::string words_of(PGconn& c) {
  std::string text = PQerrorMessage(&c);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

} // namespace

base::result<pg_blocking> connect_blocking(const pg_target& target, bool require_durable,
                                           observability::log& log) {
  const auto parameters = target.libpq_parameters();
  const auto give_up = std::chrono::steady_clock::now() + start_wait;
  for (;;) {
    pg_blocking c(PQconnectdbParams(parameters.keywords.data(), parameters.values.data(), 0));
    ENSURE(c != nullptr, "no memory for a connection");
    if (PQstatus(c.get()) != CONNECTION_OK) {
      // The server is there but not ready (57P03); libpq 15 hands out no code for it.
      const bool starting =
          PQpingParams(parameters.keywords.data(), parameters.values.data(), 0) == PQPING_REJECT;
      if (!starting || std::chrono::steady_clock::now() > give_up)
        return base::fail(errc::unavailable, words_of(*c));
      std::this_thread::sleep_for(start_pause);
      continue;
    }
    PQsetNoticeReceiver(
        c.get(), [](void*, const PGresult*) {}, nullptr);
    const auto set = ask(*c, setup_text({std::chrono::milliseconds{0}, lock_wait}));
    if (!succeeded(set)) return failure_of(set);
    const auto seen = ask(*c, inspect_text());
    if (!succeeded(seen)) return failure_of(seen);
    const auto checked_server = inspect(*seen, require_durable);
    if (!checked_server) return checked_server.error();
    if (checked_server->read_only)
      log.warning("vai_de_pix.storage", "the database takes no writes: read-only or in recovery");
    return c;
  }
}

pg_schema_session::~pg_schema_session() { rollback(); }

base::status pg_schema_session::begin() {
  ENSURE(!open_, "one transaction at a time");
  auto done = checked(ask(*connection_, "begin"));
  if (!done) return done;
  open_ = true;
  // The lock makes sense only for a writer; say so before anything waits.
  const auto mode = ask(*connection_, "select current_setting('transaction_read_only')");
  if (!succeeded(mode)) return failure_of(mode);
  if (std::string_view(PQgetvalue(mode.get(), 0, 0)) == "on")
    return base::fail(errc::read_only, "the database takes no writes: read-only or in recovery");
  return checked(ask(*connection_, lock_text));
}

base::result<rows> pg_schema_session::query(const std::string& text) {
  const auto answer = ask(*connection_, text);
  if (!succeeded(answer)) return failure_of(answer);
  return decode_rows(*answer);
}

base::status pg_schema_session::run(const std::string& script) {
  return checked(pg_result(PQexec(connection_.get(), script.c_str())));
}

base::status pg_schema_session::commit() {
  ENSURE(open_, "commit without begin");
  open_ = false;
  const pg_result answer = ask(*connection_, "commit");
  if (!succeeded(answer)) return failure_of(answer);
  if (std::string_view(PQcmdStatus(answer.get())) != "COMMIT")
    return base::fail(errc::broken, "the transaction had failed: COMMIT answered ROLLBACK");
  return {};
}

void pg_schema_session::rollback() noexcept {
  if (!std::exchange(open_, false)) return;
  ask(*connection_,
      "rollback"); // when it fails the connection is gone, and with it the transaction
}

base::result<bool> pg_schema_session::has_table(std::string_view name) {
  const std::string text(name);
  const char* value = text.c_str();
  const pg_result answer(
      PQexecParams(connection_.get(),
                   "select 1 from pg_class where relname = $1 and "
                   "relnamespace = (select oid from pg_namespace where nspname = current_schema())",
                   1, nullptr, &value, nullptr, nullptr, 1));
  if (!succeeded(answer)) return failure_of(answer);
  return PQntuples(answer.get()) > 0;
}

} // namespace storage
