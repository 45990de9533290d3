#include "config/database_url.hpp"

#include <boost/test/unit_test.hpp>

using namespace config;

BOOST_AUTO_TEST_SUITE(database_url)

namespace {

database_settings good(const char* url, bool production = false) {
  auto parsed = parse_database_url(url, production);
  BOOST_REQUIRE_MESSAGE(std::holds_alternative<database_settings>(parsed), url);
  return std::get<database_settings>(parsed);
}
std::string uri(const char* url, bool production) {
  return good(url, production).postgres_uri.reveal();
}

} // namespace

BOOST_AUTO_TEST_CASE(sqlite_paths) {
  BOOST_TEST(good("sqlite:///vaidepix.db").sqlite_path == "vaidepix.db");
  BOOST_TEST(good("sqlite:///data/a.db").sqlite_path == "data/a.db");
  BOOST_TEST(good("sqlite:////var/lib/v.db").sqlite_path == "/var/lib/v.db");
  BOOST_TEST(good("sqlite:////var/lib/v.db").shown == "sqlite:/var/lib/v.db");
  BOOST_TEST(!good("sqlite:///vaidepix.db").in_memory());
  BOOST_TEST(good("sqlite:///:memory:").in_memory());
  BOOST_TEST(good("sqlite://").in_memory());
  BOOST_TEST((good("sqlite:///vaidepix.db") == database_settings{}));
}

BOOST_AUTO_TEST_CASE(every_postgres_scheme_becomes_one) {
  for (const char* url : {"postgresql://u:p@h:5433/d", "postgres://u:p@h:5433/d",
                          "postgresql+psycopg2://u:p@h:5433/d"}) {
    const auto db = good(url);
    BOOST_TEST((db.what == database_settings::kind::postgres), url);
    BOOST_TEST(db.postgres_uri.reveal() == "postgresql://u:p@h:5433/d", url);
    BOOST_TEST(db.shown == "postgresql://h:5433/d", url);
    BOOST_TEST(!db.in_memory());
  }
}

BOOST_AUTO_TEST_CASE(production_asks_for_encryption_to_hosts_that_are_not_local) {
  BOOST_TEST(uri("postgres://u@db/d", true) == "postgresql://u@db/d?sslmode=require");
  BOOST_TEST(uri("postgres://u@db/d?connect_timeout=3", true) ==
             "postgresql://u@db/d?connect_timeout=3&sslmode=require");
  BOOST_TEST(uri("postgres://u@db/d?", true) == "postgresql://u@db/d?sslmode=require");
  BOOST_TEST(uri("postgres://db", true) == "postgresql://db?sslmode=require");
  BOOST_TEST(uri("postgres://localhost,db/d", true) ==
             "postgresql://localhost,db/d?sslmode=require");
  BOOST_TEST(uri("postgres:///d?host=db", true) == "postgresql:///d?host=db&sslmode=require");
  BOOST_TEST(uri("postgres://u:p@@localhost.evil/d", true) ==
             "postgresql://u:p@@localhost.evil/d?sslmode=require");
}

BOOST_AUTO_TEST_CASE(the_url_and_local_hosts_win_over_the_rule) {
  for (const char* url :
       {"postgresql://u@db/d?sslmode=disable", "postgresql://u@db/d?a=b&sslmode=verify-full",
        "postgresql://u@localhost/d", "postgresql://u@127.0.0.1:5432/d",
        "postgresql://u@[::1]:5432/d", "postgresql:///d", "postgresql:///d?host=/run/postgresql",
        "postgresql://%2Frun%2Fpg/d"})
    BOOST_TEST(uri(url, true) == url);
  BOOST_TEST(uri("postgresql://u@db/d", false) == "postgresql://u@db/d");
}

BOOST_AUTO_TEST_CASE(bad_urls_are_refused_without_repeating_them) {
  for (const char* url :
       {"", "vaidepix.db", "mysql://u:hunter2@h/d", "sqlite:/vaidepix.db", "sqlite://vaidepix.db",
        "sqlite:///", "sqlite:///dir/", "sqlite:///v.db?mode=ro", "postgresql://u:hunter2@h/d/e",
        "postgresql://u:hunter2@h/d?sslmode=sometimes", "postgresql://u:hunter2@h/d?sslmode",
        "postgresql://u:hunter2@h/d e", "postgresql+asyncpg://u:hunter2@h/d"}) {
    const auto parsed = parse_database_url(url, false);
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<std::string>(parsed), url);
    BOOST_TEST(std::get<std::string>(parsed).find("hunter2") == std::string::npos, url);
  }
}

BOOST_AUTO_TEST_SUITE_END()
