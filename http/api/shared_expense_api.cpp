// Shared expenses: made and cancelled (api-contract §13.1). Shares: share_api.cpp.
#include "http/api/decode.hpp"
#include "http/api/own_row.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/api/sharing.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace http {

namespace {

namespace json = base::json;
using ledger::errc;
using ledger::row_change;
using ledger::share_view;
using ledger::shared_expense;
using ledger::user_rows;

constexpr std::string_view splits[] = {"equal", "percentage", "custom"};
constexpr text_rule description_rule{.min = 1, .max = 200, .blank_counts_as_short = true};

struct invited {
  std::optional<std::string> id, email; ///< one of the two
  std::optional<std::int64_t> basis;    ///< hundredths of a percent
  std::optional<base::centavos> amount;
};

struct sharing_wish {
  base::centavos total;
  std::string description, split;
  std::vector<invited> people;
  std::optional<std::string> account, category;
};

invited read_invited(const json::value& from, json::array loc, const std::string& split,
                     faults& bad) {
  object_reader in{from, std::move(loc), bad};
  invited one;
  one.id = in.id("user_id", may_be_null);
  one.email = in.email("email", may_be_null);
  if (!one.id && !one.email && bad.empty())
    in.add_whole("value_error", "Value error, informe user_id ou email");
  if (split == "percentage") {
    // Two decimals, as reais have: 33.34 is 3334 hundredths.
    const auto sent = in.reais("percentage");
    if (sent && (sent->minor < 0 || sent->minor > 10'000))
      in.add("percentage", "value_error", "Value error, percentage vai de 0 a 100",
             *in.find("percentage"));
    else if (sent)
      one.basis = sent->minor;
  }
  if (split == "custom") one.amount = in.amount_or_zero("amount");
  return one;
}

sharing_wish read_wish(object_reader& in, faults& bad) {
  sharing_wish w;
  w.total = in.amount("total_cents").value_or(base::centavos{});
  w.description = in.text("description", description_rule).value_or("");
  w.split = in.one_of("split_type", splits, may_be_null).value_or("equal");
  w.account = in.id("account_id", may_be_null);
  w.category = in.id("category_id", may_be_null);
  if (in.has("participants") && !in.is_null("participants")) {
    const auto* list = in.list("participants", {.min = 1, .max = ledger::participants_max - 1});
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      json::array loc{"body", "participants", static_cast<std::int64_t>(i)};
      if ((*list)[i].if_object() == nullptr)
        bad.push_back({"dict_type", std::move(loc), "Input should be a valid dictionary",
                       (*list)[i], std::nullopt});
      else
        w.people.push_back(read_invited((*list)[i], std::move(loc), w.split, bad));
    }
  } else if (auto email = in.email("invited_email", may_be_null)) {
    if (w.split != "equal")
      in.add("split_type", "value_error", "Value error, informe participants",
             json::value{w.split});
    w.people.push_back({std::nullopt, std::move(email), std::nullopt, std::nullopt});
  }
  if (bad.empty() && w.people.empty())
    in.add_whole("value_error", "Value error, convide pelo menos um participante");
  return w;
}

json::object shape_of(const sharing_wish& w) {
  const auto text = [](const std::optional<std::string>& t) {
    return t ? json::value{*t} : json::value{nullptr};
  };
  json::array people;
  for (const auto& p : w.people)
    people.emplace_back(
        json::object{{"user_id", text(p.id)},
                     {"email", text(p.email)},
                     {"percentage", p.basis ? json::value{*p.basis} : json::value{nullptr}},
                     {"amount", p.amount ? json::value{p.amount->minor} : json::value{nullptr}}});
  return {{"total_cents", w.total.minor},  {"description", w.description},
          {"split_type", w.split},         {"participants", std::move(people)},
          {"account_id", text(w.account)}, {"category_id", text(w.category)}};
}

base::failure bad_request(std::string_view why) { return {"BAD_REQUEST", std::string{why}}; }

/// Who is invited, one question each.
std::vector<ledger::row_question> invitations_of(const sharing_wish& w) {
  std::vector<ledger::row_question> asked;
  for (const auto& p : w.people) {
    if (p.id)
      asked.emplace_back(ledger::profile_of{ledger::user_id{*p.id}});
    else
      asked.emplace_back(ledger::owner_of_email{*p.email});
  }
  return asked;
}

/// The users behind the invitations, or the refusal.
base::result<std::vector<ledger::user_record>> people_of(const sharing_wish& w,
                                                         const std::vector<user_rows>& answers,
                                                         const ledger::user_record& creator) {
  std::vector<ledger::user_record> found;
  for (const auto& answer : answers) {
    auto user = ledger::row_of<ledger::user_record>(answer);
    if (!user || !user->active) return bad_request("Participante não encontrado");
    if (user->id == creator.id && w.split == "equal")
      return bad_request("Você não pode convidar a si mesmo");
    const bool again =
        std::any_of(found.begin(), found.end(), [&](const auto& u) { return u.id == user->id; });
    if (again) return bad_request("Participante repetido");
    found.push_back(std::move(*user));
  }
  const bool alone =
      std::all_of(found.begin(), found.end(), [&](const auto& u) { return u.id == creator.id; });
  if (alone) return bad_request("Você não pode convidar a si mesmo");
  return found;
}

struct part {
  ledger::user_record user;
  base::centavos amount;
  std::optional<std::int64_t> basis;
};

/// Who pays what, the creator first. The sums are exact.
base::result<std::vector<part>> parts_of(const sharing_wish& w,
                                         const std::vector<ledger::user_record>& people,
                                         const ledger::user_record& creator) {
  std::vector<part> parts{{creator, {0}, std::nullopt}};
  if (w.split == "equal") {
    const auto amounts = ledger::split_equally(w.total, people.size() + 1);
    parts[0].amount = amounts[0];
    for (std::size_t i = 0; i < people.size(); ++i)
      parts.push_back({people[i], amounts[i + 1], std::nullopt});
    return parts;
  }
  std::vector<base::centavos> amounts;
  if (w.split == "percentage") {
    parts[0].basis = 0;
    std::vector<std::int64_t> hundredths;
    for (const auto& p : w.people) hundredths.push_back(*p.basis);
    auto split = ledger::split_by_percentage(w.total, hundredths);
    if (!split) return split.error();
    amounts = std::move(*split);
  } else {
    auto left = w.total.minor;
    for (const auto& p : w.people) {
      if (p.amount->minor > left) return base::fail(errc::share_amounts);
      left -= p.amount->minor;
      amounts.push_back(*p.amount);
    }
    if (left != 0) return base::fail(errc::share_amounts);
  }
  for (std::size_t i = 0; i < people.size(); ++i) {
    part p{people[i], amounts[i], w.people[i].basis};
    if (p.user.id == creator.id)
      parts[0] = std::move(p);
    else
      parts.push_back(std::move(p));
  }
  return parts;
}

/// The oldest active one, where the client names none.
std::optional<std::string> oldest(const std::vector<ledger::account_record>& all) {
  const auto first = std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
  });
  return first == all.end() ? std::nullopt : std::optional{first->id.text()};
}

