// What   Why a file of an export is refused.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string_view>

namespace exchange {

enum class errc : std::uint8_t {
  damaged, ///< FILE_DAMAGED: cut off, altered, or never written by us
  newer,   ///< FILE_NEWER: of a version that this program does not know
  partial, ///< FILE_PARTIAL: whole, but of one user only
};

std::string_view code_text(errc e);

} // namespace exchange
