// JSON lines: every value comes back, every damage is found.
#include "exchange/dump_reader.hpp"

#include "tests/support/ledger_chain.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <limits>

using namespace exchange;

BOOST_AUTO_TEST_SUITE(dump)

namespace {

constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
constexpr auto highest = std::numeric_limits<std::int64_t>::max();

ledger::transaction_record full_transaction() {
  ledger::transaction_record t;
  t.id = ledger::transaction_id{"t\"1\\ \u2028🍕"};
  t.owner = ledger::user_id{"ana"};
  t.account = ledger::account_id{"a"};
  t.category = ledger::account_id{"c"};
  t.type = ledger::transaction_type::transfer;
  t.direction = 1;
  t.amount = {highest};
  t.description = "linha\nnova\t\"x\" \x01\x7f";
  t.tags = {"b", "a", "b:\n"};
  t.date = {lowest};
  t.effective = {-719'468};
  t.partner = ledger::transaction_id{"t2"};
  t.shared_expense = "";
  t.created_at = {highest};
  t.updated_at = base::utc_us{0};
  t.deleted_at = base::utc_us{-1};
  return t;
}

template <class T> void comes_back(const T& value) {
  const auto line = write_line(value);
  BOOST_REQUIRE(line.ends_with('\n'));
  BOOST_TEST_REQUIRE(line.find('\n') == line.size() - 1);
  const auto read = read_line({line.data(), line.size() - 1});
  BOOST_REQUIRE_MESSAGE(read.has_value(), (read ? std::string{} : read.error().detail));
  BOOST_REQUIRE(std::holds_alternative<T>(*read));
  BOOST_TEST((std::get<T>(*read) == value));
}

/// Remembers what was handed on.
struct collector final : dump_sink {
  std::vector<std::string> got;
  base::status header(const dump_header& h) override { return add(write_line(h)); }
  base::status user(ledger::user_record u) override { return add(write_line(u)); }
  base::status account(dump_account a) override { return add(write_line(a)); }
  base::status commit(dump_commit c) override {
    add(write_line(c.record));
    for (const auto& e : c.entries) add(write_line(e));
    for (const auto& t : c.transactions) add(write_line(t));
    return {};
  }
  base::status hold(ledger::hold_record h) override { return add(write_line(h)); }
  base::status row(ledger::user_row r) override { return add(write_line(r)); }
  base::status schedule(scheduler::schedule s) override { return add(write_line(s)); }
  base::status answer(ledger::idempotency_record i) override { return add(write_line(i)); }
  base::status add(std::string line) {
    got.push_back(std::move(line));
    return {};
  }
};

using file = std::vector<std::string>; // lines with their line feeds

ledger::transaction_record income(const std::string& id) {
  auto t = full_transaction();
  t.id = ledger::transaction_id{id};
  t.account = ledger::account_id{"conta"};
  t.category = ledger::account_id{"salario"};
  t.type = ledger::transaction_type::income;
  t.direction = 1;
  t.amount = {5};
  t.partner.reset();
  t.deleted_at.reset();
  return t;
}

/// One of each kind, with every member set.
ledger::user_rows full_rows() {
  ledger::goal g;
  g.id = ledger::goal_id{"g"};
  g.user = ledger::user_id{"ana"};
  g.name = "Viagem \"1\"";
  g.target = {highest};
  g.current = {7};
  g.due = {lowest};
  g.due_day = {-1};
  g.description = "x\n";
  g.category = "lazer";
  g.priority = "high";
  g.status = "active";
  g.version = 1;
  g.updated_at = base::utc_us{2};
  g.deleted_at = base::utc_us{3};
  ledger::budget_envelope e;
  e.id = ledger::envelope_id{"e"};
  e.user = g.user;
  e.balance = {highest};
  e.target = base::centavos{1};
  e.color = "#22c55e";
  e.description = "";
  e.version = static_cast<std::uint64_t>(highest);
  ledger::earmark_movement m{ledger::earmark_kind::envelope, lowest, g.user, 1, {-5}, {0}, {9}};
  ledger::automation a;
  a.id = ledger::automation_id{"a"};
  a.user = g.user;
  a.type = "round_up";
  a.active = false;
  a.conditions = R"({"a":["\""]})";
  a.actions = "{}";
  a.last_run = base::utc_us{1};
  a.next_run = base::utc_us{2};
  a.last_error = "x";
  ledger::notification n;
  n.id = ledger::notification_id{"n"};
  n.user = g.user;
  n.type = "low_balance_alert";
  n.title = "Saldo baixo";
  n.read_at = base::utc_us{lowest};
  ledger::automation_run run;
  run.automation = a.id;
  run.user = g.user;
  run.day = base::make_day(2028, 2, 29);
  run.end = ledger::occurrence_end::refused;
  run.transaction = ledger::transaction_id{"t"};
  run.code = "TX_INSUFFICIENT_BALANCE";
  run.at = base::utc_us{highest};
  const ledger::alert_state state{g.user, "goals_at_risk_v1", "g:\"x\"", true, {3}};
  const ledger::round_up rounded{run.transaction.value(), a.id, g.user, e.id, {highest}, {4}};
  return {g, e, m, a, n, run, state, rounded};
}

