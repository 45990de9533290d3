#include "storage/crash_recorder.hpp"

#include "base/id.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

BOOST_AUTO_TEST_SUITE(crash_recorder_file)

namespace {

using scheduler::job_id;
using storage::crash_recorder;
using known_suspects = std::map<job_id, std::uint32_t>;

job_id job(std::int64_t n) { return job_id::of(n); }

struct recorder_fixture {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("running-" + std::to_string(::getpid()));
  std::string path = folder / "v.running";
  std::unique_ptr<crash_recorder> process;

  recorder_fixture() {
    std::filesystem::create_directories(folder);
    start();
  }
  ~recorder_fixture() {
    process.reset();
    std::filesystem::remove_all(folder);
  }

  void start(const std::string& installation = "i1") {
    auto opened = crash_recorder::open(path, installation);
    BOOST_REQUIRE(opened.has_value());
    process = std::move(*opened);
  }
  void ends_in_order() {
    process.reset();
    start();
  }
  /// What a killed process leaves behind is the file as it is.
  void dies() {
    std::filesystem::copy_file(path, path + ".left");
    process.reset();
    std::filesystem::rename(path + ".left", path);
    start();
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(what_ran_is_suspect_what_ended_is_not, recorder_fixture) {
  BOOST_TEST(process->suspects().empty());
  process->began(job(1));
  process->began(job(2));
  process->began(job(3));
  process->ended(job(2));
  process->ended(job(9)); // nobody knows it
  dies();
  BOOST_TEST((process->suspects() == known_suspects{{job(1), 1}, {job(3), 1}}));
}

BOOST_FIXTURE_TEST_CASE(an_end_in_order_leaves_nobody_suspect, recorder_fixture) {
  process->began(job(1));
  ends_in_order();
  BOOST_TEST(process->suspects().empty());
}

BOOST_FIXTURE_TEST_CASE(only_who_runs_sees_another_crash, recorder_fixture) {
  process->began(job(1));
  process->began(job(2));
  dies();
  process->began(job(1));
  dies();
  BOOST_TEST((process->suspects() == known_suspects{{job(1), 2}, {job(2), 1}}));
  ends_in_order(); // neither of them had begun
  BOOST_TEST((process->suspects() == known_suspects{{job(1), 2}, {job(2), 1}}));
  process->began(job(1));
  process->ended(job(1));
  BOOST_TEST((process->suspects() == known_suspects{{job(2), 1}}));
  process->began(job(1)); // anew
  dies();
  BOOST_TEST((process->suspects() == known_suspects{{job(1), 1}, {job(2), 1}}));
}

BOOST_FIXTURE_TEST_CASE(more_than_there_is_room_for_are_not_recorded, recorder_fixture) {
  constexpr std::int64_t all = crash_recorder::slots + 10;
  for (std::int64_t i = 1; i <= all; ++i) process->began(job(i));
  process->ended(job(1));
  process->began(job(all + 1)); // has its place
  dies();
  BOOST_TEST(process->suspects().size() == crash_recorder::slots);
  BOOST_TEST(process->suspects().contains(job(all + 1)));
  BOOST_TEST(!process->suspects().contains(job(all)));
}

BOOST_FIXTURE_TEST_CASE(a_file_of_another_installation_is_begun_anew, recorder_fixture) {
  process->began(job(1));
  std::filesystem::copy_file(path, path + ".left");
  process.reset();
  std::filesystem::rename(path + ".left", path);
  start("i2");
  BOOST_TEST(process->suspects().empty());
}

BOOST_FIXTURE_TEST_CASE(a_file_of_nonsense_stops_nobody, recorder_fixture) {
  process->began(job(1));
  process.reset();
  std::ofstream{path, std::ios::trunc} << "nonsense";
  start();
  BOOST_TEST(process->suspects().empty());
  // The same slot twice, as no process writes it.
  process->began(job(5));
  process->began(job(6));
  std::filesystem::copy_file(path, path + ".left");
  process.reset();
  {
    std::fstream file{path + ".left", std::ios::in | std::ios::out | std::ios::binary};
    std::vector<char> slot(16);
    file.seekg(64);
    file.read(slot.data(), 16);
    file.seekp(64 + 16);
    file.write(slot.data(), 16);
  }
  std::filesystem::rename(path + ".left", path);
  start();
  BOOST_TEST(process->suspects().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