/// Where the creator's part goes. What the client does not name and the user does not have is
/// absent.
struct own_place {
  std::optional<std::string> account, category;
};

base::result<own_place> place_of(const service& s, const ledger::user_record& user,
                                 const sharing_wish& w) {
  own_place at{w.account, w.category};
  if (!at.account) {
    const auto all = s.books.accounts(user.id);
    if (!all) return all.error();
    std::vector<ledger::account_record> records;
    for (const auto& a : *all) records.push_back(a.record);
    at.account = oldest(records);
  }
  if (!at.category) {
    auto all = s.books.categories(user.id);
    if (!all) return all.error();
    std::erase_if(*all, [](const auto& c) { return c.type != "expense"; });
    at.category = oldest(*all);
  }
  return at;
}

base::result<ledger::create_transaction> own_expense(const sharing_wish& w, const own_place& at) {
  if (!at.account) return bad_request("Nenhuma conta ativa para registrar a despesa");
  if (!at.category) return bad_request("Nenhuma categoria de despesa para registrar a despesa");
  ledger::create_transaction t;
  t.account = ledger::account_id{*at.account};
  t.category = ledger::account_id{*at.category};
  t.type = "expense";
  t.description = w.description;
  return t;
}

/// Everything that the commit writes, without its time.
struct new_sharing {
  shared_expense expense;
  std::vector<ledger::expense_share> shares;
  std::vector<ledger::share_event> events;
  std::vector<ledger::notification> notifications;
  std::vector<ledger::feed_item> items;
};

