// Settings: files, variables, flags, and the URL of the database. Passwords never come out.
#include "config/database_url.hpp"
#include "config/env_file.hpp"
#include "config/load.hpp"
#include "config/secret_key.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>
#include <vector>

namespace {

constexpr std::string_view password = "Xq7%51zP0w";

void check_url(std::string_view input) {
  for (const bool production : {false, true}) {
    const auto read = config::parse_database_url(input, production);
    if (const auto* why = std::get_if<std::string>(&read)) {
      ENSURE(!why->empty(), "refused without a reason");
      continue;
    }
    const auto& url = std::get<config::database_settings>(read);
    if (url.what == config::database_settings::kind::sqlite)
      ENSURE(!url.sqlite_path.empty(), "SQLite without a file");
  }
  // The same with a password that nothing may show.
  const auto at = input.find("://");
  if (at == input.npos) return;
  const auto secret = std::string{input.substr(0, at + 3)} + "u:" + std::string{password} + "@" +
                      std::string{input.substr(at + 3)};
  const auto read = config::parse_database_url(secret, true);
  const auto* why = std::get_if<std::string>(&read);
  const auto& said = why ? *why : std::get<config::database_settings>(read).shown;
  if (secret.starts_with("postgres"))
    ENSURE(said.find(password) == said.npos, "a password is shown");
}

} // namespace

void fuzz::target(std::string_view input) {
  const auto kind = first_byte(input);
  if (kind % 4 == 0) return check_url(input);
  std::vector<std::string> arguments;
  for (auto line = before(input, '\0'); !line.empty();) {
    const auto argument = before(line, '\n');
    // A file of the machine would be read.
    if (argument.find("config") == argument.npos) arguments.emplace_back(argument);
  }
  const auto file = config::read_env_file(input);
  for (const auto& [name, value] : file.values) {
    ENSURE(!name.empty() && name.find('=') == name.npos, "a name that is none");
    ENSURE(value.find('\n') == value.npos, "a value of two lines");
  }
  config::environment_map environment;
  for (const auto& [name, value] : file.values) environment.emplace(name, value);
  config::load_options options;
  options.memory_database_allowed = true;
  const auto loaded = config::load(arguments, environment, options);
  if (const auto* stop = std::get_if<config::stop>(&loaded)) {
    ENSURE(!stop->out.empty() || !stop->err.empty(), "it stops and says nothing");
    return;
  }
  const auto& l = std::get<config::loaded>(loaded);
  ENSURE(l.values.journal.shards > 0 && l.values.journal.shards <= 1024, "shards out of bounds");
  ENSURE(l.values.journal.batch_max > 0, "no batch");
}
