#include "http/server/server.hpp"

#include "http/server/connection_layer.hpp"
#include "http/server/dispatcher.hpp"
#include "http/server/protocol.hpp"

#include "base/assert.hpp"

namespace http {

namespace {

constexpr int backlog = 4096;

} // namespace

struct server::parts {
  parts(server_settings s, route_table routes, server_hooks hooks)
      : settings(std::move(s)), dispatch(settings, std::move(routes), std::move(hooks)),
        connections(settings, http, dispatch) {}

  server_settings settings;
  protocol http;
  dispatcher dispatch;
  int port = 0;
  connection_layer connections; ///< last: it stops first
};

server::server(server_settings settings, route_table routes, server_hooks hooks)
    : parts_(std::make_unique<parts>(std::move(settings), std::move(routes), std::move(hooks))) {}

server::~server() { stop(); }

base::status server::start() {
  ENSURE(parts_->port == 0, "a server starts once");
  const auto bound = parts_->http.bind(parts_->settings.host, parts_->settings.port, backlog);
  if (!bound) return bound.error();
  parts_->port = bound->port;
  return parts_->connections.start(bound->fd);
}

int server::port() const { return parts_->port; }
server_levels server::levels() const { return parts_->connections.levels(); }

bool server::drain(std::chrono::milliseconds deadline) {
  return parts_->connections.drain(deadline);
}

void server::stop() { parts_->connections.stop(); }

} // namespace http
