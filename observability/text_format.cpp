#include "observability/text_format.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace observability {

namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

void append_series(std::string& out, std::string_view name, std::string_view suffix,
                   const std::vector<label>& labels, std::string_view le, std::string_view value) {
  out += name;
  out += suffix;
  if (!labels.empty() || !le.empty()) {
    char before = '{';
    for (const label& l : labels) {
      out += before;
      out += l.name;
      out += "=\"";
      append_escaped(out, l.value, true);
      out += '"';
      before = ',';
    }
    if (!le.empty()) {
      out += before;
      out += "le=\"";
      out += le;
      out += '"';
    }
    out += '}';
  }
  out += ' ';
  out += value;
  out += '\n';
}

std::string_view type_text(family_type type) {
  switch (type) {
  case family_type::counter: return "counter";
  case family_type::gauge: return "gauge";
  case family_type::histogram: break;
  }
  return "histogram";
}

} // namespace

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string border_text(double border) {
  std::string text = number_text(border);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string prometheus_text(std::vector<family> families) {
  std::sort(families.begin(), families.end(),
            [](const family& a, const family& b) { return a.name < b.name; });
  std::string out;
  for (family& f : families) {
    out += "# HELP ";
    out += f.name;
    out += ' ';
    append_escaped(out, f.help, false);
    out += "\n# TYPE ";
    out += f.name;
    out += ' ';
    out += type_text(f.type);
    out += '\n';
    for (sample& s : f.samples) std::sort(s.labels.begin(), s.labels.end());
    std::sort(f.samples.begin(), f.samples.end(),
              [](const sample& a, const sample& b) { return a.labels < b.labels; });
    for (const sample& s : f.samples) {
      if (f.type != family_type::histogram) {
        append_series(out, f.name, "", s.labels, "", number_text(s.value));
        continue;
      }
      for (const bucket& b : s.buckets)
        append_series(out, f.name, "_bucket", s.labels, border_text(b.upper_bound),
                      std::to_string(b.cumulative_count));
      append_series(out, f.name, "_bucket", s.labels, "+Inf", std::to_string(s.count));
      append_series(out, f.name, "_sum", s.labels, "", number_text(s.sum));
      append_series(out, f.name, "_count", s.labels, "", std::to_string(s.count));
    }
  }
  return out;
}

} // namespace observability
