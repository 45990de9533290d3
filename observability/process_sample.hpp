// What   process_families: the standard process_* families of this process.
// Why    Dashboards expect them, and the core library has none.
// Errors A file of /proc that cannot be read leaves its family out.
// Threads any.
#pragma once

#include "observability/text_format.hpp"

#include <vector>

namespace observability {

std::vector<family> process_families();

} // namespace observability
