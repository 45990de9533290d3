// What   push_client: hands a job to the receiver of its kind, with signed bytes.
// Why    A receiver needs no connection to us and no polling: it answers a POST, and knows by the
//        signature that it comes from us, when, and for which attempt.
// Bounds As guarded_call.hpp; 256 KiB of an answer. A private address, and http:// at all, only
//        when the operator has allowed the address.
// Errors As guarded_call.hpp.
// Threads any; call() blocks its thread.
// Source jobs.md §15
#pragma once

#include "base/time.hpp"
#include "http/address_blocks.hpp"
#include "http/outbound/guarded_call.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace http {

struct push_call {
  std::string url;
  std::string job; ///< id: the same for all attempts
  std::int32_t attempt = 1;
  std::string body;
  std::chrono::milliseconds wait{60'000};
  std::stop_token stop = {};
};

class push_client {
public:
  static constexpr std::size_t answer_bytes_max = 256 * 1024;

  /// `secrets`: the newest first; each signs.
  push_client(std::vector<std::string> secrets, address_blocks allowed)
      : secrets_(std::move(secrets)), allowed_(std::move(allowed)) {}
  outbound_answer call(const push_call& what, base::utc_us now) const;

private:
  std::vector<std::string> secrets_;
  address_blocks allowed_;
};

struct push_signed {
  std::int64_t timestamp = 0; ///< seconds since 1970
  std::int32_t attempt = 1;
  std::string_view path; ///< with the query, as in the request line
  std::string_view body;
};

/// "v1=<hex>[,v1=<hex>…]", one of each secret, over `<timestamp>.<attempt>.<path>.<body>`.
std::string push_signature(const std::vector<std::string>& secrets, const push_signed& what);

} // namespace http
