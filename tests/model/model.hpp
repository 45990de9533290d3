// What   The books of one user as the documents describe them: maps, 128-bit sums, no cleverness.
// Why    An opinion of its own about every command. It shares no code with ledger/, so that both
//        are not wrong in the same way.
// Bounds Everything in memory; commands are answered one at a time, accepted ones stay open until
//        finish() says what became of them.
// Threads none.
// Source design.md §3; api-contract §2.2, §7.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace model {

__extension__ using money = __int128;

enum class kind { income, expense, transfer };

// -- commands -------------------------------------------------------------------------------------

struct create {
  std::string id;
  kind what = kind::expense;
  std::string account;
  std::string category;
  std::int64_t amount = 0;
  int day = 0;
  std::string to;           ///< transfer: the destination
  std::string partner_id;   ///< transfer: the id of its leg
  std::int64_t instant = 0; ///< the date to the microsecond, for who tells times of a day apart
};

struct edit {
  std::string id;
  std::optional<kind> what;
  std::optional<std::string> account;
  std::optional<std::string> category;
  std::optional<std::int64_t> amount;
  std::optional<int> day;
  std::optional<std::int64_t> instant;
  std::optional<std::string> description;
};

struct remove {
  std::string id;
};
struct restore {
  std::string id;
};

// -- the books ------------------------------------------------------------------------------------

struct account {
  money posted = 0;
  std::optional<money> floor;
  bool open = true;
  bool limited = true; ///< a client's account; categories and equity agree to everything
};

struct row {
  kind what = kind::expense;
  bool outgoing = true; ///< of a transfer: the leg that money leaves
  std::string account;
  std::string category;
  std::int64_t amount = 0;
  int day = 0;
  std::string description;
  std::string partner;
  bool deleted = false;
  std::int64_t instant = 0;

  bool operator==(const row&) const = default;
};

using sums = std::map<std::string, money>;
/// What a transaction does to each account on each effective day.
using by_day = std::map<std::pair<std::string, int>, money>;

/// What other commands may hold of each account at most, when their order is not known.
struct pressure {
  sums debits;
  sums credits;
};

/// The answers that the documents allow: "ok", or every refusal that some account has.
using answers = std::set<std::string>;

class books {
public:
  void open_account(const std::string& id, money opening, std::optional<money> floor);
  void open_category(const std::string& id);
  void close(const std::string& id);
  void set_floor(const std::string& id, std::optional<money> floor);
  /// An opening or adjustment: no row of the API, but days and balances know it.
  void post_system(const std::string& id, const std::string& counter, money amount, int day);

  /// Which answers are allowed now.
  answers ask(const create& c, const pressure& others = {}) const;
  answers ask(const edit& c, const pressure& others = {}) const;
  answers ask(const remove& c, const pressure& others = {}) const;
  answers ask(const restore& c, const pressure& others = {}) const;

  /// What the command would do to each account, categories too; nothing when it is refused before
  /// an account is asked.
  sums net_of(const create& c) const;
  sums net_of(const edit& c) const;
  sums net_of(const remove& c) const;
  sums net_of(const restore& c) const;

  /// The command was accepted and is under way: its debits are not spendable any more.
  void begin(int operation, const create& c);
  void begin(int operation, const edit& c);
  void begin(int operation, const remove& c);
  void begin(int operation, const restore& c);
  /// It became durable, or it left no trace.
  void finish(int operation, bool durable);

  const std::map<std::string, account>& accounts() const { return accounts_; }
  const std::map<std::string, row>& rows() const { return rows_; }
  money available(const std::string& id) const;
  money reserved(const std::string& id) const;
  money announced(const std::string& id) const;
  bool busy(const std::string& transaction) const;
  /// Sum of the effects per account and effective day, over everything durable.
  const by_day& days() const { return days_; }

private:
  using rows_t = std::map<std::string, row>;
  struct change {
    rows_t before, after;
    std::string refusal; ///< known without asking any account
  };

  change plan(const create& c) const;
  change plan(const edit& c) const;
  change plan(const remove& c) const;
  change plan(const restore& c) const;
  answers judge(const change& c, const pressure& others) const;
  static sums net(const change& c);
  void start(int operation, change c);

  std::map<std::string, account> accounts_;
  rows_t rows_;
  by_day days_;
  std::map<int, change> under_way_;
};

/// What these rows do to each account while they are live.
sums effects_of(const std::map<std::string, row>& rows);

} // namespace model
