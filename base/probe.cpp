#include "base/probe.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace base {
namespace {

struct armed_point {
  std::string name;
  int hit = 1;
  std::atomic<int> seen{0};

  armed_point() {
    const char* text = std::getenv("VAIDEPIX_CRASH_POINT");
    if (text == nullptr) return;
    std::string_view all = text;
    const auto colon = all.find(':');
    name = all.substr(0, colon);
    if (colon != std::string_view::npos) hit = std::atoi(text + colon + 1);
  }
};

armed_point& point() {
  static armed_point p;
  return p;
}

} // namespace

bool crash_points_armed() noexcept {
  static const bool armed = !point().name.empty();
  return armed;
}

void crash_point_reached(const char* name) noexcept {
  auto& p = point();
  if (p.name == name && p.seen.fetch_add(1) + 1 == p.hit) std::raise(SIGKILL);
}

} // namespace base
