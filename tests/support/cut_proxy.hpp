// What   cut_proxy: a unix socket in front of a server that cuts a connection after so many bytes.
// Why    A commit whose connection breaks at any byte, in either direction, must be resolved to
//        what happened.
// Bounds Cuts every connection that is open when the byte is reached. One thread.
// Threads its members may be called from the test's thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace support {

class cut_proxy {
public:
  enum class direction { to_server, to_client };

  /// Listens in a folder of its own under the server's socket name.
  explicit cut_proxy(const std::string& server_socket, const std::string& socket_name);
  ~cut_proxy();
  cut_proxy(const cut_proxy&) = delete;
  cut_proxy& operator=(const cut_proxy&) = delete;

  const std::string& socket_dir() const { return dir_; }

  /// From now on `bytes` more pass in that direction, then both sides are closed.
  void cut_after(direction where, std::size_t bytes);
  void let_pass();
  bool has_cut() const;

private:
  struct server;
  std::string dir_;
  std::unique_ptr<server> server_;
};

} // namespace support
