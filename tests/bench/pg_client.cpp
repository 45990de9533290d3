#include "tests/bench/pg_client.hpp"

#include <cstdlib>
#include <stdexcept>

namespace bench {

namespace {

std::vector<const char*> pointers(const std::vector<std::string>& arguments) {
  std::vector<const char*> out;
  out.reserve(arguments.size());
  for (const auto& a : arguments) out.push_back(a.c_str());
  return out;
}

} // namespace

pg_client::pg_client(const std::string& url) : conn_(PQconnectdb(url.c_str())) {
  if (PQstatus(conn_) == CONNECTION_OK) return;
  const std::string why = PQerrorMessage(conn_);
  PQfinish(conn_);
  throw std::runtime_error(why);
}

pg_client::~pg_client() { PQfinish(conn_); }

pg_client::answer pg_client::checked(PGresult* raw) {
  answer a(raw, &PQclear);
  const auto status = PQresultStatus(raw);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(PQerrorMessage(conn_));
  return a;
}

pg_client::answer pg_client::query(const std::string& sql) {
  return checked(PQexec(conn_, sql.c_str()));
}

void pg_client::prepare(const std::string& name, const std::string& sql) {
  checked(PQprepare(conn_, name.c_str(), sql.c_str(), 0, nullptr));
}

pg_client::answer pg_client::run(const char* name, const std::vector<std::string>& arguments) {
  const auto values = pointers(arguments);
  return checked(PQexecPrepared(conn_, name, static_cast<int>(values.size()), values.data(),
                                nullptr, nullptr, 0));
}

void pg_client::pipeline(const std::vector<call>& calls) {
  if (PQenterPipelineMode(conn_) != 1) throw std::runtime_error(PQerrorMessage(conn_));
  for (const auto& c : calls) {
    const auto values = pointers(c.arguments);
    if (PQsendQueryPrepared(conn_, c.name, static_cast<int>(values.size()), values.data(), nullptr,
                            nullptr, 0) != 1)
      throw std::runtime_error(PQerrorMessage(conn_));
  }
  if (PQpipelineSync(conn_) != 1) throw std::runtime_error(PQerrorMessage(conn_));
  for (std::size_t i = 0; i < calls.size(); ++i) {
    checked(PQgetResult(conn_));
    if (PQgetResult(conn_) != nullptr) throw std::runtime_error("one result per statement");
  }
  const answer sync(PQgetResult(conn_), &PQclear);
  if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC || PQexitPipelineMode(conn_) != 1)
    throw std::runtime_error(PQerrorMessage(conn_));
}

double pg_client::number(const std::string& sql) {
  const auto a = query(sql);
  return std::strtod(PQgetvalue(a.get(), 0, 0), nullptr);
}

} // namespace bench
