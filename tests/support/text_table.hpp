// What   Tables of commands and expected answers as text: "debit W 100 as t1 -> reserved  # why".
// Why    Rules of money read best as a story; the answer stands at the end of its line.
// Bounds One line per step; '#' starts a comment; blank lines are skipped.
// Source testing.md §2.
#pragma once

#include <boost/test/unit_test.hpp>

#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct table_line {
  int number = 0; ///< from 1, within the table
  std::vector<std::string> words;
  std::string expected; ///< empty: no answer is expected
};

inline std::string trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r") - from + 1));
}

inline std::vector<table_line> parse_table(std::string_view text) {
  std::vector<table_line> table;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string raw; std::getline(lines, raw);) {
    ++number;
    const auto code = raw.substr(0, raw.find('#'));
    const auto arrow = code.find("->");
    table_line line;
    line.number = number;
    std::istringstream words{code.substr(0, arrow)};
    for (std::string word; words >> word;) line.words.push_back(word);
    if (arrow != std::string::npos)
      line.expected = trimmed(std::string_view{code}.substr(arrow + 2));
    if (!line.words.empty()) table.push_back(std::move(line));
  }
  return table;
}

/// Runs each line and compares its answer; a mismatch names the line. At least one line must expect
/// an answer, so that a table cannot pass by saying nothing.
inline void run_table(std::string_view text,
                      const std::function<std::string(const table_line&)>& step) {
  int compared = 0;
  for (const auto& line : parse_table(text)) {
    const auto answer = step(line);
    if (line.expected.empty()) continue;
    ++compared;
    BOOST_TEST(answer == line.expected, "line " << line.number << ": got \"" << answer
                                                << "\", expected \"" << line.expected << '"');
  }
  BOOST_TEST(compared > 0, "a table expects at least one answer");
}

} // namespace support
