// What   pg_connection: one connection to PostgreSQL from its start to its end, never blocking:
//        open, pipelines closed by one sync, a watch for its loss while it is idle.
// Why    libpq on Asio has traps (engineering.md f); they are dealt with here and nowhere else.
// Bounds One operation at a time. Every wait ends at its deadline. A pipeline is held in memory
//        twice: by its caller and by libpq until it is sent.
// Errors open: errc::unavailable. pipeline: what arrived, in pg_reply; the connection is closed
//        when it was lost or the deadline passed.
// Threads confined to the executor it was made with.
// Source PostgreSQL 15, libpq: asynchronous command processing, pipeline mode.
#pragma once

#include "base/result.hpp"
#include "observability/log.hpp"
#include "storage/postgres/pg_error.hpp"
#include "storage/postgres/pg_target.hpp"
#include "storage/postgres/pg_values.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace storage {

struct pg_clear {
  void operator()(PGresult* r) const noexcept { PQclear(r); }
};
using pg_result = std::unique_ptr<PGresult, pg_clear>;

pg_error error_of(const PGresult& answer);

/// One step of a pipeline. Names and texts live until the pipeline ends.
struct pg_request {
  enum class kind { prepare, describe, execute, query } what = kind::query;
  std::string name;       ///< of the prepared statement
  std::string text;       ///< prepare, query
  std::vector<Oid> types; ///< prepare
  pg_values values;       ///< execute
};

struct pg_reply {
  std::vector<pg_result> results; ///< of the requests in their order, up to the first error
  std::optional<pg_error> error;  ///< the first one
  bool sent = false;              ///< a byte may have left
  bool synced = false;            ///< the server has ended the pipeline: committed or rolled back
  bool timed_out = false;

  bool complete() const { return synced && !error; }
};

class pg_connection : public std::enable_shared_from_this<pg_connection> {
public:
  using deadline = std::chrono::steady_clock::time_point;

  pg_connection(boost::asio::any_io_executor on, observability::log& log);
  ~pg_connection();
  pg_connection(const pg_connection&) = delete;
  pg_connection& operator=(const pg_connection&) = delete;

  boost::asio::awaitable<base::status> open(pg_target target, deadline until);
  boost::asio::awaitable<pg_reply> pipeline(const std::vector<pg_request>& requests,
                                            deadline until);

  bool alive() const { return conn_ != nullptr && ready_; }
  /// Of the server process on the other side.
  int backend_pid() const { return conn_ != nullptr ? PQbackendPID(conn_) : 0; }
  void close() noexcept;

private:
  struct receiver;
  enum class step { go_on, finished, lost };

  boost::asio::awaitable<bool> look_up(pg_target& target, deadline until);
  boost::asio::awaitable<std::string> address_of(std::string host, deadline until);
  boost::asio::awaitable<base::status> establish(deadline until);
  boost::asio::awaitable<bool> wait(bool read, bool write, deadline until);
  void watch_socket();
  void forget_socket() noexcept;
  void arm_read();
  void arm_write();
  void socket_readable();
  void lost_while_idle();

  bool queue(const std::vector<pg_request>& requests);
  boost::asio::awaitable<void> exchange(receiver& into, deadline until);
  step take_results(receiver& into);
  void drain(receiver& into);

  boost::asio::any_io_executor on_;
  observability::log& log_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer wake_; ///< ends early when something happened, else at the deadline
  PGconn* conn_ = nullptr;
  std::uint64_t round_ = 0; ///< of the socket: a completion of a former one says nothing
  bool ready_ = false;      ///< connected and not known to be lost
  bool busy_ = false;
  bool read_armed_ = false, write_armed_ = false;
  bool readable_ = false, writable_ = false;
};

} // namespace storage
