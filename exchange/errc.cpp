#include "exchange/errc.hpp"

#include "base/assert.hpp"

namespace exchange {

std::string_view code_text(errc e) {
  switch (e) {
  case errc::damaged: return "FILE_DAMAGED";
  case errc::newer: return "FILE_NEWER";
  case errc::partial: return "FILE_PARTIAL";
  }
  UNREACHABLE("exchange::errc");
}

} // namespace exchange