/// With every member set.
scheduler::schedule full_schedule() {
  scheduler::schedule s;
  s.id = scheduler::schedule_id{"aluguel-1"};
  s.shard = 15;
  s.user = base::user_id{"ana"};
  s.name = "Aluguel “x”";
  s.kind = "recurring_transaction";
  s.queue = "default";
  s.lane = "account:a\"1";
  s.payload = R"({"rule":"\n"})";
  s.priority = 9;
  s.max_attempts = 100;
  s.timeout_s = 86'400;
  s.rule = R"({"cron":"0 9 L * *"})";
  s.zone = "America/Sao_Paulo";
  s.misfire = scheduler::misfire_policy::all;
  s.overlap = scheduler::overlap_policy::allow;
  s.ends_at = base::utc_us{highest};
  s.ticks_left = 0;
  s.paused = true;
  s.paused_until = base::utc_us{7};
  s.pause_reason = "férias";
  s.paused_by = "ana";
  s.watermark = {lowest};
  s.next_at = base::utc_us{lowest};
  s.version = highest;
  s.created_at = {1};
  s.updated_at = base::utc_us{2};
  s.deleted_at = base::utc_us{3};
  return s;
}

/// Two commits in shard 3, one answer.
file small_file() {
  support::ledger_chain chain;
  chain.open("conta");
  chain.open("salario", ledger::account_role::category);
  chain.commit(ledger::plan_single(income("t1")), {1000});
  chain.commit(ledger::plan_single(income("t2")), {2000});
  ledger::user_record ana{ledger::user_id{"ana"}, "Ana", "a@b.c", "hash", true, false, {1}, {}};
  dump_header header;
  header.program = "1.0.0";
  header.shards = 16;
  header.counts = {1, 2, 2, 4, 2, 1, 9, 1};
  file f{write_line(header), write_line(ana)};
  for (const auto& [id, row] : chain.accounts)
    f.push_back(write_line(dump_account{row.record, row.balance, row.version}));
  for (const auto& link : chain.links) {
    f.push_back(write_line(link.record));
    for (const auto& e : link.entries) f.push_back(write_line(e));
    f.push_back(write_line(chain.transactions.at(link.entries.front().draft.transaction)));
  }
  ledger::hold_record hold;
  hold.id = ledger::hold_id{"h"};
  hold.owner = ana.id;
  hold.account = ledger::account_id{"a"};
  hold.amount = {5};
  f.push_back(write_line(hold));
  for (const auto& r : full_rows()) f.push_back(write_line(r));
  f.push_back(write_line(full_schedule()));
  ledger::idempotency_record answer;
  answer.user = ana.id;
  answer.scope = {"POST /api/transactions", "k"};
  answer.answer = {200, R"({"id":"t1"})"};
  f.push_back(write_line(answer));
  return f;
}

file sealed(file f, ledger::row_counts counts = {1, 2, 2, 4, 2, 1, 9, 1}) {
  base::sha256_stream hash;
  for (const auto& line : f) hash.add(line);
  f.push_back(write_line(dump_trailer{counts, hash.so_far()}));
  return f;
}

/// The failure's code, "" when the file was accepted.
std::string judged(const file& f, collector* to = nullptr, std::string* why = nullptr) {
  collector own;
  dump_reader reader{to ? *to : own};
  const auto say = [&](const base::failure& failed) {
    if (why) *why = failed.detail;
    return std::string{failed.code};
  };
  for (const auto& line : f)
    if (auto s = reader.take({line.data(), line.size() - 1}); !s) return say(s.error());
  const auto end = reader.finish();
  return end ? std::string{} : say(end.error());
}

} // namespace

