// What   The key that signs access tokens: SECRET_KEY, or one that the server makes and keeps
//        beside the database.
// Why    With no settings at all a restart must not log everybody out; a key in the code would be
//        everybody's key.
// Errors KEY_FILE: the file cannot be read or written; the text says which.
// Threads main only.
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"

#include <string>

namespace app {

base::result<std::string> signing_key(const config::auth_settings& settings);

} // namespace app
