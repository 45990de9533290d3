#include "storage/postgres/pg_session.hpp"

#include "base/assert.hpp"
#include "storage/postgres/pg_statement.hpp"
#include "storage/postgres/pg_usage.hpp"

#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace storage {

namespace asio = boost::asio;

namespace {

constexpr std::int64_t backoff_first_ms = 50;
constexpr std::int64_t backoff_max_ms = 2'000;
constexpr unsigned read_attempts = 3;
constexpr std::size_t former_max = 8;

pg_request query_request(std::string text) {
  pg_request r;
  r.what = pg_request::kind::query;
  r.text = std::move(text);
  return r;
}

/// The forms in which a session of the role prepares a statement: 0, and so many more.
std::size_t last_form(pg_role role, const statement& s) {
  if (role != pg_role::journal) return 0;
  std::size_t last = 0;
  while (last < row_forms_max && form_of(s, last + 1) > 0) ++last;
  return last;
}

pg_request execute_request(pg_role role, const step& s) {
  ENSURE(s.what != nullptr, "a step has a statement");
  pg_request r;
  r.what = pg_request::kind::execute;
  const auto form = role == pg_role::journal ? form_of(*s.what, s.batch_rows()) : 0;
  r.name = prepared_name(*s.what, form);
  if (s.what->kind == statement_kind::batch) {
    for (const auto& c : s.columns)
      ENSURE(c.cells.size() == s.batch_rows(), "columns of a batch have the same length");
    if (form == 0)
      for (const auto& c : s.columns) r.values.add(c);
    for (std::size_t row = 0; row < form; ++row)
      for (const auto& c : s.columns) r.values.add(c.cells[row], c.type);
  } else {
    for (const auto& v : s.values) r.values.add(v);
  }
  if (s.what->counted != counting::none) {
    ENSURE(s.rows_expected >= 0, "a counted statement says how many rows it writes");
    r.values.add_integer(s.rows_expected);
  }
  ENSURE(r.values.count() <= static_cast<int>(parameters_max) + 1, "at most 32 parameters");
  return r;
}

bool asks_nothing(const step& s) {
  return s.what->kind == statement_kind::batch && s.batch_rows() == 0;
}

std::string reason_of(const pg_reply& reply) {
  if (reply.error) return reply.error->text();
  return reply.timed_out ? "no answer before the deadline" : "the connection was closed";
}

} // namespace

pg_session::pg_session(asio::any_io_executor on, pg_session_settings settings, std::uint64_t seed,
                       observability::log& log)
    : on_(std::move(on)), settings_(std::move(settings)), random_(seed), log_(log), pause_(on_) {}

pg_session::~pg_session() { close(); }

bool pg_session::connected() const { return connection_ != nullptr && connection_->alive(); }

void pg_session::close() noexcept {
  ++closes_;
  if (opening_ != nullptr) opening_->close();
  drop();
  pause_.cancel();
}

// What happened to its transaction is not known here: its backend may still be at work.
void pg_session::drop() noexcept {
  if (connection_ == nullptr) return;
  connection_->close();
  connection_.reset();
  if (former_.size() == former_max) former_.erase(former_.begin());
  former_.push_back(std::exchange(present_, {}));
}

// -- connecting ----------------------------------------------------------------------------------

asio::awaitable<base::status> pg_session::connect(deadline until) {
  const auto closes = closes_;
  const auto label = settings_.target.label();
  std::optional<base::status> in_use; // what an attempt that the deadline cuts off does not know
  for (unsigned attempt = 0;; ++attempt) {
    if (connected()) co_return base::status{};
    if (begun_) co_return base::fail(errc::unavailable, "the transaction was lost");
    drop();
    auto done = co_await connect_once(until);
    if (done) co_return done;
    const auto& f = done.error();
    log_.warning("vai_de_pix.storage", "cannot connect to the database",
                 {{"failure", f}, {"database", observability::setting_text(label)}});
    // A correction that is alone with the database comes to its end.
    const bool passing =
        f.code == code_text(errc::unavailable) || f.code == code_text(errc::in_use);
    if (f.code == code_text(errc::in_use)) in_use = done;
    if (closes_ != closes || !passing) co_return done;
    if (!co_await pause(attempt, until)) co_return in_use.value_or(done);
    if (closes_ != closes) co_return done;
  }
}

/// False when the deadline would pass first.
asio::awaitable<bool> pg_session::pause(unsigned attempt, deadline until) {
  const auto ceiling = std::min(backoff_max_ms, backoff_first_ms << std::min(attempt, 16U));
  const auto at = std::chrono::steady_clock::now() +
                  std::chrono::milliseconds(random_.between(backoff_first_ms / 5, ceiling));
  if (at >= until) co_return false;
  pause_.expires_at(at);
  co_await pause_.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
  co_return true;
}

