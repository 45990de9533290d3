// What   pg_session: the session seam on one PostgreSQL connection that is opened again when it is
//        lost.
// Why    A commit is one pipeline of prepared statements closed by one sync: one round trip, one
//        implicit transaction. Row counts come too late in a pipeline, so a wrong one raises in
//        SQL.
// Bounds One operation at a time; every wait ends at its deadline. Attempts to connect are spread
//        by exponential backoff with full jitter.
// Errors As in session.hpp. A read is tried again when its connection is lost; a write never is.
// Threads confined to its executor. Its operations have ended before it is destroyed.
// Source engineering.md f; design.md §3.5.
#pragma once

#include "base/random.hpp"
#include "observability/log.hpp"
#include "storage/postgres/pg_connection.hpp"
#include "storage/postgres/pg_setup.hpp"
#include "storage/postgres/pg_target.hpp"
#include "storage/session.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace storage {

enum class pg_role : std::uint8_t { journal, read, lock };

struct pg_session_settings {
  pg_target target;
  pg_role role = pg_role::read;
  pg_limits limits;
  bool require_durable = true;
  std::span<const statement* const> statements;
  bool announced = false; ///< holds the lock of a server, presence_text()
};

class pg_session final : public session {
public:
  pg_session(boost::asio::any_io_executor on, pg_session_settings settings, std::uint64_t seed,
             observability::log& log);
  ~pg_session() override;

  boost::asio::awaitable<base::status> connect(deadline until) override;
  bool connected() const override;
  boost::asio::awaitable<base::result<rows>> execute(step what, deadline until) override;
  boost::asio::awaitable<commit_result> commit(const std::vector<step>& steps,
                                               deadline until) override;
  boost::asio::awaitable<void> end_former(deadline until) override;
  boost::asio::awaitable<base::result<bool>> probe_read_only(deadline until) override;
  boost::asio::awaitable<base::result<database_usage>> usage(deadline until) override;
  void close() noexcept override;
  boost::asio::awaitable<base::status> begin(transaction_use use, deadline until) override;
  boost::asio::awaitable<commit_result> append(const std::vector<step>& steps,
                                               deadline until) override;
  boost::asio::awaitable<commit_result> end(deadline until) override;

  /// Of the present server process; 0 without a connection.
  int backend_pid() const { return connection_ != nullptr ? connection_->backend_pid() : 0; }

private:
  struct backend {
    int pid = 0;
    std::string started; ///< µs, digits
  };

  boost::asio::awaitable<base::status> connect_once(deadline until);
  boost::asio::awaitable<base::status> prepare(pg_connection& on, deadline until);
  boost::asio::awaitable<bool> pause(unsigned attempt, deadline until);
  boost::asio::awaitable<base::result<rows>> execute_once(const step& what, deadline until,
                                                          bool& lost);
  void drop() noexcept;

  boost::asio::any_io_executor on_;
  pg_session_settings settings_;
  base::random random_;
  observability::log& log_;
  std::shared_ptr<pg_connection> connection_; ///< may be lost already: ask alive()
  std::shared_ptr<pg_connection> opening_;
  backend present_;
  std::vector<backend> former_; ///< those that may still be at work
  boost::asio::steady_timer pause_;
  std::uint64_t closes_ = 0;
  bool begun_ = false; ///< a connection that comes later would not be in the transaction
};

} // namespace storage
