#include "http/problem.hpp"

#include <utility>

namespace http {

namespace {

namespace json = base::json;

response with_detail(int status, std::string_view code, json::value detail,
                     std::string_view request_id) {
  response r;
  r.status = status;
  r.code = code;
  r.body = json::write(
      json::object{{"detail", std::move(detail)}, {"code", code}, {"request_id", request_id}});
  if (status == 503 || status == 504) r.headers.push_back({"Retry-After", "1"});
  return r;
}

json::value rule_detail(std::string_view error, std::string_view code, std::string_view message,
                        json::value details) {
  return json::object{
      {"error", error}, {"message", message}, {"details", std::move(details)}, {"code", code}};
}

} // namespace

response problem(int status, std::string_view code, std::string_view detail,
                 std::string_view request_id) {
  return with_detail(status, code, detail, request_id);
}

response rule_problem(int status, std::string_view code, std::string_view message,
                      json::value details, std::string_view request_id) {
  return with_detail(status, code,
                     rule_detail("TRANSACTION_VALIDATION_ERROR", code, message, std::move(details)),
                     request_id);
}

std::string_view internal_code(std::string_view route) {
  return route.starts_with("/api/transactions") ? "TX_INTERNAL_ERROR" : "INTERNAL_ERROR";
}

response internal_error(std::string_view code, std::string_view request_id) {
  return with_detail(
      500, code, rule_detail("INTERNAL_ERROR", code, "Erro interno do servidor", json::object{}),
      request_id);
}

response validation_problem(const std::vector<validation_fault>& faults,
                            std::string_view request_id) {
  json::array list;
  list.reserve(faults.size());
  for (const auto& f : faults) {
    json::object item{{"type", f.type}, {"loc", f.loc}, {"msg", f.msg}, {"input", f.input}};
    if (f.ctx) item.emplace_back("ctx", *f.ctx);
    list.emplace_back(std::move(item));
  }
  return with_detail(422, "VALIDATION_ERROR", std::move(list), request_id);
}

response json_problem(const json::fault& fault, std::string_view request_id) {
  return validation_problem(
      {{"json_invalid", json::array{"body", static_cast<std::int64_t>(fault.offset)},
        "JSON decode error", json::object{}, json::object{{"error", fault.reason}}}},
      request_id);
}

} // namespace http
