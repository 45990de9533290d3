// What   pg_cluster: a PostgreSQL of our own for one test program: temporary folder, unix socket.
// Why    Only the real server decides locks, isolation and what a lost connection means.
// Bounds One cluster per program, started at the first use; it dies with the program, even by
//        SIGKILL.
// Errors Without server binaries available() is false and require() skips; with CI=1 it fails.
// Threads the thread that runs the tests.
#pragma once

#include <string>
#include <sys/types.h>

namespace support {

struct pg_cluster_options {
  bool fsync = false; ///< only durability tests and measurements need it
};

class pg_cluster {
public:
  static bool available();
  /// The cluster of this program.
  static pg_cluster& instance();
  /// For a test: false when it has to be skipped (said on the test log); a failure in CI.
  static bool require();

  explicit pg_cluster(pg_cluster_options options = {});
  ~pg_cluster();
  pg_cluster(const pg_cluster&) = delete;
  pg_cluster& operator=(const pg_cluster&) = delete;

  /// Folder of the server's unix socket.
  const std::string& socket_dir() const { return dir_; }
  /// The socket's file in it.
  std::string socket_path() const { return dir_ + "/" + socket_name(); }
  static std::string socket_name() { return ".s.PGSQL.5432"; }
  std::string url(const std::string& database) const { return url_at(dir_, database); }
  static std::string url_at(const std::string& socket_dir, const std::string& database);

  /// A new database, empty or copied from a template.
  std::string create_database(const std::string& template_name = "template0");
  void drop_database(const std::string& name);

  /// SIGQUIT: no checkpoint, as after a crash. Returns when the server is gone.
  void stop_immediate();
  /// Returns when the server accepts connections.
  void start();

private:
  void run_initdb() const;
  void wait_until_ready() const;

  pg_cluster_options options_;
  std::string dir_;
  pid_t server_ = -1;
  int databases_ = 0;
};

/// A plain blocking connection for what a test does behind our back: watch, lock, terminate.
class pg_admin {
public:
  explicit pg_admin(const std::string& url);
  ~pg_admin();
  pg_admin(const pg_admin&) = delete;
  pg_admin& operator=(const pg_admin&) = delete;

  /// First cell of the answer as text; throws std::runtime_error on an SQL error.
  std::string query(const std::string& sql);
  /// Sends without waiting for the answer.
  void send(const std::string& sql);
  /// Polls the query until it answers `wanted`; throws after 20 seconds.
  void wait_for(const std::string& sql, const std::string& wanted);

private:
  void* conn_;
};

} // namespace support
