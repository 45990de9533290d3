// What   data_dir_lock: the exclusive right of one process to a database file.
// Why    Two servers on one SQLite file would each believe in the balances that they hold in
//        memory.
// Errors errc::unavailable with a text for the operator that names the process that holds the lock.
//        errc::read_only when the folder takes no new file.
// Threads none. The lock ends with the object and with the process, however that dies (flock).
#pragma once

#include "base/result.hpp"

#include <string>

namespace storage {

class data_dir_lock {
public:
  data_dir_lock() = default;
  data_dir_lock(data_dir_lock&& other) noexcept;
  data_dir_lock& operator=(data_dir_lock&& other) noexcept;
  ~data_dir_lock();

  /// Locks `<database>.lock`, which is made when it is missing and stays.
  static base::result<data_dir_lock> acquire(const std::string& database);

private:
  int descriptor_ = -1;
};

} // namespace storage
