// `vaidepix import`: the JSON lines of a whole database into an empty one, within one transaction.
#include "app/commands.hpp"

#include "app/console.hpp"
#include "app/dump.hpp"
#include "audit/rebuilding.hpp"
#include "exchange/dump_reader.hpp"
#include "storage/open.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <memory>
#include <optional>
#include <unistd.h>

namespace app {
namespace {

constexpr std::size_t rows_held_max = 4000; ///< before they go to the database
constexpr std::string_view not_empty = "DATABASE_NOT_EMPTY";

/// Lines of a file or of standard input, each bounded.
class lines {
public:
  explicit lines(const std::string& file)
      : descriptor_(file == "-" ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~lines() {
    if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  }
  lines(const lines&) = delete;
  lines& operator=(const lines&) = delete;

  bool good() const { return descriptor_ >= 0; }

  enum class found { line, end, cut, too_long, failed };
  /// cut: bytes without a line feed at the end of the file.
  found next(std::string_view& line) {
    for (std::size_t looked = given_;;) {
      const auto end = buffer_.find('\n', looked);
      if (end != std::string::npos) {
        line = std::string_view{buffer_}.substr(given_, end - given_);
        given_ = end + 1;
        return found::line;
      }
      buffer_.erase(0, std::exchange(given_, 0)); // once for each chunk, not for each line
      if (buffer_.size() > exchange::dump_line_max) return found::too_long;
      looked = buffer_.size();
      buffer_.resize(looked + chunk);
      const auto got = ::read(descriptor_, buffer_.data() + looked, chunk);
      buffer_.resize(looked + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got < 0 && errno != EINTR) return found::failed;
      if (got == 0) return buffer_.empty() ? found::end : found::cut;
    }
  }

private:
  static constexpr std::size_t chunk = 65'536;
  int descriptor_;
  std::string buffer_;
  std::size_t given_ = 0;
};

/// Writes what the reader hands on. The database is opened by the header, which knows the shards.
class writer final : public exchange::dump_sink {
public:
  writer(storage::open_settings settings, console& c) : settings_(std::move(settings)), c_(c) {}

  base::status header(const exchange::dump_header& h) override {
    settings_.shards = h.shards;
    auto opened = storage::open_bulk(settings_, storage::transaction_use::write, c_.clock, c_.log,
                                     c_.metrics);
    if (!opened) return opened.error();
    to_ = std::move(*opened);
    const auto there = to_->counts();
    if (!there) return there.error();
    if (*there != ledger::row_counts{})
      return base::failure{not_empty,
                           fmt::format("import needs an empty database, this one holds {} users, "
                                       "{} commits and {} transactions. Make a new one; a server "
                                       "that was started on it once has written commits, too",
                                       there->users, there->commits, there->transactions)};
    if (to_->shards() != h.shards)
      return base::failure{not_empty,
                           fmt::format("the database was made for {} shards, the file has {}. Make "
                                       "a new one: import gives it the right number",
                                       to_->shards(), h.shards)};
    return {};
  }
  base::status user(ledger::user_record u) override {
    rows_->users_new.push_back(std::move(u));
    return added(1);
  }
  base::status account(exchange::dump_account a) override {
    rows_->accounts_new.push_back(std::move(a.record));
    return added(1);
  }
  base::status commit(exchange::dump_commit c) override {
    close_rows(); // users and accounts stand before what names them
    if (!c.entries.empty())
      first_booked_ = std::min(first_booked_.value_or(c.record.booked_at), c.record.booked_at);
    const auto count = c.entries.size() + c.transactions.size() + 1;
    storage::journal_batch batch;
    auto item = std::make_shared<storage::commit_item>();
    item->shard = c.record.shard;
    item->transactions_new = std::move(c.transactions);
    std::map<ledger::account_id, storage::balance_row> balances;
    for (const auto& e : c.entries) {
      auto [at, fresh] = balances.try_emplace(e.draft.account);
      auto& b = at->second;
      if (fresh) b = {e.draft.account, {}, 0, e.version - 1};
      b.balance = e.balance_after;
      b.version = e.version;
    }
    for (auto& [id, b] : balances) batch.balances.push_back(b);
    batch.records = {std::move(c.record)};
    batch.entries = std::move(c.entries);
    batch.items = {std::move(item)};
    batches_.push_back(std::move(batch));
    return added(count);
  }
  base::status hold(ledger::hold_record h) override {
    rows_->holds_new.push_back(std::move(h));
    return added(1);
  }
  base::status row(ledger::user_row r) override {
    rows_->user_rows.push_back(std::move(r));
    return added(1);
  }
  base::status schedule(scheduler::schedule s) override {
    rows_->job_rows.push_back(std::move(s));
    return added(1);
  }
  base::status answer(ledger::idempotency_record i) override {
    rows_->answers.push_back(std::move(i));
    return added(1);
  }

