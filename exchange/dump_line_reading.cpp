// Lines of a dump read back. Writing: dump_line.cpp.
#include "exchange/dump_line.hpp"

#include "base/json.hpp"
#include "base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace exchange {

namespace {

using base::json::object;
using base::json::value;
using integer = std::int64_t;

/// Takes the members of an object one after another and remembers the first that is wrong.
class members {
public:
  explicit members(const object& o) : object_(o) {}

  std::string text(std::string_view name) {
    const auto* found = find(name);
    if (found && found->if_string()) return *found->if_string();
    wrong(name, "is no text");
    return {};
  }
  integer number(std::string_view name, integer low = std::numeric_limits<integer>::min(),
                 integer high = std::numeric_limits<integer>::max()) {
    const auto* found = find(name);
    const auto n = found ? found->as_int64() : std::nullopt;
    if (n && *n >= low && *n <= high) return *n;
    wrong(name, "is no integer, or out of range");
    return low;
  }
  std::uint64_t count(std::string_view name, integer low = 0) {
    return static_cast<std::uint64_t>(number(name, low));
  }
  std::uint32_t small(std::string_view name) {
    return static_cast<std::uint32_t>(number(name, 0, std::numeric_limits<std::uint32_t>::max()));
  }
  bool flag(std::string_view name) {
    const auto* found = find(name);
    if (found && found->if_bool()) return *found->if_bool();
    wrong(name, "is neither true nor false");
    return false;
  }
  base::civil_day day(std::string_view name) {
    return {static_cast<std::int32_t>(number(name, std::numeric_limits<std::int32_t>::min(),
                                             std::numeric_limits<std::int32_t>::max()))};
  }
  template <class Id> Id id(std::string_view name) {
    const auto given = text(name);
    if (given.empty() || given.size() > base::limits::id_bytes_max) wrong(name, "is no id");
    return Id{given};
  }
  base::digest digest(std::string_view name) {
    const auto found = base::digest_of_hex(text(name));
    if (!found) wrong(name, "is no SHA-256");
    return found.value_or(base::digest{});
  }
  template <class T> T named(std::string_view name, std::optional<T> (*parse)(std::string_view)) {
    const auto found = parse(text(name));
    if (!found) wrong(name, "is an unknown word");
    return found.value_or(T{});
  }
  /// Reads the member with `read` unless it is null.
  template <class Read> auto optional(std::string_view name, Read read) {
    std::optional<decltype(read(name))> made;
    const auto* found = peek(name);
    if (found && found->is_null())
      ++taken_;
    else
      made = read(name);
    return made;
  }
  std::optional<base::utc_us> time_or_null(std::string_view name) {
    return optional(name, [this](std::string_view n) { return base::utc_us{number(n)}; });
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> made;
    const auto* found = find(name);
    const auto* all = found ? found->if_array() : nullptr;
    if (!all) wrong(name, "is no list");
    for (std::size_t i = 0; all && i < all->size(); ++i) {
      const auto* one = (*all)[i].if_string();
      if (!one) wrong(name, "holds what is no text");
      made.push_back(one ? *one : std::string{});
    }
    return made;
  }
  const object& inner(std::string_view name) {
    static const object none;
    const auto* found = find(name);
    if (found && found->if_object()) return *found->if_object();
    wrong(name, "is no object");
    return none;
  }

  void wrong(std::string_view name, std::string_view what) {
    if (fault_.empty()) fault_ = fmt::format("{} {}", name, what);
  }
  /// The first fault; one too many is one, too.
  std::string fault() const {
    if (fault_.empty() && taken_ != object_.size()) return "there is a member that nobody knows";
    return fault_;
  }

private:
  const value* peek(std::string_view name) const {
    const auto at = std::find_if(object_.begin(), object_.end(),
                                 [&](const auto& m) { return m.first == name; });
    return at == object_.end() ? nullptr : &at->second;
  }
  const value* find(std::string_view name) {
    const auto* found = peek(name);
    if (found)
      ++taken_;
    else
      wrong(name, "is missing");
    return found;
  }

