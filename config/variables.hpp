// What   variables: the table of everything that can be set: name, group, meaning, default, range.
// Why    One table makes the flags, the help, env.local.example and the checks, so they cannot
//        differ.
// Errors apply answers a sentence that follows the variable's name, without the value of a secret;
//        "" is fine.
// Threads any (constant after the first call).
// Source api-contract §18.
#pragma once

#include "config/settings.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace config {

struct variable {
  enum class kind : std::uint8_t {
    plain,
    secret,  ///< environment or file only: a command line is visible to every user of the machine
    derived, ///< plain, but its default depends on others
    ignored  ///< of the former deployment: accepted, no effect
  };

  std::string name; ///< as in the environment
  std::string group;
  std::string default_text; ///< "" = none; of a derived one: how it comes about
  std::string meaning;
  std::function<std::string(std::string_view value, settings& into)> apply;
  kind what = kind::plain;
  bool works_yet = true; ///< false: checked, but the part that would use it is not there yet

  bool has_flag() const { return what == kind::plain || what == kind::derived; }
  std::string flag() const; ///< DATABASE_URL → --database-url
};

/// In the order in which they have to be applied.
const std::vector<variable>& variables();

/// The reference section of --help.
std::string variables_help();
/// The content of env.local.example.
std::string example_file();

} // namespace config
