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
constexpr const char* searched = "venda no balcao";

constexpr const char* insert_transaction =
    "insert into transactions (id, user_id, account_id, category_id, type, direction, amount,"
    " description, search, tags, occurred_at, effective_day, created_at) values"
    " ($1, $2, $3, $4, 'income', 1, $5, $6, $7, '[]', $8, $9, $8)";
constexpr const char* insert_entries =
    "insert into ledger_entries (account_id, version, amount, balance_after, transaction_id,"
    " posting, reversal, effective_day, shard, seq, position, booked_at) values"
    " ($1, $2, $3, $4, $9, 0, 0, $10, 0, $11, 0, $12),"
    " ($5, $6, $7, $8, $9, 0, 0, $10, 0, $11, 1, $12)";
constexpr const char* stored_function = R"(
create function post_income(tx text, who text, acc text, cat text, cents bigint, words text,
                            plain text, at bigint, day bigint, seqno bigint) returns void
language plpgsql as $$
declare
  a balances%rowtype;
  c balances%rowtype;
begin
  select * into a from balances where account_id = acc for update;
  select * into c from balances where account_id = cat for update;
  insert into transactions (id, user_id, account_id, category_id, type, direction, amount,
    description, search, tags, occurred_at, effective_day, created_at)
    values (tx, who, acc, cat, 'income', 1, cents, words, plain, '[]', at, day, at);
  insert into ledger_entries (account_id, version, amount, balance_after, transaction_id, posting,
    reversal, effective_day, shard, seq, position, booked_at) values
    (acc, a.version + 1, cents, a.balance + cents, tx, 0, 0, day, 0, seqno, 0, at),
    (cat, c.version + 1, -cents, c.balance - cents, tx, 0, 0, day, 0, seqno, 1, at);
  update balances set balance = a.balance + cents, version = a.version + 1 where account_id = acc;
  update balances set balance = c.balance - cents, version = c.version + 1 where account_id = cat;
end $$)";

std::string text(std::int64_t n) { return std::to_string(n); }

struct balance {
  std::int64_t amount = 0, version = 0;
};

/// A posting before anybody knows balances and versions.
struct income {
  pair_ids ids;
  std::string transaction;
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
    in.ids = pair_at(chance.below(pairs), settings_.pairs_per_user);
    const auto now = clock_.now();
    in.transaction = base::uuid7(now, chance);
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
    on.run("transaction",
           {in.transaction, in.ids.user.value, in.ids.account.value, in.ids.category.value,
            text(in.centavos), description, searched, text(in.at), text(in.day)});
    on.run("entries",
           {in.ids.account.value, text(account.version + 1), text(in.centavos),
            text(account.amount + in.centavos), in.ids.category.value, text(category.version + 1),
            text(-in.centavos), text(category.amount - in.centavos), in.transaction, text(in.day),
            text(in.seq), text(in.at)});
  }

  static std::pair<balance, balance> balances_of(pg_client& on, const income& in) {
    const auto rows = on.run("balances", {in.ids.account.value, in.ids.category.value});
    if (PQntuples(rows.get()) != 2) throw std::runtime_error("a balance row is missing");
    const auto cell = [&](int row, int column) {
      return std::strtoll(PQgetvalue(rows.get(), row, column), nullptr, 10);
    };
    return {balance{cell(0, 0), cell(0, 1)}, balance{cell(1, 0), cell(1, 1)}};
  }

private:
  rival_settings settings_;
  base::system_clock clock_;
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
                          " + 1 from (values ($1, cast($2 as bigint), cast($3 as bigint)),"
                          " ($4, cast($5 as bigint), cast($6 as bigint))) as v(id, cents, seen)"
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
        on.run("update", {in.ids.account.value, text(in.centavos), text(account.version),
                          in.ids.category.value, text(-in.centavos), text(category.version)});
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
                          " + 1 from (values ($1, cast($2 as bigint)), ($3, cast($4 as bigint)))"
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
    on.run("update",
           {in.ids.account.value, text(in.centavos), in.ids.category.value, text(-in.centavos)});
    on.query("commit");
    return true;
  }
};

