// What   The tags of a transaction as one cell: a JSON array of names.
// Errors Reading throws codec_error for a text that no program of ours writes.
// Threads any (pure).
#pragma once

#include <string>
#include <vector>

namespace storage {

std::string tags_text(const std::vector<std::string>& tags);
std::vector<std::string> tags_from(const std::string& text);

} // namespace storage
