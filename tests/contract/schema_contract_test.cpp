// What   Contract of open_store, migrate and the seam: versions of the schema, bounds, read-only,
//        counted steps.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "storage/migrate.hpp"
#include "storage/row_codec.hpp"
#include "storage/statements.hpp"
#include "tests/contract/scribe.hpp"

#include <array>
#include <thread>

BOOST_AUTO_TEST_SUITE(schema_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using storage::commit_class;
using storage::errc;
using storage::migrate_mode;

namespace {

base::result<storage::migration_report> migrate_as(const storage::open_settings& settings,
                                                   migrate_mode mode) {
  surroundings around;
  return storage::migrate(settings, mode, around.clock, around.log);
}

std::string_view open_code(const storage::open_settings& settings, migrate_mode mode) {
  surroundings around;
  const auto opened = storage::open_store(settings, mode, around.clock, around.log, around.metrics);
  return opened ? "" : opened.error().code;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_statement_prepares) {
  const auto db = fresh_database();
  BOOST_REQUIRE(migrate_as(db->settings(), migrate_mode::migrate));
  boost::asio::io_context context;
  const auto adapter = db->adapter();
  for (const bool journal : {true, false}) {
    const auto session = journal ? adapter->journal_session(context.get_executor())
                                 : adapter->read_session(context.get_executor());
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    const auto ready = run_on(context, session->connect(until));
    BOOST_TEST(ready.has_value(), (ready ? ""s : ready.error().detail));
    BOOST_TEST(session->connected());
    session->close();
    BOOST_TEST(!session->connected());
  }
}

BOOST_AUTO_TEST_CASE(a_count_that_is_not_as_expected_leaves_nothing) {
  const auto db = fresh_database();
  const auto ana = make_person("ana");
  {
    world w{db->settings()};
    scribe s;
    s.write(w, {newcomer(ana)});
  }
  boost::asio::io_context context;
  const auto adapter = db->adapter();
  const auto session = adapter->journal_session(context.get_executor());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  storage::balance_row row{ana.checking.id, {500}, 1, 0};
  const auto steps = [&](std::int64_t expected) {
    storage::batch update{storage::sql::balance_update, 1};
    storage::add_balance(update, row);
    std::vector<storage::step> list;
    list.push_back(std::move(update).done());
    list.back().rows_expected = expected;
    return list;
  };
  BOOST_REQUIRE(run_on(context, session->connect(until)).has_value());
  BOOST_TEST(run_on(context, session->commit(steps(7), until)).what == commit_class::conflict);
  // Nothing was written, and the session goes on: the same step commits now.
  BOOST_TEST(run_on(context, session->commit(steps(1), until)).what == commit_class::committed);
  BOOST_TEST(run_on(context, session->commit(steps(1), until)).what == commit_class::conflict);
  session->close();
}

// -- migrations ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(migrations_apply_once) {
  const auto db = fresh_database();
  const auto dry = migrate_as(db->settings(), migrate_mode::dry_run);
  BOOST_REQUIRE(dry);
  BOOST_TEST(dry->from == 0);
  BOOST_TEST(dry->applied.size() == static_cast<std::size_t>(dry->to));
  BOOST_TEST(!migrate_as(db->settings(), migrate_mode::refuse).has_value());
  const auto first = migrate_as(db->settings(), migrate_mode::migrate);
  BOOST_REQUIRE(first);
  BOOST_TEST(first->applied == dry->applied, boost::test_tools::per_element());
  const auto second = migrate_as(db->settings(), migrate_mode::migrate);
  BOOST_REQUIRE(second);
  BOOST_TEST(second->applied.empty());
  BOOST_TEST(second->from == second->to);
  BOOST_TEST(open_code(db->settings(), migrate_mode::refuse) == "");
}

BOOST_AUTO_TEST_CASE(two_starters_migrate_once) {
  const auto db = fresh_database();
  const auto adapter = db->adapter();
  constexpr int starters = 4;
  std::vector<std::thread> threads;
  std::vector<std::size_t> applied(starters, 99);
  std::vector<std::string> refusals(starters);
  for (std::size_t i = 0; i < starters; ++i)
    threads.emplace_back([&, i] {
      const auto session = adapter->open_schema();
      if (!session) {
        refusals[i] = "open: " + session.error().detail;
        return;
      }
      const auto report =
          storage::migrate_schema(**session, {storage::migrations_of(adapter->dialect()),
                                              migrate_mode::serve, 16, "id", start});
      if (report)
        applied[i] = report->applied.size();
      else
        refusals[i] = report.error().detail;
    });
  for (auto& t : threads) t.join();
  for (const auto& refusal : refusals) BOOST_TEST(refusal == "");
  std::sort(applied.begin(), applied.end());
  BOOST_TEST(applied.back() == storage::migrations_of(adapter->dialect()).size());
  for (int i = 0; i + 1 < starters; ++i) BOOST_TEST(applied[static_cast<std::size_t>(i)] == 0);
}

/// Movements from before their kind was part of the key: of a goal, of a goal whose id an envelope
/// has too, of an envelope whose id a goal has too, and of an envelope of an imported id.
BOOST_AUTO_TEST_CASE(movements_are_kept_when_they_get_their_kind) {
  const auto db = fresh_database();
  const auto ana = make_person("ana");
  const auto key = [](const auto& id) { return std::to_string(key_of(id)); };
  const auto own = [](int n) { return ledger::goal_id{own_id(n)}; };
  const ledger::envelope_id imported{"caixinha"};
  {
    const auto adapter = db->adapter();
    const auto session = adapter->open_schema();
    BOOST_REQUIRE(session);
    BOOST_REQUIRE(
        storage::migrate_schema(**session, {storage::migrations_of(adapter->dialect()).first(9),
                                            migrate_mode::serve, 16, "id", start}));
  }
  const auto user = key(ana.user.id);
  const auto goal = [&](const std::string& id, int version) {
    return "insert into goals (id, user_id, name, target, current, due_at, due_day, category,"
           " priority, status, version, created_at) values (" +
           id + ", " + user + ", 'm', 100, 0, 1, 1, 'c', 'low', 'active', " +
           std::to_string(version) + ", 1)";
  };
  const auto envelope = [&](const std::string& id, const std::string& text, int version) {
    return "insert into envelopes (id, imported_id, user_id, name, balance, version, created_at)"
           " values (" +
           id + ", " + text + ", " + user + ", 'e', 0, " + std::to_string(version) + ", 1)";
  };
  const auto movement = [&](const std::string& id, int version) {
    return "insert into earmark_movements (earmark_id, version, user_id, amount, amount_after, at)"
           " values (" +
           id + ", " + std::to_string(version) + ", " + user + ", 5, 5, 7)";
  };
  for (const auto& sql :
       {"insert into users (id, imported_id, name, email, password_hash, active, admin, created_at)"
        " values (" +
            user + ", 'ana', 'ana', 'ana@example.org', 'h', 1, 0, 1)",
        goal(key(own(1)), 2), movement(key(own(1)), 1), movement(key(own(1)), 2),
        goal(key(own(2)), 1), envelope(key(own(2)), "null", 0), movement(key(own(2)), 1),
        goal(key(own(3)), 0), envelope(key(own(3)), "null", 1), movement(key(own(3)), 1),
        envelope(key(imported), "'caixinha'", 1), movement(key(imported), 1)})
    BOOST_TEST(db->raw(sql) == "", sql);
  world w{db->settings()}; // migrates the rest
  using ledger::earmark_kind;
  const auto versions = [&](earmark_kind kind, base::id_key of) {
    std::string all;
    for (const auto& row : value_of<ledger::user_rows>([&](auto done) {
           w.reads().user_rows(ledger::movements_of{ana.user.id, kind, of}, std::move(done));
         })) {
      const auto& m = std::get<ledger::earmark_movement>(row);
      BOOST_TEST((m == ledger::earmark_movement{kind, of, ana.user.id, m.version, {5}, {5}, {7}}));
      all += std::to_string(m.version) + " ";
    }
    return all;
  };
  BOOST_TEST(versions(earmark_kind::goal, key_of(own(1))) == "2 1 ");
  BOOST_TEST(versions(earmark_kind::goal, key_of(own(2))) == "1 ");
  BOOST_TEST(versions(earmark_kind::envelope, key_of(own(3))) == "1 ");
  BOOST_TEST(versions(earmark_kind::envelope, key_of(imported)) == "1 ");
  for (const auto n : {1, 2}) BOOST_TEST(versions(earmark_kind::envelope, key_of(own(n))) == "");
  for (const auto id : {key_of(own(3)), key_of(imported)})
    BOOST_TEST(versions(earmark_kind::goal, id) == "");
  // The table is what it was: append-only, a version once, two kinds.
  BOOST_TEST(db->raw("update earmark_movements set amount = 1") != "");
  BOOST_TEST(db->raw("delete from earmark_movements") != "");
  const auto again = [&](const std::string& kind) {
    return db->raw("insert into earmark_movements (kind, earmark_id, version, user_id, amount,"
                   " amount_after, at) values (" +
                   kind + ", " + key(imported) + ", 1, " + user + ", 5, 5, 7)");
  };
  BOOST_TEST(again("2") != "");
  BOOST_TEST(again("1") == "");
  BOOST_TEST(again("3") != "");
}

BOOST_AUTO_TEST_CASE(a_migration_that_breaks_off_leaves_nothing) {
  const auto db = fresh_database();
  const auto adapter = db->adapter();
  const std::array broken{
      storage::migration{1, "0001_fine", "create table fine (id bigint not null);"},
      storage::migration{2, "0002_broken", "create table half (id bigint); insert into nowhere;"}};
  auto session = adapter->open_schema();
  BOOST_REQUIRE(session);
  const auto report =
      storage::migrate_schema(**session, {broken, migrate_mode::serve, 16, "id", start});
  BOOST_REQUIRE(!report);
  BOOST_TEST(report.error().code == code_text(errc::schema));
  for (const auto* table : {"fine", "half", "schema_migrations"})
    BOOST_TEST(!(*session)->has_table(table).value(), table);
  // The same connection can still do it right.
  const auto fine = storage::migrate_schema(
      **session, {std::span{broken}.first(1), migrate_mode::serve, 16, "id", start});
  BOOST_TEST(!fine.has_value()); // no table meta in this schema
  BOOST_TEST(storage::migrate_schema(**session, {storage::migrations_of(adapter->dialect()),
                                                 migrate_mode::serve, 16, "id", start})
                 .has_value());
}

BOOST_AUTO_TEST_CASE(other_schemas_are_refused) {
  const auto code_after = [](const std::string& sql) {
    const auto db = fresh_database();
    BOOST_REQUIRE(migrate_as(db->settings(), migrate_mode::migrate));
    BOOST_TEST(db->raw(sql) == "");
    return open_code(db->settings(), migrate_mode::serve);
  };
  const auto schema = code_text(errc::schema);
  BOOST_TEST(code_after("update schema_migrations set checksum = 'x'") == schema);
  BOOST_TEST(code_after("insert into schema_migrations (number, name, checksum, applied_at)"
                        " values (9999, '9999_later', 'x', 0)") == schema);
  BOOST_TEST(code_after("drop table schema_migrations") == schema);
  BOOST_TEST(code_after("drop table transaction_tags") == schema);
  BOOST_TEST(code_after("delete from meta") == schema);
}

BOOST_AUTO_TEST_CASE(shards_are_fixed_at_the_first_start) {
  const auto db = fresh_database();
  auto settings = db->settings();
  settings.shards = 4;
  BOOST_TEST(world{settings}.store().shards() == 4);
  settings.shards = 32;
  BOOST_TEST(world{settings}.store().shards() == 4);
}

// -- bounds and states --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(reads_beyond_the_bound_are_refused) {
  const auto db = fresh_database();
  auto settings = db->settings();
  settings.read_connections = 1;
  settings.read_queue_max = 3;
  world w{settings};
  scribe s;
  s.write(w, {newcomer(make_person("ana"))});
  // The first answer holds the storage thread while the others arrive.
  std::promise<void> held, release;
  auto released = release.get_future().share();
  w.reads().user_by_id(ledger::user_id{"ana"}, [&](auto) {
    held.set_value();
    released.wait();
  });
  held.get_future().wait();
  std::vector<std::future<base::result<std::optional<ledger::user_record>>>> answers;
  for (int i = 0; i < 5; ++i) {
    auto promise =
        std::make_shared<std::promise<base::result<std::optional<ledger::user_record>>>>();
    answers.push_back(promise->get_future());
    w.reads().user_by_id(ledger::user_id{"ana"},
                         [promise](auto r) { promise->set_value(std::move(r)); });
  }
  release.set_value();
  int fine = 0, overloaded = 0;
  for (auto& a : answers) {
    const auto r = a.get();
    if (r)
      ++fine;
    else if (r.error().code == code_text(errc::overloaded))
      ++overloaded;
  }
  BOOST_TEST(fine == 3);
  BOOST_TEST(overloaded == 2);
}

