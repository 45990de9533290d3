#include "tests/bench/rivals.hpp"

#include "base/id.hpp"
#include "base/time.hpp"
#include "tests/bench/ledger_bed.hpp"
#include "tests/bench/pg_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace bench {
namespace {

constexpr const char* description = "Venda no balcão";

constexpr const char* insert_transaction =
    "insert into transactions (id, user_id, account_id, category_id, amount, occurred_at,"
    " commit_id, effective_day, type, direction, description) values"
    " ($1, $2, $3, $4, $5, $6, $7, $8, 1, 1, $9)";
constexpr const char* insert_entries =
    "insert into ledger_entries (account_id, version, amount, balance_after, transaction_id,"
    " commit_id, effective_day, position, posting) values"
    " ($1, $2, $3, $4, $9, $11, $10, 0, 0), ($5, $6, $7, $8, $9, $11, $10, 1, 0)";
constexpr const char* stored_function = R"(
create function post_income(tx bigint, who bigint, acc bigint, cat bigint, cents bigint, words text,
                            at bigint, day integer, seqno bigint) returns void
language plpgsql as $$
declare
  a balances%rowtype;
  c balances%rowtype;
begin
  select * into a from balances where account_id = acc for update;
  select * into c from balances where account_id = cat for update;
  insert into transactions (id, user_id, account_id, category_id, amount, occurred_at, commit_id,
    effective_day, type, direction, description)
    values (tx, who, acc, cat, cents, at, seqno, day, 1, 1, words);
  insert into ledger_entries (account_id, version, amount, balance_after, transaction_id, commit_id,
    effective_day, position, posting) values
    (acc, a.version + 1, cents, a.balance + cents, tx, seqno, day, 0, 0),
    (cat, c.version + 1, -cents, c.balance - cents, tx, seqno, day, 1, 0);
  update balances set balance = a.balance + cents, version = a.version + 1 where account_id = acc;
  update balances set balance = c.balance - cents, version = c.version + 1 where account_id = cat;
end $$)";

std::string text(std::int64_t n) { return std::to_string(n); }

struct balance {
  std::int64_t amount = 0, version = 0;
};

/// A posting before anybody knows balances and versions.
struct income {
  std::string user, account, category, transaction; ///< keys
  std::int64_t centavos = 0, at = 0, day = 0, seq = 0;
};

// -- the three that post one by one ---------------------------------------------------------------

class single_rival : public contestant {
public:
  explicit single_rival(const rival_settings& s) : settings_(s), meter_(s.url) {
    for (std::size_t i = 0; i < s.connections; ++i)
      clients_.push_back(std::make_unique<pg_client>(s.url));
  }

  outcome perform(std::size_t client, base::random& chance, std::size_t pairs) override {
    income in;
    const auto pair = chance.below(pairs);
    in.user = text(key_of(pair_at(pair, settings_.pairs_per_user).user));
    in.account = text(pair_key(pair, side::account));
    in.category = text(pair_key(pair, side::category));
    const auto now = clock_.now();
    in.transaction = text(ids_.next(now, 0));
    in.centavos = chance.between(1, 999);
    in.at = now.count;
    in.day = base::day_of(now).count;
    in.seq = seq_.fetch_add(1);
    outcome did;
    while (!post(*clients_.at(client), in)) ++did.conflicts;
    did.transfers = 1;
    commits_.fetch_add(1);
    return did;
  }

  levels now() override { return {static_cast<double>(commits_.load()), meter_.log_bytes()}; }
  double database_bytes() override { return meter_.database_bytes(); }

protected:
  virtual bool post(pg_client& on, const income& in) = 0;

  void prepare_all(const std::string& name, const std::string& sql) {
    for (auto& c : clients_) c->prepare(name, sql);
  }

  static void insert_rows(pg_client& on, const income& in, const balance& account,
                          const balance& category) {
    on.run("transaction", {in.transaction, in.user, in.account, in.category, text(in.centavos),
                           text(in.at), text(in.seq), text(in.day), description});
    on.run("entries", {in.account, text(account.version + 1), text(in.centavos),
                       text(account.amount + in.centavos), in.category, text(category.version + 1),
                       text(-in.centavos), text(category.amount - in.centavos), in.transaction,
                       text(in.day), text(in.seq)});
  }

