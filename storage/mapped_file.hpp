// What   mapped_file: a small file of a fixed size with a header, mapped into memory and shared.
// Why    What is written there survives `kill -9` without a system call for each write. After a
//        power failure it may be older than it was: whoever uses it must bear that.
// Bounds The header is mapped_file::header_bytes; a file with another header or size is begun anew,
//        with zeros behind the header.
// Errors open() fails with errc::unavailable or errc::read_only.
// Threads none of its own: whoever writes sees to that.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace storage {

class mapped_file {
public:
  static constexpr std::size_t header_bytes = 64;

  /// `header` is cut or filled up with zeros. `bytes`: of the whole file.
  static base::result<mapped_file> open(const std::string& path, std::string_view header,
                                        std::size_t bytes);
  /// To read only, and nothing is made or changed: nothing when there is none of this header.
  static std::optional<mapped_file> look(const std::string& path, std::string_view header,
                                         std::size_t bytes);

  ~mapped_file();
  mapped_file(mapped_file&& other) noexcept;
  mapped_file& operator=(mapped_file&&) = delete;
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;

  unsigned char* body() const { return at_ + header_bytes; }

private:
  mapped_file(void* at, std::size_t bytes) : at_(static_cast<unsigned char*>(at)), bytes_(bytes) {}

  unsigned char* at_;
  std::size_t bytes_;
};

} // namespace storage
