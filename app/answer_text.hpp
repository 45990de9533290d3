// What   Texts between the command line and a server: what goes into a path, and members of an
//        answer as a person reads them.
// Threads any (pure).
#pragma once

#include "base/json.hpp"

#include <string>
#include <string_view>

namespace app {

/// What may stand in a path or a query: everything else as %XX.
std::string escaped(std::string_view text);
/// A member as a person reads it: texts without quotes, "-" for nothing.
std::string said(const base::json::value& of, std::string_view name);

} // namespace app
