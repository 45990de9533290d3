#include "storage/head_memory.hpp"

#include "base/sha256.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(head_memory_file)

namespace {

using storage::head_memory;

struct memory_fixture {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("heads-" + std::to_string(::getpid()));
  std::string path = folder / "v.heads";

  memory_fixture() { std::filesystem::create_directories(folder); }
  ~memory_fixture() { std::filesystem::remove_all(folder); }

  std::unique_ptr<head_memory> open(const std::string& installation = "i1",
                                    std::uint32_t shards = 3) {
    auto opened = head_memory::open(path, installation, shards);
    BOOST_REQUIRE(opened.has_value());
    return std::move(*opened);
  }
};

ledger::shard_head head(ledger::shard_id shard, std::uint64_t seq) {
  return {shard, seq, 1, base::sha256(std::to_string(seq)), {}};
}

std::uint64_t seq_of(const head_memory& m, ledger::shard_id shard) {
  const auto known = m.last(shard);
  if (known) BOOST_TEST((known->hash == base::sha256(std::to_string(known->seq))));
  return known ? known->seq : 0;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(what_was_remembered_is_there_after_a_restart, memory_fixture) {
  {
    const auto m = open();
    BOOST_TEST(!m->last(0).has_value());
    for (std::uint64_t seq = 1; seq <= 7; ++seq) m->remember(head(0, seq));
    m->remember(head(2, 40));
    m->remember(head(2, 42)); // one is left out
  }
  const auto m = open();
  BOOST_TEST(seq_of(*m, 0) == 7u);
  BOOST_TEST(seq_of(*m, 1) == 0u);
  BOOST_TEST(seq_of(*m, 2) == 42u);
  m->remember(head(2, 41)); // an older one changes nothing
  BOOST_TEST(seq_of(*m, 2) == 42u);
  m->replace(head(2, 9)); // somebody said so
  BOOST_TEST(seq_of(*m, 2) == 9u);
  m->replace(head(2, 0));
  BOOST_TEST(!m->last(2).has_value());
  BOOST_TEST(!m->last(3).has_value()); // no such shard
  m->remember(head(3, 1));
}

BOOST_FIXTURE_TEST_CASE(another_database_is_not_remembered, memory_fixture) {
  open()->remember(head(0, 5));
  BOOST_TEST(head_memory::look(path, "i2", 3) == nullptr);
  BOOST_TEST(seq_of(*head_memory::look(path, "i1", 3), 0) == 5u);
  BOOST_TEST(seq_of(*open("i2"), 0) == 0u);
  BOOST_TEST(head_memory::look(path, "i1", 3) == nullptr); // begun anew for i2
  BOOST_TEST(head_memory::look(folder / "none", "i1", 3) == nullptr);
}

BOOST_FIXTURE_TEST_CASE(a_torn_slot_costs_the_newest_only, memory_fixture) {
  {
    const auto m = open();
    m->remember(head(1, 6));
    m->remember(head(1, 7));
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(64 + 64 * (1 * 2 + 7 % 2) + 20);
  file.put('!');
  file.close();
  BOOST_TEST(seq_of(*open(), 1) == 6u);
}

BOOST_FIXTURE_TEST_CASE(a_place_that_cannot_be_written_is_a_failure, memory_fixture) {
  const auto opened = head_memory::open(folder / "no" / "such" / "place", "i1", 3);
  BOOST_TEST(!opened.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
