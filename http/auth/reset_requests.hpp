// What   reset_requests: those who forgot their password, one after the other: looks the user up,
//        writes a reset token, hands its mail over.
// Why    On a thread of its own, so that the answer takes the same time whether there is such a
//        user or not, and a slow mail server holds no request.
// Bounds queue_max waiting requests; more are dropped, and the client may ask again. One mail to a
//        person within `pause`: nobody can flood a mailbox, or keep replacing a link.
// Errors go to on_failed: the client hears the same words in any case.
// Threads ask() from any thread; the destructor ends the request under way and drops the others.
// Source api-contract §4
#pragma once

#include "http/backend.hpp"
#include "http/outbound/smtp_client.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace http {

struct reset_settings {
  std::chrono::minutes lifetime{60};
  std::string page; ///< the web app's; the token is added as ?token=
  std::size_t queue_max = 1000;
  std::chrono::seconds pause{60}; ///< between two mails to the same person
};

class reset_requests {
public:
  using send_mail = std::function<base::status(const mail&)>;
  using on_failed = std::function<void(const std::string& request_id, const ledger::user_id&,
                                       const base::failure&)>;

  reset_requests(backend& books, base::clock& clock, reset_settings how, send_mail send,
                 on_failed failed);
  ~reset_requests();
  reset_requests(const reset_requests&) = delete;
  reset_requests& operator=(const reset_requests&) = delete;

  /// Of an e-mail in lower case. False: too many wait.
  bool ask(std::string email, std::string request_id);

private:
  struct wish {
    std::string email, request_id;
  };

  void run();
  void serve(const wish& w);

  backend& books_;
  base::clock& clock_;
  reset_settings how_;
  send_mail send_;
  on_failed failed_;
  std::mutex mutex_;
  std::condition_variable something_;
  std::deque<wish> waiting_;
  bool ending_ = false;
  std::thread thread_; ///< last: it uses all the others
};

} // namespace http
