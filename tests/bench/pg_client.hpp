// What   pg_client: one blocking connection of a rival: prepare once, run often.
// Errors throws std::runtime_error with the server's message.
// Threads one.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

namespace bench {

class pg_client {
public:
  using answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

  explicit pg_client(const std::string& url);
  ~pg_client();
  pg_client(const pg_client&) = delete;
  pg_client& operator=(const pg_client&) = delete;

  answer query(const std::string& sql);
  void prepare(const std::string& name, const std::string& sql);
  answer run(const char* name, const std::vector<std::string>& arguments);
  /// All of them in one pipeline, closed by one sync: one transaction, one round trip.
  struct call {
    const char* name;
    std::vector<std::string> arguments;
  };
  void pipeline(const std::vector<call>& calls);
  double number(const std::string& sql);

private:
  answer checked(PGresult* raw);
  PGconn* conn_;
};

} // namespace bench
