// What   output: where an export goes: standard output, or a file that appears when it is whole.
// Why    A file of half an export must not stand under the name that was asked for. It holds
//        password hashes or a user's life, so nobody else may read it.
// Errors FILE_UNWRITABLE with the system's reason; after the first one every call fails.
// Threads main only.
#pragma once

#include "base/result.hpp"

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace app {

class output {
public:
  explicit output(std::optional<std::string> file) : file_(std::move(file)) {}
  ~output();
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  base::status open();
  base::status write(std::string_view bytes);
  /// All bytes are out; a file is on disk and has its name.
  base::status finish();

private:
  base::failure failure() const;

  std::optional<std::string> file_; ///< none: standard output
  std::string part_;                ///< its name until it is whole
  std::FILE* stream_ = nullptr;
};

} // namespace app
