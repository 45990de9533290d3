#include "http/api/export_limit.hpp"

#include <algorithm>

namespace http {

namespace {

constexpr std::int64_t sending_us = 1'000'000;
constexpr std::string_view too_large = "EXPORT_TOO_LARGE";

} // namespace

export_limit::export_limit(const service& s, std::size_t bytes_max)
    : clock_(s.clock), bytes_max_(bytes_max) {
  const auto end = s.deadline().count, whole = end - clock_.now().count;
  until_ = base::utc_us{end - std::min(sending_us, whole / 2)};
}

base::status export_limit::room(const std::string& body) const {
  if (body.size() > bytes_max_) return base::failure{too_large, "bytes"};
  if (clock_.now() > until_) return base::failure{too_large, "time"};
  return {};
}

} // namespace http
