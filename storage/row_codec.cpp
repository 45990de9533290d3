#include "storage/row_codec.hpp"

#include "base/assert.hpp"
#include "base/json.hpp"
#include "storage/cells.hpp"
#include "storage/row_reader.hpp"
#include "storage/tag_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace storage {

namespace {

using integer = std::int64_t;
using text = std::string_view;

// -- to cells -----------------------------------------------------------------------------------

integer flag(bool b) { return b ? 1 : 0; }

text stored(text_store& texts, std::string made) {
  texts.push_back(std::move(made));
  return texts.back();
}

cell_view optional_text(const std::optional<std::string>& t, text_store& texts) {
  return t ? cell_view{stored(texts, *t)} : cell_view{};
}

cell_view tags_view(const ledger::transaction_record& r, text_store& texts) {
  return r.tags.empty() ? cell_view{} : cell_view{stored(texts, tags_text(r.tags))};
}

template <class Id> cell_view optional_key(const std::optional<Id>& id) {
  return id ? cell_view{key_of(*id)} : cell_view{};
}

/// Where it is not the time in the id.
cell_view creation_view(base::id_key key, base::utc_us created) {
  const bool known = base::text_follows(key) && base::instant_of(key) == created;
  return known ? cell_view{} : cell_view{created.count};
}

constexpr std::size_t account_load_columns = 18; ///< of account, balance and version

constexpr unsigned seq_bits = 48;
constexpr integer seq_mask = (integer{1} << seq_bits) - 1;
constexpr integer reversal_bit = 1, amending_bit = 2;
constexpr unsigned posting_shift = 2;
constexpr std::array type_codes{std::pair{ledger::transaction_type::income, 1},
                                std::pair{ledger::transaction_type::expense, 2},
                                std::pair{ledger::transaction_type::transfer, 3},
                                std::pair{ledger::transaction_type::opening, 4},
                                std::pair{ledger::transaction_type::adjustment, 5}};

cell_view shared_view(const ledger::transaction_record& r) {
  return r.shared_expense ? cell_view{text{*r.shared_expense}} : cell_view{};
}

// -- from cells ---------------------------------------------------------------------------------

ledger::transaction_type type_from_code(integer n) {
  for (const auto& [type, code] : type_codes)
    if (code == n) return type;
  throw codec_error("an unknown type of transaction");
}

ledger::entry read_entry(row_reader& r) {
  ledger::entry e;
  e.draft.account = r.id<ledger::account_id>();
  e.version = r.count();
  e.draft.amount = r.money();
  e.balance_after = r.money();
  e.draft.transaction = r.id<ledger::transaction_id>();
  const auto posting = r.small();
  e.draft.posting = posting >> posting_shift;
  e.draft.reversal = (posting & reversal_bit) != 0;
  e.draft.effective = r.day();
  const auto commit = r.number();
  if (commit < 0) throw codec_error("a commit id is not negative");
  e.shard = static_cast<ledger::shard_id>(commit >> seq_bits);
  e.seq = static_cast<std::uint64_t>(commit & seq_mask);
  e.position = r.small();
  e.booked_at = r.time();
  return e;
}

} // namespace

ledger::account_record read_account(row_reader& r) {
  ledger::account_record a;
  a.id = r.id<ledger::account_id>();
  a.owner = r.id<ledger::user_id>();
  a.role = r.named(&ledger::role_from_text);
  a.kind = r.named(&ledger::kind_from_text);
  a.type = r.words();
  a.name = r.words();
  a.color = r.words();
  a.icon = r.words();
  a.currency = r.words();
  a.floor = r.optional([](row_reader& x) { return x.money(); });
  a.ceiling = r.optional([](row_reader& x) { return x.money(); });
  a.active = r.yes();
  a.created_at = r.time();
  a.updated_at = r.optional_time();
  return a;
}

// -- batch --------------------------------------------------------------------------------------

