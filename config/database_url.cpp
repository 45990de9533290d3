#include "config/database_url.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <vector>

namespace config {

namespace {

using parsed = std::variant<database_settings, std::string>;

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto end = text.find(at);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

parsed parse_sqlite(std::string_view rest) { // behind "sqlite://"
  if (rest.find('?') != std::string_view::npos) return "takes no parameters behind a SQLite path";
  if (rest.empty() || rest == "/:memory:") rest = "/:memory:";
  if (rest.front() != '/') return "needs three slashes before a relative SQLite path";
  rest.remove_prefix(1);
  if (rest.empty() || rest.back() == '/') return "names no SQLite file";
  database_settings out;
  out.sqlite_path = rest;
  out.shown = "sqlite:" + out.sqlite_path;
  return out;
}

/// "[::1]:5432" → "::1", "db:5432" → "db".
std::string_view host_without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool is_local(std::string_view host) {
  return host.empty() || host == "localhost" || host == "::1" || host.starts_with("127.") ||
         host.starts_with('/') || host.starts_with("%2F") || host.starts_with("%2f");
}

parsed parse_postgres(std::string_view rest, bool production) { // behind "postgresql://"
  const auto query_at = rest.find('?');
  const std::string_view query =
      query_at == std::string_view::npos ? std::string_view{} : rest.substr(query_at + 1);
  const std::string_view before_query = rest.substr(0, query_at);
  const auto path_at = before_query.find('/');
  std::string_view authority = before_query.substr(0, path_at);
  const std::string_view database =
      path_at == std::string_view::npos ? std::string_view{} : before_query.substr(path_at + 1);
  if (const auto user_end = authority.rfind('@'); user_end != std::string_view::npos)
    authority.remove_prefix(user_end + 1);
  if (database.find('/') != std::string_view::npos) return "has a slash in the database's name";

  std::string_view hosts = authority;
  std::optional<std::string_view> sslmode;
  if (!query.empty())
    for (std::string_view parameter : split(query, '&')) {
      const auto equals = parameter.find('=');
      if (equals == std::string_view::npos || equals == 0)
        return "has a parameter that is not name=value";
      const std::string_view name = parameter.substr(0, equals);
      if (name == "sslmode") sslmode = parameter.substr(equals + 1);
      if (name == "host" || name == "hostaddr") hosts = parameter.substr(equals + 1);
    }
  constexpr std::array modes{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"};
  if (sslmode && std::find(modes.begin(), modes.end(), *sslmode) == modes.end())
    return "has an sslmode other than disable, allow, prefer, require, verify-ca, verify-full";

  const auto all_hosts = split(hosts, ',');
  const bool local = std::all_of(all_hosts.begin(), all_hosts.end(), [](std::string_view host) {
    return is_local(host_without_port(host));
  });
  std::string uri = "postgresql://" + std::string{rest};
  if (production && !local && !sslmode)
    uri += query_at == std::string_view::npos ? "?sslmode=require"
           : query.empty()                    ? "sslmode=require"
                                              : "&sslmode=require";
  database_settings out;
  out.what = database_settings::kind::postgres;
  out.sqlite_path.clear();
  out.postgres_uri = secret{std::move(uri)};
  out.shown = "postgresql://" + std::string{hosts} + "/" + std::string{database};
  return out;
}

} // namespace

parsed parse_database_url(std::string_view url, bool production) {
  if (std::any_of(url.begin(), url.end(),
                  [](unsigned char c) { return std::isspace(c) != 0 || std::iscntrl(c) != 0; }))
    return "has a blank or control character";
  constexpr std::string_view sqlite = "sqlite://";
  if (url.starts_with(sqlite)) return parse_sqlite(url.substr(sqlite.size()));
  for (std::string_view scheme : {"postgresql://", "postgres://", "postgresql+psycopg2://"})
    if (url.starts_with(scheme)) return parse_postgres(url.substr(scheme.size()), production);
  return "begins with none of sqlite:///, postgresql://, postgres://, postgresql+psycopg2://";
}

} // namespace config
