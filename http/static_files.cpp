#include "http/static_files.hpp"

#include "http/problem.hpp"
#include "http/server/content_coding.hpp"
#include "http/server/validator.hpp"
#include "http/target.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace http {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view front_page = "index.html";
constexpr int reads_max = 3; ///< of a file that is being written
constexpr std::size_t hash_letters_min = 8;

std::string_view name_of(std::string_view file) {
  const auto slash = file.rfind('/');
  return slash == file.npos ? file : file.substr(slash + 1);
}

/// Both absolute and without links.
bool lies_in(const fs::path& folder, const fs::path& file) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return end == folder.end() && rest != file.end();
}

struct descriptor {
  int fd;
  explicit descriptor(const fs::path& file)
      // No link: the path was resolved a moment ago. Not blocking: a pipe waits for its writer.
      : fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {}
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
};

/// So many bytes and then the end of the file, or nothing.
std::optional<std::string> read_whole(int fd, std::size_t bytes) {
  std::string text(bytes + 1, '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const auto n = ::pread(fd, text.data() + got, text.size() - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  if (got != bytes) return std::nullopt;
  text.resize(bytes);
  return text;
}

std::int64_t nanoseconds(const timespec& t) {
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

base::failure unusable(const std::string& folder, std::string_view why) {
  return {"STATIC_DIR_UNUSABLE", fmt::format("STATIC_DIR {}: {}", folder, why)};
}

} // namespace

// -- what a path means ----------------------------------------------------------------------------

bool is_of_the_api(std::string_view encoded_path) {
  constexpr std::array<std::string_view, 7> ours{"api",          "metrics", "health", "docs",
                                                 "openapi.json", "redoc",   "ws"};
  const auto parts = segments_of(encoded_path);
  return !parts.empty() &&
         std::find(ours.begin(), ours.end(), percent_decoded(parts.front())) != ours.end();
}

std::optional<std::string> file_of_path(std::string_view encoded_path) {
  std::string file;
  for (const auto part : segments_of(encoded_path)) {
    const auto name = percent_decoded(part);
    if (name.empty() || name.front() == '.') return std::nullopt;
    if (name.find_first_of(std::string_view{"/\\\0", 3}) != name.npos) return std::nullopt;
    if (!valid_utf8(name)) return std::nullopt;
    if (!file.empty()) file += '/';
    file += name;
  }
  return file;
}

bool looks_like_page(std::string_view file) {
  return name_of(file).find('.') == std::string_view::npos;
}

bool has_content_hash(std::string_view file) {
  if (!file.starts_with("assets/")) return false;
  auto stem = name_of(file);
  stem = stem.substr(0, stem.rfind('.'));
  if (stem.ends_with(".min")) stem.remove_suffix(4);
  const auto before = stem.find_last_of("-.");
  if (before == stem.npos || before == 0) return false;
  const auto hash = stem.substr(before + 1);
  const auto is_letter = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  return hash.size() >= hash_letters_min && std::all_of(hash.begin(), hash.end(), is_letter) &&
         std::any_of(hash.begin(), hash.end(), is_digit);
}

std::string_view content_type_of(std::string_view file) {
  using row = std::pair<std::string_view, std::string_view>;
  constexpr std::array<row, 28> types{{
      {"html", "text/html; charset=utf-8"},
      {"htm", "text/html; charset=utf-8"},
      {"js", "text/javascript; charset=utf-8"},
      {"mjs", "text/javascript; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},
      {"json", "application/json"},
      {"map", "application/json"},
      {"webmanifest", "application/manifest+json"},
      {"txt", "text/plain; charset=utf-8"},
      {"xml", "application/xml"},
      {"svg", "image/svg+xml"},
      {"png", "image/png"},
      {"jpg", "image/jpeg"},
      {"jpeg", "image/jpeg"},
      {"gif", "image/gif"},
      {"webp", "image/webp"},
      {"avif", "image/avif"},
      {"ico", "image/x-icon"},
      {"woff2", "font/woff2"},
      {"woff", "font/woff"},
      {"ttf", "font/ttf"},
      {"otf", "font/otf"},
      {"wasm", "application/wasm"},
      {"pdf", "application/pdf"},
      {"mp4", "video/mp4"},
      {"webm", "video/webm"},
      {"mp3", "audio/mpeg"},
      {"ogg", "audio/ogg"},
  }};
  const auto name = name_of(file);
  const auto dot = name.rfind('.');
  if (dot != name.npos)
    for (const auto& [extension, type] : types)
      if (equal_ignoring_case(name.substr(dot + 1), extension)) return type;
  return "application/octet-stream";
}

// -- the folder -----------------------------------------------------------------------------------

base::result<std::unique_ptr<static_files>> static_files::open(const std::string& folder) {
  std::error_code failed;
  const auto root = fs::canonical(folder, failed);
  if (failed) return unusable(folder, failed.message());
  if (!fs::is_directory(root, failed)) return unusable(folder, "is no folder");
  std::unique_ptr<static_files> files{new static_files{fs::absolute(folder)}};
  const auto front = files->read(std::string{front_page});
  if (const auto* why = std::get_if<fault>(&front))
    return unusable(folder, *why == fault::missing ? "has no index.html that can be read"
                                                   : "its index.html is too large or changes");
  fs::recursive_directory_iterator all{root, failed};
  for (; !failed && all != fs::recursive_directory_iterator{}; all.increment(failed)) {
    const auto& entry = *all;
    std::error_code strange; // a link that leads nowhere, a pipe: nobody gets it
    if (!entry.is_regular_file(strange) || strange) continue;
    if (const auto bytes = entry.file_size(strange); !strange && bytes > file_bytes_max)
      return unusable(folder, fmt::format("{} has {} bytes, more than the {} that are served",
                                          entry.path().lexically_relative(root).string(), bytes,
                                          file_bytes_max));
  }
  if (failed) return unusable(folder, failed.message());
  return files;
}

std::variant<std::shared_ptr<const static_files::content>, static_files::fault>
static_files::read(const std::string& file) {
  for (int attempt = 0; attempt < reads_max; ++attempt) {
    std::error_code failed;
    const auto root = fs::canonical(folder_, failed);
    if (failed) return fault::missing;
    const auto path = fs::canonical(root / file, failed);
    if (failed || !lies_in(root, path)) return fault::missing;
    const descriptor opened{path};
    struct stat now {};
    const auto look = [&]() -> std::optional<stamp> {
      if (fstat(opened.fd, &now) != 0 || !S_ISREG(now.st_mode)) return std::nullopt;
      return stamp{now.st_dev, now.st_ino, now.st_size, nanoseconds(now.st_mtim),
                   nanoseconds(now.st_ctim)};
    };
    const auto before = look();
    if (!before) return fault::missing;
    const auto bytes = static_cast<std::size_t>(before->bytes);
    if (bytes > file_bytes_max) return fault::too_large;
    if (auto known = recall(file, *before)) return known;
    auto text = read_whole(opened.fd, bytes);
    if (!text || look() != before) continue; // half of the old one and half of the new one
    auto made = std::make_shared<content>();
    if (bytes >= gzip_from && shrinks(content_type_of(file)))
      made->small = gzipped(*text, gzip_small);
    made->etag = '"' + digest_of({std::string_view{*text}}) + '"';
    made->modified_s = now.st_mtim.tv_sec;
    made->plain = std::move(*text);
    keep(file, *before, made);
    return made;
  }
  return fault::changing;
}

std::shared_ptr<const static_files::content> static_files::recall(const std::string& file,
                                                                  const stamp& now) {
  const std::lock_guard hold{mutex_};
  const auto at =
      std::find_if(kept_.begin(), kept_.end(), [&](const kept& k) { return k.file == file; });
  if (at == kept_.end() || at->state != now) return nullptr;
  kept_.splice(kept_.begin(), kept_, at);
  return at->what;
}

void static_files::keep(const std::string& file, const stamp& now,
                        std::shared_ptr<const content> what) {
  const std::lock_guard hold{mutex_};
  const auto drop = [&](std::list<kept>::iterator at) {
    kept_bytes_ -= at->what->bytes();
    kept_.erase(at);
  };
  const auto old =
      std::find_if(kept_.begin(), kept_.end(), [&](const kept& k) { return k.file == file; });
  if (old != kept_.end()) drop(old);
  kept_bytes_ += what->bytes();
  kept_.push_front({file, now, std::move(what)});
  while (kept_bytes_ > kept_bytes_max) drop(std::prev(kept_.end()));
}

std::size_t static_files::bytes_kept() const {
  const std::lock_guard hold{mutex_};
  return kept_bytes_;
}

response static_files::answer(const request& r) {
  auto file = file_of_path(r.path_param("path"));
  if (!file) return problem(404, "NOT_FOUND", "Not Found", r.request_id);
  if (file->empty()) file = front_page;
  auto found = read(*file);
  if (const auto* why = std::get_if<fault>(&found); why != nullptr && *why == fault::missing) {
    if (!looks_like_page(*file)) return problem(404, "NOT_FOUND", "Not Found", r.request_id);
    file = front_page;
    found = read(*file);
  }
  if (const auto* why = std::get_if<fault>(&found)) {
    if (*why == fault::missing) return problem(404, "NOT_FOUND", "Not Found", r.request_id);
    return problem(503, "OVERLOADED",
                   *why == fault::too_large ? "Arquivo grande demais" : "Arquivo em atualização",
                   r.request_id);
  }
  const auto& what = *std::get<std::shared_ptr<const content>>(found);
  response made;
  made.content_type = content_type_of(*file);
  made.headers.push_back({"Cache-Control", has_content_hash(*file)
                                               ? "public, max-age=31536000, immutable"
                                               : "no-cache"});
  made.headers.push_back({"Last-Modified", http_date(what.modified_s)});
  const auto* accepts = r.header("Accept-Encoding");
  const bool small = what.small && accepts != nullptr && takes_gzip(*accepts);
  if (what.small) made.headers.push_back({"Vary", "Accept-Encoding"});
  if (small) made.headers.push_back({"Content-Encoding", "gzip"});
  made.headers.push_back({"ETag", small ? "W/" + what.etag : what.etag});
  made.body = small ? *what.small : what.plain;
  return made;
}

} // namespace http
