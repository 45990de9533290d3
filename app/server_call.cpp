#include "app/server_call.hpp"

#include "app/commands.hpp"
#include "http/outbound/api_client.hpp"

#include <fmt/core.h>

namespace app {

namespace json = base::json;

namespace {

constexpr int refused_status = 4;
constexpr auto patience = "?wait_s=8";

std::string text_in(const json::value& of, std::string_view name) {
  const auto* member = of.find(name);
  const auto* text = member != nullptr ? member->if_string() : nullptr;
  return text != nullptr ? *text : std::string{};
}

std::variant<json::value, int> refused(long status, std::string_view code) {
  fmt::print(stderr, "vaidepix: the server answered {}{}{}\n", status, code.empty() ? "" : " ",
             code);
  return status >= 500 ? 3 : refused_status;
}

/// What the server answered, when it did what was asked or has begun to.
std::variant<json::value, int> read(const base::result<http::api_answer>& answer) {
  if (!answer) return report(answer.error());
  auto body = json::read(answer->body);
  auto* value = std::get_if<json::value>(&body);
  if (answer->status >= 200 && answer->status < 300 && value != nullptr) return std::move(*value);
  return refused(answer->status, value != nullptr ? text_in(*value, "code") : std::string{});
}

} // namespace

std::variant<json::value, int> call_server(const config::server_access& server,
                                           const std::string& path, const json::object& body) {
  return read(http::post_json({server.url, server.token}, path, json::write(body)));
}

std::variant<json::value, int> look_at_server(const config::server_access& server,
                                              const std::string& path) {
  return read(http::get_json({server.url, server.token}, path));
}

std::variant<json::value, int> run_check(const config::server_access& server,
                                         const std::string& path, const json::object& body) {
  auto begun = call_server(server, path + patience, body);
  const auto* first = std::get_if<json::value>(&begun);
  if (first == nullptr) return begun;
  const auto id = text_in(*first, "job_id");
  if (id.empty()) return begun; // it has ended already
  for (;;) {
    auto seen =
        read(http::get_json({server.url, server.token}, "/api/admin/checks/" + id + patience));
    const auto* run = std::get_if<json::value>(&seen);
    if (run == nullptr) return seen;
    const auto state = text_in(*run, "state");
    if (state == "done") return run->find("result") != nullptr ? *run->find("result") : *run;
    if (state != "running") {
      const auto why = text_in(*run, "error");
      const bool asked_wrongly = why == "MONTH_NOT_ENDED" || why == "ACCOUNT_NOT_FOUND";
      return refused(asked_wrongly ? 422 : 500, why);
    }
    if (const auto far = text_in(*run, "progress"); !far.empty())
      fmt::print(stderr, "vaidepix: {} so far\n", far);
  }
}

} // namespace app
