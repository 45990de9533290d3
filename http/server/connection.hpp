// What   connection: one accepted socket with its buffers.
// Why    Has one owner at a time: the poller while it is armed there, or the thread that answers.
// Threads phase is read by the poller's sweep; everything else belongs to the owner.
#pragma once

#include "http/server/dispatcher.hpp"
#include "http/server/request_reader.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

namespace http {

struct connection {
  using clock = std::chrono::steady_clock;

  /// All but busy are armed in the poller and have a deadline.
  enum class phase : std::uint8_t {
    busy,
    idle,      ///< no byte of a request is here
    reading,   ///< half a request
    writing,   ///< the client takes its answer slowly
    lingering, ///< answered for the last time; reads on so that a reset does not destroy the answer
  };

  connection(int socket, request_reader::limits limits) : fd(socket), reader(limits) {}

  const int fd;
  std::string peer;
  std::uint16_t peer_port = 0;
  std::atomic<phase> now{phase::busy};
  clock::time_point deadline{};
  bool registered = false; ///< known to the poller
  bool expired = false;    ///< set by the sweep after the deadline; the poller's thread only

  std::string in;
  request_reader reader;
  std::size_t accounted = 0; ///< bytes of in and body that count in the total

  // -- the request being answered
  message request;
  std::optional<refusal> refused;
  bool whole = false; ///< the request was read to its end and is sound
  clock::time_point arrived{};

  // -- the answer
  std::string method; ///< of the request line, for the library
  std::string target;
  bool keeps = false; ///< the request allows it
  bool version_1_0 = false;
  std::optional<exchange> open; ///< from begin() to finish()
  std::string out;
  std::size_t sent = 0;
  bool close_after = false;
  bool linger = false;
  bool hurried = false; ///< answered by the shedder: no time to compress
  /// Set: gets the socket once the answer is sent.
  std::function<void(int descriptor)> takes_socket;
  std::size_t owes = 0; ///< bytes of out that count in the total

  std::list<connection>::iterator self;
};

} // namespace http
