#include "storage/postgres/pg_connection.hpp"

#include "base/assert.hpp"
#include "storage/port.hpp"

#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace storage {

namespace asio = boost::asio;

namespace {

constexpr auto as_values = asio::experimental::as_tuple(asio::use_awaitable);

std::string field(const PGresult& answer, int code) {
  const char* text = PQresultErrorField(&answer, code);
  return text != nullptr ? std::string(text) : std::string();
}

std::string without_line_ends(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (auto& c : text)
    if (c == '\n') c = ' ';
  return text;
}

/// What the server says beside an answer goes to the log by its code: its text may hold data.
void log_notice(void* log, const PGresult* notice) {
  const std::string state = field(*notice, PG_DIAG_SQLSTATE);
  const std::string severity = field(*notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  static_cast<observability::log*>(log)->info(
      "vai_de_pix.storage", "notice of the database",
      {{"sqlstate", observability::code(state)}, {"severity", observability::code(severity)}});
}

} // namespace

pg_error error_of(const PGresult& answer) {
  pg_error e{field(answer, PG_DIAG_SQLSTATE), field(answer, PG_DIAG_SEVERITY_NONLOCALIZED),
             field(answer, PG_DIAG_MESSAGE_PRIMARY), field(answer, PG_DIAG_CONSTRAINT_NAME)};
  if (e.message.empty()) e.message = without_line_ends(PQresultErrorMessage(&answer));
  return e;
}

pg_connection::pg_connection(asio::any_io_executor on, observability::log& log)
    : on_(std::move(on)), log_(log), socket_(on_), wake_(on_) {}

pg_connection::~pg_connection() { close(); }

void pg_connection::close() noexcept {
  ready_ = false;
  forget_socket();
  if (conn_ != nullptr) PQfinish(std::exchange(conn_, nullptr));
  wake_.cancel(); // who waits looks at conn_
}

// -- socket --------------------------------------------------------------------------------------

void pg_connection::watch_socket() {
  boost::system::error_code ec;
  socket_.assign(PQsocket(conn_), ec);
  ENSURE(!ec, "a socket of libpq cannot be watched");
  ++round_;
}

// libpq owns the descriptor and closes it: ours must let go of it first.
void pg_connection::forget_socket() noexcept {
  ++round_;
  read_armed_ = write_armed_ = readable_ = writable_ = false;
  if (socket_.is_open()) socket_.release();
}

void pg_connection::arm_read() {
  if (std::exchange(read_armed_, true)) return;
  socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [self = weak_from_this(), round = round_](boost::system::error_code) {
                       const auto me = self.lock();
                       if (me == nullptr || me->round_ != round) return;
                       me->read_armed_ = false;
                       me->socket_readable();
                     });
}

void pg_connection::arm_write() {
  if (std::exchange(write_armed_, true)) return;
  socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                     [self = weak_from_this(), round = round_](boost::system::error_code) {
                       const auto me = self.lock();
                       if (me == nullptr || me->round_ != round) return;
                       me->write_armed_ = false;
                       me->writable_ = true;
                       me->wake_.cancel();
                     });
}

void pg_connection::socket_readable() {
  if (busy_) {
    readable_ = true;
    wake_.cancel();
    return;
  }
  const bool open = PQconsumeInput(conn_) == 1;
  if (PQisBusy(conn_) == 0 && !open) return lost_while_idle(); // PQisBusy hands out the last notice
  arm_read();
}

void pg_connection::lost_while_idle() {
  log_.warning("vai_de_pix.storage", "idle connection lost");
  close();
}

/// False when the deadline passed or close() was called.
asio::awaitable<bool> pg_connection::wait(bool read, bool write, deadline until) {
  if (read) arm_read();
  if (write) arm_write();
  while (conn_ != nullptr && !readable_ && !writable_) {
    if (std::chrono::steady_clock::now() >= until) co_return false;
    wake_.expires_at(until);
    co_await wake_.async_wait(as_values);
  }
  readable_ = writable_ = false;
  co_return conn_ != nullptr;
}

// -- opening -------------------------------------------------------------------------------------

asio::awaitable<base::status> pg_connection::open(pg_target target, deadline until) {
  ENSURE(conn_ == nullptr && !busy_, "a pg_connection is opened once");
  const auto self = shared_from_this();
  if (!co_await look_up(target, until))
    co_return base::fail(errc::unavailable, "the name of the database's host is not known");
  const auto parameters = target.libpq_parameters();
  conn_ = PQconnectStartParams(parameters.keywords.data(), parameters.values.data(), 0);
  ENSURE(conn_ != nullptr, "no memory for a connection");
  PQsetNoticeReceiver(conn_, &log_notice, &log_);
  busy_ = true;
  auto done = co_await establish(until);
  busy_ = false;
  if (!done) {
    close();
    co_return done;
  }
  watch_socket();
  ready_ = true;
  arm_read();
  co_return done;
}

// PQconnectPoll would look names up itself, and block. Asio does it on a thread of its own.
asio::awaitable<bool> pg_connection::look_up(pg_target& target, deadline until) {
  std::string hosts, addresses;
  bool any = false;
  for (const auto& host : target.hosts()) {
    std::string address; // g++ 12 destroys a co_await within ?: twice
    if (pg_target::needs_lookup(host)) {
      address = co_await address_of(host, until);
      if (address.empty()) co_return false;
    }
    any = any || !address.empty();
    hosts += host + ",";
    addresses += address + ",";
  }
  if (any) { // libpq wants lists of the same length; a place without an address stays empty
    target.set("host", hosts.substr(0, hosts.size() - 1));
    target.set("hostaddr", addresses.substr(0, addresses.size() - 1));
  }
  co_return true;
}