class function_call final : public single_rival {
public:
  explicit function_call(const rival_settings& s) : single_rival(s) {
    pg_client(s.url).query(stored_function);
    prepare_all("post", "select post_income($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
  }
  std::string name() const override { return "one stored function"; }

private:
  bool post(pg_client& on, const income& in) override {
    on.run("post",
           {in.transaction, in.ids.user.value, in.ids.account.value, in.ids.category.value,
            text(in.centavos), description, searched, text(in.at), text(in.day), text(in.seq)});
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
                 "insert into transactions (id, user_id, account_id, category_id, type, direction,"
                 " amount, description, search, tags, occurred_at, effective_day, created_at)"
                 " select r.id, r.who, r.acc, r.cat, 'income', 1, r.cents, r.words, r.plain, '[]',"
                 " r.at, r.day, r.at from unnest(cast($1 as text[]), cast($2 as text[]),"
                 " cast($3 as text[]), cast($4 as text[]), cast($5 as bigint[]),"
                 " cast($6 as text[]), cast($7 as text[]), cast($8 as bigint[]),"
                 " cast($9 as bigint[])) as r(id, who, acc, cat, cents, words, plain, at, day)");
      on.prepare("entries",
                 "insert into ledger_entries (account_id, version, amount, balance_after,"
                 " transaction_id, posting, reversal, effective_day, shard, seq, position,"
                 " booked_at) select r.acc, r.version, r.cents, r.after, r.tx, r.posting, 0,"
                 " r.day, r.shard, r.seq, r.position, r.at from unnest(cast($1 as text[]),"
                 " cast($2 as bigint[]), cast($3 as bigint[]), cast($4 as bigint[]),"
                 " cast($5 as text[]), cast($6 as bigint[]), cast($7 as bigint[]),"
                 " cast($8 as bigint[]), cast($9 as bigint[]), cast($10 as bigint[]),"
                 " cast($11 as bigint[])) as r(acc, version, cents, after, tx, posting, day, shard,"
                 " seq, position, at)");
      on.prepare("balances",
                 "update balances set balance = r.balance, version = r.version from"
                 " unnest(cast($1 as text[]), cast($2 as bigint[]), cast($3 as bigint[])) as"
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
    ++w.seq;
    std::array<array_text, 9> transactions;
    std::array<array_text, 11> entries;
    std::unordered_map<std::string, balance*> touched;
    for (std::size_t i = 0; i < items_; ++i) {
      const auto ids =
          pair_at(user * settings_.pairs_per_user + chance.below(settings_.pairs_per_user),
                  settings_.pairs_per_user);
      const auto id = base::uuid7(now, chance);
      const auto cents = chance.between(1, 999);
      const std::string_view texts[] = {id, ids.user.value, ids.account.value, ids.category.value};
      for (std::size_t c = 0; c < 4; ++c) transactions[c].add(texts[c]);
      transactions[4].add(cents);
      transactions[5].add("\"Venda no balcão\"");
      transactions[6].add("\"venda no balcao\"");
      transactions[7].add(now.count);
      transactions[8].add(day);
      std::int64_t sign = 1;
      for (const auto* account : {&ids.account.value, &ids.category.value}) {
        auto& b = w.balances[*account];
        touched.emplace(*account, &b);
        b.amount += sign * cents;
        ++b.version;
        entries[0].add(*account);
        entries[4].add(id);
        const std::int64_t numbers[] = {b.version, sign * cents, b.amount};
        for (std::size_t c = 0; c < 3; ++c) entries[c + 1].add(numbers[c]);
        const auto place = static_cast<std::int64_t>(2 * i + (sign < 0 ? 1 : 0));
        const std::int64_t rest[] = {static_cast<std::int64_t>(i),
                                     day,
                                     static_cast<std::int64_t>(client),
                                     w.seq,
                                     place,
                                     now.count};
        for (std::size_t c = 0; c < 6; ++c) entries[c + 5].add(rest[c]);
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
    std::unordered_map<std::string, balance> balances; ///< as committed, like a single writer's
  };

  rival_settings settings_;
  std::size_t items_;
  base::system_clock clock_;
  pg_meter meter_;
  std::vector<std::unique_ptr<writer>> writers_;
  std::atomic<std::uint64_t> commits_{0};
};

} // namespace

void prepare_rival(const rival_settings& s) {
  pg_client on(s.url);
  on.query("drop trigger ledger_entries_no_change on ledger_entries;"
           "drop trigger ledger_entries_balanced on ledger_entries");
  for (const char* kind : {"8001", "8002"})
    on.query(fmt::format("insert into balances select '00000000-0000-7000-{}-' ||"
                         " lpad(cast(n as text), 12, '0'), 0, 0 from generate_series(0, {}) n",
                         kind, s.pairs - 1));
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