batch::batch(const statement& what, std::size_t rows_at_most) {
  step_.what = &what;
  for (const auto& column : columns_of(what.parameters)) {
    step_.columns.push_back({column.type, {}});
    step_.columns.back().cells.reserve(rows_at_most);
  }
}

void batch::add_row(const row& cells) {
  ENSURE(cells.size() == step_.columns.size(), "a row of a batch fills each column");
  for (std::size_t i = 0; i < cells.size(); ++i) {
    auto& to = step_.columns[i].cells;
    if (const auto* n = std::get_if<std::int64_t>(&cells[i]))
      to.emplace_back(*n);
    else if (const auto* words = std::get_if<std::string>(&cells[i]))
      to.emplace_back(std::string_view{*words});
    else if (const auto* bytes = std::get_if<blob>(&cells[i]))
      to.emplace_back(blob_view{bytes->bytes});
    else
      to.emplace_back();
  }
}

step batch::done() && {
  for (const auto& c : step_.columns)
    ENSURE(c.cells.size() == step_.batch_rows(), "each row of a batch fills each column");
  if (step_.what->counted != counting::none)
    step_.rows_expected = static_cast<std::int64_t>(step_.batch_rows());
  return std::move(step_);
}

void add_commit(batch& to, const ledger::commit_record& r) {
  to.add(integer{r.shard}, signed_bits(r.seq), signed_bits(r.epoch), text{r.node},
         bytes_view(r.prev_hash), bytes_view(r.hash), integer{r.entries}, r.booked_at.count);
}

params commit_params(const ledger::commit_record& r) {
  params p;
  p.emplace_back(integer{r.shard});
  p.emplace_back(signed_bits(r.seq));
  p.emplace_back(signed_bits(r.epoch));
  p.emplace_back(r.node);
  p.emplace_back(blob{base::bytes_of(r.prev_hash)});
  p.emplace_back(blob{base::bytes_of(r.hash)});
  p.emplace_back(integer{r.entries});
  p.emplace_back(r.booked_at.count);
  return p;
}

void add_user(batch& to, const ledger::user_record& r) {
  to.add(key_of(r.id), imported(r.id), text{r.name}, text{r.email}, text{r.password_hash},
         flag(r.active), flag(r.admin), r.created_at.count, optional_time(r.updated_at));
}

void add_user_change(batch& to, const ledger::user_change& c, text_store& texts) {
  const auto optional_flag = [](const std::optional<bool>& b) {
    return b ? cell_view{flag(*b)} : cell_view{};
  };
  to.add(key_of(c.id), optional_text(c.name, texts), optional_text(c.email, texts),
         optional_text(c.password_hash, texts), c.updated_at.count, optional_flag(c.active),
         optional_flag(c.admin));
}

void add_account(batch& to, const ledger::account_record& r) {
  to.add(key_of(r.id), imported(r.id), key_of(r.owner), ledger::to_text(r.role),
         ledger::to_text(r.kind), text{r.type}, text{r.name}, text{r.color}, text{r.icon},
         text{r.currency}, optional_money(r.floor), optional_money(r.ceiling), flag(r.active),
         r.created_at.count, optional_time(r.updated_at));
}

void add_account_change(batch& to, const ledger::account_record& r) {
  to.add(key_of(r.id), ledger::to_text(r.kind), text{r.type}, text{r.name}, text{r.color},
         text{r.icon}, optional_money(r.floor), optional_money(r.ceiling), flag(r.active),
         optional_time(r.updated_at));
}

void add_hold(batch& to, const ledger::hold_record& r) {
  to.add(key_of(r.id), imported(r.id), key_of(r.owner), key_of(r.account), r.amount.minor,
         text{r.description}, integer{static_cast<std::uint8_t>(r.status)}, r.created_at.count,
         optional_time(r.expires_at), optional_time(r.ended_at), optional_money(r.posted),
         optional_key(r.transaction));
}

