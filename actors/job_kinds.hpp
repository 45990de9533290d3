// What   job_kind: what the node knows of one kind of job: who runs it, its defaults, its handler.
//        job_kinds: all of them.
// Why    A handler reads and *returns* effects; it has no way to write. Its effects commit with the
//        outcome of its job, or nothing of either is there.
// Bounds At most 64 kinds. A handler ends soon after its stop token was set.
// Errors A handler may throw: that is a permanent failure, code HANDLER_FAILED.
// Threads A handler runs on an executor's thread, and several at once.
// Source jobs.md §2, §12.
#pragma once

#include "http/worker_backend.hpp"
#include "observability/log.hpp"
#include "scheduler/job.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace actors {

struct job_done {
  std::string result = "null"; ///< JSON, at most 64 KiB
  http::job_effects effects;
};
struct job_failed {
  scheduler::job_error error;
  bool retryable = true;
  std::optional<std::int64_t> retry_after_us;
};
struct job_snoozed {
  base::utc_us until;
};
using job_verdict = std::variant<job_done, job_failed, job_snoozed>;

/// Nothing is wrong with the job: what it needs is away for now.
inline job_failed try_later(std::string_view code, std::string_view message = {}) {
  return {{std::string{code}, std::string{message}, {}}, true, {}};
}

struct job_context {
  const scheduler::job& what;
  std::int32_t attempt = 1;
  base::utc_us now;
  std::stop_token stop;
  /// How far it is, as often as it likes.
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};
};

using job_handler = std::function<job_verdict(const job_context&)>;

struct job_kind {
  std::string name;
  std::string queue = "default";
  bool builtin = true;    ///< else workers pull it
  bool pushed = false;    ///< a built-in one whose handler hands the job to a receiver of push
  bool calls_out = false; ///< it waits for other people's servers: on threads apart from the others
  bool money = false;     ///< may post; rows of others that post are refused: KIND_NOT_ALLOWED
  bool user_visible = true;
  bool kept = false; ///< its schedules follow something else: people do not rewrite them
  bool dry = false;  ///< its handler returns all that it does, and soon: it can be run dry
  std::optional<std::string> lock; ///< name of the job lock that it runs under
  scheduler::attempt_policy attempts = {};
  std::optional<observability::literal> failed_line = {}; ///< in the log, of attempts that fail
  /// What is wrong with a payload; nothing: it is good. Called by many threads.
  std::function<std::optional<std::string>(const std::string& payload)> check = {};
  job_handler run = {}; ///< of builtin ones
};

class job_kinds {
public:
  explicit job_kinds(std::vector<job_kind> all) {
    for (auto& k : all) kinds_.insert_or_assign(k.name, std::move(k));
  }
  const job_kind* find(std::string_view name) const {
    const auto at = kinds_.find(name);
    return at == kinds_.end() ? nullptr : &at->second;
  }
  const std::map<std::string, job_kind, std::less<>>& all() const { return kinds_; }

private:
  std::map<std::string, job_kind, std::less<>> kinds_;
};

} // namespace actors
