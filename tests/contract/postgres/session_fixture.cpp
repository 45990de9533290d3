#include "tests/contract/postgres/session_fixture.hpp"

#include "base/id.hpp"
#include "storage/schema_text.hpp"

namespace contract {

using namespace std::chrono_literals;
using storage::step;

namespace {

/// Migrated once for the program; every case gets a copy.
const std::string& migrated_template() {
  static const std::string name = [] {
    auto& cluster = support::pg_cluster::instance();
    const auto made = cluster.create_database();
    support::pg_admin admin(cluster.url(made));
    for (const auto& m : storage::migrations_of("postgres")) admin.query(std::string(m.text));
    // The records of these cases are about the session, they make no chain.
    admin.query("drop trigger ledger_commits_follow on ledger_commits");
    return made;
  }();
  return name;
}

} // namespace

case_database::case_database()
    : name_(support::pg_cluster::instance().create_database(migrated_template())) {}

case_database::~case_database() {
  try {
    support::pg_cluster::instance().drop_database(name_);
  } catch (const std::exception& e) {
    BOOST_TEST_MESSAGE("database not dropped: " << e.what()); // a case may have stopped the server
  }
}

std::string case_database::url() const { return support::pg_cluster::instance().url(name_); }

// -- batches -------------------------------------------------------------------------------------

storage::column batch::texts(const std::vector<std::string>& values) {
  storage::column c{storage::cell_type::text, {}};
  for (const auto& v : values) c.cells.emplace_back(std::string_view(kept_.emplace_back(v)));
  return c;
}

storage::column batch::keys(const std::vector<std::string>& ids) {
  std::vector<std::int64_t> values;
  for (const auto& id : ids) values.push_back(base::key_of(id));
  return integers(values);
}

storage::column batch::integers(const std::vector<std::int64_t>& values) {
  storage::column c{storage::cell_type::integer, {}};
  for (const auto v : values) c.cells.emplace_back(v);
  return c;
}

storage::column batch::blobs(const std::vector<std::string>& values) {
  storage::column c{storage::cell_type::blob, {}};
  for (const auto& v : values) c.cells.emplace_back(storage::blob_view{kept_.emplace_back(v)});
  return c;
}

void batch::add(const storage::statement& what, std::vector<storage::column> columns,
                std::int64_t expected) {
  step s;
  s.what = &what;
  s.columns = std::move(columns);
  s.rows_expected = expected;
  steps_.push_back(std::move(s));
}

batch& batch::record(std::int64_t shard, std::int64_t seq, const std::string& hash,
                     const std::string& of_node) {
  add(storage::sql::commit_insert,
      {integers({shard}), integers({seq}), integers({1}), texts({of_node}), blobs({"previous"}),
       blobs({hash}), integers({2}), integers({1000})});
  return *this;
}

batch& batch::user(const std::string& id) {
  storage::column never{storage::cell_type::integer, {std::monostate{}}};
  add(storage::sql::user_insert,
      {keys({id}), texts({id}), texts({"Ana"}), texts({id + "@example.com"}), texts({"hash"}),
       integers({1}), integers({0}), integers({1000}), never});
  return *this;
}

batch& batch::account(const std::string& id, const std::string& user) {
  storage::column null{storage::cell_type::integer, {std::monostate{}}};
  add(storage::sql::account_insert,
      {keys({id}), texts({id}), keys({user}), texts({"money"}), texts({"asset"}),
       texts({"checking"}), texts({id}), texts({"#000000"}), texts({"bank"}), texts({"BRL"}), null,
       null, integers({1}), integers({1000}), null});
  add(storage::sql::balance_insert, {keys({id})});
  return *this;
}

batch& batch::transfer(std::int64_t shard, std::int64_t seq, const std::string& from,
                       const std::string& to, std::int64_t amount, std::int64_t version) {
  const auto both = [](std::int64_t v) { return integers({v, v}); };
  add(storage::sql::entry_insert,
      {keys({from, to}), both(version), integers({-amount, amount}),
       integers({-amount * version, amount * version}), keys({"t", "t"}), both(shard << 48 | seq),
       both(20000), integers({0, 1}), both(0)});
  add(storage::sql::balance_update,
      {keys({from, to}), integers({-amount * version, amount * version}), both(version),
       both(version - 1)},
      2);
  return *this;
}

// -- session_fixture -----------------------------------------------------------------------------

session_fixture::session_fixture()
    : admin(database.url()), log(observability::log_options{}, clock, metrics) {}

std::unique_ptr<storage::pg_session>
session_fixture::make(storage::pg_role role, const std::string& socket_dir,
                      std::optional<std::vector<const storage::statement*>> statements) {
  auto target = storage::pg_target::parse(
      socket_dir.empty() ? database.url()
                         : support::pg_cluster::url_at(socket_dir, database.name()));
  BOOST_REQUIRE(target.has_value());
  static std::deque<std::vector<const storage::statement*>> kept;
  storage::pg_session_settings settings{std::move(target).value(), role, limits, false,
                                        storage::all_statements()};
  if (statements) settings.statements = kept.emplace_back(*statements);
  return std::make_unique<storage::pg_session>(io.get_executor(), std::move(settings), seed_++,
                                               log);
}

std::unique_ptr<storage::pg_session> session_fixture::connected(storage::pg_role role) {
  auto s = make(role);
  const auto done = run(s->connect(late()));
  BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().detail));
  return s;
}

void session_fixture::wait_for(const std::string& sql, const std::string& wanted) {
  const auto give_up = late();
  std::string got;
  while (std::chrono::steady_clock::now() < give_up) {
    got = admin.query(sql);
    if (got == wanted) return;
    io.run_one_for(5ms);
  }
  BOOST_FAIL("waited for '" + wanted + "', got '" + got + "': " + sql);
}

storage::commit_result session_fixture::commit(storage::session& s, const batch& b,
                                               storage::deadline until) {
  const auto steps = b.steps();
  return run(s.commit(steps, until));
}

fate session_fixture::resolve(storage::session& s, std::int64_t shard, std::int64_t seq,
                              const std::string& hash) {
  for (;;) {
    const auto there = run(s.connect(late()));
    BOOST_REQUIRE_MESSAGE(there.has_value(), (there ? "" : there.error().detail));
    step fence;
    fence.what = &storage::sql::commit_fence;
    fence.values = {shard,
                    seq,
                    std::int64_t{2},
                    std::string("node-a"),
                    storage::blob{"previous"},
                    storage::blob{"fence"},
                    std::int64_t{0},
                    std::int64_t{1000}};
    const auto inserted = run(s.execute(fence, late()));
    if (!inserted) {
      BOOST_TEST_MESSAGE("fence: " << inserted.error().code << " " << inserted.error().detail);
      if (s.connected()) run(s.end_former(late()));
      continue;
    }
    if (!inserted->empty()) return {false, "fence"};
    step at;
    at.what = &storage::sql::commit_at;
    at.values = {shard, seq};
    const auto found = run(s.execute(at, late()));
    if (!found) continue;
    BOOST_REQUIRE_EQUAL(found->size(), 1U);
    const auto& there_now = std::get<storage::blob>(found->front().at(5)).bytes;
    // A fence of ours whose answer was lost stands there as well.
    return {there_now == hash, there_now};
  }
}

void session_fixture::seed(storage::session& s) {
  batch b;
  b.record(1, 1, "first").user("u").account("a", "u").account("b", "u");
  const auto done = commit(s, b);
  BOOST_REQUIRE_MESSAGE(done.what == commit_class::committed, done.detail);
}

} // namespace contract
