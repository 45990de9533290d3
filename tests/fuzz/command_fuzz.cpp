// Commands and questions of the API: whatever JSON or query comes, the answer is a refusal that can
// be shown, or a command within the bounds of the contract.
#include "base/limits.hpp"
#include "http/api/handlers.hpp"
#include "http/api/insight_api.hpp"
#include "http/api/request_key.hpp"
#include "http/api/sharing.hpp"
#include "http/target.hpp"
#include "tests/fuzz/api_world.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <string>

namespace {

struct world : fuzz::api_world {
  ledger::user_record user;
  world() {
    user.id = ledger::user_id{"ana"};
    auto& a = books.rows[ledger::account_id{"a1"}];
    a.record.id = ledger::account_id{"a1"};
    a.record.owner = user.id;
  }
};

world& the_world() {
  static world w;
  return w;
}

using decider = http::decision (*)(const http::service&, const http::request&,
                                   const ledger::user_record&);

/// A handler that does not ask who sends the request.
template <auto Decide>
http::decision of_anybody(const http::service& s, const http::request& r,
                          const ledger::user_record&) {
  return Decide(s, r);
}

struct change_route {
  const char* method;
  const char* route;
  decider decide;
};

// With the name of the resource: two handlers of one name would be another table.
constexpr change_route changes[] = {
    {"POST", "/api/transactions", http::create_transaction},
    {"PUT", "/api/transactions/{id}", of_anybody<http::put_transaction>},
    {"POST", "/api/transactions/batch", of_anybody<http::post_batch>},
    {"DELETE", "/api/transactions", of_anybody<http::delete_transactions>},
    {"POST", "/api/accounts", of_anybody<http::create_account>},
    {"PUT", "/api/accounts/{id}", of_anybody<http::put_account>},
    {"POST", "/api/categories", of_anybody<http::create_category>},
    {"PUT", "/api/categories/{id}", of_anybody<http::put_category>},
    {"POST", "/api/postings", of_anybody<http::post_legs>},
    {"POST", "/api/accounts/{id}/holds", of_anybody<http::place_hold>},
    {"POST", "/api/holds/{id}/post", of_anybody<http::post_hold>},
    {"POST", "/api/shared-expenses", http::create_shared_expense},
    {"PATCH", "/api/shared-expenses/shares/{id}", http::answer_share},
    {"POST", "/api/insights/feedback", http::post_insight_feedback},
};

using reading = http::response (*)(const http::service&, const http::request&,
                                   const ledger::user_record&);
constexpr reading questions[] = {http::list_transactions, http::list_entries, http::get_balance,
                                 http::monthly_summary, http::list_categories};

// -- what a command may hold --------------------------------------------------------------------

void check_text(std::string_view text, std::size_t most) {
  ENSURE(http::valid_utf8(text) && text.find('\0') == text.npos, "a text that no database takes");
  const auto points =
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
  ENSURE(points >= 0 && static_cast<std::size_t>(points) <= most, "a text that is too long");
}

void check_amount(base::centavos c) {
  ENSURE(c.minor >= 1 && c.minor <= base::amount_minor_max, "an amount out of bounds");
}

void check_reais(const std::optional<base::centavos>& c) {
  ENSURE(!c || (c->minor <= base::amount_minor_max && c->minor >= -base::amount_minor_max),
         "reais out of bounds");
}

template <class Id> void check_id(const Id& id) {
  ENSURE(!id.empty() && id.text().size() <= base::limits::id_bytes_max, "an id out of bounds");
  check_text(id.text(), base::limits::id_bytes_max);
}

void check_tags(const std::vector<std::string>& tags) {
  ENSURE(tags.size() <= 10, "too many tags");
  for (const auto& t : tags) {
    ENSURE(!t.empty() && std::count(tags.begin(), tags.end(), t) == 1, "a tag twice, or none");
    check_text(t, 50);
  }
}

void check(const ledger::create_transaction& t) {
  check_amount(t.amount);
  check_text(t.description, 200);
  check_id(t.account);
  check_id(t.category);
  check_tags(t.tags);
  if (t.shared_expense) check_text(*t.shared_expense, base::limits::id_bytes_max);
}

void check(const ledger::edit_transaction& t) {
  // Its amount is judged by ledger::plan_edit, which refuses with a code of its own.
  if (t.edit.description) check_text(*t.edit.description, 200);
  if (t.edit.tags) check_tags(*t.edit.tags);
}

void check(const ledger::create_account& a) {
  check_text(a.name, 100);
  ENSURE(!a.name.empty() && !a.type.empty(), "an account without name or type");
  check_reais(a.opening);
  check_reais(a.floor);
}

void check(const ledger::update_account& a) {
  if (a.name) check_text(*a.name, 100);
  check_reais(a.balance);
  check_reais(a.floor);
}

void check(const ledger::create_category& c) { check_text(c.name, 50); }

void check(const ledger::delete_many& d) {
  ENSURE(!d.ids.empty() && d.ids.size() <= 100, "a list out of bounds");
}

void check(const ledger::post_batch& b) {
  ENSURE(b.items && !b.items->empty() && b.items->size() <= 1000, "a batch out of bounds");
}

template <class Other> void check(const Other&) {}

void check_refusal(const http::response& r) {
  ENSURE(r.status >= 400 && r.status < 500, "the fault is said to be ours");
  const auto body = base::json::read(r.body);
  ENSURE(std::holds_alternative<base::json::value>(body), "a refusal that is no JSON");
  ENSURE(std::get<base::json::value>(body).find("code") != nullptr, "a refusal without its code");
}

void change(http::request r, const change_route& of) {
  auto& w = the_world();
  r.method = of.method;
  r.route = of.route;
  auto made = of.decide(w.s, r, w.user);
  if (const auto* refused = std::get_if<http::response>(&made)) return check_refusal(*refused);
  const auto& first = std::get<http::change>(made);
  std::visit([](const auto& command) { check(command); }, first.what);
  // The same body as another client would write it is the same request.
  const auto body = base::json::read(r.body);
  ENSURE(std::holds_alternative<base::json::value>(body), "a command out of no JSON");
  const auto print = http::fingerprint_of(r, first.canonical);
  r.body = base::json::write_canonical(std::get<base::json::value>(body));
  made = of.decide(w.s, r, w.user);
  ENSURE(std::holds_alternative<http::change>(made), "written another way it is refused");
  ENSURE(http::fingerprint_of(r, std::get<http::change>(made).canonical) == print,
         "written another way it is another request");
}

void question(const http::request& r, reading of) {
  auto& w = the_world();
  w.books.asked_list.reset();
  w.books.asked_entries.reset();
  const auto answer = of(w.s, r, w.user);
  if (answer.status != 200) return check_refusal(answer);
  if (const auto& f = w.books.asked_list) {
    ENSURE(f->limit >= 1 && f->limit <= 100 && f->skip >= 0, "a page out of bounds");
    check_text(f->text, 8192);
  }
  if (const auto& f = w.books.asked_entries)
    ENSURE(f->limit >= 1 && f->limit <= 500, "a page out of bounds");
}

} // namespace

/// First byte: which. First line: the query. The rest: the body.
void fuzz::target(std::string_view input) {
  const auto which = first_byte(input);
  http::request r;
  r.request_id = "request";
  r.path = "/";
  r.path_params = {{"id", "a1"}};
  r.query = http::decoded_query(before(input, '\n'));
  r.body = std::string{input};
  if (const std::size_t n = which % (std::size(changes) + std::size(questions));
      n < std::size(changes)) {
    change(std::move(r), changes[n]);
  } else {
    r.method = "GET";
    r.route = "/api/questions";
    question(r, questions[n - std::size(changes)]);
  }
}
