// What   faulty_session: a session that loses, delays, refuses and lies about commits and reads, by
//        the seed, over a real session that does the work.
// Why    What the journal makes of an answer that never came is decided here or on a bad night.
// Bounds Errors at a statement are real up to there: the statements before it run, and are rolled
//        back. An effect is told to shared_database::applied before anybody hears of it.
// Threads the simulation's only one.
// Source testing.md §5, faults of connection, server and SQLite.
#pragma once

#include "tests/sim/shared_database.hpp"

namespace sim {

enum class session_role : std::uint8_t { journal, reader };

class faulty_session final : public storage::session {
public:
  faulty_session(shared_database& db, virtual_sleeps& sleeps, session_role role);

  /// The batch that the next commit carries.
  void carries(shared_database::batch_ptr batch) { carried_ = std::move(batch); }

  boost::asio::awaitable<base::status> connect(storage::deadline until) override;
  bool connected() const override { return inner_->connected(); }
  boost::asio::awaitable<base::result<storage::rows>> execute(storage::step what,
                                                              storage::deadline until) override;
  boost::asio::awaitable<storage::commit_result> commit(const std::vector<storage::step>& steps,
                                                        storage::deadline until) override;
  boost::asio::awaitable<void> end_former(storage::deadline) override;
  boost::asio::awaitable<base::result<bool>> probe_read_only(storage::deadline until) override;
  void close() noexcept override { inner_->close(); }

private:
  using steps = std::vector<storage::step>;
  boost::asio::awaitable<storage::commit_result>
  apply(const steps& all, shared_database::batch_ptr batch, storage::deadline until);
  boost::asio::awaitable<storage::commit_result>
  lose(const steps& all, shared_database::batch_ptr batch, storage::deadline until);
  boost::asio::awaitable<storage::commit_result>
  fail_half_way(const steps& all, storage::commit_class as, storage::deadline until);
  boost::asio::awaitable<storage::commit_result>
  with_a_foreign_hand(const steps& all, shared_database::batch_ptr batch, storage::deadline until);

  shared_database& db_;
  virtual_sleeps& sleeps_;
  session_role role_;
  std::unique_ptr<storage::session> inner_;
  shared_database::batch_ptr carried_;
};

} // namespace sim