void add_hold_end(batch& to, const ledger::hold_record& r) {
  to.add(key_of(r.id), integer{static_cast<std::uint8_t>(r.status)}, optional_time(r.ended_at),
         optional_money(r.posted), optional_key(r.transaction));
}

void add_transaction(batch& to, const ledger::transaction_record& r, std::int64_t born,
                     text_store& texts) {
  const auto key = key_of(r.id);
  to.add(key, key_of(r.owner), key_of(r.account), key_of(r.category), r.amount.minor, r.date.count,
         born, integer{r.effective.count}, type_code(r.type), integer{r.direction},
         text{r.description}, tags_view(r, texts), optional_key(r.partner), shared_view(r),
         imported(r.id), creation_view(key, r.created_at), optional_time(r.updated_at),
         optional_time(r.deleted_at));
}

void add_transaction_change(batch& to, const ledger::transaction_record& r, text_store& texts) {
  to.add(key_of(r.id), key_of(r.account), key_of(r.category), r.amount.minor, r.date.count,
         integer{r.effective.count}, type_code(r.type), integer{r.direction}, text{r.description},
         tags_view(r, texts), optional_key(r.partner), shared_view(r), optional_time(r.updated_at),
         optional_time(r.deleted_at));
}

void add_entry(batch& to, const ledger::entry& e, bool amending) {
  const auto posting = integer{e.draft.posting} << posting_shift |
                       (e.draft.reversal ? reversal_bit : 0) | (amending ? amending_bit : 0);
  to.add(key_of(e.draft.account), signed_bits(e.version), e.draft.amount.minor,
         e.balance_after.minor, key_of(e.draft.transaction), commit_id_of(e.shard, e.seq),
         integer{e.draft.effective.count}, integer{e.position}, posting);
}

void add_balance(batch& to, const balance_row& b) {
  to.add(key_of(b.account), b.balance.minor, signed_bits(b.version),
         signed_bits(b.previous_version));
}

void add_answer(batch& to, const ledger::idempotency_record& r) {
  to.add(key_of(r.user), text{r.scope.endpoint}, text{r.scope.key},
         signed_bits(ledger::scope_hash(r.scope)), bytes_view(r.fingerprint),
         integer{r.answer.status}, text{r.answer.body}, r.created_at.count, r.expires_at.count);
}

// -- rows ---------------------------------------------------------------------------------------

ledger::user_record user_from(const row& cells) {
  row_reader r{cells};
  ledger::user_record u;
  u.id = r.id<ledger::user_id>();
  u.name = r.words();
  u.email = r.words();
  u.password_hash = r.words();
  u.active = r.yes();
  u.admin = r.yes();
  u.created_at = r.time();
  u.updated_at = r.optional_time();
  return u;
}

ledger::account_record account_from(const row& cells) {
  row_reader r{cells};
  return read_account(r);
}

loaded_account loaded_account_from(const row& cells) {
  row_reader r{cells};
  loaded_account a;
  a.record = read_account(r);
  a.balance = r.money();
  a.version = r.count();
  return a;
}

ledger::account_view account_view_from(const row& cells) {
  row_reader r{cells};
  ledger::account_view a;
  a.record = read_account(r);
  a.balance = r.money();
  a.version = r.count();
  // Reservations under way are known to the account's actor only; holds have rows.
  a.available = {a.balance.minor - r.number()};
  return a;
}

std::optional<ledger::held> held_from(const row& cells) {
  row_reader r{cells};
  r.skip(account_load_columns);
  return r.optional([](row_reader& x) {
    ledger::held h;
    h.id = x.id<ledger::hold_id>();
    h.amount = x.money();
    h.expires_at = x.optional_time();
    return h;
  });
}

ledger::hold_record hold_from(const row& cells) {
  row_reader r{cells};
  ledger::hold_record h;
  h.id = r.id<ledger::hold_id>();
  h.owner = r.id<ledger::user_id>();
  h.account = r.id<ledger::account_id>();
  h.amount = r.money();
  h.description = r.words();
  h.status = static_cast<ledger::hold_status>(r.one_of({1, 2, 3, 4}));
  h.created_at = r.time();
  h.expires_at = r.optional_time();
  h.ended_at = r.optional_time();
  h.posted = r.optional([](row_reader& x) { return x.money(); });
  h.transaction = r.optional_id<ledger::transaction_id>();
  return h;
}

