// What   crash_recorder: which jobs this process runs, in a small mapped file, so that the next one
//        knows what ran when it died.
// Why    A handler that takes the process down with it would be started again by each next one. Who
//        ran then is suspect: suspects run one at a time, and whoever saw three crashes waits for a
//        person.
// Bounds crash_recorder::slots jobs; those beyond are not recorded. No system call for each job.
// Errors open() as mapped_file. A file of another installation is begun anew.
// Threads confined to the owner of the jobs.
// Source jobs.md §13
#pragma once

#include "scheduler/job.hpp"
#include "storage/mapped_file.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace storage {

class crash_recorder {
public:
  static constexpr std::size_t slots = 1024;

  static base::result<std::unique_ptr<crash_recorder>> open(const std::string& path,
                                                            const std::string& installation);
  /// An end in order: nothing ran.
  ~crash_recorder();
  crash_recorder(const crash_recorder&) = delete;
  crash_recorder& operator=(const crash_recorder&) = delete;

  /// Those that ran when a process died and have not come to an end since, with the number of
  /// crashes that each has seen.
  const std::map<scheduler::job_id, std::uint32_t>& suspects() const { return suspects_; }

  void began(const scheduler::job_id& id) noexcept;
  /// However it ended; also that it is not there any more.
  void ended(const scheduler::job_id& id) noexcept;

private:
  struct slot {
    std::int64_t job = 0; ///< key of its id; 0: free
    std::uint32_t crashes = 0;
    std::uint32_t running = 0;
  };

  explicit crash_recorder(mapped_file file);
  slot* at(std::size_t place) const;

  mapped_file file_;
  std::map<scheduler::job_id, std::uint32_t> suspects_;
  std::unordered_map<std::int64_t, std::size_t> places_;
  std::vector<std::size_t> free_;
};

} // namespace storage
