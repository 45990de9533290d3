#include "http/api/merge_body.hpp"
#include "http/api/own_row.hpp"

#include "base/limits.hpp"
#include "http/api/member_types.hpp"
#include "http/api/text.hpp"

#include <fmt/format.h>
#include <unordered_set>
#include <utility>

namespace http {

namespace {

namespace json = base::json;
using ledger::merge_refusal;
using ledger::merge_section;

struct section_rule {
  merge_section section;
  std::size_t most;
  std::string_view noun; ///< of the refusal
};
constexpr section_rule account_rule{merge_section::accounts, 200, "contas"};
constexpr section_rule category_rule{merge_section::categories, 500, "categorias"};
constexpr section_rule envelope_rule{merge_section::envelopes, 200, "caixinhas"};
constexpr section_rule goal_rule{merge_section::goals, 200, "metas"};

text_rule name_of_at_most(std::size_t most) {
  return {.max = most, .presence = need::optional, .null = null_rule::absent};
}

std::optional<std::string> read_description(object_reader& in) {
  return in.text(
      "description",
      {.max = row_description_max, .presence = need::optional, .null = null_rule::absent});
}

/// The first of the two names that was sent.
std::string_view either(const object_reader& in, std::string_view one, std::string_view other) {
  return in.has(one) ? one : other;
}

// -- one item of each section ---------------------------------------------------------------------

void read_item(object_reader& in, const scheduler::zone_rules&, ledger::update_account& edit) {
  edit.type = in.one_of("type", account_types, may_be_left_out);
  edit.balance = in.reais("balance", may_be_left_out);
  edit.change_floor = in.has("floor");
  edit.floor = in.reais("floor", may_be_null);
  edit.change_ceiling = in.has("ceiling");
  edit.ceiling = in.reais("ceiling", may_be_null);
  in.currency();
}

void read_item(object_reader& in, const scheduler::zone_rules&, ledger::update_category& edit) {
  edit.type = in.one_of("type", category_types, may_be_left_out);
  edit.color = in.color("color", may_be_left_out);
  edit.icon = in.text("icon", {.max = 10, .presence = need::optional});
}

void read_item(object_reader& in, const scheduler::zone_rules&, ledger::envelope_edit& edit) {
  edit.balance = in.amount_or_zero("balance", may_be_left_out);
  edit.change_target = in.has("target_amount");
  edit.target = in.amount("target_amount", may_be_null);
  edit.change_color = in.has("color");
  edit.color = in.color("color", may_be_null);
  edit.change_description = in.has("description");
  edit.description = read_description(in);
}

void read_item(object_reader& in, const scheduler::zone_rules& zone, ledger::goal_edit& edit) {
  edit.target = in.amount(either(in, "targetAmountCents", "target_amount_cents"), may_be_left_out);
  edit.current =
      in.amount_or_zero(either(in, "currentAmountCents", "current_amount_cents"), may_be_left_out);
  if (const auto due = in.date(either(in, "dueDate", "target_date"), zone, may_be_left_out)) {
    edit.due = due->at;
    edit.due_day = due->effective;
  }
  edit.change_description = in.has("description");
  edit.description = read_description(in);
  edit.category = in.text("category", {.max = 50, .presence = need::optional});
  edit.priority = in.one_of("priority", goal_priorities, may_be_left_out);
  edit.status = in.one_of("status", goal_statuses, may_be_left_out);
}

// -- their canonical form -------------------------------------------------------------------------

class shape {
public:
  template <class Id> explicit shape(const Id& id) { members_.emplace_back("id", id.text()); }

