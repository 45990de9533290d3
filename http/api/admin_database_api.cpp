// What the database is at, for the operator (api-contract §16).
#include "http/api/admin_api.hpp"

#include "http/api/render.hpp"

#include <fmt/format.h>

namespace http {

namespace {

/// The value, or null.
template <class T, class Append>
void append_known(std::string& out, std::string_view name, const std::optional<T>& value,
                  Append append) {
  out += fmt::format(",\"{}\":", name);
  if (value)
    append(out, *value);
  else
    out += "null";
}

void append_whole(std::string& out, std::int64_t n) { out += fmt::format("{}", n); }

void append_pool(std::string& out, const database_view::pool& p) {
  out += fmt::format("{{\"in_use\":{},\"idle\":{},\"broken\":{},\"max\":{}}}", p.busy, p.idle,
                     p.broken, p.busy + p.idle + p.broken);
}

void append_pools(std::string& out, const database_view::pools& p) {
  out += "{\"read\":";
  append_pool(out, p.readers);
  out += ",\"journal\":";
  append_pool(out, p.journals);
  out += '}';
}

void append_open(std::string& out, const database_view::transaction& t) {
  out += fmt::format("{{\"pid\":{},\"age_s\":{},\"since\":", t.pid, t.age_s);
  append_instant(out, t.since);
  out += ",\"state\":";
  append_text(out, t.state);
  out += ",\"application\":";
  append_text(out, t.application);
  out += '}';
}

} // namespace

response admin_database(const service& s, const request&, const ledger::user_record&) {
  const auto db = s.books.database();
  response answer;
  auto& out = answer.body;
  out = "{\"state\":";
  append_text(out, db.state);
  append_known(out, "adapter", db.adapter, append_text);
  append_known(out, "version", db.version, append_text);
  append_known(out, "read_only", db.read_only,
               [](std::string& o, bool yes) { o += yes ? "true" : "false"; });
  out += fmt::format(",\"schema\":{{\"current\":{},\"expected\":{}}}", db.schema_current,
                     db.schema_expected);
  append_known(out, "size_bytes", db.size_bytes, append_whole);
  append_known(out, "free_bytes", db.free_bytes,
               [](std::string& o, std::uint64_t n) { o += fmt::format("{}", n); });
  append_known(out, "pool", db.ours, append_pools);
  append_known(out, "connections", db.server,
               [](std::string& o, const database_view::connections& c) {
                 o += fmt::format("{{\"in_use\":{},\"max\":{}}}", c.in_use, c.max);
               });
  append_known(out, "long_transactions", db.long_transactions,
               [](std::string& o, const auto& open) { append_list(o, open, append_open); });
  append_known(out, "file", db.on_disk, [](std::string& o, const database_view::file& f) {
    o += fmt::format("{{\"page_bytes\":{},\"pages\":{},\"pages_free\":{},\"wal_bytes\":{}}}",
                     f.page_bytes, f.pages, f.pages_free, f.wal_bytes);
  });
  out += '}';
  return answer;
}

} // namespace http
