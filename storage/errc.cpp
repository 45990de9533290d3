#include "base/assert.hpp"
#include "storage/port.hpp"

namespace storage {

std::string_view code_text(errc e) {
  switch (e) {
  case errc::unavailable: return "DB_UNAVAILABLE";
  case errc::timed_out: return "DB_TIMEOUT";
  case errc::read_only: return "DB_READ_ONLY";
  case errc::full: return "DB_FULL";
  case errc::schema: return "DB_SCHEMA";
  case errc::overloaded: return "OVERLOADED";
  case errc::broken: return "DB_BROKEN";
  case errc::shutting_down: return "SHUTTING_DOWN";
  case errc::in_use: return "DB_IN_USE";
  }
  UNREACHABLE("storage::errc");
}

} // namespace storage
