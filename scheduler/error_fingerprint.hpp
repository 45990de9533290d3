// What   error_fingerprint: the group of dead jobs that an error belongs to.
// Why    A thousand jobs that died of one cause are one line for the operator, whatever ids and
//        amounts their messages name.
// Bounds 16 hex digits; the message counts up to 200 characters after it was made alike.
// Threads any (pure).
// Source jobs.md §7: first 8 bytes of SHA-256(kind, code, message with UUID and hex → @, digits →
//        #, quoted text → $, spaces joined, 200 characters)
#pragma once

#include <string>
#include <string_view>

namespace scheduler {

std::string error_fingerprint(std::string_view kind, std::string_view code,
                              std::string_view message);

/// The message without what differs from job to job.
std::string made_alike(std::string_view message);

} // namespace scheduler
