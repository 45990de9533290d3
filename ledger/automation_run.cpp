#include "ledger/automation_run.hpp"

#include <array>

namespace ledger {

namespace {

constexpr std::array<std::string_view, 4> occurrence_words{"posted", "refused", "failed",
                                                           "skipped"};

} // namespace

std::string_view to_text(occurrence_end e) { return occurrence_words[static_cast<std::size_t>(e)]; }

std::optional<occurrence_end> occurrence_end_from_text(std::string_view text) {
  for (std::size_t i = 0; i < occurrence_words.size(); ++i)
    if (text == occurrence_words[i]) return static_cast<occurrence_end>(i);
  return std::nullopt;
}

} // namespace ledger