  shape& sent(std::string_view name, const std::optional<std::string>& text) {
    if (text) members_.emplace_back(name, *text);
    return *this;
  }
  shape& sent(std::string_view name, const std::optional<base::centavos>& amount) {
    if (amount) members_.emplace_back(name, amount->minor);
    return *this;
  }
  /// Where null is a value too.
  template <class T> shape& sent(std::string_view name, bool is_sent, const std::optional<T>& v) {
    if (is_sent && !v) members_.emplace_back(name, nullptr);
    return is_sent ? sent(name, v) : *this;
  }
  json::object done() { return std::move(members_); }

private:
  json::object members_;
};

json::object shape_of(const ledger::update_account& e) {
  return shape{e.id}
      .sent("name", e.name)
      .sent("type", e.type)
      .sent("balance", e.balance)
      .sent("floor", e.change_floor, e.floor)
      .sent("ceiling", e.change_ceiling, e.ceiling)
      .done();
}

json::object shape_of(const ledger::update_category& e) {
  return shape{e.id}
      .sent("name", e.name)
      .sent("type", e.type)
      .sent("color", e.color)
      .sent("icon", e.icon)
      .done();
}

json::object shape_of(const ledger::envelope_edit& e) {
  return shape{e.id}
      .sent("name", e.name)
      .sent("balance", e.balance)
      .sent("target_amount", e.change_target, e.target)
      .sent("color", e.change_color, e.color)
      .sent("description", e.change_description, e.description)
      .done();
}

json::object shape_of(const ledger::goal_edit& e) {
  const auto due = e.due ? std::optional{base::to_text(*e.due)} : std::nullopt;
  return shape{e.id}
      .sent("name", e.name)
      .sent("target", e.target)
      .sent("current", e.current)
      .sent("due", due)
      .sent("description", e.change_description, e.description)
      .sent("category", e.category)
      .sent("priority", e.priority)
      .sent("status", e.status)
      .done();
}

constexpr std::size_t name_max(const ledger::update_category&) { return 50; }
template <class Edit> constexpr std::size_t name_max(const Edit&) { return row_name_max; }

// -- the whole ------------------------------------------------------------------------------------

class reader {
public:
  reader(const json::value& body, const scheduler::zone_rules& zone, faults& bad)
      : body_(body), zone_(zone), bad_(bad) {}

  base::result<merge_body> read() {
    auto done = section(account_rule, out_.wish.accounts);
    if (done) done = section(category_rule, out_.wish.categories);
    if (done) done = section(envelope_rule, out_.wish.envelopes);
    if (done) done = section(goal_rule, out_.wish.goals);
    if (!done) return done.error();
    json::array skipped;
    for (const auto& skip : out_.skipped)
      skipped.emplace_back(json::array{ledger::to_text(skip.section), skip.id});
    out_.canonical.emplace_back("skipped", std::move(skipped));
    return std::move(out_);
  }

private:
  template <class Edit> base::status section(const section_rule& rule, std::vector<Edit>& edits) {
    const auto name = ledger::to_text(rule.section);
    const auto* sent = body_.find(name);
    if (sent == nullptr || sent->is_null()) return {};
    const auto* list = sent->if_array();
    if (list == nullptr) {
      bad_.push_back({"list_type", {"body", name}, "Input should be a valid list", nullptr, {}});
      return {};
    }
    if (list->size() > rule.most)
      return base::failure{"BAD_REQUEST",
                           fmt::format("No máximo {} {} por envio", rule.most, rule.noun)};
    std::unordered_set<std::string> seen;
    json::array canonical;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const json::array loc{"body", name, static_cast<std::int64_t>(i)};
      const auto& item = (*list)[i];
      if (item.if_object() == nullptr) {
        bad_.push_back({"model_attributes_type", loc,
                        "Input should be a valid dictionary or object to extract fields from",
                        nullptr, std::nullopt});
        continue;
      }
      one(rule.section, item, loc, seen, edits);
    }
    for (const auto& edit : edits) canonical.emplace_back(shape_of(edit));
    out_.canonical.emplace_back(name, std::move(canonical));
    return {};
  }

  template <class Edit>
  void one(merge_section section, const json::value& item, const json::array& loc,
           std::unordered_set<std::string>& seen, std::vector<Edit>& edits) {
    object_reader in{item, loc, bad_};
    const auto id = in.text("id", {.min = 1});
    if (!id) return;
    const auto skip = [&](merge_refusal why) { out_.skipped.push_back({section, *id, why}); };
    if (id->size() > base::limits::id_bytes_max) return skip(merge_refusal::id_too_long);
    if (!seen.insert(*id).second) return skip(merge_refusal::duplicate_id);
    Edit edit;
    edit.id = decltype(edit.id){*id};
    edit.name = in.text("name", name_of_at_most(name_max(edit)));
    if (in.is_null("name") || (edit.name && is_blank(*edit.name)))
      return skip(merge_refusal::blank_name);
    read_item(in, zone_, edit);
    edits.push_back(std::move(edit));
  }

  const json::value& body_;
  const scheduler::zone_rules& zone_;
  faults& bad_;
  merge_body out_;
};

} // namespace

base::result<merge_body> read_merge(const json::value& body, const scheduler::zone_rules& zone,
                                    faults& bad) {
  return reader{body, zone, bad}.read();
}

} // namespace http
