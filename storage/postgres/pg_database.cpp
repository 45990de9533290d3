#include "base/random.hpp"
#include "storage/lock_port.hpp"
#include "storage/lock_statements.hpp"
#include "storage/postgres/pg_schema_session.hpp"
#include "storage/postgres/pg_session.hpp"
#include "storage/postgres/pg_setup.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace storage {
namespace {

constexpr std::size_t journals_limit = 16;
// A resolution that waits for a former backend looks up this often.
constexpr std::int64_t lock_wait_max_ms = 2'000;

constexpr auto solitude_wait = std::chrono::milliseconds{1500};
constexpr auto solitude_pause = std::chrono::milliseconds{50};

pg_limits limits_for(std::int64_t deadline_ms) {
  return {
      std::chrono::milliseconds(deadline_ms),
      std::chrono::milliseconds(std::clamp<std::int64_t>(deadline_ms / 2, 1, lock_wait_max_ms))};
}

class pg_database final : public database {
public:
  pg_database(pg_target target, open_settings settings, observability::log& log)
      : target_(std::move(target)), settings_(std::move(settings)), log_(log),
        seed_(base::system_seed()) {}

  std::string_view dialect() const override { return "postgres"; }
  bool blocks() const override { return false; }
  std::size_t journals_max() const override { return journals_limit; }

  base::result<std::unique_ptr<schema_session>> open_schema() override {
    auto target = target_;
    target.set("application_name", "vaidepix migrate");
    auto c = connect_blocking(target, settings_.require_durable, log_);
    if (!c) return c.error();
    return std::unique_ptr<schema_session>(
        std::make_unique<pg_schema_session>(std::move(c).value()));
  }

  base::status stay_alone() override {
    auto opened = open_schema();
    if (!opened) return opened.error();
    // A server that has just stopped: its backends take a moment to end.
    const auto give_up = std::chrono::steady_clock::now() + solitude_wait;
    for (;;) {
      const auto locked = (*opened)->query(solitude_text());
      if (!locked) return locked.error();
      if (locked->size() == 1 && std::get<std::int64_t>(locked->front().at(0)) == 1) break;
      if (std::chrono::steady_clock::now() > give_up)
        return base::fail(errc::in_use, "a server runs on this database");
      std::this_thread::sleep_for(solitude_pause);
    }
    alone_ = std::move(*opened); // the lock lives as long as its session
    return {};
  }

  std::unique_ptr<session> journal_session(boost::asio::any_io_executor on) override {
    return make(std::move(on), pg_role::journal, "vaidepix journal", settings_.commit_deadline_ms);
  }

  std::unique_ptr<session> read_session(boost::asio::any_io_executor on) override {
    return make(std::move(on), pg_role::read, "vaidepix read", settings_.read_deadline_ms);
  }

  bool locks_by_session() const override { return true; }
  std::unique_ptr<session> lock_session(boost::asio::any_io_executor on) override {
    return make(std::move(on), pg_role::lock, std::string{lock_session_name}.c_str(),
                std::max<std::int64_t>(settings_.read_deadline_ms, 3000));
  }

private:
  std::unique_ptr<session> make(boost::asio::any_io_executor on, pg_role role, const char* name,
                                std::int64_t deadline_ms) {
    auto target = target_;
    target.set("application_name", name);
    return std::make_unique<pg_session>(
        std::move(on),
        pg_session_settings{std::move(target), role, limits_for(deadline_ms),
                            settings_.require_durable,
                            role == pg_role::lock ? lock_statements() : all_statements(),
                            role == pg_role::journal && settings_.as == presence::serves},
        seed_.fetch_add(1), log_);
  }

  pg_target target_;
  open_settings settings_;
  observability::log& log_;
  std::unique_ptr<schema_session> alone_;
  std::atomic<std::uint64_t> seed_; ///< each session spreads its attempts by a seed of its own
};

} // namespace

base::result<std::unique_ptr<database>> open_postgres(const open_settings& settings,
                                                      observability::log& log) {
  auto target = pg_target::parse(settings.database_url);
  if (!target) return target.error();
  target->set("client_encoding", "UTF8");
  target->set("tcp_user_timeout", "10000"); // ms: a peer that is gone is noticed
  if (target->find("keepalives_idle") == nullptr) target->set("keepalives_idle", "10");
  if (target->find("gssencmode") == nullptr) target->set("gssencmode", "disable"); // it may block
  if (target->find("connect_timeout") == nullptr) target->set("connect_timeout", "10");
  const auto probe = connect_blocking(*target, settings.require_durable, log);
  if (!probe) return probe.error();
  return std::unique_ptr<database>(
      std::make_unique<pg_database>(std::move(target).value(), settings, log));
}

} // namespace storage
