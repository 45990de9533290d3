// What   api: the whole route table over a fake backend, called without a socket.
// Why    Statuses, headers and bodies are compared with the texts of the contract, byte for byte.
#pragma once

#include "base/assert.hpp"
#include "base/json.hpp"
#include "http/api/service.hpp"
#include "http/routes.hpp"
#include "http/target.hpp"
#include "tests/support/fake_backend.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace http_test {

struct manual_clock final : base::clock {
  base::utc_us at;
  base::utc_us now() override { return at; }
};

inline base::utc_us instant(std::string_view text) { return base::parse_instant(text)->at; }

struct api {
  manual_clock clock;
  fake_backend books{clock};
  http::access_tokens tokens{
      {.key = "a signing key of thirty-two bytes", .previous = {"the key of last year"}}};
  // The least work that libsodium allows: tests are not about strength.
  http::password_pool passwords{{.threads = 1, .queue = 8, .cost = {1, 8192}}};
  scheduler::zone_rules zone{"America/Sao_Paulo", -3 * 3600, {}};
  int ids = 0;
  std::vector<std::string> told; ///< what the hooks heard
  http::service s{books,
                  clock,
                  tokens,
                  passwords,
                  zone,
                  [this] { return "new-" + std::to_string(++ids); },
                  [] { return std::string{"vaidepix_ready 1\n"}; },
                  {},
                  {}};
  http::route_table routes = http::make_routes(s);
  std::string bearer;
  std::string peer;

  api() {
    clock.at = instant("2026-11-24T18:00:00Z");
    add_user("ana", "ana@example.com");
    add_user("bia", "bia@example.com");
    bearer = "Bearer " + token_of("ana");
    add_account("a1", "ana");
    add_account("a2", "ana");
    add_account("b1", "bia");
    add_category("c1", "ana");
    add_category("cb", "bia");
  }

  std::string token_of(const std::string& user) {
    return tokens.issue(user, "session", "token", clock.at);
  }

  ledger::user_record& add_user(const std::string& id, const std::string& email) {
    auto& u = books.users[ledger::user_id{id}];
    u.id = ledger::user_id{id};
    u.name = "Ana";
    u.email = email;
    u.created_at = instant("2026-01-02T03:04:05Z");
    return u;
  }

  ledger::account_view& add_account(const std::string& id, const std::string& owner) {
    auto& a = books.rows[ledger::account_id{id}];
    a.record.id = ledger::account_id{id};
    a.record.owner = ledger::user_id{owner};
    a.record.type = "checking";
    a.record.name = "Conta";
    a.record.created_at = instant("2026-01-02T03:04:05Z");
    return a;
  }

  void add_category(const std::string& id, const std::string& owner) {
    auto& c = books.rows[ledger::account_id{id}].record;
    c.id = ledger::account_id{id};
    c.owner = ledger::user_id{owner};
    c.role = ledger::account_role::category;
    c.kind = ledger::account_kind::expense;
    c.type = "expense";
    c.name = "Lazer";
    c.color = "#ec4899";
    c.icon = "🎮";
    c.created_at = instant("2026-01-02T03:04:05Z");
  }

  http::response call(const std::string& method, const std::string& target,
                      const std::string& body = {}, http::fields headers = {}) {
    const auto parts = http::split_target(target);
    const auto match = routes.find(method, parts.path);
    BOOST_REQUIRE_MESSAGE(match.found != nullptr, method << ' ' << target << " has no route");
    http::request r;
    r.method = method;
    r.path = parts.path;
    r.route = match.found->path;
    r.path_params = match.params;
    r.query = http::decoded_query(parts.query);
    r.headers = std::move(headers);
    const bool named = r.header("Authorization") != nullptr;
    if (!named && !bearer.empty()) r.headers.push_back({"Authorization", bearer});
    r.body = body;
    r.request_id = "rid";
    r.peer = peer;
    if (match.found->run) return match.found->run(r);
    std::optional<http::response> answer; // the fake replies at once
    match.found->start(r, [&](http::response given) { answer = std::move(given); });
    BOOST_REQUIRE(answer.has_value());
    return *answer;
  }
};

inline const std::string* header(const http::response& r, std::string_view name) {
  for (const auto& f : r.headers)
    if (f.name == name) return &f.value;
  return nullptr;
}

inline base::json::value parsed(const std::string& text) {
  auto read = base::json::read(text);
  BOOST_REQUIRE_MESSAGE(std::holds_alternative<base::json::value>(read), "no JSON: " << text);
  return std::get<base::json::value>(read);
}

/// The faults of a 422 as "type loc.loc msg", one each.
inline std::vector<std::string> faults_of(const http::response& r) {
  std::vector<std::string> lines;
  const auto body = parsed(r.body);
  const auto* detail = body.find("detail");
  BOOST_REQUIRE_MESSAGE(detail != nullptr && detail->if_array() != nullptr, r.body);
  for (const auto& f : *detail->if_array()) {
    std::string line = *f.find("type")->if_string() + ' ';
    for (const auto& part : *f.find("loc")->if_array()) {
      if (line.back() != ' ') line += '.';
      line += part.if_string() != nullptr ? *part.if_string() : base::json::write(part);
    }
    lines.push_back(line + ' ' + *f.find("msg")->if_string());
  }
  return lines;
}

inline std::string code_of(const http::response& r) {
  const auto body = parsed(r.body);
  const auto* code = body.find("code");
  return code == nullptr || code->if_string() == nullptr ? std::string{} : *code->if_string();
}

} // namespace http_test
