#include "app/password_mail.hpp"

#include "app/mail_server.hpp"

#include <utility>

namespace app {

std::unique_ptr<http::reset_requests> password_mail(const config::settings& s, http::backend& books,
                                                    base::clock& clock, observability::log& log,
                                                    std::function<std::string()> new_id) {
  auto server = mail_server(s.outbound);
  if (!server) return nullptr;
  http::reset_settings how;
  how.lifetime = std::chrono::minutes{s.auth.password_reset_minutes};
  how.page = s.web.frontend_url;
  while (how.page.ends_with('/')) how.page.pop_back();
  how.page += "/auth/reset-password";
  auto send = [client = std::move(*server), &clock, new_id = std::move(new_id)](
                  const http::mail& m) { return client.send(m, clock.now(), new_id()); };
  auto failed = [&log](const std::string& request_id, const ledger::user_id& user,
                       const base::failure& why) {
    log.error("vai_de_pix.auth", "Redefinição de senha não enviada",
              {{"event", "auth.reset_failed"},
               {"request_id", observability::opaque_id{request_id}},
               {"user_id", user},
               {"error_code", why}});
  };
  return std::make_unique<http::reset_requests>(books, clock, std::move(how), std::move(send),
                                                std::move(failed));
}

} // namespace app
