// What   login_attempt: what one try at a password takes from the account and from the address.
// Why    Login and the change of a password guard the same secret.
// Threads one request's.
// Source api-contract.md §4
#pragma once

#include "http/api/service.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace http {

/// 429, with the time to wait.
response limited(const service& s, const request& r, observability::auth_operation what,
                 std::chrono::seconds wait);

/// The attempts that one login takes: of the account that is named, whether there is one or not,
/// and of the address. They stay taken unless the login was a good one or came to no verdict.
class login_attempt {
public:
  login_attempt(const service& s, const request& r, std::string account)
      : s_(s), account_(std::move(account)), ip_(client_address(r, s.settings.proxies)) {}

  /// How long to wait; nothing: it is taken.
  std::optional<std::chrono::seconds> take() {
    if (s_.throttle == nullptr) return std::nullopt;
    const auto now = s_.clock.now();
    if (auto wait = s_.throttle->take(throttle_scope::ip, ip_, now)) return wait;
    auto wait = s_.throttle->take(throttle_scope::account, account_, now);
    if (wait) s_.throttle->give_back(throttle_scope::ip, ip_); // one refusal, not two attempts
    return wait;
  }
  void succeeded() {
    if (s_.throttle == nullptr) return;
    s_.throttle->clear(throttle_scope::account, account_);
    s_.throttle->give_back(throttle_scope::ip, ip_);
  }
  void came_to_nothing() {
    if (s_.throttle == nullptr) return;
    s_.throttle->give_back(throttle_scope::account, account_);
    s_.throttle->give_back(throttle_scope::ip, ip_);
  }

private:
  const service& s_;
  std::string account_, ip_;
};

} // namespace http
