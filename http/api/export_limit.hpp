// What   What an export may cost: export_limit, the bytes and the time of one; export_places, how
//        many are made at once.
// Why    A body is built in memory, and the books of a user have no bound.
// Bounds export_bytes_max each; the deadline of the request, less what sending takes.
// Errors EXPORT_TOO_LARGE.
// Threads export_places: any. export_limit: one.
#pragma once

#include "http/api/service.hpp"

#include <cstddef>
#include <semaphore>
#include <string>

namespace http {

inline constexpr std::size_t export_bytes_max = std::size_t{64} << 20;
inline constexpr std::ptrdiff_t exports_at_once = 2;

class export_limit {
public:
  /// The time begins now.
  explicit export_limit(const service& s, std::size_t bytes_max = export_bytes_max);
  /// Whether one may go on with the body.
  base::status room(const std::string& body) const;

private:
  base::clock& clock_;
  base::utc_us until_;
  std::size_t bytes_max_;
};

using export_places = std::counting_semaphore<exports_at_once>;

/// Held while an export is made.
class export_place {
public:
  explicit export_place(export_places& all) : all_(all), held_(all.try_acquire()) {}
  ~export_place() {
    if (held_) all_.release();
  }
  export_place(const export_place&) = delete;
  export_place& operator=(const export_place&) = delete;

  bool held() const { return held_; }

private:
  export_places& all_;
  bool held_;
};

} // namespace http
