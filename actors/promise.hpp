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

/// Of a question that is answered with no when it dies.
inline std::shared_ptr<promise<bool>> yes_or_no(std::function<void(bool)> to) {
  return std::make_shared<promise<bool>>(std::move(to), false);
}

} // namespace actors
