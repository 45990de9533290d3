#include "storage/postgres/pg_target.hpp"

#include "storage/port.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstdlib>
#include <libpq-fe.h>
#include <memory>

namespace storage {
namespace {

constexpr const char* unreadable =
    "the database URL cannot be read; its form is postgresql://user:password@host:5432/database";

/// "postgresql+psycopg2://x" -> "postgresql://x".
std::string without_driver(std::string_view url) {
  const auto scheme_end = url.find("://");
  const auto plus = url.find('+');
  if (scheme_end == std::string_view::npos || plus == std::string_view::npos || plus > scheme_end)
    return std::string(url);
  return std::string(url.substr(0, plus)).append(url.substr(scheme_end));
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (;;) {
    const auto comma = text.find(',', from);
    parts.push_back(text.substr(from, comma - from));
    if (comma == std::string::npos) return parts;
    from = comma + 1;
  }
}

} // namespace

base::result<pg_target> pg_target::parse(std::string_view url) {
  const std::string text = without_driver(url);
  if (!text.starts_with("postgresql://") && !text.starts_with("postgres://"))
    return base::fail(errc::broken, unreadable);
  char* message = nullptr; // may quote the URL: never shown
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(text.c_str(), &message), &PQconninfoFree);
  if (message != nullptr) PQfreemem(message);
  if (parsed == nullptr) return base::fail(errc::broken, unreadable);
  pg_target target;
  for (const auto* o = parsed.get(); o->keyword != nullptr; ++o)
    if (o->val != nullptr) target.options_.emplace_back(o->keyword, o->val);
  if (target.find("hostaddr") != nullptr) return target; // already an address: nothing to look up
  if (const auto* host = target.find("host"))
    target.hosts_ = split_list(*host);
  else if (const char* from_environment = std::getenv("PGHOST"))
    target.hosts_ = split_list(from_environment);
  return target;
}

bool pg_target::needs_lookup(const std::string& host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') return false;
  boost::system::error_code no_address;
  boost::asio::ip::make_address(host, no_address);
  return static_cast<bool>(no_address);
}

void pg_target::set(const std::string& keyword, const std::string& value) {
  for (auto& [k, v] : options_)
    if (k == keyword) {
      v = value;
      return;
    }
  options_.emplace_back(keyword, value);
}

const std::string* pg_target::find(std::string_view keyword) const {
  for (const auto& [k, v] : options_)
    if (k == keyword) return &v;
  return nullptr;
}

std::string pg_target::label() const {
  const auto part = [this](std::string_view keyword, const char* otherwise) {
    const auto* found = find(keyword);
    return found != nullptr ? *found : std::string(otherwise);
  };
  return part("host", "local socket") + ":" + part("port", "5432") + "/" + part("dbname", "");
}

pg_target::parameters pg_target::libpq_parameters() const {
  parameters p;
  for (const auto& [k, v] : options_) {
    p.keywords.push_back(k.c_str());
    p.values.push_back(v.c_str());
  }
  p.keywords.push_back(nullptr);
  p.values.push_back(nullptr);
  return p;
}

} // namespace storage
