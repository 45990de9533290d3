// The entry: settings, then one command. Everything else is in the modules that it names.
#include "app/commands.hpp"
#include "app/job_handlers.hpp"

#include "base/assert.hpp"
#include "config/load.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <unistd.h>
#include <variant>
#include <vector>

extern char** environ;

namespace {

config::environment_map environment_of_process() {
  config::environment_map all;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view line = *at;
    const auto equals = line.find('=');
    if (equals != std::string_view::npos)
      all.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return all;
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

int run(const std::vector<std::string>& arguments) {
  config::load_options options;
  options.host_name = host_name();
  options.version = app::version;
  options.builtin_kinds = app::builtin_kinds();
  const auto read = config::load(arguments, environment_of_process(), options);
  if (const auto* stop = std::get_if<config::stop>(&read)) {
    std::fputs(stop->out.c_str(), stdout);
    std::fputs(stop->err.c_str(), stderr);
    return stop->exit_code;
  }
  const auto& loaded = std::get<config::loaded>(read);
  if (const auto* c = std::get_if<config::migrate>(&loaded.what)) return app::migrate(loaded, *c);
  if (const auto* c = std::get_if<config::verify>(&loaded.what)) return app::verify(loaded, *c);
  if (const auto* c = std::get_if<config::snapshots>(&loaded.what))
    return app::snapshots(loaded, *c);
  if (const auto* c = std::get_if<config::reconcile>(&loaded.what))
    return app::reconcile(loaded, *c);
  if (const auto* c = std::get_if<config::export_books>(&loaded.what))
    return app::export_books(loaded, *c);
  if (const auto* c = std::get_if<config::import_books>(&loaded.what))
    return app::import_books(loaded, *c);
  if (const auto* c = std::get_if<config::backfill_ledger>(&loaded.what))
    return app::backfill_ledger(loaded, *c);
  if (const auto* c = std::get_if<config::sync_balance>(&loaded.what))
    return app::sync_balance(loaded, *c);
  if (const auto* c = std::get_if<config::doctor>(&loaded.what)) return app::doctor(loaded, *c);
  if (const auto* c = std::get_if<config::jobs>(&loaded.what)) return app::jobs(loaded, *c);
  if (const auto* c = std::get_if<config::schedules>(&loaded.what))
    return app::schedules(loaded, *c);
  if (const auto* c = std::get_if<config::locks>(&loaded.what)) return app::locks(loaded, *c);
  if (const auto* c = std::get_if<config::demo>(&loaded.what)) return app::demo(loaded, *c);
  if (const auto* c = std::get_if<config::grant_admin>(&loaded.what))
    return app::grant_admin(loaded, *c);
  return app::serve(loaded);
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const base::broken_invariant&) {
    return 70; // said by ENSURE
  } catch (const std::exception& e) {
    std::fprintf(stderr, "vaidepix: %s\n", e.what());
    return 70;
  }
}