BOOST_AUTO_TEST_CASE(a_read_only_database_reads) {
  const auto db = fresh_database();
  const auto ana = make_person("ana");
  scribe s;
  {
    world w{db->settings()};
    s.write(w, {newcomer(ana)});
    BOOST_TEST(w.store().health().up);
    BOOST_TEST(!w.store().health().read_only);
  }
  {
    world w{db->read_only_settings()};
    BOOST_TEST(w.store().health().up);
    BOOST_TEST(w.store().health().read_only);
    BOOST_TEST(w.load({ana.checking.id}).size() == 1);
    BOOST_TEST(w.commit(s.batch({posting(expense(ana, "t1", 1))})).what == commit_class::read_only);
    const auto taken = answer_of<base::result<std::vector<ledger::shard_head>>>(
        [&](auto done) { w.journal().take_over({1}, "node", start, std::move(done)); });
    BOOST_REQUIRE(!taken);
    BOOST_TEST(taken.error().code == code_text(errc::read_only));
  }
  world w{db->settings()};
  s.write(w, {posting(expense(ana, "t1", 1))});
}

BOOST_AUTO_TEST_CASE(a_stopped_store_answers) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto b = s.batch({newcomer(make_person("ana"))});
  w.store().stop();
  w.store().stop();
  BOOST_TEST(w.commit(b).what == commit_class::unavailable);
  const auto read = answer_of<base::result<std::optional<ledger::user_record>>>(
      [&](auto done) { w.reads().user_by_id(ledger::user_id{"ana"}, std::move(done)); });
  BOOST_REQUIRE(!read);
  BOOST_TEST(read.error().code == code_text(errc::shutting_down));
  const auto resolved = answer_of<base::result<storage::resolution>>([&](auto done) {
    w.journal().resolve(std::make_shared<storage::journal_batch>(b), std::move(done));
  });
  BOOST_REQUIRE(!resolved);
  BOOST_TEST(resolved.error().code == code_text(errc::shutting_down));
}

BOOST_AUTO_TEST_CASE(a_large_batch_commits) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  std::vector<storage::commit_item> items{newcomer(ana)};
  for (int i = 0; i < 3000; ++i) {
    auto item = posting(expense(ana, "t" + std::to_string(i), 10));
    item.answers = {keyed(ana, "key-" + std::to_string(i), start, after(60))};
    items.push_back(std::move(item));
  }
  s.write(w, std::move(items));
  BOOST_TEST(w.entries().size() == 6000);
  BOOST_TEST(w.load({ana.checking.id}).at(0).version == 3000);
  BOOST_TEST(w.metrics().storage_statement(observability::statement_class::commit).count() > 0);
}

BOOST_AUTO_TEST_SUITE_END()
