// Goals and envelopes as JSON.
#include "http/api/render.hpp"

#include <fmt/format.h>

namespace http {

double progress(const ledger::goal& g) {
  return 100.0 * static_cast<double>(g.current.minor) / static_cast<double>(g.target.minor);
}

void append_goal(std::string& out, const ledger::goal& g, base::civil_day today) {
  out += "{\"id\":";
  append_text(out, g.id.text());
  out += ",\"name\":";
  append_text(out, g.name);
  out += ',';
  append_twins(out, "target_amount", g.target);
  out += ',';
  append_twins(out, "current_amount", g.current);
  out += ",\"target_date\":";
  append_instant(out, g.due);
  out += ",\"description\":";
  append_optional_text(out, g.description);
  out += ",\"category\":";
  append_text(out, g.category);
  out += fmt::format(",\"priority\":\"{}\",\"status\":\"{}\",\"progress_percentage\":{}",
                     g.priority, ledger::status_of(g, today), progress(g));
  out += ",\"created_at\":";
  append_instant(out, g.created_at);
  out += ",\"updated_at\":";
  append_instant(out, g.updated_at);
  out += '}';
}

void append_envelope(std::string& out, const ledger::budget_envelope& e) {
  out += "{\"id\":";
  append_text(out, e.id.text());
  out += ",\"name\":";
  append_text(out, e.name);
  out += fmt::format(",\"balance\":{},\"target_amount\":", e.balance.minor);
  out += e.target ? std::to_string(e.target->minor) : "null";
  out += ",\"color\":";
  append_optional_text(out, e.color);
  out += ",\"description\":";
  append_optional_text(out, e.description);
  out += ",\"progress_percentage\":";
  out += e.target ? fmt::format("{}", 100.0 * static_cast<double>(e.balance.minor) /
                                          static_cast<double>(e.target->minor))
                  : "null";
  out += ",\"created_at\":";
  append_instant(out, e.created_at);
  out += '}';
}

} // namespace http
