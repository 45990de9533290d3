// What   slot: see base/slot.hpp.
#pragma once

#include "base/slot.hpp"

namespace actors {

using base::slot;

} // namespace actors
