// What   progress: how far a long walk is, on standard error, every few seconds.
// Why    An operator at 3 a.m. must see that it works, and a script that reads standard output must
//        not.
// Threads main only.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace app {

class progress {
public:
  explicit progress(std::string_view command) : command_(command) {}

  /// `text` is called only when it is time to say something.
  template <class Text> void tick(Text text) {
    const auto now = std::chrono::steady_clock::now();
    if (now - said_ < every) return;
    said_ = now;
    fmt::print(stderr, "{}: {}\n", command_, text());
  }

private:
  static constexpr std::chrono::seconds every{5};

  std::string command_;
  std::chrono::steady_clock::time_point said_ = std::chrono::steady_clock::now();
};

} // namespace app