  base::status flush() {
    close_rows();
    if (batches_.empty()) return {};
    auto done = to_->write(batches_);
    batches_.clear();
    held_ = 0;
    return done;
  }
  storage::bulk& database() { return *to_; }
  /// The lock of the data directory goes with it.
  void close() { to_.reset(); }
  std::optional<base::utc_us> first_booked() const { return first_booked_; }

private:
  void close_rows() {
    if (rows_->rows() == 0) return;
    storage::journal_batch batch;
    batch.items = {std::exchange(rows_, std::make_shared<storage::commit_item>())};
    batches_.push_back(std::move(batch));
  }
  base::status added(std::size_t rows) {
    held_ += rows;
    return held_ < rows_held_max ? base::status{} : flush();
  }

  storage::open_settings settings_;
  console& c_;
  std::unique_ptr<storage::bulk> to_;
  std::shared_ptr<storage::commit_item> rows_ = std::make_shared<storage::commit_item>();
  std::vector<storage::journal_batch> batches_;
  std::size_t held_ = 0;
  std::optional<base::utc_us> first_booked_; ///< of the oldest entry
};

base::status read_all(lines& from, exchange::dump_reader& reader) {
  const auto damaged = [&](std::string_view why) {
    return base::fail(exchange::errc::damaged,
                      fmt::format("behind line {}: {}", reader.lines(), why));
  };
  for (;;) {
    std::string_view line;
    switch (from.next(line)) {
    case lines::found::line:
      if (auto s = reader.take(line); !s) return s;
      break;
    case lines::found::end: return {};
    case lines::found::cut: return damaged("the file ends within a line: it was cut off");
    case lines::found::too_long: return damaged("a line is longer than any of ours");
    case lines::found::failed: return base::failure{"FILE_UNREADABLE", std::strerror(errno)};
    }
  }
}

/// What stands in the tables now must give the same file again, to the byte.
base::status compare(storage::bulk& there, const exchange::dump_header& header,
                     const exchange::dump_trailer& trailer) {
  const auto again = dump(there, header.program, [](std::string_view) { return base::status{}; });
  if (!again) return again.error();
  if (again->hash == trailer.hash) return {};
  return base::fail(exchange::errc::damaged,
                    "the rows do not give the file again: it holds what does not follow from its "
                    "entries, such as a balance. vaidepix verify of the database that it came from "
                    "names it");
}

base::result<exchange::dump_trailer> import_all(lines& from, writer& to) {
  exchange::dump_reader reader(to);
  if (auto s = read_all(from, reader); !s) return s.error();
  const auto trailer = reader.finish();
  if (!trailer) return trailer.error();
  if (auto s = to.flush(); !s) return s.error();
  if (auto s = compare(to.database(), *reader.header(), *trailer); !s) return s.error();
  if (auto s = to.database().finish(); !s) return s.error();
  return *trailer;
}

/// What a dump does not carry, because it follows from the entries.
base::result<audit::rebuilt> rebuild(const config::loaded& loaded, console& c,
                                     std::optional<base::utc_us> first_booked) {
  const auto store = storage::open_store(storage_settings_of(loaded.values),
                                         storage::migrate_mode::refuse, c.clock, c.log, c.metrics);
  if (!store) return store.error();
  auto made = audit::rebuild_projections(**store, loaded.zone, first_booked, c.clock.now(), c.log);
  (*store)->stop();
  return made;
}

} // namespace

int import_books(const config::loaded& loaded, const config::import_books& command) {
  console c;
  lines from(command.file);
  if (!from.good())
    return report({"FILE_UNREADABLE", fmt::format("{}: {}", command.file, std::strerror(errno))});
  writer to(storage_settings_of(loaded.values), c);
  const auto done = import_all(from, to);
  if (!done) {
    const auto status = report(done.error());
    fmt::print(stderr, "nothing was imported\n");
    return status;
  }
  const auto& n = done->counts;
  fmt::print(
      "imported: {} users, {} accounts, {} commits, {} entries, {} transactions, {} holds, "
      "{} rows beside the books, {} stored answers\nread back and compared: the same to the byte\n",
      n.users, n.accounts, n.commits, n.entries, n.transactions, n.holds, n.rows, n.answers);
  to.close();
  const auto made = rebuild(loaded, c, to.first_booked());
  if (!made) {
    const auto status = report(made.error());
    fmt::print(stderr, "everything was imported; what follows from the entries is not all there: "
                       "vaidepix snapshots makes the snapshots of a month\n");
    return status;
  }
  fmt::print("made from the entries: {} snapshots of {} months, balances by effective day of {} "
             "accounts\n",
             made->snapshots, made->months, made->accounts);
  return 0;
}

} // namespace app
