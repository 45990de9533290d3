#include "app/remembered_heads.hpp"

namespace app {

std::string heads_file(const config::settings& settings, const std::string& installation) {
  const auto& db = settings.storage.database;
  if (db.in_memory()) return {};
  if (db.what == config::database_settings::kind::sqlite) return db.sqlite_path + ".heads";
  return "vaidepix-" + installation + ".heads";
}

std::string running_file(const config::settings& settings, const std::string& installation) {
  const auto& db = settings.storage.database;
  if (db.in_memory()) return {};
  if (db.what == config::database_settings::kind::sqlite) return db.sqlite_path + ".running";
  return "vaidepix-" + installation + '-' + settings.node_id + ".running";
}

} // namespace app
