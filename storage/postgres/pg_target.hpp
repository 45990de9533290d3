// What   pg_target: a configured PostgreSQL server as libpq takes it, read from a URL.
// Why    Host names are looked up beside the event loop, so the parts must be at hand; and a text
//        for an operator must never hold the password.
// Errors errc::broken when the URL cannot be read; the text says nothing of its content.
// Threads any (a value).
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace storage {

class pg_target {
public:
  /// postgresql://…, postgres://…; a driver behind a plus sign (postgresql+psycopg2://…) is ignored.
  static base::result<pg_target> parse(std::string_view url);

  /// One for each host of the URL. An empty name, a folder or an address needs no lookup.
  const std::vector<std::string>& hosts() const { return hosts_; }
  static bool needs_lookup(const std::string& host);

  /// Replaces what the URL says, for example application_name.
  void set(const std::string& keyword, const std::string& value);
  const std::string* find(std::string_view keyword) const;

  /// "host:port/database", for a log and an operator.
  std::string label() const;

  /// Arrays for PQconnectStartParams, closed by nulls; they live as long as the target stays as it
  /// is.
  struct parameters {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
  };
  parameters libpq_parameters() const;

private:
  std::vector<std::pair<std::string, std::string>> options_;
  std::vector<std::string> hosts_;
};

} // namespace storage
