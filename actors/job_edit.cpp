#include "actors/job_edit.hpp"

#include "base/json.hpp"

namespace actors {

namespace json = base::json;

std::string to_text(const job_edit& e) {
  json::object o;
  if (e.priority) o.emplace_back("priority", std::int64_t{*e.priority});
  if (e.run_at) o.emplace_back("run_at", e.run_at->count);
  if (e.expires_at) o.emplace_back("expires_at", e.expires_at->count);
  if (e.payload) o.emplace_back("payload", *e.payload);
  if (e.tags) {
    json::array tags;
    for (const auto& t : *e.tags) tags.emplace_back(t);
    o.emplace_back("tags", std::move(tags));
  }
  return json::write(json::value{std::move(o)});
}

job_edit job_edit_from_text(const std::string& text) {
  job_edit e;
  const auto read = json::read(text);
  const auto* all = std::get_if<json::value>(&read);
  if (all == nullptr) return e;
  const auto whole = [&](std::string_view key) -> std::optional<std::int64_t> {
    const auto* v = all->find(key);
    return v == nullptr ? std::nullopt : v->as_int64();
  };
  if (const auto n = whole("priority")) e.priority = static_cast<std::int32_t>(*n);
  if (const auto at = whole("run_at")) e.run_at = base::utc_us{*at};
  if (const auto at = whole("expires_at")) e.expires_at = base::utc_us{*at};
  if (const auto* p = all->find("payload"); p != nullptr && p->if_string() != nullptr)
    e.payload = *p->if_string();
  if (const auto* t = all->find("tags"); t != nullptr && t->if_array() != nullptr) {
    e.tags.emplace();
    for (const auto& one : *t->if_array())
      if (one.if_string() != nullptr) e.tags->push_back(*one.if_string());
  }
  return e;
}

void apply(scheduler::job& j, const job_edit& e) {
  if (e.priority) j.priority = *e.priority;
  if (e.expires_at) j.expires_at = e.expires_at;
  if (e.payload) j.payload = *e.payload;
  if (e.tags) j.tags = *e.tags;
}

} // namespace actors
