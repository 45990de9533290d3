// What   ask(): a question to a port of storage, waited for; may_go_on: how a walk is ended.
// Why    A walk over the whole ledger has nothing else to do.
// Bounds `longest` for each question; patience unless somebody knows better.
// Errors errc::timed_out when no answer came.
// Threads Any but one of storage: it blocks.
#pragma once

#include "base/result.hpp"
#include "base/slot.hpp"
#include "storage/port.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace audit {

inline constexpr auto patience = std::chrono::seconds{60};

/// Asked before each page of a walk, with what has been looked at so far. False ends it with
/// errc::shutting_down; empty: it goes on.
using may_go_on = std::function<bool(std::uint64_t seen)>;
inline base::status gone_on(const may_go_on& go_on, std::uint64_t seen) {
  if (!go_on || go_on(seen)) return {};
  return base::fail(storage::errc::shutting_down);
}

template <class T, class Ask>
base::result<T> ask(Ask question, std::chrono::seconds longest = patience) {
  const auto waiting = std::make_shared<base::slot<base::result<T>>>();
  question([waiting](base::result<T> r) { waiting->put(std::move(r)); });
  auto answer = waiting->wait_for(longest);
  if (!answer) return base::fail(storage::errc::timed_out);
  return std::move(*answer);
}

} // namespace audit
