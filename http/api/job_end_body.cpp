#include "http/api/job_end_body.hpp"

#include "http/api/job_body.hpp"
#include "http/api/transaction_shape.hpp"

#include <utility>

namespace http {
namespace {

namespace json = base::json;

constexpr std::size_t result_bytes_max = 65'536;
constexpr std::size_t effects_max = 100;

bool posts_something(const json::value& sent) {
  const auto* effects = sent.find("effects");
  const auto* list = effects == nullptr ? nullptr : effects->find("transactions");
  return list != nullptr && list->if_array() != nullptr && !list->if_array()->empty();
}

/// "result: Value error, …"
std::string in_words(const validation_fault& f) {
  std::string where;
  for (const auto& step : f.loc) {
    if (!where.empty()) where += '.';
    where += step.if_string() != nullptr ? *step.if_string() : json::write(step);
  }
  return where + ": " + f.msg;
}

} // namespace

std::string read_job_result(object_reader& in) {
  const auto* result = in.find("result");
  if (result == nullptr) return "null";
  auto text = json::write(*result);
  if (text.size() > result_bytes_max)
    in.add("result", "value_error", "Value error, larger than 65536 bytes", json::value{nullptr});
  return text;
}

job_effects read_job_effects(const json::value& sent, bool may_post, base::utc_us now,
                             const scheduler::zone_rules& zone, faults& bad) {
  job_effects out;
  out.may_post = may_post;
  const auto* effects = sent.find("effects");
  if (effects == nullptr || effects->is_null()) return out;
  const json::array loc{"body", "effects"};
  if (effects->if_object() == nullptr) {
    bad.push_back({"dict_type", loc, "Input should be a valid dictionary", nullptr, std::nullopt});
    return out;
  }
  refuse_others(*effects, loc, {"transactions", "jobs"}, bad);
  object_reader in{*effects, loc, bad};
  const auto each = [&](std::string_view key, auto read) {
    if (!in.has(key)) return;
    const auto* list = in.list(key, {0, effects_max});
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      auto at = loc;
      at.emplace_back(key);
      at.emplace_back(static_cast<std::int64_t>(i));
      read((*list)[i], std::move(at));
    }
  };
  each("transactions", [&](const json::value& one, json::array at) {
    if (!may_post)
      bad.push_back({"value_error", std::move(at), "Value error, this token may not post", nullptr,
                     std::nullopt});
    else if (one.if_object() == nullptr)
      bad.push_back({"dict_type", std::move(at), "Input should be a valid dictionary", nullptr,
                     std::nullopt});
    else {
      object_reader fields{one, std::move(at), bad};
      if (auto t = read_transaction(fields, zone)) out.transactions.push_back(std::move(*t));
    }
  });
  each("jobs", [&](const json::value& one, json::array at) {
    const auto whose = one.find("user");
    if (whose != nullptr && !whose->is_null())
      bad.push_back({"value_error", at, "Value error, a follow-up is of the user of its job",
                     nullptr, std::nullopt});
    if (auto j = read_job(one, std::move(at), now, zone, bad)) out.jobs.push_back(std::move(*j));
  });
  return out;
}

base::result<pushed_answer> read_pushed_answer(const std::string& text, bool may_post,
                                               base::utc_us now,
                                               const scheduler::zone_rules& zone) {
  request r;
  r.body = text;
  const auto body = read_job_body(r, body_rule::required);
  const auto* sent = std::get_if<json::value>(&body);
  if (sent == nullptr)
    return base::failure{"PUSH_BAD_ANSWER", "is no JSON object that we can read"};
  if (!may_post && posts_something(*sent))
    return base::failure{"KIND_NOT_ALLOWED", "its target in PUSH_TARGETS has no \"effects\""};
  faults bad;
  refuse_others(*sent, {"body"}, {"result", "effects"}, bad);
  object_reader in{*sent, {"body"}, bad};
  pushed_answer answer;
  answer.result = read_job_result(in);
  answer.effects = read_job_effects(*sent, may_post, now, zone, bad);
  if (!bad.empty()) return base::failure{"PUSH_BAD_ANSWER", in_words(bad.front())};
  return answer;
}

} // namespace http
