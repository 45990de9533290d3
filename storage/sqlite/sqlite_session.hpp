// What   sqlite_session: the session seam over one connection, synchronous on its executor.
// Threads Confined to the executor of its owner, which it blocks while it works.
// Source engineering.md f.
#pragma once

#include "storage/session.hpp"
#include "storage/sqlite/sqlite_connection.hpp"

#include <memory>

namespace storage {

class sqlite_session final : public session {
public:
  sqlite_session(sqlite_location where, sqlite_role role) : where_(std::move(where)), role_(role) {}

  boost::asio::awaitable<base::status> connect(deadline until) override;
  bool connected() const override { return connection_ != nullptr; }
  boost::asio::awaitable<base::result<rows>> execute(step what, deadline until) override;
  boost::asio::awaitable<commit_result> commit(const std::vector<step>& steps,
                                               deadline until) override;
  boost::asio::awaitable<void> end_former(deadline until) override;
  boost::asio::awaitable<base::result<bool>> probe_read_only(deadline until) override;
  boost::asio::awaitable<base::result<database_usage>> usage(deadline until) override;
  void close() noexcept override { connection_.reset(); }
  boost::asio::awaitable<base::status> begin(transaction_use use, deadline until) override;
  boost::asio::awaitable<commit_result> append(const std::vector<step>& steps,
                                               deadline until) override;
  boost::asio::awaitable<commit_result> end(deadline until) override;

private:
  base::status open();
  commit_result run_all(const std::vector<step>& steps);
  commit_result finish();

  sqlite_location where_;
  sqlite_role role_;
  std::unique_ptr<sqlite_connection> connection_;
  bool begun_ = false; ///< a connection that comes later would not be in the transaction
};

} // namespace storage