BOOST_AUTO_TEST_CASE(every_value_comes_back_at_its_edges) {
  comes_back(full_transaction());
  comes_back(ledger::transaction_record{income("t")});
  dump_account a;
  a.record.id = ledger::account_id{std::string(64, 'x')};
  a.record.owner = ledger::user_id{"=cmd"};
  a.record.role = ledger::account_role::opening;
  a.record.kind = ledger::account_kind::equity;
  a.record.name = "  \"\n; ";
  a.record.floor = base::centavos{lowest};
  a.balance = {lowest};
  a.version = static_cast<std::uint64_t>(highest);
  comes_back(a);
  a.record.floor.reset();
  a.record.active = false;
  comes_back(a);
  comes_back(ledger::user_record{ledger::user_id{"u"},
                                 "Zé",
                                 "z@e",
                                 "$argon2id$",
                                 false,
                                 true,
                                 {lowest},
                                 base::utc_us{highest}});
  ledger::entry e;
  e.draft = {ledger::account_id{"a"}, {lowest}, ledger::transaction_id{"t"}, {-1},
             4'294'967'295U,          true};
  e.version = 1;
  e.balance_after = {highest};
  e.shard = 4'294'967'295U;
  e.seq = static_cast<std::uint64_t>(highest);
  e.position = 4'294'967'295U;
  comes_back(e);
  ledger::commit_record c;
  c.seq = 1;
  c.node = "nó \"1\"";
  c.hash = base::sha256("x");
  comes_back(c);
  ledger::hold_record h;
  h.id = ledger::hold_id{"h\"1"};
  h.owner = ledger::user_id{"u"};
  h.account = ledger::account_id{"a"};
  h.amount = {highest};
  h.description = "luz\n";
  comes_back(h);
  h.status = ledger::hold_status::posted;
  h.expires_at = base::utc_us{lowest};
  h.ended_at = base::utc_us{0};
  h.posted = base::centavos{1};
  h.transaction = ledger::transaction_id{"t"};
  comes_back(h);
  for (const auto& r : full_rows()) comes_back(r);
  auto bare = std::get<ledger::goal>(full_rows().front());
  bare.description.reset();
  bare.updated_at.reset();
  bare.deleted_at.reset();
  comes_back(ledger::user_row{bare});
  comes_back(ledger::user_row{
      ledger::earmark_movement{ledger::earmark_kind::goal, 1, bare.user, 1, {5}, {5}, {9}}});
  comes_back(full_schedule());
  scheduler::schedule system;
  system.id = scheduler::schedule_id{"s"};
  comes_back(system);
  ledger::idempotency_record i;
  i.user = ledger::user_id{"u"};
  i.fingerprint = base::sha256("y");
  i.answer = {65'535, "{\"a\":\"\\n\"}"};
  comes_back(i);
  comes_back(dump_trailer{{1, 2, 3, 4, 5, 6, 7, 8}, base::sha256("z")});
  comes_back(dump_header{dump_version, dump_scope::user, "1.0.0", 16, {1, 2, 3, 4, 5, 6, 7, 8}});
}

BOOST_AUTO_TEST_CASE(a_line_is_judged_member_by_member) {
  const auto good = write_line(income("t"));
  const auto with = [&](const std::string& from, const std::string& to) {
    auto line = good.substr(0, good.size() - 1);
    const auto at = line.find(from);
    BOOST_REQUIRE(at != std::string::npos);
    line.replace(at, from.size(), to);
    const auto read = read_line(line);
    return read ? std::string{"accepted"} : read.error().detail;
  };
  BOOST_TEST(with("\"amount_cents\":5", "\"amount_cents\":0") ==
             "transaction: amount_cents is no integer, or out of range");
  BOOST_TEST(with("\"amount_cents\":5", "\"amount_cents\":5.0").find("amount_cents") !=
             std::string::npos);
  BOOST_TEST(with("\"amount_cents\":5", "\"amount\":5") == "transaction: amount_cents is missing");
  BOOST_TEST(with("\"amount_cents\":5", "\"amount_cents\":5,\"more\":1") ==
             "transaction: there is a member that nobody knows");
  BOOST_TEST(with("\"direction\":1", "\"direction\":0") ==
             "transaction: direction is neither 1 nor -1");
  BOOST_TEST(with("\"id\":\"t\"", "\"id\":\"\"") == "transaction: id is no id");
  BOOST_TEST(with("income", "loan") == "transaction: type is an unknown word");
  BOOST_TEST(with("\"transaction\"", "\"loan\"") == "kind is missing or an unknown word");
  auto movement = write_line(full_rows().at(2));
  movement.replace(movement.find("envelope"), 8, "pot");
  BOOST_TEST(read_line(movement.substr(0, movement.size() - 1)).error().detail ==
             "movement: earmark_kind is an unknown word");
  BOOST_TEST(read_line("[1]").error().detail == "it is no JSON object");
  BOOST_TEST(read_line("").has_value() == false);
}

BOOST_AUTO_TEST_CASE(a_whole_file_is_handed_on_in_its_order) {
  collector got;
  std::string why;
  BOOST_TEST(judged(sealed(small_file()), &got, &why) == "", why);
  BOOST_TEST(got.got == small_file(), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_file_that_lacks_a_line_passes) {
  const auto whole = sealed(small_file());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    BOOST_TEST(judged({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)}) ==
               "FILE_DAMAGED");
    auto without = whole;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(n));
    BOOST_TEST(judged(without) == "FILE_DAMAGED");
    auto twice = whole;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(n), whole[n]);
    BOOST_TEST(judged(twice) == "FILE_DAMAGED");
    // Even with a trailer that fits: the header has counted.
    if (n + 1 < whole.size()) {
      auto resealed = small_file();
      resealed.erase(resealed.begin() + static_cast<std::ptrdiff_t>(n));
      BOOST_TEST(judged(sealed(resealed)) == "FILE_DAMAGED");
    }
  }
}

