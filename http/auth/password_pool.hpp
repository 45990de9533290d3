// What   password_pool: a few threads of its own for the slow hashes, behind a bounded queue.
// Why    A wave of logins must not take the request threads, nor the memory of one hash each.
// Bounds password_pool_settings; threads * 64 MiB is the memory of all hashes.
// Errors OVERLOADED beyond the queue; SHUTTING_DOWN after stop().
// Threads any; a call blocks its thread until the hash is done.
// Source engineering.md e (door 7); api-contract.md §4
#pragma once

#include "base/result.hpp"
#include "http/auth/password.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace http {

struct password_pool_settings {
  std::size_t threads = 2;
  std::size_t queue = 64; ///< waiting, not counting those being hashed
  password_cost cost = {};
};

class password_pool {
public:
  explicit password_pool(password_pool_settings settings);
  ~password_pool(); ///< stop()
  password_pool(const password_pool&) = delete;
  password_pool& operator=(const password_pool&) = delete;

  base::result<std::string> hash(const std::string& password);

  struct verdict {
    bool matches = false;
    bool rehash = false; ///< of the right password: its hash is to be replaced
  };
  /// An empty hash, for an unknown e-mail, takes the same time and never matches.
  base::result<verdict> verify(const std::string& hash, const std::string& password);

  /// Work of any kind on a pool thread; what the two above are made of.
  base::status run(std::function<void()> work);

  /// Finishes what is being hashed, refuses what waits, joins. Idempotent.
  void stop();

private:
  struct parts;
  password_cost cost_;
  std::string dummy_; ///< a hash that nobody knows the password of
  std::unique_ptr<parts> parts_;
};

} // namespace http
