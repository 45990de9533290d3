#include "app/mail_server.hpp"

#include <utility>

namespace app {

std::optional<http::smtp_client> mail_server(const config::outbound_settings& s) {
  if (s.smtp_host.empty()) return std::nullopt;
  http::smtp_settings how;
  how.host = s.smtp_host;
  how.port = s.smtp_port;
  how.user = s.smtp_user;
  how.password = s.smtp_password.reveal();
  how.from = s.smtp_from;
  return http::smtp_client{std::move(how)};
}

} // namespace app
