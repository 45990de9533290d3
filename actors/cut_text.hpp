// What   cut_text: a text that is too long, cut where a character ends, and marked as cut.
// Why    Errors and logs of handlers and workers are cut, not refused: they come when something
//        went wrong already.
// Threads any (pure).
// Source jobs.md §7.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace actors {

inline constexpr std::string_view cut_mark = "…[cut]";

/// At most `most` bytes, which are more than the mark has.
inline std::string cut_text(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  auto end = most - cut_mark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text += cut_mark;
}

} // namespace actors