  static std::pair<balance, balance> balances_of(pg_client& on, const income& in) {
    const auto rows = on.run("balances", {in.account, in.category});
    if (PQntuples(rows.get()) != 2) throw std::runtime_error("a balance row is missing");
    const auto cell = [&](int row, int column) {
      return std::strtoll(PQgetvalue(rows.get(), row, column), nullptr, 10);
    };
    return {balance{cell(0, 0), cell(0, 1)}, balance{cell(1, 0), cell(1, 1)}};
  }

private:
  rival_settings settings_;
  base::system_clock clock_;
  base::id_source ids_;
  pg_meter meter_;
  std::vector<std::unique_ptr<pg_client>> clients_;
  std::atomic<std::int64_t> seq_{1};
  std::atomic<std::uint64_t> commits_{0};
};

class row_version final : public single_rival {
public:
  explicit row_version(const rival_settings& s) : single_rival(s) {
    prepare_all("balances", "select balance, version from balances where account_id in ($1, $2)"
                            " order by account_id");
    prepare_all("update", "update balances b set balance = b.balance + v.cents, version = b.version"
                          " + 1 from (values (cast($1 as bigint), cast($2 as bigint), cast($3 as"
                          " bigint)), ($4, $5, $6)) as v(id, cents, seen)"
                          " where b.account_id = v.id and b.version = v.seen");
    prepare_all("transaction", insert_transaction);
    prepare_all("entries", insert_entries);
  }
  std::string name() const override { return "row_version, retries"; }

private:
  bool post(pg_client& on, const income& in) override {
    on.query("begin");
    const auto [account, category] = balances_of(on, in);
    const auto updated =
        on.run("update", {in.account, text(in.centavos), text(account.version), in.category,
                          text(-in.centavos), text(category.version)});
    if (std::string_view{PQcmdTuples(updated.get())} != "2") {
      on.query("rollback");
      return false;
    }
    insert_rows(on, in, account, category);
    on.query("commit");
    return true;
  }
};

class for_update final : public single_rival {
public:
  explicit for_update(const rival_settings& s) : single_rival(s) {
    prepare_all("balances", "select balance, version from balances where account_id in ($1, $2)"
                            " order by account_id for update");
    prepare_all("update", "update balances b set balance = b.balance + v.cents, version = b.version"
                          " + 1 from (values (cast($1 as bigint), cast($2 as bigint)), ($3, $4))"
                          " as v(id, cents) where b.account_id = v.id");
    prepare_all("transaction", insert_transaction);
    prepare_all("entries", insert_entries);
  }
  std::string name() const override { return "select … for update"; }

private:
  bool post(pg_client& on, const income& in) override {
    on.query("begin");
    const auto [account, category] = balances_of(on, in);
    insert_rows(on, in, account, category);
    on.run("update", {in.account, text(in.centavos), in.category, text(-in.centavos)});
    on.query("commit");
    return true;
  }
};

class function_call final : public single_rival {
public:
  explicit function_call(const rival_settings& s) : single_rival(s) {
    pg_client(s.url).query(stored_function);
    prepare_all("post", "select post_income($1, $2, $3, $4, $5, $6, $7, $8, $9)");
  }
  std::string name() const override { return "one stored function"; }

private:
  bool post(pg_client& on, const income& in) override {
    on.run("post", {in.transaction, in.user, in.account, in.category, text(in.centavos),
                    description, text(in.at), text(in.day), text(in.seq)});
    return true;
  }
};

// -- the bare writer ------------------------------------------------------------------------------

/// A PostgreSQL array in text form; values need no quotes, or bring them.
class array_text {
public:
  void add(std::string_view value) { (text_ += text_.empty() ? '{' : ',') += value; }
  void add(std::int64_t value) { add(std::string_view{std::to_string(value)}); }
  std::string take() { return text_.empty() ? "{}" : std::move(text_) + "}"; }

private:
  std::string text_;
};

