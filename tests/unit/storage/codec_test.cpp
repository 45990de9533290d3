// Goal    What row_codec writes it reads again to the bit, at the edges of every type; what no
//         program of ours writes it refuses.
// Method  The cells of a batch become the row that a database would answer. Every column of every
//         row is then taken away, made null and given another type.
#include "storage/row_codec.hpp"

#include "base/assert.hpp"
#include "storage/statements.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <variant>
#include <vector>

using namespace storage;

BOOST_AUTO_TEST_SUITE(codec)

namespace {

constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
constexpr auto highest = std::numeric_limits<std::int64_t>::max();
constexpr auto highest_unsigned = std::numeric_limits<std::uint64_t>::max();
constexpr auto highest_small = std::numeric_limits<std::uint32_t>::max();
const std::string odd_text = "Ação \"1\" \\ 👩‍👩‍👧 中文\n\t'; --";

struct owning_cell {
  cell operator()(std::monostate) const { return {}; }
  cell operator()(std::int64_t v) const { return v; }
  cell operator()(std::string_view v) const { return std::string{v}; }
  cell operator()(const blob_view& v) const { return blob{std::string{v.bytes}}; }
};

/// A cell that a select reads: a column of the batch, or what stands in another table.
struct source {
  std::string_view column;
  cell given;
  source(const char* name) : column(name) {}
  explicit source(std::string_view name) : column(name) {}
  explicit source(cell other) : given(std::move(other)) {}
};
source other(const char* text) { return source{cell{std::string{text}}}; }

/// The only row of the batch as a select would answer it.
row answered(const step& s, const std::vector<source>& read) {
  row out;
  const auto columns = columns_of(s.what->parameters);
  for (const auto& from : read) {
    if (from.column.empty()) {
      out.push_back(from.given);
      continue;
    }
    const auto at = std::find_if(columns.begin(), columns.end(),
                                 [&](const auto& c) { return c.name == from.column; });
    BOOST_REQUIRE(at != columns.end());
    out.push_back(std::visit(
        owning_cell{}, s.columns[static_cast<std::size_t>(at - columns.begin())].cells.at(0)));
  }
  return out;
}

/// All columns of the batch in its own order.
std::vector<source> as_written(const statement& what) {
  std::vector<source> all;
  for (const auto& c : columns_of(what.parameters)) all.emplace_back(c.name);
  return all;
}

template <class Record, class Add>
row written(const statement& what, Add add, const Record& record, const std::vector<source>& read) {
  batch one{what, 1};
  add(one, record);
  return answered(std::move(one).done(), read);
}

template <class Record, class Add>
row written(const statement& what, Add add, const Record& record) {
  return written(what, add, record, as_written(what));
}

base::digest digest_of(unsigned char first) {
  base::digest d{};
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = static_cast<unsigned char>(first + i);
  return d;
}

ledger::commit_record edge_commit() {
  ledger::commit_record c;
  c.shard = highest_small;
  c.seq = highest_unsigned;
  c.epoch = static_cast<std::uint64_t>(highest) + 1;
  c.node = odd_text;
  c.prev_hash = digest_of(0xf0); // passes 0xff and 0x00
  c.hash = digest_of(0x00);
  c.entries = highest_small;
  c.booked_at = {lowest};
  return c;
}

ledger::user_record edge_user() {
  ledger::user_record u;
  u.id = ledger::user_id{"u"};
  u.name = odd_text;
  u.email = "";
  u.password_hash = "$argon2id$v=19$";
  u.active = false;
  u.admin = true;
  u.created_at = {highest};
  u.updated_at = base::utc_us{0};
  return u;
}

ledger::account_record edge_account() {
  ledger::account_record a;
  a.id = ledger::account_id{"a"};
  a.owner = ledger::user_id{"u"};
  a.role = ledger::account_role::opening;
  a.kind = ledger::account_kind::equity;
  a.type = "opening";
  a.name = odd_text;
  a.floor = base::centavos{lowest};
  a.ceiling = base::centavos{highest};
  a.active = false;
  a.created_at = {lowest};
  a.updated_at = base::utc_us{highest};
  return a;
}

ledger::entry edge_entry(std::int64_t amount) {
  ledger::entry e;
  e.draft.account = ledger::account_id{"a"};
  e.draft.amount = {amount};
  e.draft.transaction = ledger::transaction_id{"t"};
  e.draft.effective = {std::numeric_limits<std::int32_t>::min()};
  e.draft.posting = highest_small >> 2;
  e.draft.reversal = true;
  e.version = highest_unsigned;
  e.balance_after = {-1 - amount};
  e.shard = 32'767;
  e.seq = (std::uint64_t{1} << 48) - 1;
  e.position = highest_small;
  e.booked_at = {lowest};
  return e;
}

ledger::transaction_record edge_transaction() {
  ledger::transaction_record t;
  t.id = ledger::transaction_id{"t"};
  t.owner = ledger::user_id{"u"};
  t.account = ledger::account_id{"a"};
  t.category = ledger::account_id{"c"};
  t.type = ledger::transaction_type::adjustment;
  t.direction = 1;
  t.amount = {highest};
  t.description = odd_text;
  t.tags = {"férias", "a,b", "\"]", "\\", "🏖️", ""};
  t.date = {lowest};
  t.effective = {std::numeric_limits<std::int32_t>::max()};
  t.partner = ledger::transaction_id{"p"};
  t.shared_expense = "";
  t.created_at = {0};
  t.updated_at = base::utc_us{highest};
  t.deleted_at = base::utc_us{lowest};
  return t;
}

ledger::idempotency_record edge_answer() {
  ledger::idempotency_record i;
  i.user = ledger::user_id{"u"};
  i.scope = {"POST /api/transactions", "chave ~"};
  i.fingerprint = digest_of(0x80);
  i.answer = {503, "{\"x\":\"" + odd_text + "\"}"};
  i.created_at = {lowest};
  i.expires_at = {highest};
  return i;
}

row row_of(const ledger::commit_record& c) { return written(sql::commit_insert, add_commit, c); }
row row_of(const ledger::user_record& u) { return written(sql::user_insert, add_user, u); }
row row_of(const ledger::account_record& a) {
  auto read = as_written(sql::account_insert);
  read.insert(read.begin() + 3, other("u"));
  return written(sql::account_insert, add_account, a, read);
}
row row_of(const ledger::entry& e, bool amending = false) {
  return written(
      sql::entry_insert, [&](batch& to, const ledger::entry& r) { add_entry(to, r, amending); }, e,
      {"account_id", other("a"), "version", "amount", "balance_after", "transaction_id", other("t"),
       "posting", "effective_day", "commit_id", "position", source{cell{e.booked_at.count}}});
}
row row_of(const ledger::idempotency_record& i) {
  return written(sql::answer_upsert, add_answer, i,
                 {"user_id", other("u"), "endpoint", "scope_key", "fingerprint", "status", "body",
                  "created_at", "expires_at"});
}
constexpr std::int64_t birth = 77;
row row_of(const ledger::transaction_record& t) {
  text_store texts;
  return written(
      sql::transaction_insert,
      [&](batch& to, const ledger::transaction_record& r) { add_transaction(to, r, birth, texts); },
      t, {"id",         "imported_id",       "user_id",       other("u"),
          "account_id", other("a"),          "category_id",   other("c"),
          "type",       "direction",         "amount",        "description",
          "tags",       "occurred_at",       "effective_day", "partner_id",
          other("p"),   "shared_expense_id", "created_at",    "updated_at",
          "deleted_at"});
}
row loaded_row(const ledger::account_record& a, std::int64_t balance, std::int64_t version) {
  auto r = row_of(a);
  r.emplace_back(balance);
  r.emplace_back(version);
  return r;
}

/// Every kind of row, with the places that may be null.
struct kind {
  const char* name;
  row sound;
  std::set<std::size_t> nullable;
  std::function<void(const row&)> read;
};

std::vector<kind> all_kinds() {
  auto view = row_of(edge_entry(1));
  view.emplace_back(odd_text);
  return {
      {"commit", row_of(edge_commit()), {}, [](const row& r) { commit_from(r); }},
      {"user", row_of(edge_user()), {1, 8}, [](const row& r) { user_from(r); }},
      {"account",
       row_of(edge_account()),
       {1, 3, 11, 12, 15},
       [](const row& r) { account_from(r); }},
      {"loaded account",
       loaded_row(edge_account(), lowest, -1),
       {1, 3, 11, 12, 15},
       [](const row& r) { loaded_account_from(r); }},
      {"entry", row_of(edge_entry(lowest)), {1, 6}, [](const row& r) { entry_from(r); }},
      {"entry view", view, {1, 6}, [](const row& r) { entry_view_from(r); }},
      {"transaction",
       row_of(edge_transaction()),
       {1, 3, 5, 7, 12, 15, 16, 17, 19, 20},
       [](const row& r) { transaction_from(r); }},
      {"answer", row_of(edge_answer()), {1}, [](const row& r) { answer_from(r); }},
  };
}

row with(row r, std::size_t at, cell value) {
  r.at(at) = std::move(value);
  return r;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_was_written_is_read) {
  BOOST_CHECK(commit_from(row_of(edge_commit())) == edge_commit());
  BOOST_CHECK(user_from(row_of(edge_user())) == edge_user());
  BOOST_CHECK(account_from(row_of(edge_account())) == edge_account());
  for (const auto amount : {lowest, lowest + 1, std::int64_t{-1}, std::int64_t{1}, highest})
    BOOST_CHECK(entry_from(row_of(edge_entry(amount))) == edge_entry(amount));
  BOOST_CHECK(transaction_from(row_of(edge_transaction())) == edge_transaction());
  BOOST_CHECK(answer_from(row_of(edge_answer())) == edge_answer());
}

BOOST_AUTO_TEST_CASE(what_is_absent_stays_absent) {
  auto a = edge_account();
  a.floor.reset();
  a.ceiling.reset();
  a.updated_at.reset();
  BOOST_CHECK(account_from(row_of(a)) == a);
  auto u = edge_user();
  u.updated_at.reset();
  BOOST_CHECK(user_from(row_of(u)) == u);
  auto t = edge_transaction();
  t.partner.reset();
  t.shared_expense.reset(); // not the same as the empty text above
  t.updated_at.reset();
  t.deleted_at.reset();
  t.tags.clear();
  BOOST_CHECK(transaction_from(row_of(t)) == t);
}

BOOST_AUTO_TEST_CASE(of_our_own_ids_only_the_keys_are_stored) {
  auto t = edge_transaction();
  t.id = ledger::transaction_id{base::id_of(4711)};
  t.partner = ledger::transaction_id{base::id_of(4712)};
  auto r = row_of(t);
  BOOST_TEST(std::get<std::int64_t>(r[0]) == 4711);
  BOOST_TEST((r[1] == cell{}));
  BOOST_TEST(std::get<std::int64_t>(r[15]) == 4712);
  r[16] = {};
  BOOST_CHECK(transaction_from(r) == t);
  // The time of creation is in the id, unless it is another one.
  t.created_at = base::instant_of(4711);
  r = row_of(t);
  r[16] = {};
  BOOST_TEST((r[18] == cell{}));
  BOOST_CHECK(transaction_from(r) == t);
  t.created_at.count += 1;
  BOOST_TEST((row_of(t)[18] == cell{t.created_at.count}));
}

BOOST_AUTO_TEST_CASE(an_id_whose_row_is_gone_keeps_its_key) {
  auto r = row_of(edge_entry(1));
  r[1] = r[6] = {};
  const auto e = entry_from(r);
  BOOST_TEST(key_of(e.draft.account) == base::key_of("a"));
  BOOST_TEST(key_of(e.draft.transaction) == base::key_of("t"));
  BOOST_TEST((e.draft.account != ledger::account_id{"a"}));
}

BOOST_AUTO_TEST_CASE(the_text_of_another_key_is_refused) {
  BOOST_CHECK_THROW(entry_from(with(row_of(edge_entry(1)), 1, std::string{"b"})), codec_error);
  BOOST_CHECK_THROW(user_from(with(row_of(edge_user()), 1, base::id_of(3))), codec_error);
}

BOOST_AUTO_TEST_CASE(the_flags_of_an_entry) {
  auto e = edge_entry(1);
  for (const bool reversal : {false, true})
    for (const bool amending : {false, true}) {
      e.draft.posting = 5;
      e.draft.reversal = reversal;
      const auto r = row_of(e, amending);
      BOOST_TEST(std::get<std::int64_t>(r[7]) == 20 + (reversal ? 1 : 0) + (amending ? 2 : 0));
      BOOST_CHECK(entry_from(r) == e);
    }
}

BOOST_AUTO_TEST_CASE(every_word_of_a_vocabulary_is_read) {
  using namespace ledger;
  auto a = edge_account();
  for (const auto role : {account_role::money, account_role::category, account_role::opening})
    for (const auto k : {account_kind::asset, account_kind::liability, account_kind::income,
                         account_kind::expense, account_kind::equity}) {
      a.role = role;
      a.kind = k;
      BOOST_CHECK(account_from(row_of(a)) == a);
    }
  auto t = edge_transaction();
  for (const auto type :
       {transaction_type::income, transaction_type::expense, transaction_type::transfer,
        transaction_type::opening, transaction_type::adjustment})
    for (const int direction : {-1, 1}) {
      t.type = type;
      t.direction = direction;
      BOOST_CHECK(transaction_from(row_of(t)) == t);
    }
}

BOOST_AUTO_TEST_CASE(a_fence_is_the_record_that_a_batch_would_write) {
  BOOST_CHECK(commit_params(edge_commit()) == row_of(edge_commit()));
}

BOOST_AUTO_TEST_CASE(a_loaded_account_has_its_head) {
  const auto a = loaded_account_from(loaded_row(edge_account(), lowest, -1));
  BOOST_CHECK(a.record == edge_account());
  BOOST_TEST(a.balance.minor == lowest);
  BOOST_TEST(a.version == highest_unsigned);
  auto held_back = loaded_row(edge_account(), 250, 3);
  held_back.emplace_back(std::int64_t{40});
  const auto view = account_view_from(held_back);
  BOOST_TEST(view.balance.minor == 250);
  BOOST_TEST(view.available.minor == 210);
  BOOST_TEST(view.version == 3U);
}

BOOST_AUTO_TEST_CASE(derived_columns_are_written_beside_what_they_come_from) {
  text_store texts;
  const auto written_transaction = edge_transaction(); // columns borrow from it
  batch t{sql::transaction_insert, 1};
  add_transaction(t, written_transaction, birth, texts);
  BOOST_TEST((answered(std::move(t).done(), {"commit_id"}) == row{cell{birth}}));
  const auto written_answer = edge_answer();
  batch i{sql::answer_upsert, 1};
  add_answer(i, written_answer);
  BOOST_TEST((answered(std::move(i).done(), {"key_hash"}) ==
              row{cell{signed_bits(ledger::scope_hash(edge_answer().scope))}}));
}

BOOST_AUTO_TEST_CASE(bits_and_bounds) {
  for (const auto v : {std::uint64_t{0}, std::uint64_t{1}, static_cast<std::uint64_t>(highest),
                       static_cast<std::uint64_t>(highest) + 1, highest_unsigned})
    BOOST_TEST(unsigned_bits(signed_bits(v)) == v);
  BOOST_TEST(bound(0) == 0);
  BOOST_TEST(bound(static_cast<std::uint64_t>(highest)) == highest);
  BOOST_TEST(bound(highest_unsigned) == highest); // beyond it there is nothing, and nothing below 0
}

BOOST_AUTO_TEST_CASE(a_row_that_is_too_short_is_refused) {
  for (const auto& k : all_kinds()) {
    k.read(k.sound);
    for (std::size_t size = 0; size < k.sound.size(); ++size) {
      const row shorter(k.sound.begin(), k.sound.begin() + static_cast<std::ptrdiff_t>(size));
      BOOST_TEST_CONTEXT(k.name << " of " << size << " columns")
      BOOST_CHECK_THROW(k.read(shorter), codec_error);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_null_is_refused_where_there_must_be_a_value) {
  for (const auto& k : all_kinds())
    for (std::size_t at = 0; at < k.sound.size(); ++at) {
      BOOST_TEST_CONTEXT(k.name << " column " << at) {
        if (k.nullable.contains(at))
          BOOST_CHECK_NO_THROW(k.read(with(k.sound, at, std::monostate{})));
        else
          BOOST_CHECK_THROW(k.read(with(k.sound, at, std::monostate{})), codec_error);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_cell_of_another_type_is_refused) {
  for (const auto& k : all_kinds())
    for (std::size_t at = 0; at < k.sound.size(); ++at)
      for (const cell& other : {cell{std::int64_t{1}}, cell{std::string{"1"}}, cell{blob{"1"}}}) {
        if (other.index() == k.sound[at].index()) continue;
        BOOST_TEST_CONTEXT(k.name << " column " << at << " type " << other.index())
        BOOST_CHECK_THROW(k.read(with(k.sound, at, other)), codec_error);
      }
}

// A value that is cut to fit would make two different rows look the same to whoever checks them.
BOOST_AUTO_TEST_CASE(a_number_out_of_its_range_is_refused) {
  constexpr std::int64_t wrap = std::int64_t{1} << 32;
  const auto entry = row_of(edge_entry(1));
  BOOST_CHECK_THROW(entry_from(with(entry, 9, std::int64_t{-1})), codec_error); // commit_id
  for (const std::size_t at : {7U, 10U})                                        // posting, position
    for (const auto v : {std::int64_t{-1}, wrap, highest, lowest})
      BOOST_CHECK_THROW(entry_from(with(entry, at, v)), codec_error);
  for (const auto v : {wrap, -wrap, std::int64_t{1} << 31, highest, lowest}) // effective_day
    BOOST_CHECK_THROW(entry_from(with(entry, 8, v)), codec_error);
  const auto commit = row_of(edge_commit());
  for (const std::size_t at : {0U, 6U}) // shard, entries
    BOOST_CHECK_THROW(commit_from(with(commit, at, wrap)), codec_error);
  const auto transaction = row_of(edge_transaction());
  for (const auto v : {std::int64_t{0}, std::int64_t{2}, wrap + 1}) // direction
    BOOST_CHECK_THROW(transaction_from(with(transaction, 9, v)), codec_error);
  for (const auto v : {std::int64_t{0}, std::int64_t{6}, wrap + 1}) // type
    BOOST_CHECK_THROW(transaction_from(with(transaction, 8, v)), codec_error);
  const auto answer = row_of(edge_answer());
  for (const auto v : {wrap + 200, std::int64_t{-1}}) // status
    BOOST_CHECK_THROW(answer_from(with(answer, 5, v)), codec_error);
}

BOOST_AUTO_TEST_CASE(a_digest_has_32_bytes) {
  const auto commit = row_of(edge_commit());
  const auto answer = row_of(edge_answer());
  for (const std::size_t size : {0U, 31U, 33U}) {
    const cell wrong = blob{std::string(size, 'x')};
    BOOST_CHECK_THROW(commit_from(with(commit, 4, wrong)), codec_error);
    BOOST_CHECK_THROW(commit_from(with(commit, 5, wrong)), codec_error);
    BOOST_CHECK_THROW(answer_from(with(answer, 4, wrong)), codec_error);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_word_is_refused) {
  const auto account = row_of(edge_account());
  for (const char* word : {"", "Money", "money ", "x"}) {
    BOOST_CHECK_THROW(account_from(with(account, 4, std::string{word})), codec_error);
    BOOST_CHECK_THROW(account_from(with(account, 5, std::string{word})), codec_error);
  }
}

BOOST_AUTO_TEST_CASE(single_cells) {
  const row r{std::int64_t{7}, std::string{"x"}, cell{}};
  BOOST_TEST(integer_at(r, 0) == 7);
  BOOST_TEST(text_at(r, 1) == "x");
  for (const std::size_t at : {1U, 2U, 3U}) BOOST_CHECK_THROW(integer_at(r, at), codec_error);
  for (const std::size_t at : {0U, 2U, 3U}) BOOST_CHECK_THROW(text_at(r, at), codec_error);
}

BOOST_AUTO_TEST_CASE(a_counted_batch_expects_each_of_its_rows) {
  batch counted{sql::balance_update, 2};
  BOOST_TEST(counted.empty());
  const balance_row a{ledger::account_id{"a"}, {1}, 2, 1};
  const balance_row b{ledger::account_id{"b"}, {-1}, 1, 0};
  add_balance(counted, a);
  add_balance(counted, b);
  BOOST_TEST(std::move(counted).done().rows_expected == 2);
  batch plain{sql::balance_insert, 1};
  plain.add(std::int64_t{1});
  BOOST_TEST(std::move(plain).done().rows_expected == -1);
}

BOOST_AUTO_TEST_CASE(a_row_with_a_hole_is_a_fault_of_ours) {
  batch b{sql::balance_update, 1};
  b.add(std::int64_t{1}, std::int64_t{1});
  BOOST_CHECK_THROW(std::move(b).done(), base::broken_invariant);
}

BOOST_AUTO_TEST_SUITE_END()
