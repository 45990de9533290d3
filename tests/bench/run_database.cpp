#include "tests/bench/run_database.hpp"

#include "tests/bench/pg_client.hpp"

#include <cstdio>
#include <cstdlib>

namespace bench {

void create_database(const options& o, const std::string& name) {
  pg_client(o.url("postgres")).query("create database " + name + " template template0");
}

void verify(const options& o, const std::string& url) {
  fmt::print("\n`vaidepix verify`:\n\n```\n");
  std::fflush(stdout);
  const auto command = fmt::format("DATABASE_URL='{}' '{}' verify", url, o.vaidepix);
  if (std::system(command.c_str()) != 0) throw std::runtime_error("the ledger is not sound");
  fmt::print("```\n");
  std::fflush(stdout);
}

} // namespace bench
