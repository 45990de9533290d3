// What   The mail of those who forgot their password, put together from the settings.
// Threads the caller's; what comes back is for any thread.
#pragma once

#include "config/settings.hpp"
#include "http/auth/reset_requests.hpp"
#include "observability/log.hpp"

#include <functional>
#include <memory>
#include <string>

namespace app {

/// Nothing without a mail server. All arguments outlive it.
std::unique_ptr<http::reset_requests> password_mail(const config::settings& s, http::backend& books,
                                                    base::clock& clock, observability::log& log,
                                                    std::function<std::string()> new_id);

} // namespace app
