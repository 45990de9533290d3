#include "http/api/keyed_action.hpp"

#include "http/api/request_key.hpp"
#include "http/perform.hpp"
#include "ledger/errc.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>

namespace http {

namespace {

using ledger::errc;
using observability::idempotency_result;

using scope = std::pair<ledger::user_id, ledger::key_scope>;

/// The actions under a key that run now in this process.
class running_actions {
public:
  /// Nothing: it is ours until leave(). Else why not.
  std::optional<base::failure> enter(const scope& key, const base::digest& fingerprint,
                                     std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      const auto [at, fresh] = running_.try_emplace(key, fingerprint);
      if (fresh) return std::nullopt;
      if (at->second != fingerprint) return base::fail(errc::key_reused);
      if (ended_.wait_until(lock, until) == std::cv_status::timeout && running_.contains(key))
        return base::fail(errc::key_in_flight);
    }
  }
  void leave(const scope& key) {
    const std::lock_guard hold{mutex_};
    running_.erase(key);
    ended_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::map<scope, base::digest> running_;
};

running_actions& running() {
  static running_actions all;
  return all;
}

struct turn {
  scope key;
  ~turn() { running().leave(key); }
};

/// What was answered under this key before; of the request that it came with we learn only by
/// asking for a replay.
base::result<std::optional<ledger::stored_answer>> former_answer(const service& s,
                                                                 const scope& key) {
  auto found = s.books.key_states(key.first, key.second.key);
  if (!found) return found.error();
  for (auto& state : *found)
    if (state.endpoint == key.second.endpoint && state.answer) return std::move(state.answer);
  return std::optional<ledger::stored_answer>{};
}

/// A note without words writes nothing but the answer, in recovery mode too.
ledger::envelope keeping(const service& s, const request& r, const scope& key,
                         const base::digest& fingerprint, const ledger::stored_answer& answer) {
  ledger::envelope command;
  command.user = key.first;
  command.request_id = r.request_id;
  command.deadline = s.deadline();
  command.key = ledger::request_key{key.second, fingerprint};
  command.to_answer = [answer](const base::result<ledger::outcome>&) { return answer; };
  command.what = ledger::note_action{};
  return command;
}

ledger::reply keep(const service& s, const request& r, const scope& key,
                   const base::digest& fingerprint, const ledger::stored_answer& answer) {
  return reply_to(s.books, keeping(s, r, key, fingerprint, answer));
}

response shown(const ledger::stored_answer& stored) {
  response answer;
  answer.status = stored.status;
  answer.body = stored.body;
  answer.headers.push_back({"Idempotent-Replayed", "true"});
  return answer;
}

} // namespace

namespace {

/// A request with a key that may be done now; or what it is answered.
struct admitted {
  scope key;
  base::digest fingerprint;
  std::shared_ptr<turn> ours; ///< until the answer is kept
};

void count_key(const service& s, const request& r, idempotency_result what) {
  if (s.hooks.on_key) s.hooks.on_key(r.route, what);
}

std::variant<admitted, response> admit(const service& s, const request& r,
                                       const ledger::user_record& who, action_key given) {
  const auto refuse = [&](const base::failure& why) {
    if (why.code == code_text(errc::key_reused)) count_key(s, r, idempotency_result::mismatch);
    if (why.code == code_text(errc::key_in_flight)) count_key(s, r, idempotency_result::conflict);
    return s.refused(why, r, about_user);
  };
  admitted a;
  a.key = {who.id, {endpoint_of(r), std::move(*given.key)}};
  a.fingerprint = fingerprint_of(r, std::move(given.canonical));
  if (const auto busy = running().enter(a.key, a.fingerprint, s.settings.deadline))
    return refuse(*busy);
  a.ours = std::shared_ptr<turn>(new turn{a.key});

  const auto former = former_answer(s, a.key);
  if (!former) return refuse(former.error());
  if (!*former) return a;
  const auto again = keep(s, r, a.key, a.fingerprint, **former);
  if (!again.result) return refuse(again.result.error());
  count_key(s, r, idempotency_result::replayed);
  return shown(again.stored.value_or(**former));
}

/// What the client gets once its answer is kept, or could not be.
response after_keeping(const service& s, const request& r, response answer,
                       const ledger::reply& kept) {
  if (kept.replayed && kept.stored) return shown(*kept.stored); // another node was faster
  // It is done, and saying anything else would be a lie; the key will do it again, without harm.
  if (!kept.result && s.hooks.on_internal_error) s.hooks.on_internal_error(r, kept.result.error());
  return answer;
}

} // namespace

response keyed_action(const service& s, const request& r, const ledger::user_record& who,
                      action_key given, const std::function<response()>& act) {
  if (!given.key) return act();
  auto may = admit(s, r, who, std::move(given));
  if (auto* refused = std::get_if<response>(&may)) return std::move(*refused);
  const auto& a = std::get<admitted>(may);
  auto answer = act();
  count_key(s, r, idempotency_result::first);
  if (answer.status >= 300) return answer;
  const auto kept = keep(s, r, a.key, a.fingerprint, {answer.status, answer.body});
  return after_keeping(s, r, std::move(answer), kept);
}

void keyed_later(const service& s, request r, const ledger::user_record& who, action_key given,
                 const std::function<void(const request&, reply)>& act, reply to) {
  if (!given.key) return act(r, std::move(to));
  auto may = admit(s, r, who, std::move(given));
  if (auto* refused = std::get_if<response>(&may)) return to(std::move(*refused));
  auto& a = std::get<admitted>(may);
  act(r, [&s, r, a = std::move(a), to = std::move(to)](response answer) {
    count_key(s, r, idempotency_result::first);
    if (answer.status >= 300) return to(std::move(answer));
    auto command = keeping(s, r, a.key, a.fingerprint, {answer.status, answer.body});
    s.books.execute(std::move(command),
                    [&s, r, a, to, answer = std::move(answer)](const ledger::reply& kept) {
                      to(after_keeping(s, r, answer, kept));
                    });
  });
}

} // namespace http
