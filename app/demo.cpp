// `vaidepix demo`: a new user of a running server, with two years of a household's life, through
// the same calls as any client makes.
#include "app/commands.hpp"

#include "app/household.hpp"
#include "app/server_call.hpp"
#include "base/random.hpp"
#include "base/sha256.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace app {
namespace {

namespace json = base::json;

constexpr std::size_t moves_in_a_call = 500;
constexpr std::size_t password_bytes = 8; // 16 characters

using ids_by_name = std::map<std::string, std::string, std::less<>>;

/// After the first call that fails (it has been said then) no other one is made.
class visitor {
public:
  explicit visitor(std::string url) : server_{std::move(url), {}} {}

  std::optional<json::value> post(const std::string& path, const json::object& body) {
    return status_ ? std::nullopt : taken(call_server(server_, path, body));
  }
  std::optional<json::value> get(const std::string& path) {
    return status_ ? std::nullopt : taken(look_at_server(server_, path));
  }
  /// Of what was made; empty: it was not.
  std::string post_for_id(const std::string& path, const json::object& body) {
    const auto made = post(path, body);
    return made ? text_of(*made, "id") : std::string{};
  }
  ids_by_name ids(const std::string& path, std::string_view name) {
    ids_by_name found;
    const auto all = get(path);
    const auto* items = all ? all->if_array() : nullptr;
    if (items != nullptr)
      for (const auto& one : *items) found.emplace(text_of(one, name), text_of(one, "id"));
    return found;
  }
  void enter(const json::value& answer) { server_.token = text_of(answer, "access_token"); }
  std::optional<int> failed() const { return status_; }
  const std::string& url() const { return server_.url; }

private:
  static std::string text_of(const json::value& of, std::string_view name) {
    const auto* member = of.find(name);
    const auto* text = member == nullptr ? nullptr : member->if_string();
    return text == nullptr ? std::string{} : *text;
  }
  std::optional<json::value> taken(std::variant<json::value, int> answer) {
    if (auto* value = std::get_if<json::value>(&answer)) return std::move(*value);
    status_ = std::get<int>(answer);
    return std::nullopt;
  }

  config::server_access server_;
  std::optional<int> status_;
};

/// The ids that the server gave to the user's accounts and categories.
struct names {
  ids_by_name accounts, categories;

  const std::string& of(pocket p) {
    return accounts[std::string{pocket_types[static_cast<std::size_t>(p)]}];
  }
  const std::string& of(std::string_view category) { return categories[std::string{category}]; }
};

json::object movement(const household_move& m, names& known) {
  json::object o{
      {"date", base::to_text(m.day)},        {"account_id", known.of(m.from)},
      {"category_id", known.of(m.category)}, {"type", move_types[static_cast<std::size_t>(m.kind)]},
      {"amount_cents", m.amount.minor},      {"description", m.description}};
  if (m.to) o.emplace_back("to_account_id", known.of(*m.to));
  if (!m.tag.empty()) o.emplace_back("tags", json::array{m.tag});
  return o;
}

void send_moves(visitor& to, const household& made, names& known) {
  for (std::size_t at = 0; at < made.moves.size() && !to.failed();) {
    json::array items;
    const auto end = std::min(at + moves_in_a_call, made.moves.size());
    for (; at < end; ++at) items.emplace_back(movement(made.moves[at], known));
    to.post("/api/transactions/batch", {{"atomic", true}, {"items", std::move(items)}});
  }
}

json::object rule(std::string_view name, std::string_view type, json::object conditions,
                  json::object actions = {}) {
  return {{"name", name},
          {"type", type},
          {"conditions", std::move(conditions)},
          {"actions", std::move(actions)}};
}

/// Behind the movements, or the rules would speak of each of them.
void send_plans(visitor& to, const household& made, names& known) {
  for (const auto& g : made.goals) {
    const auto id = to.post_for_id("/api/goals", {{"name", g.name},
                                                  {"target_amount_cents", g.target.minor},
                                                  {"target_date", base::to_text(g.due)},
                                                  {"category", g.category},
                                                  {"priority", g.priority}});
    to.post("/api/goals/" + id + "/add-value", {{"amount_cents", g.current.minor}});
  }
  std::string change; // the envelope
  for (const auto& e : made.envelopes)
    change = to.post_for_id("/api/envelopes", {{"name", e.name},
                                               {"balance", e.balance.minor},
                                               {"target_amount", e.target.minor},
                                               {"color", e.color}});
  for (const auto& h : made.habits) {
    json::object actions{{"type", move_types[static_cast<std::size_t>(h.kind)]},
                         {"account_id", known.of(pocket::checking)},
                         {"category_id", known.of(h.category)},
                         {"amount_cents", h.amount.minor}};
    if (h.to) actions.emplace_back("to_account_id", known.of(*h.to));
    to.post("/api/automations", rule(h.name, "recurring_transaction",
                                     {{"trigger", "schedule"},
                                      {"frequency", "monthly"},
                                      {"start_date", base::to_text(h.first)}},
                                     std::move(actions)));
  }
  to.post("/api/automations",
          rule("Limite de lazer", "category_limit",
               {{"category_id", known.of("Lazer")}, {"amount_cents", 120'000}}));
  to.post("/api/automations",
          rule("Saldo baixo na conta", "low_balance_alert",
               {{"account_id", known.of(pocket::checking)}, {"amount_cents", 30'000}}));
  to.post("/api/automations", rule("Metas próximas", "goal_reminder", {{"days_before", 30}}));
  to.post("/api/automations",
          rule("Guardar o troco", "round_up", {{"envelope_id", change}, {"round_to_cents", 100}}));
}

std::string url_of(const config::loaded& loaded, const config::demo& command) {
  return command.url.empty() ? fmt::format("http://127.0.0.1:{}", loaded.values.server.port)
                             : command.url;
}

} // namespace

int demo(const config::loaded& loaded, const config::demo& command) {
  const auto until = command.until.value_or(loaded.zone.day_of(base::system_clock{}.now()));
  const auto made = make_household(command.seed, until);
  const auto password =
      command.password.empty() ? base::hex(base::secret_bytes(password_bytes)) : command.password;
  visitor server{url_of(loaded, command)};
  const auto user =
      server.post("/api/auth/register",
                  {{"name", command.name}, {"email", command.email}, {"password", password}});
  if (!user) {
    fmt::print(stderr, "nothing was made: an e-mail address takes part once\n");
    return *server.failed();
  }
  server.enter(*user);
  names known{server.ids("/api/accounts", "type"), server.ids("/api/categories", "name")};
  send_moves(server, made, known);
  send_plans(server, made, known);
  if (const auto failed = server.failed()) {
    fmt::print(stderr, "the user {} stands there with a part of it\n", command.email);
    return *failed;
  }
  fmt::print("made on {}: {} with {} transactions from {} to {}, {} goals, {} envelopes and {} "
             "recurring rules\n",
             server.url(), command.email, made.moves.size(), base::to_text(made.moves.front().day),
             base::to_text(until), made.goals.size(), made.envelopes.size(), made.habits.size());
  if (command.password.empty()) fmt::print("password: {}\n", password);
  return 0;
}

} // namespace app