template <std::size_t N> std::vector<std::string> take_all(std::array<array_text, N>& columns) {
  std::vector<std::string> out;
  for (auto& c : columns) out.push_back(c.take());
  return out;
}

class bare_writer final : public contestant {
public:
  bare_writer(const rival_settings& s, std::size_t items)
      : settings_(s), items_(items), meter_(s.url) {
    for (std::size_t i = 0; i < s.connections; ++i) {
      writers_.push_back(std::make_unique<writer>(s.url));
      auto& on = writers_.back()->on;
      on.prepare("transactions",
                 "insert into transactions (id, user_id, account_id, category_id, amount,"
                 " occurred_at, commit_id, effective_day, type, direction, description)"
                 " select r.id, r.who, r.acc, r.cat, r.cents, r.at, r.seq, r.day, 1, 1, r.words"
                 " from unnest(cast($1 as bigint[]), cast($2 as bigint[]), cast($3 as bigint[]),"
                 " cast($4 as bigint[]), cast($5 as bigint[]), cast($6 as bigint[]),"
                 " cast($7 as bigint[]), cast($8 as bigint[]), cast($9 as text[]))"
                 " as r(id, who, acc, cat, cents, at, seq, day, words)");
      on.prepare("entries",
                 "insert into ledger_entries (account_id, version, amount, balance_after,"
                 " transaction_id, commit_id, effective_day, position, posting)"
                 " select r.acc, r.version, r.cents, r.after, r.tx, r.seq, r.day, r.position,"
                 " r.posting from unnest(cast($1 as bigint[]), cast($2 as bigint[]),"
                 " cast($3 as bigint[]), cast($4 as bigint[]), cast($5 as bigint[]),"
                 " cast($6 as bigint[]), cast($7 as bigint[]), cast($8 as bigint[]),"
                 " cast($9 as bigint[])) as r(acc, version, cents, after, tx, seq, day, position,"
                 " posting)");
      on.prepare("balances",
                 "update balances set balance = r.balance, version = r.version from"
                 " unnest(cast($1 as bigint[]), cast($2 as bigint[]), cast($3 as bigint[])) as"
                 " r(acc, balance, version) where balances.account_id = r.acc");
    }
  }
  std::string name() const override {
    return fmt::format("bare SQL writer, {} connections × {}", settings_.connections, items_);
  }

  outcome perform(std::size_t client, base::random& chance, std::size_t pairs) override {
    auto& w = *writers_.at(client);
    const auto users = pairs / settings_.pairs_per_user;
    // Users are dealt out, so that two writers never meet on a balance row.
    const auto user = chance.below(users / settings_.connections) * settings_.connections + client;
    const auto now = clock_.now();
    const auto day = base::day_of(now).count;
    const auto commit = static_cast<std::int64_t>(client) << 48 | ++w.seq;
    const auto user_key =
        key_of(pair_at(user * settings_.pairs_per_user, settings_.pairs_per_user).user);
    std::array<array_text, 9> transactions;
    std::array<array_text, 9> entries;
    std::unordered_map<base::id_key, balance*> touched;
    for (std::size_t i = 0; i < items_; ++i) {
      const auto pair = user * settings_.pairs_per_user + chance.below(settings_.pairs_per_user);
      const auto id = ids_.next(now, static_cast<std::uint8_t>(client));
      const auto cents = chance.between(1, 999);
      const std::int64_t row[] = {id,
                                  user_key,
                                  pair_key(pair, side::account),
                                  pair_key(pair, side::category),
                                  cents,
                                  now.count,
                                  commit,
                                  day};
      for (std::size_t c = 0; c < 8; ++c) transactions[c].add(row[c]);
      transactions[8].add("\"Venda no balcão\"");
      std::int64_t sign = 1;
      for (const auto account : {row[2], row[3]}) {
        auto& b = w.balances[account];
        touched.emplace(account, &b);
        b.amount += sign * cents;
        ++b.version;
        const auto place = static_cast<std::int64_t>(2 * i + (sign < 0 ? 1 : 0));
        const std::int64_t cells[] = {account,  b.version, sign * cents,
                                      b.amount, id,        commit,
                                      day,      place,     static_cast<std::int64_t>(4 * i)};
        for (std::size_t c = 0; c < 9; ++c) entries[c].add(cells[c]);
        sign = -1;
      }
    }
    std::array<array_text, 3> balances;
    for (const auto& [id, b] : touched) {
      balances[0].add(id);
      balances[1].add(b->amount);
      balances[2].add(b->version);
    }
    w.on.pipeline({{"transactions", take_all(transactions)},
                   {"entries", take_all(entries)},
                   {"balances", take_all(balances)}});
    commits_.fetch_add(1);
    return {items_, 0, 0};
  }