asio::awaitable<base::status> pg_session::connect_once(deadline until) {
  opening_ = std::make_shared<pg_connection>(on_, log_);
  const auto fresh = opening_;
  auto done = co_await fresh->open(settings_.target, until);
  if (done) done = co_await prepare(*fresh, until);
  opening_.reset();
  if (done && !fresh->alive()) done = base::fail(errc::unavailable, "closed");
  if (done)
    connection_ = fresh;
  else
    fresh->close();
  co_return done;
}

/// Settings, checks and all statements in one round trip.
asio::awaitable<base::status> pg_session::prepare(pg_connection& on, deadline until) {
  std::vector<pg_request> requests;
  requests.push_back(query_request(setup_text(settings_.limits)));
  const std::size_t inspection = requests.size();
  requests.push_back(query_request(inspect_text()));
  if (settings_.role == pg_role::journal) requests.push_back(query_request(pinned_plans_text()));
  const std::size_t presence = requests.size();
  if (settings_.announced) requests.push_back(query_request(presence_text()));
  const std::size_t first = requests.size();
  std::vector<const statement*> prepared; // one for each pair of requests
  for (const auto* s : settings_.statements)
    for (std::size_t form = 0; form <= last_form(settings_.role, *s); ++form) {
      auto& p = requests.emplace_back();
      p.what = pg_request::kind::prepare;
      p.name = prepared_name(*s, form);
      p.text = prepared_text(*s, form);
      p.types = prepared_types(*s, form);
      auto& d = requests.emplace_back();
      d.what = pg_request::kind::describe;
      d.name = prepared_name(*s, form);
      prepared.push_back(s);
    }
  const auto reply = co_await on.pipeline(requests, until);
  const auto answered = reply.results.size();
  if (!reply.complete()) {
    const bool refused = reply.error && reply.error->surely_not_committed();
    if (!refused || answered < first) co_return base::fail(errc::unavailable, reason_of(reply));
    const auto* s = prepared[(answered - first) / 2];
    co_return base::fail(errc::schema, fmt::format("statement {}: {}", s->name, reason_of(reply)));
  }
  ENSURE(answered == requests.size(), "a result for each request");
  const auto seen = inspect(*reply.results[inspection], settings_.require_durable);
  if (!seen) co_return seen.error();
  if (settings_.announced &&
      std::string_view{PQgetvalue(&*reply.results[presence], 0, 0)} != "true")
    co_return base::fail(errc::in_use, "a correction without a server runs on this database");
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    const auto* s = prepared[i];
    const auto wrong = mismatch_of(*s, *reply.results[first + 2 * i + 1]);
    if (!wrong.empty())
      co_return base::fail(errc::schema, fmt::format("statement {}: {}", s->name, wrong));
  }
  if (seen->read_only)
    log_.warning("vai_de_pix.storage", "the database takes no writes: read-only or in recovery");
  present_ = backend{on.backend_pid(), seen->backend_start};
  co_return base::status{};
}

// -- work ----------------------------------------------------------------------------------------

asio::awaitable<base::result<rows>> pg_session::execute(step what, deadline until) {
  for (unsigned attempt = 0;; ++attempt) {
    bool lost = false;
    auto answer = co_await execute_once(what, until, lost);
    if (!lost || settings_.role != pg_role::read || attempt + 1 == read_attempts) co_return answer;
    if (!co_await pause(attempt, until)) co_return answer;
    if (!co_await connect(until)) co_return answer;
  }
}

asio::awaitable<base::result<rows>> pg_session::execute_once(const step& what, deadline until,
                                                             bool& lost) {
  if (asks_nothing(what)) co_return rows{};
  if (!connected()) {
    lost = true;
    co_return base::fail(errc::unavailable, "no connection");
  }
  std::vector<pg_request> requests;
  // Until the sync that ends this pipeline, which is one transaction.
  if (const auto text = reading_text(what.what->read)) requests.push_back(query_request(*text));
  requests.push_back(execute_request(settings_.role, what));
  const auto reply = co_await connection_->pipeline(requests, until);
  if (!reply.synced) drop();
  if (reply.complete()) {
    if (what.what->counted != counting::none) co_return rows{};
    co_return decode_rows(*reply.results.back());
  }
  if (reply.timed_out) co_return base::fail(errc::timed_out, reason_of(reply));
  lost = !reply.error || !reply.error->surely_not_committed();
  co_return base::fail(reply.error ? errc_of(*reply.error) : errc::unavailable, reason_of(reply));
}

