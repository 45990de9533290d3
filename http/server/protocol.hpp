// What   protocol: the HTTP library behind a wall: binds the listening socket, parses the request
//        line, writes the answer.
// Why    The library's connection handling holds a thread per kept connection and a request costs
//        it a dozen system calls; its parser and writer are kept and given a stream in memory.
// Errors bind() fails when the address is taken or wrong.
// Threads answer_bytes() from any thread.
// Source ceilings.md §1
#pragma once

#include "base/result.hpp"
#include "http/response.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace http {

/// A response and the lines that the server itself puts into the head, each ended by CR LF.
struct answer {
  response content;
  std::string head_lines;
};

struct listening_socket {
  int fd = -1;
  int port = 0;
};

class protocol {
public:
  protocol();
  ~protocol();
  protocol(const protocol&) = delete;
  protocol& operator=(const protocol&) = delete;

  /// Port 0: the system chooses. The caller owns the descriptor.
  base::result<listening_socket> bind(const std::string& host, int port, int backlog);

  struct request_line {
    std::string_view method;
    std::string_view target;
  };
  /// The bytes of one answer. A line that the library refuses is answered as if it were "GET /".
  std::string answer_bytes(request_line line, answer made);

private:
  class library;
  std::unique_ptr<library> library_;
};

} // namespace http
