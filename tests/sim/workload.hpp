// What   The clients: which request comes next, in the words of the model and of the ledger.
// Why    Each operation is a function of (seed, index) and of what is there, so one may be left
//        out and the others stay alike.
// Bounds Weights are drawn around the mix of testing.md §5 for what exists today.
// Threads the simulation's only one.
// Source testing.md §5.
#pragma once

#include "base/random.hpp"
#include "tests/sim/judge.hpp"

#include <array>
#include <vector>

namespace sim {

enum class intent : std::uint8_t {
  transfer,
  hot,
  retry,
  income,
  expense,
  edit,
  remove,
  restore,
  batch,
  remove_many,
  close,
  set_floor,
  set_balance,
  back_dated,
  create_account,
  create_category,
  read,
};
inline constexpr std::size_t intent_count = 17;

struct request {
  operation_ptr op;
  ledger::command command;
};

class workload {
public:
  workload(std::uint64_t seed, judge& j);

  /// Of 100 categories; drawn around the mix.
  std::array<std::uint64_t, intent_count> weights{};
  std::uint64_t poison_rate = 0; ///< of 1000 postings
  std::uint64_t keyless_rate = 100;
  bool only_small = false; ///< amounts that nobody has to refuse

  intent choose(std::size_t index) const;
  /// Nothing when what it needs is not there (no transaction to edit).
  std::optional<request> make(std::size_t index, intent what, std::int64_t now_us);
  request open_account(std::size_t index, std::size_t user, std::int64_t opening,
                       std::optional<std::int64_t> floor);
  request open_category(std::size_t index, std::size_t user);
  request retry_of(std::size_t index, const operation& first) const;
  request spend(std::size_t index, std::size_t user, const std::string& account,
                std::int64_t amount, std::int64_t now_us);

  /// What a job is to post: never a transfer to itself, so that the ledger alone decides.
  std::pair<model::create, ledger::create_transaction>
  posting_of_job(base::random& chance, std::size_t user, std::int64_t now_us,
                 const std::string& description) const;

  std::int64_t available(const customer& c, const std::string& account) const;
  void remember(const request& r);
  const std::vector<request>& sent() const { return sent_; }

private:
  struct draw;
  std::int64_t amount_of(base::random& chance, const customer& c, const std::string& account) const;
  request posting(std::size_t index, base::random& chance, std::size_t user, intent what,
                  std::int64_t now_us);
  std::pair<model::create, ledger::create_transaction>
  creation(base::random& chance, const customer& c, model::kind kind, const std::string& account,
           std::int64_t now_us, const std::string& description, int days_back) const;
  std::optional<request> amendment(std::size_t index, base::random& chance, std::size_t user,
                                   intent what, std::int64_t now_us);
  request batch(std::size_t index, base::random& chance, std::size_t user, std::int64_t now_us);
  std::optional<request> of_account(std::size_t index, base::random& chance, std::size_t user,
                                    intent what);
  std::optional<request> retry(std::size_t index, base::random& chance, std::int64_t now_us);
  request fresh(std::size_t index, base::random& chance, std::size_t user) const;
  std::string some_account(base::random& chance, const customer& c) const;

  std::uint64_t seed_;
  judge& judge_;
  std::vector<request> sent_;
};

/// The answer as the clients of the simulation read it.
std::string text_of(const base::result<ledger::outcome>& result,
                    const std::vector<std::string>& asked_ids);

} // namespace sim