asio::awaitable<commit_result> pg_session::commit(const std::vector<step>& steps, deadline until) {
  std::vector<pg_request> requests;
  for (const auto& s : steps)
    if (!asks_nothing(s)) requests.push_back(execute_request(settings_.role, s));
  if (!connected()) co_return commit_result{commit_class::unavailable, "no connection"};
  if (requests.empty()) co_return commit_result{commit_class::committed, {}};
  const auto reply = co_await connection_->pipeline(requests, until);
  if (!reply.synced) drop();
  if (!reply.sent) co_return commit_result{commit_class::unavailable, "the connection was lost"};
  if (reply.complete()) {
    ENSURE(reply.results.size() == requests.size(), "a result for each step");
    co_return commit_result{commit_class::committed, {}};
  }
  const auto what = reply.error ? class_of(*reply.error) : commit_class::in_doubt;
  if (what == commit_class::in_doubt) drop();
  co_return commit_result{what, reason_of(reply)};
}

// -- one transaction over many calls -------------------------------------------------------------

asio::awaitable<base::status> pg_session::begin(transaction_use use, deadline until) {
  if (const auto there = co_await connect(until); !there) co_return there;
  std::vector<pg_request> requests;
  // Repeatable read is one snapshot. Whoever takes the rows from us may be slower than the server's
  // patience with an idle transaction.
  requests.push_back(query_request(use == transaction_use::read
                                       ? "begin isolation level repeatable read read only"
                                       : "begin isolation level read committed read write"));
  requests.push_back(
      query_request("select set_config('idle_in_transaction_session_timeout', '0', true)"));
  const auto reply = co_await connection_->pipeline(requests, until);
  begun_ = true;
  if (reply.complete()) co_return base::status{};
  drop();
  co_return base::fail(reply.error ? errc_of(*reply.error) : errc::unavailable, reason_of(reply));
}

// A sync inside of a transaction that was begun by name does not end it.
asio::awaitable<commit_result> pg_session::append(const std::vector<step>& steps, deadline until) {
  if (!begun_) co_return commit_result{commit_class::unavailable, "no transaction was begun"};
  co_return co_await commit(steps, until);
}

asio::awaitable<commit_result> pg_session::end(deadline until) {
  if (!begun_ || !connected())
    co_return commit_result{commit_class::unavailable, "the transaction was lost"};
  std::vector<pg_request> requests;
  requests.push_back(query_request("commit"));
  const auto reply = co_await connection_->pipeline(requests, until);
  if (!reply.sent) co_return commit_result{commit_class::unavailable, "the connection was lost"};
  commit_result done{commit_class::committed, {}};
  if (!reply.complete()) {
    done = {reply.error ? class_of(*reply.error) : commit_class::in_doubt, reason_of(reply)};
  } else if (std::string_view(PQcmdStatus(reply.results.front().get())) != "COMMIT") {
    done = {commit_class::definite, "the database rolled the transaction back"};
  }
  drop();
  co_return done;
}

asio::awaitable<void> pg_session::end_former(deadline until) {
  if (!connected() || former_.empty()) co_return;
  std::vector<pg_request> requests;
  for (const auto& b : former_)
    requests.push_back(query_request(
        fmt::format("select pg_terminate_backend(pid) from pg_stat_activity where pid = {} and "
                    "cast(extract(epoch from backend_start) * 1000000 as bigint) = {}",
                    b.pid, b.started.empty() ? "0" : b.started)));
  const auto reply = co_await connection_->pipeline(requests, until);
  if (!reply.synced) drop();
  log_.warning("vai_de_pix.storage", "asked the database to end our former connections",
               {{"connections", former_.size()}, {"done", reply.complete()}});
}

asio::awaitable<base::result<bool>> pg_session::probe_read_only(deadline until) {
  if (const auto there = co_await connect(until); !there) co_return there.error();
  std::vector<pg_request> requests;
  requests.push_back(query_request("select current_setting('transaction_read_only')"));
  const auto reply = co_await connection_->pipeline(requests, until);
  if (!reply.synced) drop();
  if (!reply.complete())
    co_return base::fail(reply.timed_out || !reply.error ? errc::timed_out : errc_of(*reply.error),
                         reason_of(reply));
  co_return std::string_view(PQgetvalue(reply.results.front().get(), 0, 0)) == "on";
}

asio::awaitable<base::result<database_usage>> pg_session::usage(deadline until) {
  if (const auto there = co_await connect(until); !there) co_return there.error();
  std::vector<pg_request> requests;
  requests.push_back(query_request(usage_text()));
  requests.push_back(query_request(old_transactions_text()));
  const auto reply = co_await connection_->pipeline(requests, until);
  if (!reply.synced) drop();
  if (!reply.complete())
    co_return base::fail(reply.timed_out || !reply.error ? errc::timed_out : errc_of(*reply.error),
                         reason_of(reply));
  co_return usage_from(*reply.results[0], *reply.results[1]);
}

} // namespace storage
