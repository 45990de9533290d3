// The texts of recovery: what transactions and accounts should have and have, corrections, the
// audit log. The table of all is in statements.cpp.
#include "storage/sql_text.hpp"
#include "storage/statements.hpp"

namespace storage {

namespace {

constexpr piece sum_columns{
    "select e.transaction_id, case when e.transaction_id < 0 then"
    " (select n.imported_id from transactions n where n.id = e.transaction_id) end, e.account_id,"
    " case when e.account_id < 0 then"
    " (select n.imported_id from accounts n where n.id = e.account_id) end, e.effective_day,"
    " cast(sum(e.amount) as bigint)"};
constexpr piece sum_groups{" group by e.transaction_id, e.account_id, e.effective_day"};
constexpr std::string_view sum_results = "ititii";

constexpr piece check_columns{
    ", b.balance, b.version, coalesce((select cast(sum(e.amount) as bigint) from ledger_entries e"
    " where e.account_id = a.id), 0), coalesce((select max(e.version) from ledger_entries e"
    " where e.account_id = a.id), 0)"};
constexpr std::string_view check_results = "itittttttttiiiiiiiii";

constexpr piece log_columns{
    "l.shard, l.number, l.seq, l.at, l.actor, l.action, l.target, l.reason, l.before_state, "
    "l.after_state, l.request_id, l.prev_hash, l.hash"};
constexpr std::string_view log_results = "iiiitttttttbb";

} // namespace

namespace sql {

// Entries of a first commit are found by commits, and a page of transactions lies in few of them:
// one range for each shard. The others have an index of their own.
constexpr statement sums_between{
    "sums_between",
    sql_text<sum_columns,
             " from (select a.transaction_id, a.account_id, a.effective_day, a.amount"
             " from ledger_entries a where a.transaction_id > $1 and a.transaction_id <= $2"
             " and a.posting & 2 <> 0 union all"
             " select f.transaction_id, f.account_id, f.effective_day, f.amount"
             " from (select min(t.commit_id) as low, max(t.commit_id) as high from transactions t"
             " where t.id > $1 and t.id <= $2 group by t.commit_id >> 48) s"
             " join ledger_entries f on f.commit_id >= s.low and f.commit_id <= s.high"
             " where f.transaction_id > $1 and f.transaction_id <= $2 and f.posting & 2 = 0) e",
             sum_groups>,
    "above bigint, up_to bigint", sum_results};

constexpr statement sums_of{
    "sums_of",
    sql_text<"with w as (select r.id from {rows}) ", sum_columns,
             " from (select a.transaction_id, a.account_id, a.effective_day, a.amount"
             " from w join ledger_entries a on a.transaction_id = w.id and a.posting & 2 <> 0"
             " union all select f.transaction_id, f.account_id, f.effective_day, f.amount"
             " from w join transactions o on o.id = w.id join ledger_entries f"
             " on f.commit_id = o.commit_id and f.transaction_id = o.id and f.posting & 2 = 0) e",
             sum_groups>,
    "id bigint", sum_results, statement_kind::batch};

constexpr statement checks_after{
    "checks_after",
    sql_text<"select ", account_columns, check_columns,
             " from accounts a left join balances b on b.account_id = a.id"
             " where a.id > $1 order by a.id limit $2">,
    "id bigint, count bigint", check_results};

constexpr statement checks_of{"checks_of",
                              sql_text<"select ", account_columns, check_columns,
                                       " from {rows} join accounts a on a.id = r.id"
                                       " left join balances b on b.account_id = a.id">,
                              "id bigint", check_results, statement_kind::batch};

/// The commit of its first entries is where they are looked for, and where an export puts the row.
constexpr statement transaction_reborn{"transaction_reborn",
                                       "update transactions set commit_id = r.commit_id"
                                       " from {rows} where transactions.id = r.id",
                                       "id bigint, commit_id bigint", "", statement_kind::batch};

constexpr statement balance_correct{
    "balance_correct",
    "insert into balances (account_id, balance, version)"
    " select r.account_id, r.balance, r.version from {rows} where true"
    " on conflict (account_id) do update set balance = excluded.balance,"
    " version = excluded.version",
    "account_id bigint, balance bigint, version bigint", "", statement_kind::batch};

// A projection may know entries that are lost; it is made again (storage/projection.hpp).
constexpr statement effective_mark_reset{"effective_mark_reset",
                                         "update effective_marks set version = 0 from {rows}"
                                         " where effective_marks.account_id = r.account_id",
                                         "account_id bigint", "", statement_kind::batch};

// -- audit log ----------------------------------------------------------------------------------

constexpr statement log_insert{
    "log_insert",
    "insert into audit_log (shard, number, seq, at, actor, action, target, reason, before_state,"
    " after_state, request_id, prev_hash, hash)"
    " select r.shard, r.number, r.seq, r.at, r.actor, r.action, r.target, r.reason,"
    " r.before_state, r.after_state, r.request_id, r.prev_hash, r.hash from {rows}",
    "shard bigint, number bigint, seq bigint, at bigint, actor text, action text, target text, "
    "reason text, before_state text, after_state text, request_id text, prev_hash bytea, "
    "hash bytea",
    "", statement_kind::batch};

constexpr statement log_head{"log_head",
                             "select l.number, l.hash from audit_log l where l.shard = $1"
                             " order by l.number desc limit 1",
                             "shard bigint", "ib"};

constexpr statement log_chain{
    "log_chain",
    sql_text<"select ", log_columns,
             " from audit_log l where l.shard = $1 and l.number > $2 order by l.number limit $3">,
    "shard bigint, number bigint, count bigint", log_results};

constexpr statement log_page{
    "log_page",
    sql_text<"select ", log_columns,
             " from audit_log l where ($1 is null or l.action = $1)"
             " and ($2 is null or l.target = $2) and (l.at < $3 or (l.at = $3 and (l.shard > $4"
             " or (l.shard = $4 and l.number < $5))))"
             " order by l.at desc, l.shard, l.number desc limit $6">,
    "action text, target text, at bigint, shard bigint, number bigint, count bigint", log_results};

} // namespace sql

} // namespace storage