ledger::commit_record commit_from(const row& cells) {
  row_reader r{cells};
  ledger::commit_record c;
  c.shard = r.small();
  c.seq = r.count();
  c.epoch = r.count();
  c.node = r.words();
  c.prev_hash = r.digest();
  c.hash = r.digest();
  c.entries = r.small();
  c.booked_at = r.time();
  return c;
}

ledger::entry entry_from(const row& cells) {
  row_reader r{cells};
  return read_entry(r);
}

ledger::entry_view entry_view_from(const row& cells) {
  row_reader r{cells};
  ledger::entry_view v;
  v.what = read_entry(r);
  v.description = r.words();
  return v;
}

ledger::transaction_record transaction_from(const row& cells) {
  row_reader r{cells};
  ledger::transaction_record t;
  t.id = r.id<ledger::transaction_id>();
  t.owner = r.id<ledger::user_id>();
  t.account = r.id<ledger::account_id>();
  t.category = r.id<ledger::account_id>();
  t.type = type_from_code(r.number());
  t.direction = static_cast<int>(r.one_of({-1, 1}));
  t.amount = r.money();
  t.description = r.words();
  const auto tags = r.optional([](row_reader& x) { return x.words(); });
  if (tags) t.tags = tags_from(*tags);
  t.date = r.time();
  t.effective = r.day();
  t.partner = r.optional_id<ledger::transaction_id>();
  t.shared_expense = r.optional([](row_reader& x) { return x.words(); });
  const auto created = r.optional_time();
  if (!created && !base::text_follows(key_of(t.id)))
    throw codec_error("an imported transaction has a time of creation");
  t.created_at = created ? *created : base::instant_of(key_of(t.id));
  t.updated_at = r.optional_time();
  t.deleted_at = r.optional_time();
  return t;
}

ledger::idempotency_record answer_from(const row& cells) {
  row_reader r{cells};
  ledger::idempotency_record i;
  i.user = r.id<ledger::user_id>();
  i.scope.endpoint = r.words();
  i.scope.key = r.words();
  i.fingerprint = r.digest();
  i.answer.status = r.within<std::uint16_t>();
  i.answer.body = r.words();
  i.created_at = r.time();
  i.expires_at = r.time();
  return i;
}

std::int64_t integer_at(const row& r, std::size_t column) {
  const auto* found = column < r.size() ? std::get_if<std::int64_t>(&r[column]) : nullptr;
  if (found == nullptr) throw codec_error(fmt::format("column {} is not an integer", column));
  return *found;
}

const std::string& text_at(const row& r, std::size_t column) {
  const auto* found = column < r.size() ? std::get_if<std::string>(&r[column]) : nullptr;
  if (found == nullptr) throw codec_error(fmt::format("column {} is not a text", column));
  return *found;
}

// -- single values ------------------------------------------------------------------------------

std::int64_t commit_id_of(ledger::shard_id shard, std::uint64_t seq) {
  ENSURE(shard < 1U << 15, "the number of a shard fits its bits");
  const auto number = std::min<std::uint64_t>(seq, seq_mask);
  return integer{shard} << seq_bits | static_cast<integer>(number);
}

std::pair<ledger::shard_id, std::uint64_t> commit_of(std::int64_t commit_id) {
  const auto bits = static_cast<std::uint64_t>(commit_id);
  return {static_cast<ledger::shard_id>(bits >> seq_bits), bits & seq_mask};
}

std::int64_t type_code(ledger::transaction_type t) {
  for (const auto& [type, code] : type_codes)
    if (type == t) return code;
  UNREACHABLE("a type of transaction has a code");
}

} // namespace storage
