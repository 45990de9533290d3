#include "scheduler/kind_name.hpp"

#include <algorithm>

namespace scheduler {

bool is_kind_name(std::string_view text) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && text.size() <= 64 && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.';
         });
}

} // namespace scheduler
