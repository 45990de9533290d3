// What   The operator's mail server, as the settings name it.
// Threads none (values).
#pragma once

#include "config/settings.hpp"
#include "http/outbound/smtp_client.hpp"

#include <optional>

namespace app {

/// Nothing without SMTP_HOST.
std::optional<http::smtp_client> mail_server(const config::outbound_settings& s);

} // namespace app
