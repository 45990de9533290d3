#include "tests/support/pg_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <initializer_list>
#include <libpq-fe.h>
#include <memory>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace support {
namespace {

constexpr const char* server_bin = "/usr/lib/postgresql/15/bin";
constexpr const char* unprivileged_user = "postgres"; // the server refuses root

void pause_briefly() {
  timespec t{0, 5'000'000};
  ::nanosleep(&t, nullptr);
}

/// Runs as the unprivileged user when we are root; the child dies with us.
pid_t run_child(const std::vector<std::string>& words, const std::string& log_file) {
  const passwd* user = ::geteuid() == 0 ? ::getpwnam(unprivileged_user) : nullptr;
  std::vector<char*> argv;
  for (const auto& w : words) argv.push_back(const_cast<char*>(w.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (user != nullptr && (::initgroups(user->pw_name, user->pw_gid) != 0 ||
                          ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
    ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT); // after setuid, which clears it
  if (::getppid() != parent) ::_exit(126);
  const int out = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int in = ::open("/dev/null", O_RDONLY);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

} // namespace

bool pg_cluster::available() {
  return ::access((std::string(server_bin) + "/postgres").c_str(), X_OK) == 0 &&
         (::geteuid() != 0 || ::getpwnam(unprivileged_user) != nullptr);
}

bool pg_cluster::require() {
  if (available()) return true;
  const char* ci = std::getenv("CI");
  if (ci != nullptr && std::string(ci) == "1") return true; // the cases run, and fail at initdb
  BOOST_TEST_MESSAGE("skipped: no PostgreSQL 15 server in " << server_bin);
  return false;
}

pg_cluster& pg_cluster::instance() {
  static pg_cluster cluster;
  return cluster;
}

pg_cluster::pg_cluster(pg_cluster_options options) : options_(options) {
  std::string path = (std::filesystem::temp_directory_path() / "pgtest.XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  dir_ = path;
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam(unprivileged_user);
    if (user == nullptr || ::chown(dir_.c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("cannot hand the folder to the server's user");
  }
  run_initdb();
  start();
}

pg_cluster::~pg_cluster() {
  if (server_ > 0) stop_immediate();
  std::error_code ignored; // a folder that stays in /tmp is no reason to fail a test
  std::filesystem::remove_all(dir_, ignored);
}

void pg_cluster::run_initdb() const {
  const pid_t pid =
      run_child({std::string(server_bin) + "/initdb", "-D", dir_ + "/data", "-U", "postgres", "-A",
                 "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"},
                dir_ + "/log");
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || status != 0)
    throw std::runtime_error("initdb failed, see " + dir_ + "/log");
  std::ofstream conf(dir_ + "/data/postgresql.conf", std::ios::app);
  conf << "listen_addresses = ''\nunix_socket_directories = '" << dir_ << "'\n"
       << "fsync = " << (options_.fsync ? "on" : "off") << "\nmax_connections = 60\n"
       << "shared_buffers = 128MB\nmax_wal_size = 2GB\nautovacuum_naptime = 10s\n"
       << "log_line_prefix = '%m [%p] '\n";
}

void pg_cluster::start() {
  server_ = run_child({std::string(server_bin) + "/postgres", "-D", dir_ + "/data"}, dir_ + "/log");
  wait_until_ready();
}

void pg_cluster::wait_until_ready() const {
  const std::string target = url("postgres");
  for (int i = 0; i < 6000; ++i) {
    if (PQping(target.c_str()) == PQPING_OK) return;
    int status = 0;
    if (::waitpid(server_, &status, WNOHANG) == server_)
      throw std::runtime_error("the server ended at its start, see " + dir_ + "/log");
    pause_briefly();
  }
  throw std::runtime_error("the server does not answer");
}

void pg_cluster::stop_immediate() {
  int status = 0;
  ::kill(server_, SIGQUIT);
  ::waitpid(server_, &status, 0);
  server_ = -1;
}

std::string pg_cluster::url_at(const std::string& socket_dir, const std::string& database) {
  return "postgresql:///" + database + "?host=" + socket_dir + "&user=postgres";
}

std::string pg_cluster::create_database(const std::string& template_name) {
  const std::string name = "test_" + std::to_string(++databases_);
  pg_admin(url("postgres")).query("create database " + name + " template " + template_name);
  return name;
}

void pg_cluster::drop_database(const std::string& name) {
  pg_admin(url("postgres")).query("drop database if exists " + name + " with (force)");
}

// -- pg_admin ------------------------------------------------------------------------------------

pg_admin::pg_admin(const std::string& url) : conn_(PQconnectdb(url.c_str())) {
  auto* c = static_cast<PGconn*>(conn_);
  if (PQstatus(c) != CONNECTION_OK) {
    const std::string why = PQerrorMessage(c);
    PQfinish(c);
    throw std::runtime_error(why);
  }
  PQsetNoticeProcessor(
      c, [](void*, const char*) {}, nullptr);
}

pg_admin::~pg_admin() { PQfinish(static_cast<PGconn*>(conn_)); }

std::string pg_admin::query(const std::string& sql) {
  auto* c = static_cast<PGconn*>(conn_);
  const std::unique_ptr<PGresult, decltype(&PQclear)> r(PQexec(c, sql.c_str()), &PQclear);
  const auto status = PQresultStatus(r.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(sql + ": " + PQerrorMessage(c));
  return PQntuples(r.get()) > 0 ? PQgetvalue(r.get(), 0, 0) : std::string();
}

void pg_admin::send(const std::string& sql) {
  auto* c = static_cast<PGconn*>(conn_);
  if (PQsendQuery(c, sql.c_str()) != 1) throw std::runtime_error(PQerrorMessage(c));
}

void pg_admin::wait_for(const std::string& sql, const std::string& wanted) {
  std::string got;
  for (int i = 0; i < 4000; ++i) {
    got = query(sql);
    if (got == wanted) return;
    pause_briefly();
  }
  throw std::runtime_error("waited for '" + wanted + "', got '" + got + "': " + sql);
}

} // namespace support
