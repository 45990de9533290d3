// The texts that are made from the table of variables: the reference of --help, env.local.example.
#include "config/variables.hpp"

#include <fmt/format.h>

namespace config {

namespace {

std::string wrapped(std::string_view words, std::string_view indent, std::size_t width) {
  std::string out;
  std::string line{indent};
  while (!words.empty()) {
    const auto end = words.find(' ');
    const std::string_view word = words.substr(0, end);
    if (line.size() > indent.size() && line.size() + word.size() + 1 > width) {
      out += line + "\n";
      line = indent;
    }
    if (line.size() > indent.size()) line += ' ';
    line += word;
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return out + line + "\n";
}

std::string described(const variable& v) {
  std::string out = v.meaning;
  if (!v.default_text.empty()) out += fmt::format(" [{}]", v.default_text);
  if (v.what == variable::kind::secret) out += " (environment or file only)";
  if (!v.works_yet) out += " (checked, no effect yet)";
  return out;
}

template <class Line> std::string by_group(const Line& line) {
  std::string out;
  std::string group;
  for (const variable& v : variables()) {
    if (v.group != group) {
      group = v.group;
      out += line(group);
    }
    out += line(v);
  }
  return out;
}

struct help_line {
  std::string operator()(const std::string& group) const { return "\n" + group + "\n"; }
  std::string operator()(const variable& v) const {
    constexpr std::size_t column = 36;
    const std::string text = wrapped(described(v), std::string(column, ' '), 100);
    return fmt::format("  {:<{}}", v.name, column - 2) + text.substr(column);
  }
};

struct example_line {
  std::string operator()(const std::string& group) const {
    return fmt::format("\n# -- {} {}\n", group, std::string(76 - group.size(), '-'));
  }
  std::string operator()(const variable& v) const {
    const bool literal = v.what == variable::kind::plain;
    return "\n" + wrapped(described(v), "# ", 100) +
           fmt::format("#{}={}\n", v.name, literal ? v.default_text : "");
  }
};

} // namespace

std::string variables_help() { return by_group(help_line{}); }

std::string example_file() {
  return "# Everything that can be set, with its default. Copy to env.local, take the # away where "
         "you\n"
         "# want another value, and start with:  vaidepix serve --config env.local\n"
         "# An empty value is the same as none. The environment wins over this file.\n" +
         by_group(example_line{});
}

} // namespace config