BOOST_AUTO_TEST_CASE(no_byte_can_change) {
  const auto whole = sealed(small_file());
  std::size_t changes = 0;
  for (std::size_t n = 0; n < whole.size(); ++n)
    for (std::size_t i = 0; i + 1 < whole[n].size(); i += 3, ++changes) {
      auto altered = whole;
      altered[n][i] = altered[n][i] == '1' ? '2' : '1';
      if (altered[n] == whole[n]) continue;
      // The version of the header is the one place where it may look like a newer file.
      BOOST_TEST_REQUIRE((judged(altered) == "FILE_DAMAGED" || judged(altered) == "FILE_NEWER"));
    }
  BOOST_TEST(changes > 500u);
}

BOOST_AUTO_TEST_CASE(what_the_trailer_cannot_vouch_for_the_chain_does) {
  const auto refusal = [](const std::function<void(file&)>& change) {
    auto f = small_file();
    change(f);
    std::string why;
    return judged(sealed(std::move(f)), nullptr, &why) + " " + why;
  };
  const auto replace = [](std::string& in, const std::string& from, const std::string& to) {
    const auto at = in.find(from);
    BOOST_REQUIRE(at != std::string::npos);
    in.replace(at, from.size(), to);
  };
  // 0 header, 1 user, 2-3 accounts, 4 commit, 5-6 entries, 7 transaction, 8 commit, …
  const auto has = [&](const std::function<void(file&)>& change, const std::string& part) {
    const auto got = refusal(change);
    BOOST_TEST(got.find(part) != std::string::npos, got << " lacks: " << part);
  };
  has([&](file& f) { replace(f[5], "\"amount_cents\":5", "\"amount_cents\":6"); },
      "the hash of commit 3:1");
  has([&](file& f) { replace(f[4], "\"epoch\":1", "\"epoch\":2"); }, "the hash of commit 3:1");
  has([&](file& f) { std::swap(f[5], f[6]); }, "out of order");
  has([&](file& f) { replace(f[8], "\"seq\":2", "\"seq\":3"); }, "does not follow");
  has([&](file& f) { replace(f[8], "\"shard\":3", "\"shard\":99"); }, "a shard that is none");
  has([&](file& f) { std::swap(f[1], f[2]); }, "out of order");
  has([&](file& f) { std::swap(f[3], f[4]); }, "out of order");
}

BOOST_AUTO_TEST_CASE(a_newer_file_and_a_users_file_are_told_apart) {
  auto f = small_file();
  f[0] = R"({"kind":"header","format":"vaidepix-jsonl","version":)" +
         std::to_string(dump_version + 1) + R"(,"future":true})" + "\n";
  BOOST_TEST(judged(sealed(f)) == "FILE_NEWER");
  dump_header header;
  header.scope = dump_scope::user;
  header.shards = 16;
  f[0] = write_line(header);
  BOOST_TEST(judged(sealed(f)) == "FILE_PARTIAL");
}

BOOST_AUTO_TEST_SUITE_END()
