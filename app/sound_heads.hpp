// What   The file in which verify --since keeps up to which commits a ledger was sound.
// Why    Outside of the database on purpose: who alters the ledger has to alter this as well.
// Errors FILE_UNREADABLE, FILE_DAMAGED, FILE_FOREIGN (of another database), FILE_UNWRITABLE.
// Threads main only.
#pragma once

#include "base/result.hpp"
#include "ledger/commit.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace app {

/// Nothing: there is no such file yet.
base::result<std::optional<std::vector<ledger::shard_head>>>
read_sound_heads(const std::string& file, std::string_view installation);
base::status write_sound_heads(const std::string& file, std::string_view installation,
                               const std::vector<ledger::shard_head>& heads);

} // namespace app
