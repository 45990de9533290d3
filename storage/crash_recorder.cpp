#include "storage/crash_recorder.hpp"

#include <utility>

namespace storage {

namespace {

constexpr std::string_view recorder_magic{"VDPRUNS1"};

} // namespace

base::result<std::unique_ptr<crash_recorder>>
crash_recorder::open(const std::string& path, const std::string& installation) {
  auto file = mapped_file::open(path, std::string{recorder_magic} + installation,
                                mapped_file::header_bytes + slots * sizeof(slot));
  if (!file) return file.error();
  return std::unique_ptr<crash_recorder>{new crash_recorder{std::move(*file)}};
}

crash_recorder::crash_recorder(mapped_file file) : file_(std::move(file)) {
  for (std::size_t i = slots; i-- > 0;) {
    auto* s = at(i);
    if (s->job == 0 || !places_.emplace(s->job, i).second) {
      *s = {};
      free_.push_back(i);
      continue;
    }
    s->crashes += s->running;
    s->running = 0;
    suspects_.emplace(scheduler::job_id::of(s->job), s->crashes);
  }
}

crash_recorder::~crash_recorder() {
  for (std::size_t i = 0; i < slots; ++i)
    if (at(i)->running != 0) *at(i) = {};
}

crash_recorder::slot* crash_recorder::at(std::size_t place) const {
  return reinterpret_cast<slot*>(file_.body()) + place;
}

void crash_recorder::began(const scheduler::job_id& id) noexcept {
  const auto known = places_.find(key_of(id));
  if (known != places_.end()) {
    at(known->second)->running = 1;
    return;
  }
  if (free_.empty()) return;
  *at(free_.back()) = slot{key_of(id), 0, 1};
  places_.emplace(key_of(id), free_.back());
  free_.pop_back();
}

void crash_recorder::ended(const scheduler::job_id& id) noexcept {
  const auto known = places_.find(key_of(id));
  if (known == places_.end()) return;
  *at(known->second) = {};
  free_.push_back(known->second);
  places_.erase(known);
  suspects_.erase(id);
}

} // namespace storage
