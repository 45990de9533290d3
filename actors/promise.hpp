// What   promise<T>: the answering end of a question to the actors, shared by the messages that
//        carry it.
// Why    One that dies unanswered answers with its fallback, so an actor that crashed never leaves
//        a client waiting for its deadline.
// Bounds Answers once; the first put() counts.
// Threads one at a time: it travels with its message. The sink runs on the thread that answers, so
//        it only hands over.
#pragma once

#include "actors/slot.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace actors {

template <class T> class promise {
public:
  promise(std::function<void(T)> to, T fallback)
      : to_(std::move(to)), fallback_(std::move(fallback)) {}
  promise(const promise&) = delete;
  promise& operator=(const promise&) = delete;
  ~promise() { put(std::move(fallback_)); }

  void put(T value) {
    if (const auto to = std::exchange(to_, nullptr)) to(std::move(value));
  }

private:
  std::function<void(T)> to_; ///< empty once it was answered
  T fallback_;
};

template <class T>
std::shared_ptr<promise<T>> promise_for(std::shared_ptr<slot<T>> waiting, T fallback) {
  return std::make_shared<promise<T>>(
      [waiting = std::move(waiting)](T value) { waiting->put(std::move(value)); },
      std::move(fallback));
}

/// The answer to a question that only a yes or a no ends in order; nothing: it died unanswered.
using yes_or_no = promise<std::optional<bool>>;

/// For whoever ends with the one that was asked: when that dies, nothing is to be done any more.
inline std::shared_ptr<yes_or_no> if_answered(std::function<void(bool)> to) {
  return std::make_shared<yes_or_no>(
      [to = std::move(to)](std::optional<bool> yes) {
        if (yes) to(*yes);
      },
      std::nullopt);
}

} // namespace actors
