// What   smtp_client: hands one mail to the operator's mail server.
// Why    libcurl speaks SMTP, TLS and its authentication; what a mail looks like is ours.
// Bounds A text of at most 64 KiB. Each call ends after smtp_wait.
// Errors "MAIL_FAILED" with libcurl's words: nothing of the mail is in them. deliver() tells apart
//        MAIL_REFUSED (for good), MAIL_FAILED (surely not taken) and MAIL_UNANSWERED (the server
//        had the whole mail, and nobody knows what became of it).
// Threads any; send() blocks its thread.
// Source RFC 5321, RFC 5322, RFC 2047
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "http/outbound/sent_end.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace http {

struct smtp_settings {
  std::string host;
  std::uint16_t port = 587;
  std::string user, password; ///< with a user the connection has to be encrypted
  std::string from;
  std::chrono::seconds wait{15}; ///< the end of the server waits for it
};

struct mail {
  std::string to;
  std::string subject; ///< UTF-8, one line
  std::string text;    ///< UTF-8, plain
};

class smtp_client {
public:
  explicit smtp_client(smtp_settings how) : how_(std::move(how)) {}
  /// `id`: of the message, unique.
  base::status send(const mail& m, base::utc_us now, const std::string& id) const;

  sent_end deliver(const mail& m, base::utc_us now, const std::string& id) const;

private:
  smtp_settings how_;
};

/// As it goes over the wire, for tests.
std::string message_text(const mail& m, const std::string& from, base::utc_us now,
                         const std::string& id);

} // namespace http
