// What   friends: an api in which ana shares expenses with bia.
// Why    The fake posts what it is told; it knows no names of users, so their ids stand there.
#pragma once

#include "tests/http/api_fixture.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace http_test::sharing {

using lines = std::vector<std::string>;

inline const std::string shared = "/api/shared-expenses";

/// Ana shares with bia.
struct friends : api {
  base::json::value ok(const std::string& method, const std::string& target,
                       const std::string& body = {}) {
    ++clock.at.count; // rows are ordered by time
    const auto answer = call(method, target, body);
    BOOST_REQUIRE_MESSAGE(answer.status == 200, method << ' ' << target << ' ' << answer.body);
    return parsed(answer.body);
  }
  std::string text(const http::response& answer) const {
    const auto body = parsed(answer.body);
    const auto* detail = body.find("detail");
    return detail == nullptr || detail->if_string() == nullptr ? answer.body : *detail->if_string();
  }
  void become(const std::string& user) { bearer = "Bearer " + token_of(user); }

  http::response wish(const std::string& more = {}) {
    ++clock.at.count;
    return call("POST", shared,
                R"({"total_cents":1001,"description":"Pizza",)" +
                    (more.empty() ? std::string{R"("invited_email":"bia@example.com")"} : more) +
                    '}');
  }
  /// The id of a new expense of ana.
  std::string share(const std::string& more = {}) {
    const auto answer = wish(more);
    BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return *parsed(answer.body).find("id")->if_string();
  }
  ledger::expense_share share_of(const std::string& user, const std::string& expense = {}) const {
    for (const auto& s : books.beside.all<ledger::expense_share>())
      if (s.user.text() == user && (expense.empty() || s.expense.text() == expense)) return s;
    BOOST_FAIL("no share of " << user);
    throw std::logic_error{"not reached"};
  }
  std::string share_path(const std::string& user, const std::string& expense = {}) const {
    return shared + "/shares/" + share_of(user, expense).id.text();
  }
  /// "who type: title / description", the newest last.
  lines told() const {
    lines all;
    for (const auto& f : books.beside.all<ledger::feed_item>())
      all.push_back(f.user.text() + ' ' + f.type + ": " + f.title + " / " + f.description);
    return all;
  }
  ledger::transaction_record posted() const {
    BOOST_REQUIRE(!books.posted.empty());
    return books.posted.begin()->second;
  }
  ledger::account_record& record(const std::string& id) {
    return books.rows.at(ledger::account_id{id}).record;
  }
  void damage() {
    auto s = share_of("bia");
    s.amount.minor += 1;
    books.beside.put(s);
  }
};

inline std::string written(const base::json::value& v, std::string_view name) {
  return base::json::write(*v.find(name));
}

inline lines words(const base::json::value& list, std::string_view name) {
  lines all;
  for (const auto& item : *list.if_array()) all.push_back(*item.find(name)->if_string());
  return all;
}

} // namespace http_test::sharing
