// What   read_env_file: lines NAME=value of a --config file.
// Why    The same form as an environment file of a container or service manager, so one file serves
//        all.
// Bounds '#' begins a comment at the begin of a line only; quotes around a whole value are taken
//        off; `export ` is allowed; no escapes, no substitution.
// Errors one sentence per bad line, with its number and without its value.
// Threads any (pure).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace config {

struct env_file {
  std::map<std::string, std::string, std::less<>> values;
  std::vector<std::string> faults;
};

env_file read_env_file(std::string_view text);

} // namespace config
