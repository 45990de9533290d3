// What   pg_schema_session: the blocking session for migrations: one transaction under the lock.
// Why    Two servers may start at once on an empty database; the second one waits and finds it
//        done.
// Bounds Waits for the lock as long as lock_wait; a statement has no limit (a migration may be
//        long).
// Errors As in schema_session; texts are the server's, without the password.
// Threads one at a time.
// Source design.md §5.
#pragma once

#include "storage/postgres/pg_target.hpp"
#include "storage/session.hpp"

#include <libpq-fe.h>
#include <memory>
#include <string>

namespace storage {

struct pg_finish {
  void operator()(PGconn* c) const noexcept { PQfinish(c); }
};
using pg_blocking = std::unique_ptr<PGconn, pg_finish>;

/// Connects and checks the server (pg_setup.hpp); a server that is starting is waited for.
base::result<pg_blocking> connect_blocking(const pg_target& target, bool require_durable,
                                           observability::log& log);

class pg_schema_session final : public schema_session {
public:
  explicit pg_schema_session(pg_blocking connection) : connection_(std::move(connection)) {}
  ~pg_schema_session() override;

  base::status begin() override;
  base::result<rows> query(const std::string& text) override;
  base::status run(const std::string& script) override;
  base::status commit() override;
  void rollback() noexcept override;
  base::result<bool> has_table(std::string_view name) override;

private:
  pg_blocking connection_;
  bool open_ = false; ///< a transaction is
};

} // namespace storage
