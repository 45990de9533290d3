// What   request_reader: bytes of one connection -> one whole request, or why it is refused.
// Why    Reading needs no thread and no socket here, so a slow client costs a buffer and nothing
//        else, and every cut of the bytes can be tested. The HTTP library's own reader blocks, and
//        it percent-decodes header values and drops empty ones.
// Bounds head (request line, headers, trailers) and body as given; 100 headers; target 8 KiB.
// Errors A refusal is final: the connection is answered once more and closed.
// Threads confined to the owner of the connection.
// Source RFC 9112 (messages, chunked coding, §6.3 length), RFC 9110 §10.1.1 (Expect).
#pragma once

#include "http/request.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace http {

struct message {
  std::string method;
  std::string target; ///< still encoded
  bool version_1_0 = false;
  bool keep_alive = true;
  fields headers;
  std::string body;
};

/// All texts have static storage.
struct refusal {
  int status = 400;
  std::string_view code;
  std::string_view detail;
  std::string_view reason; ///< metrics label
};

namespace refusals {
inline constexpr refusal malformed{400, "BAD_REQUEST", "Malformed request", "malformed"};
inline constexpr refusal timeout{408, "REQUEST_TIMEOUT", "Request Timeout", "timeout"};
inline constexpr refusal body_too_large{413, "BODY_TOO_LARGE", "Request body too large",
                                        "body_too_large"};
inline constexpr refusal target_too_long{414, "BAD_REQUEST", "URI Too Long", "head_too_large"};
inline constexpr refusal expectation{417, "BAD_REQUEST", "Expectation Failed", "malformed"};
inline constexpr refusal head_too_large{431, "BAD_REQUEST", "Request header fields too large",
                                        "head_too_large"};
inline constexpr refusal coding{501, "BAD_REQUEST", "Transfer coding not supported", "malformed"};
inline constexpr refusal version{505, "BAD_REQUEST", "HTTP version not supported", "malformed"};
inline constexpr refusal overloaded{503, "OVERLOADED", "Server overloaded, try again",
                                    "overloaded"};
inline constexpr refusal connections{503, "OVERLOADED", "Server overloaded, try again",
                                     "connections"};
inline constexpr refusal memory{503, "OVERLOADED", "Server overloaded, try again", "memory"};
inline constexpr refusal shutting_down{503, "SHUTTING_DOWN", "Server is shutting down",
                                       "shutting_down"};
} // namespace refusals

class request_reader {
public:
  struct limits {
    std::size_t head_bytes;
    std::size_t body_bytes;
  };
  enum class progress : std::uint8_t {
    more,      ///< feed more bytes
    continues, ///< as more, and the client waits for "100 Continue" first
    complete,  ///< take() the request; what is left of the buffer belongs to the next one
    refused,
  };

  explicit request_reader(limits l) : limits_(l) {}

  /// Consumes from the front of the buffer. Call again with more bytes until complete or refused.
  progress advance(std::string& in);
  message take() { return std::move(message_); }
  const refusal& why() const { return why_; }
  /// A byte of the request line has been seen.
  bool started() const { return stage_ != stage::head || scanned_ > line_start_ || line_seen_; }
  bool in_body() const { return stage_ == stage::sized || stage_ == stage::chunked; }
  /// Bytes that a body of known length still lacks beyond those in the buffer.
  std::uint64_t missing(const std::string& in) const {
    return stage_ == stage::sized && length_ > in.size() ? length_ - in.size() : 0;
  }
  std::size_t body_bytes_held() const { return message_.body.size(); }

private:
  enum class stage : std::uint8_t { head, sized, chunked, done };
  enum class chunk : std::uint8_t { size, data, data_end, trailer };

  progress refuse(const refusal& why);
  progress read_head(std::string& in);
  progress read_sized(std::string& in);
  progress read_chunked(std::string& in);
  bool read_request_line(std::string_view line);
  bool read_field(std::string_view line);
  bool decide_framing();

  limits limits_;
  stage stage_ = stage::head;
  message message_;
  refusal why_ = refusals::malformed;
  std::size_t scanned_ = 0;    ///< of the head: everything before was looked at
  std::size_t line_start_ = 0; ///< of the head
  bool line_seen_ = false;
  bool expects_continue_ = false;
  std::uint64_t length_ = 0; ///< of the body, or of what is left of the chunk
  chunk chunk_ = chunk::size;
  std::size_t trailer_bytes_ = 0;
};

} // namespace http