  levels now() override { return {static_cast<double>(commits_.load()), meter_.log_bytes()}; }
  double database_bytes() override { return meter_.database_bytes(); }

private:
  struct writer {
    explicit writer(const std::string& url) : on(url) {}
    pg_client on;
    std::int64_t seq = 0;
    std::unordered_map<base::id_key, balance> balances; ///< as committed, like a single writer's
  };

  rival_settings settings_;
  std::size_t items_;
  base::system_clock clock_;
  base::id_source ids_;
  pg_meter meter_;
  std::vector<std::unique_ptr<writer>> writers_;
  std::atomic<std::uint64_t> commits_{0};
};

} // namespace

void prepare_rival(const rival_settings& s) {
  pg_client on(s.url);
  on.query("drop trigger ledger_entries_no_change on ledger_entries;"
           "drop trigger ledger_entries_balanced on ledger_entries");
  for (const auto which : {side::account, side::category})
    on.query(fmt::format("insert into balances select {} + n * {}, 0, 0"
                         " from generate_series(0, {}) n",
                         pair_key(0, which), pair_key_step, s.pairs - 1));
  on.query("vacuum analyze balances");
}

std::uint64_t check_rival(const std::string& url) {
  pg_client on(url);
  if (on.number("select coalesce(sum(amount), 0) from ledger_entries") != 0)
    throw std::runtime_error("the entries of a rival do not sum to zero: " + url);
  if (on.number("select count(*) from balances b left join (select account_id, sum(amount) s,"
                " count(*) n from ledger_entries group by account_id) e using (account_id)"
                " where b.balance <> coalesce(e.s, 0) or b.version <> coalesce(e.n, 0)") != 0)
    throw std::runtime_error("balances of a rival are not the sums of its entries: " + url);
  const auto entries = on.number("select count(*) from ledger_entries");
  const auto transactions = on.number("select count(*) from transactions");
  if (entries != 2 * transactions)
    throw std::runtime_error("a transaction of a rival has not two entries: " + url);
  return static_cast<std::uint64_t>(transactions);
}

std::unique_ptr<contestant> make_row_version(const rival_settings& s) {
  return std::make_unique<row_version>(s);
}
std::unique_ptr<contestant> make_for_update(const rival_settings& s) {
  return std::make_unique<for_update>(s);
}
std::unique_ptr<contestant> make_function(const rival_settings& s) {
  return std::make_unique<function_call>(s);
}
std::unique_ptr<contestant> make_bare_writer(const rival_settings& s, std::size_t items) {
  return std::make_unique<bare_writer>(s, items);
}

// -- meter ----------------------------------------------------------------------------------------

struct pg_meter::parts {
  explicit parts(const std::string& url) : on(url) {}
  pg_client on;
};

pg_meter::pg_meter(const std::string& url) : parts_(std::make_unique<parts>(url)) {}
pg_meter::~pg_meter() = default;

double pg_meter::log_bytes() {
  return parts_->on.number("select pg_current_wal_insert_lsn() - '0/0'");
}

double pg_meter::database_bytes() {
  return parts_->on.number("select pg_database_size(current_database())");
}

} // namespace bench