/// Empty when there is none, or not in time.
asio::awaitable<std::string> pg_connection::address_of(std::string host, deadline until) {
  struct lookup {
    bool finished = false;
    std::string address;
  };
  const auto state = std::make_shared<lookup>(); // the answer may come after we have given up
  asio::ip::tcp::resolver resolver(on_);
  resolver.async_resolve(
      host, "", [self = shared_from_this(), state](boost::system::error_code ec, auto found) {
        if (!ec && !found.empty()) state->address = found.begin()->endpoint().address().to_string();
        state->finished = true;
        self->wake_.cancel();
      });
  while (!state->finished && std::chrono::steady_clock::now() < until) {
    wake_.expires_at(until);
    co_await wake_.async_wait(as_values);
  }
  co_return state->address;
}

asio::awaitable<base::status> pg_connection::establish(deadline until) {
  auto next = PQstatus(conn_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED)
      co_return base::fail(errc::unavailable, without_line_ends(PQerrorMessage(conn_)));
    watch_socket(); // each round: libpq may have taken another one
    const bool reading = next == PGRES_POLLING_READING;
    const bool in_time = co_await wait(reading, !reading, until);
    if (conn_ == nullptr) co_return base::fail(errc::unavailable, "closed");
    forget_socket();
    if (!in_time) co_return base::fail(errc::unavailable, "the database does not answer in time");
    next = PQconnectPoll(conn_);
  }
  if (PQsetnonblocking(conn_, 1) != 0)
    co_return base::fail(errc::unavailable, without_line_ends(PQerrorMessage(conn_)));
  co_return base::status{};
}

// -- pipelines -----------------------------------------------------------------------------------

struct pg_connection::receiver {
  pg_reply reply;
  std::size_t expected = 0; ///< results of so many requests
  bool flushed = false;

  void take(pg_result answer) {
    switch (PQresultStatus(answer.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
      if (!reply.error) reply.results.push_back(std::move(answer));
      return;
    case PGRES_PIPELINE_SYNC: reply.synced = true; return;
    case PGRES_PIPELINE_ABORTED: return; // behind the error that counts
    default: {
      auto e = error_of(*answer);
      // libpq reports the loss of a connection once more, without a code.
      if (!reply.error || (reply.error->sqlstate.empty() && !e.sqlstate.empty()))
        reply.error = std::move(e);
    }
    }
  }
};

asio::awaitable<pg_reply> pg_connection::pipeline(const std::vector<pg_request>& requests,
                                                  deadline until) {
  ENSURE(!busy_, "one operation at a time");
  const auto self = shared_from_this();
  receiver into;
  into.expected = requests.size();
  if (!alive() || PQstatus(conn_) != CONNECTION_OK) {
    close();
    co_return std::move(into.reply);
  }
  busy_ = true;
  into.reply.sent = true;
  if (queue(requests))
    co_await exchange(into, until);
  else if (conn_ != nullptr)
    drain(into);
  busy_ = false;
  const bool usable = into.reply.synced && conn_ != nullptr && PQexitPipelineMode(conn_) == 1;
  if (!usable)
    close();
  else
    arm_read();
  co_return std::move(into.reply);
}

bool pg_connection::queue(const std::vector<pg_request>& requests) {
  if (PQenterPipelineMode(conn_) != 1) return false;
  for (const auto& r : requests) {
    int ok = 0;
    switch (r.what) {
    case pg_request::kind::prepare:
      ok = PQsendPrepare(conn_, r.name.c_str(), r.text.c_str(), static_cast<int>(r.types.size()),
                         r.types.data());
      break;
    case pg_request::kind::describe: ok = PQsendDescribePrepared(conn_, r.name.c_str()); break;
    case pg_request::kind::execute: {
      const auto v = r.values.libpq_views();
      ok = PQsendQueryPrepared(conn_, r.name.c_str(), r.values.count(), v.values.data(),
                               v.lengths.data(), v.formats.data(), 1);
      break;
    }
    case pg_request::kind::query:
      ok = PQsendQueryParams(conn_, r.text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1);
      break;
    }
    if (ok != 1) return false;
  }
  return PQpipelineSync(conn_) == 1;
}

asio::awaitable<void> pg_connection::exchange(receiver& into, deadline until) {
  for (;;) {
    if (!into.flushed) {
      const int left = PQflush(conn_);
      if (left < 0) co_return drain(into);
      into.flushed = left == 0;
    }
    switch (take_results(into)) {
    case step::finished: co_return;
    case step::lost: co_return drain(into);
    case step::go_on: break;
    }
    // Read as well while we write: two full buffers would wait for each other.
    if (!co_await wait(true, !into.flushed, until)) {
      into.reply.timed_out = conn_ != nullptr;
      co_return;
    }
    if (PQconsumeInput(conn_) != 1) co_return drain(into);
  }
}

pg_connection::step pg_connection::take_results(receiver& into) {
  while (PQisBusy(conn_) == 0) {
    pg_result answer(PQgetResult(conn_));
    if (answer != nullptr) into.take(std::move(answer));
    if (into.reply.synced) return step::finished;
    // Null ends the results of one request; of a lost connection there is nothing else.
    if (PQstatus(conn_) == CONNECTION_BAD) return step::lost;
  }
  return step::go_on;
}

// The server's last words are in the buffer still: without them the SQLSTATE is lost.
void pg_connection::drain(receiver& into) {
  for (std::size_t n = 0; n < 3 * into.expected + 8 && PQisBusy(conn_) == 0; ++n) {
    pg_result answer(PQgetResult(conn_));
    if (answer != nullptr) into.take(std::move(answer));
  }
  if (!into.reply.error && !into.reply.synced)
    into.reply.error = pg_error{"", "", without_line_ends(PQerrorMessage(conn_)), ""};
}

} // namespace storage
