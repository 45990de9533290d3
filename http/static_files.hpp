// What   static_files: the built web app in a folder, answered as the same origin as the API.
// Why    One process serves everything: no second server, no CORS. Files are looked up on each
//        request, so a release is a copy or a moved symbolic link, without a restart.
// Bounds A file file_bytes_max; what is kept in memory, compressed twins included, kept_bytes_max.
// Errors open() says what is wrong with the folder. 404 for what is not there, lies outside or is
//        not to be shown; 503 for a file that changes while it is read.
// Threads any.
// Source api-contract.md §15.1, §1.5; console.md (cache rules of hashed names)
#pragma once

#include "base/result.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace http {

// -- what a path means, without a disk ------------------------------------------------------------

/// Paths of the API, of health and of documents: their unknown ones are 404 and never a page.
bool is_of_the_api(std::string_view encoded_path);

/// Where it lies under the folder: "" for the front page, "assets/app.js". Nothing for a path that
/// names no file that may be shown: "..", names with a leading dot, a slash, backslash or NUL in
/// a segment, text that is not UTF-8.
std::optional<std::string> file_of_path(std::string_view encoded_path);

/// A route of the app and no file: its last segment has no extension.
bool looks_like_page(std::string_view file);

/// assets/app-3f9a1b2c.js: under assets/, and what stands before the extensions, behind a '-' or
/// '.', is 8 or more letters, digits or '_' with a digit among them. Such a file never changes.
bool has_content_hash(std::string_view file);

std::string_view content_type_of(std::string_view file);

// -- the folder -----------------------------------------------------------------------------------

class static_files {
public:
  static constexpr std::size_t file_bytes_max = 8 * 1024 * 1024;
  static constexpr std::size_t kept_bytes_max = 64 * 1024 * 1024;

  /// The folder is there and can be read, and has an index.html and no file that is too large.
  static base::result<std::unique_ptr<static_files>> open(const std::string& folder);

  /// To GET and HEAD of any path that no route has and is_of_the_api() does not name.
  response answer(const request& r);

  std::size_t bytes_kept() const;

private:
  /// What tells two states of a file apart.
  struct stamp {
    std::uint64_t device = 0, inode = 0;
    std::int64_t bytes = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;
    bool operator==(const stamp&) const = default;
  };
  struct content {
    std::string plain;
    std::optional<std::string> small; ///< gzip; nothing when it would not help
    std::string etag;
    std::int64_t modified_s = 0;

    std::size_t bytes() const { return plain.size() + (small ? small->size() : 0); }
  };
  struct kept {
    std::string file;
    stamp state;
    std::shared_ptr<const content> what;
  };
  enum class fault : std::uint8_t { missing, too_large, changing };

  explicit static_files(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::variant<std::shared_ptr<const content>, fault> read(const std::string& file);
  std::shared_ptr<const content> recall(const std::string& file, const stamp& now);
  void keep(const std::string& file, const stamp& now, std::shared_ptr<const content> what);

  const std::filesystem::path folder_; ///< as configured: a link is followed anew each time
  mutable std::mutex mutex_;
  std::list<kept> kept_; ///< the last one used first; an app has tens of files
  std::size_t kept_bytes_ = 0;
};

} // namespace http