new_sharing prepared(const service& s, const sharing_wish& w, const std::vector<part>& parts) {
  const auto& creator = parts.front().user;
  new_sharing n;
  n.expense.id = ledger::shared_expense_id{s.new_id()};
  n.expense.user = creator.id;
  n.expense.total = w.total;
  n.expense.description = w.description;
  n.expense.split = w.split;
  for (const auto& p : parts) {
    const bool own = p.user.id == creator.id;
    ledger::expense_share share;
    share.id = ledger::share_id{s.new_id()};
    share.expense = n.expense.id;
    share.user = p.user.id;
    share.status = own ? "accepted" : "pending";
    share.basis = p.basis;
    share.amount = p.amount;
    n.events.push_back(
        {ledger::share_event_id{s.new_id()}, share.id, "created", creator.id, base::utc_us{}});
    if (!own) {
      const auto sum = base::decimal_text(p.amount);
      ledger::notification told;
      told.id = ledger::notification_id{s.new_id()};
      told.user = p.user.id;
      told.type = "expense_share_pending";
      told.title = "Despesa compartilhada pendente";
      told.body =
          fmt::format("{} dividiu \"{}\" com você: R$ {}", creator.name, w.description, sum);
      told.metadata = "{\"expense_id\":";
      append_text(told.metadata, n.expense.id.text());
      told.metadata += ",\"share_id\":";
      append_text(told.metadata, share.id.text());
      told.metadata += '}';
      n.notifications.push_back(std::move(told));
      n.items.push_back(item_about(
          s, {"share_received", "Nova despesa compartilhada"}, share, p.user.id,
          fmt::format("{} dividiu \"{}\" com você: R$ {}", creator.name, w.description, sum)));
      n.items.push_back(
          item_about(s, {"share_sent", "Convite enviado"}, share, creator.id,
                     fmt::format("\"{}\" com {}: R$ {}", w.description, p.user.name, sum)));
    }
    n.shares.push_back(std::move(share));
  }
  return n;
}

row_change written_at(new_sharing n, base::utc_us now) {
  row_change c;
  n.expense.created_at = now;
  for (auto& s : n.shares) {
    s.created_at = now;
    if (s.status == "accepted") s.responded_at = now;
    c.writes.emplace_back(std::move(s));
  }
  for (auto& e : n.events) {
    e.at = now;
    c.writes.emplace_back(std::move(e));
  }
  for (auto& t : n.notifications) {
    t.created_at = now;
    c.writes.emplace_back(std::move(t));
  }
  for (auto& f : n.items) {
    f.created_at = now;
    c.writes.emplace_back(std::move(f));
  }
  c.answer.emplace_back(n.expense);
  c.writes.emplace_back(std::move(n.expense));
  return c;
}

/// The expense among the rows of a change that is about_user to be written.
shared_expense& expense_in(user_rows& rows) {
  return std::get<shared_expense>(*std::find_if(rows.begin(), rows.end(), [](const auto& x) {
    return std::holds_alternative<shared_expense>(x);
  }));
}

} // namespace

