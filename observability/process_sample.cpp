#include "observability/process_sample.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace observability {

namespace {

struct stat_fields {
  double cpu_ticks = 0;
  double start_ticks = 0;
  double virtual_bytes = 0;
  double resident_pages = 0;
};

// proc(5): the command name (field 2) is in parentheses and may hold blanks, so counting starts
// after the last one.
std::optional<stat_fields> read_stat() {
  std::ifstream in{"/proc/self/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest{text.substr(name_end + 1)};
  std::vector<std::string> words{std::istream_iterator<std::string>{rest}, {}};
  constexpr std::size_t first = 3; // number of the first word
  if (words.size() < 25 - first) return std::nullopt;
  const auto at = [&](std::size_t number) { return std::stod(words[number - first]); };
  return stat_fields{at(14) + at(15), at(22), at(23), at(24)};
}

std::optional<double> boot_time() {
  std::ifstream in{"/proc/stat"};
  std::string word;
  double value = 0;
  while (in >> word)
    if (word == "btime" && in >> value) return value;
  return std::nullopt;
}

void add(std::vector<family>& out, const char* name, const char* help, family_type type,
         double value) {
  sample s;
  s.value = value;
  out.push_back({name, help, type, {std::move(s)}});
}

} // namespace

std::vector<family> process_families() {
  std::vector<family> out;
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  if (const auto stat = read_stat()) {
    add(out, "process_cpu_seconds_total", "User and system CPU time.", family_type::counter,
        stat->cpu_ticks / ticks);
    add(out, "process_virtual_memory_bytes", "Virtual memory size.", family_type::gauge,
        stat->virtual_bytes);
    add(out, "process_resident_memory_bytes", "Resident memory size.", family_type::gauge,
        stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
    if (const auto boot = boot_time())
      add(out, "process_start_time_seconds", "Start of the process since the Unix epoch.",
          family_type::gauge, *boot + stat->start_ticks / ticks);
  }
  std::error_code failed;
  std::filesystem::directory_iterator open{"/proc/self/fd", failed};
  if (!failed)
    add(out, "process_open_fds", "Open file descriptors.", family_type::gauge,
        static_cast<double>(std::distance(begin(open), end(open))));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    add(out, "process_max_fds", "Most file descriptors that may be open.", family_type::gauge,
        static_cast<double>(limit.rlim_cur));
  return out;
}

} // namespace observability