  const object& object_;
  std::size_t taken_ = 0;
  std::string fault_;
};

ledger::row_counts read_counts(members& m) {
  members inner{m.inner("counts")};
  ledger::row_counts n;
  const auto get = [&](std::string_view name) {
    return inner.number(name, 0, std::numeric_limits<integer>::max());
  };
  n.users = get("users");
  n.accounts = get("accounts");
  n.commits = get("commits");
  n.entries = get("entries");
  n.transactions = get("transactions");
  n.holds = get("holds");
  n.rows = get("rows");
  n.answers = get("answers");
  if (const auto why = inner.fault(); !why.empty()) m.wrong("counts:", why);
  return n;
}

dump_header read_header(members& m) {
  dump_header h;
  if (m.text("format") != format_name) m.wrong("format", "is not ours");
  h.version = m.number("version", 1);
  if (h.version != dump_version) return h; // what else another one says is not for us to judge
  const auto scope = m.text("scope");
  if (scope != scope_database && scope != scope_user) m.wrong("scope", "is an unknown word");
  h.scope = scope == scope_user ? dump_scope::user : dump_scope::database;
  h.program = m.text("program");
  h.shards = m.small("shards");
  h.counts = read_counts(m);
  return h;
}

ledger::user_record read_user(members& m) {
  ledger::user_record u;
  u.id = m.id<ledger::user_id>("id");
  u.name = m.text("name");
  u.email = m.text("email");
  u.password_hash = m.text("password_hash");
  u.active = m.flag("active");
  u.admin = m.flag("admin");
  u.created_at = {m.number("created_at_us")};
  u.updated_at = m.time_or_null("updated_at_us");
  return u;
}

dump_account read_account(members& m) {
  dump_account a;
  auto& r = a.record;
  r.id = m.id<ledger::account_id>("id");
  r.owner = m.id<ledger::user_id>("user_id");
  r.role = m.named("role", &ledger::role_from_text);
  r.kind = m.named("account_kind", &ledger::kind_from_text);
  r.type = m.text("type");
  r.name = m.text("name");
  r.color = m.text("color");
  r.icon = m.text("icon");
  r.currency = m.text("currency");
  const auto money = [&](std::string_view n) { return base::centavos{m.number(n)}; };
  r.floor = m.optional("floor_cents", money);
  r.ceiling = m.optional("ceiling_cents", money);
  r.active = m.flag("active");
  r.created_at = {m.number("created_at_us")};
  r.updated_at = m.time_or_null("updated_at_us");
  a.balance = {m.number("balance_cents")};
  a.version = m.count("version");
  return a;
}

ledger::commit_record read_commit(members& m) {
  ledger::commit_record c;
  c.shard = m.small("shard");
  c.seq = m.count("seq", 1);
  c.epoch = m.count("epoch");
  c.node = m.text("node");
  c.prev_hash = m.digest("prev_hash");
  c.hash = m.digest("hash");
  c.entries = m.small("entries");
  c.booked_at = {m.number("booked_at_us")};
  return c;
}

ledger::entry read_entry(members& m) {
  ledger::entry e;
  e.draft.account = m.id<ledger::account_id>("account_id");
  e.version = m.count("version", 1);
  e.draft.amount = {m.number("amount_cents")};
  e.balance_after = {m.number("balance_after_cents")};
  e.draft.transaction = m.id<ledger::transaction_id>("transaction_id");
  e.draft.posting = m.small("posting");
  e.draft.reversal = m.flag("reversal");
  e.draft.effective = m.day("effective_day");
  e.shard = m.small("shard");
  e.seq = m.count("seq", 1);
  e.position = m.small("position");
  e.booked_at = {m.number("booked_at_us")};
  return e;
}

ledger::transaction_record read_transaction(members& m) {
  ledger::transaction_record t;
  t.id = m.id<ledger::transaction_id>("id");
  t.owner = m.id<ledger::user_id>("user_id");
  t.account = m.id<ledger::account_id>("account_id");
  t.category = m.id<ledger::account_id>("category_id");
  t.type = m.named("type", &ledger::type_from_text);
  t.direction = static_cast<int>(m.number("direction", -1, 1));
  if (t.direction == 0) m.wrong("direction", "is neither 1 nor -1");
  t.amount = {m.number("amount_cents", 1)};
  t.description = m.text("description");
  t.tags = m.texts("tags");
  t.date = {m.number("date_us")};
  t.effective = m.day("effective_day");
  t.partner =
      m.optional("partner_id", [&](std::string_view n) { return m.id<ledger::transaction_id>(n); });
  t.shared_expense = m.optional("shared_expense_id", [&](std::string_view n) { return m.text(n); });
  t.created_at = {m.number("created_at_us")};
  t.updated_at = m.time_or_null("updated_at_us");
  t.deleted_at = m.time_or_null("deleted_at_us");
  return t;
}

ledger::hold_record read_hold(members& m) {
  ledger::hold_record h;
  h.id = m.id<ledger::hold_id>("id");
  h.owner = m.id<ledger::user_id>("user_id");
  h.account = m.id<ledger::account_id>("account_id");
  h.amount = {m.number("amount_cents", 1)};
  h.description = m.text("description");
  h.status = m.named("status", &ledger::hold_status_from_text);
  h.created_at = {m.number("created_at_us")};
  h.expires_at = m.time_or_null("expires_at_us");
  h.ended_at = m.time_or_null("ended_at_us");
  const auto money = [&](std::string_view n) { return base::centavos{m.number(n, 1)}; };
  const auto id = [&](std::string_view n) { return m.id<ledger::transaction_id>(n); };
  h.posted = m.optional("posted_cents", money);
  h.transaction = m.optional("transaction_id", id);
  return h;
}

ledger::goal read_goal(members& m) {
  const auto text = [&](std::string_view n) { return m.text(n); };
  ledger::goal g;
  g.id = m.id<ledger::goal_id>("id");
  g.user = m.id<ledger::user_id>("user_id");
  g.name = m.text("name");
  g.target = {m.number("target_cents", 1)};
  g.current = {m.number("current_cents", 0)};
  g.due = {m.number("due_us")};
  g.due_day = m.day("due_day");
  g.description = m.optional("description", text);
  g.category = m.text("category");
  g.priority = m.text("priority");
  g.status = m.text("status");
  g.version = m.count("version");
  g.created_at = {m.number("created_at_us")};
  g.updated_at = m.time_or_null("updated_at_us");
  g.deleted_at = m.time_or_null("deleted_at_us");
  return g;
}

ledger::budget_envelope read_envelope(members& m) {
  const auto text = [&](std::string_view n) { return m.text(n); };
  const auto money = [&](std::string_view n) { return base::centavos{m.number(n, 1)}; };
  ledger::budget_envelope e;
  e.id = m.id<ledger::envelope_id>("id");
  e.user = m.id<ledger::user_id>("user_id");
  e.name = m.text("name");
  e.balance = {m.number("balance_cents", 0)};
  e.target = m.optional("target_cents", money);
  e.color = m.optional("color", text);
  e.description = m.optional("description", text);
  e.version = m.count("version");
  e.created_at = {m.number("created_at_us")};
  e.updated_at = m.time_or_null("updated_at_us");
  e.deleted_at = m.time_or_null("deleted_at_us");
  return e;
}

ledger::earmark_movement read_movement(members& m) {
  ledger::earmark_movement v;
  v.earmark = m.number("earmark_key");
  v.user = m.id<ledger::user_id>("user_id");
  v.version = m.count("version", 1);
  v.amount = {m.number("amount_cents")};
  v.after = {m.number("after_cents", 0)};
  v.at = {m.number("at_us")};
  return v;
}

ledger::automation read_automation(members& m) {
  const auto text = [&](std::string_view n) { return m.text(n); };
  ledger::automation a;
  a.id = m.id<ledger::automation_id>("id");
  a.user = m.id<ledger::user_id>("user_id");
  a.name = m.text("name");
  a.description = m.optional("description", text);
  a.type = m.text("type");
  a.active = m.flag("active");
  a.conditions = m.text("conditions");
  a.actions = m.text("actions");
  a.last_run = m.time_or_null("last_run_us");
  a.next_run = m.time_or_null("next_run_us");
  a.last_error = m.optional("last_error", text);
  a.created_at = {m.number("created_at_us")};
  a.updated_at = m.time_or_null("updated_at_us");
  a.deleted_at = m.time_or_null("deleted_at_us");
  return a;
}

ledger::notification read_notification(members& m) {
  ledger::notification n;
  n.id = m.id<ledger::notification_id>("id");
  n.user = m.id<ledger::user_id>("user_id");
  n.type = m.text("type");
  n.title = m.text("title");
  n.body = m.text("body");
  n.metadata = m.text("metadata");
  n.created_at = {m.number("created_at_us")};
  n.read_at = m.time_or_null("read_at_us");
  return n;
}

ledger::idempotency_record read_answer(members& m) {
  ledger::idempotency_record i;
  i.user = m.id<ledger::user_id>("user_id");
  i.scope.endpoint = m.text("endpoint");
  i.scope.key = m.text("key");
  i.fingerprint = m.digest("fingerprint");
  i.answer.status = static_cast<int>(m.number("status", 0, 65'535));
  i.answer.body = m.text("body");
  i.created_at = {m.number("created_at_us")};
  i.expires_at = {m.number("expires_at_us")};
  return i;
}

dump_trailer read_trailer(members& m) {
  dump_trailer t;
  t.counts = read_counts(m);
  t.hash = m.digest("sha256");
  return t;
}

std::optional<dump_line> read_kind(std::string_view kind, members& m) {
  if (kind == "entry") return read_entry(m);
  if (kind == "transaction") return read_transaction(m);
  if (kind == "commit") return read_commit(m);
  if (kind == "hold") return read_hold(m);
  if (kind == "goal") return ledger::user_row{read_goal(m)};
  if (kind == "envelope") return ledger::user_row{read_envelope(m)};
  if (kind == "movement") return ledger::user_row{read_movement(m)};
  if (kind == "automation") return ledger::user_row{read_automation(m)};
  if (kind == "notification") return ledger::user_row{read_notification(m)};
  if (kind == "answer") return read_answer(m);
  if (kind == "account") return read_account(m);
  if (kind == "user") return read_user(m);
  if (kind == "header") return read_header(m);
  if (kind == "trailer") return read_trailer(m);
  return std::nullopt;
}

} // namespace

base::result<dump_line> read_line(std::string_view line) {
  const auto read = base::json::read(line);
  const auto* whole = std::get_if<value>(&read);
  const auto* o = whole ? whole->if_object() : nullptr;
  if (o == nullptr) return base::fail(errc::damaged, "it is no JSON object");
  members m{*o};
  const auto kind = m.text("kind");
  auto made = read_kind(kind, m);
  if (!made) return base::fail(errc::damaged, "kind is missing or an unknown word");
  if (const auto* h = std::get_if<dump_header>(&*made); h && h->version > dump_version)
    return base::fail(errc::newer,
                      fmt::format("it has version {} of the format, this program knows up to {}: "
                                  "use a newer program",
                                  h->version, dump_version));
  if (const auto* h = std::get_if<dump_header>(&*made); h && h->version < dump_version)
    return base::fail(errc::damaged,
                      fmt::format("it has version {} of the format, this program reads {}: export "
                                  "it again with this one",
                                  h->version, dump_version));
  if (const auto why = m.fault(); !why.empty())
    return base::fail(errc::damaged, fmt::format("{}: {}", kind, why));
  return std::move(*made);
}

} // namespace exchange