decision create_shared_expense(const service& s, const request& r,
                               const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  const auto wish = read_wish(in, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto place = place_of(s, user, wish);
  if (!place) return s.refused(place.error(), r, about_user);
  refusal_context context = beside_the_books();
  context.type = "expense";
  context.category = place->category.value_or("");
  ledger::change_rows what;
  what.reads = invitations_of(wish);
  // All of it behind the key: who is invited may have another address by the time of a repetition.
  what.decide = [&s, wish, user, at = *place](const std::vector<user_rows>& found,
                                              base::utc_us now) -> base::result<row_change> {
    const auto people = people_of(wish, found, user);
    if (!people) return people.error();
    const auto parts = parts_of(wish, *people, user);
    if (!parts) return parts.error();
    auto c = written_at(prepared(s, wish, *parts), now);
    const auto own = parts->front().amount;
    if (own.minor == 0) return c;
    auto post = own_expense(wish, at);
    if (!post) return post.error();
    post->amount = own;
    post->date = now;
    post->effective = s.zone.day_of(now);
    post->shared_expense = expense_in(c.writes).id.text();
    c.post = std::move(*post);
    c.on_posted = [](row_change& all, const ledger::transaction_record& made) {
      expense_in(all.writes).automatic = made.id;
    };
    return c;
  };
  return change{.what = std::move(what),
                .key = std::move(key),
                .canonical = shape_of(wish),
                .show = showing_row<shared_expense>(append_shared_expense),
                .context = std::move(context),
                .headers = tagging_row<shared_expense>()};
}

decision cancel_shared_expense(const service& s, const request& r,
                               const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const ledger::shared_expense_id id{r.path_param("id")};
  ledger::change_rows what;
  what.reads = {ledger::shares_of_expense{id}};
  what.decide = [&s, user = user.id,
                 wanted = if_match(r)](const std::vector<user_rows>& found,
                                       base::utc_us now) -> base::result<row_change> {
    const auto shares = ledger::rows_of<share_view>(found.at(0));
    if (!takes_part(shares, user) || shares.front().expense.cancelled)
      return base::fail(errc::shared_expense_not_found);
    auto e = shares.front().expense;
    if (e.user != user) return base::fail(errc::not_the_creator);
    // Of the expense alone: its shares are changed in the books of others.
    if (wanted && *wanted != tag_of(e)) return base::fail(errc::version_conflict);
    row_change c;
    c.reverse = e.automatic;
    e.cancelled = true;
    e.automatic.reset();
    e.updated_at = now;
    for (const auto& v : shares) {
      if (v.share.user == user) continue;
      auto told = item_about(s, {"share_cancelled", "Despesa compartilhada cancelada"}, v.share,
                             v.share.user,
                             fmt::format("{} cancelou \"{}\"", v.creator_name, e.description));
      told.created_at = now;
      c.writes.emplace_back(std::move(told));
    }
    c.writes.emplace_back(std::move(e));
    return c;
  };
  return change{.what = std::move(what),
                .key = std::move(key),
                .show =
                    [](const ledger::outcome&) {
                      return ledger::stored_answer{204, {}};
                    },
                .context = beside_the_books()};
}

ledger::change_rows posting_for_expense(ledger::create_transaction wish, ledger::user_id user) {
  ledger::change_rows what;
  what.reads = {
      ledger::shares_of_expense{ledger::shared_expense_id{wish.shared_expense.value_or("")}}};
  what.decide = [wish = std::move(wish),
                 user = std::move(user)](const std::vector<user_rows>& found,
                                         base::utc_us now) -> base::result<row_change> {
    const auto shares = ledger::rows_of<share_view>(found.at(0));
    if (!takes_part(shares, user)) return base::fail(errc::shared_expense_not_found);
    auto e = shares.front().expense;
    row_change c;
    c.post = wish;
    if (e.user == user && e.automatic) {
      c.reverse = std::exchange(e.automatic, std::nullopt);
      e.updated_at = now;
      c.writes.emplace_back(std::move(e));
    }
    return c;
  };
  return what;
}

} // namespace http
