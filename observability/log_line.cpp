#include "observability/log_line.hpp"

#include "base/json.hpp"

#include <array>
#include <fmt/format.h>
#include <iterator>

namespace observability {

namespace {

// Between message and module; extras with other names come last, in the order of the call.
constexpr std::array<std::string_view, 17> ordered{
    "event",      "request_id",     "job_id", "attempt",         "schedule", "user_id",
    "account_id", "transaction_id", "commit", "idempotency_key", "node",     "method",
    "endpoint",   "status_code",    "code",   "duration_ms",     "exception"};
constexpr std::size_t ordered_count = ordered.size();

std::size_t rank_of(std::string_view name) {
  for (std::size_t i = 0; i < ordered_count; ++i)
    if (ordered[i] == name) return i;
  return ordered_count;
}

std::string_view level_text(log_level level) {
  constexpr std::array<std::string_view, 5> texts{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
  return texts[static_cast<std::size_t>(level)];
}

// "/…/actors/journal_actor.cpp" → "journal_actor": no path of the machine that built us.
std::string_view module_of(std::string_view file) {
  if (const auto slash = file.rfind('/'); slash != std::string_view::npos)
    file.remove_prefix(slash + 1);
  return file.substr(0, file.rfind('.'));
}

void append_json(std::string& out, std::string_view text) {
  base::json::write(base::json::value{text}, out);
}

struct append_value {
  std::string& out;
  bool json;

  void operator()(std::string_view v) const {
    if (json) {
      append_json(out, v);
    } else if (v.find_first_of(" \"=\n\r\t\\") == std::string_view::npos && !v.empty()) {
      out += v;
    } else {
      append_json(out, v);
    }
  }
  void operator()(std::int64_t v) const { fmt::format_to(std::back_inserter(out), "{}", v); }
  void operator()(std::uint64_t v) const { fmt::format_to(std::back_inserter(out), "{}", v); }
  void operator()(bool v) const { out += v ? "true" : "false"; }
  void
  operator()(std::chrono::nanoseconds v) const { // milliseconds with microseconds behind the point
    const auto us = v.count() / 1000;
    const auto rest = us < 0 ? -us : us;
    fmt::format_to(std::back_inserter(out), "{}{}.{:03}", us < 0 ? "-" : "", rest / 1000,
                   rest % 1000);
  }
  void operator()(base::utc_us v) const { (*this)(std::string_view{base::to_text(v)}); }
  void operator()(base::civil_day v) const { (*this)(std::string_view{base::to_text(v)}); }
};

void append_name(std::string& out, std::string_view name, bool json) {
  out += json ? ",\"" : " ";
  out += name;
  out += json ? "\":" : "=";
}

void append_field(std::string& out, const field& f, bool json) {
  append_name(out, f.name(), json);
  std::visit(append_value{out, json}, f.value());
}

// Appends what `write` writes unless the line would get too long with the tail that must follow.
template <class Write>
void append_if_fits(std::string& out, std::size_t reserve, bool& cut, const Write& write) {
  const auto before = out.size();
  write();
  if (out.size() + reserve <= log_line_bytes_max) return;
  out.resize(before);
  cut = true;
}

void append_fields(std::string& out, const line_head& head, fields extras, bool json) {
  constexpr std::size_t reserve = 32; // ,"truncated":true}\n
  bool cut = false;
  const auto named = [&](std::string_view name, auto value) {
    append_if_fits(out, reserve, cut, [&] {
      append_name(out, name, json);
      append_value{out, json}(value);
    });
  };
  for (std::size_t rank = 0; rank < ordered_count; ++rank) {
    bool given = false;
    for (const field& f : extras)
      if (!given && f.name() == ordered[rank]) {
        append_if_fits(out, reserve, cut, [&] { append_field(out, f, json); });
        given = true;
      }
    if (!given && ordered[rank] == "node" && !head.node.empty()) named("node", head.node);
  }
  if (json) {
    named("module", module_of(head.where.file));
    named("function", std::string_view{head.where.function});
    named("line", std::uint64_t{head.where.line});
  }
  for (const field& f : extras)
    if (rank_of(f.name()) == ordered_count)
      append_if_fits(out, reserve, cut, [&] { append_field(out, f, json); });
  if (cut) out += json ? ",\"truncated\":true" : " truncated";
}

} // namespace

std::string json_line(const line_head& head, fields extras) {
  std::string out = "{\"timestamp\":";
  append_json(out, base::to_text(head.at));
  out += ",\"level\":\"";
  out += level_text(head.level);
  out += "\",\"logger\":";
  append_json(out, head.logger);
  out += ",\"message\":";
  append_json(out, head.message);
  append_fields(out, head, extras, true);
  out += "}\n";
  return out;
}

std::string text_line(const line_head& head, fields extras) {
  std::string out = fmt::format("{} {:<8} {} {}", base::to_text(head.at), level_text(head.level),
                                head.logger, head.message);
  append_fields(out, head, extras, false);
  out += '\n';
  return out;
}

} // namespace observability
