// Goal: the files of the web app, and nothing else of the machine.
// Method: a folder of the test beside files that must never be seen; the real server where headers
//         of the server matter.
#include "http/static_files.hpp"

#include "tests/http/api_fixture.hpp"
#include "tests/http/client.hpp"
#include "tests/http/gunzip.hpp"
#include "tests/http/served.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace http_test;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(static_files)

namespace {

const std::string front = "<!doctype html><title>Vai de Pix</title>";

struct folder {
  fs::path base;
  fs::path root; ///< what is served; beside it lies secret.txt

  folder() {
    std::string name = (fs::temp_directory_path() / "vaidepix-site-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    base = name;
    root = base / "dist";
    write(base / "secret.txt", "secret");
    write(root / "index.html", front);
    write(root / "assets/app-3f9a1b2c.js", std::string(3000, 'j'));
    write(root / "assets/logo.png", std::string(3000, 'p'));
    write(root / "robots.txt", "User-agent: *");
    write(root / ".env", "SECRET_KEY=x");
    write(root / ".git/config", "x");
  }
  ~folder() { fs::remove_all(base); }

  static void write(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
  }
};

struct site : folder {
  std::unique_ptr<http::static_files> files;

  site() { open(); }
  void open() {
    auto opened = http::static_files::open(root.string());
    BOOST_REQUIRE(opened.has_value());
    files = std::move(*opened);
  }
  http::response get(const std::string& path, http::fields headers = {}) const {
    http::request r;
    r.method = "GET";
    r.path_params = {{"path", path}};
    r.headers = std::move(headers);
    return files->answer(r);
  }
};

std::string header_of(const http::response& r, std::string_view name) {
  const auto* v = header(r, name);
  return v == nullptr ? "" : *v;
}

std::string why_not(const std::string& folder) {
  const auto opened = http::static_files::open(folder);
  BOOST_REQUIRE(opened.has_error());
  BOOST_TEST(opened.error().code == "STATIC_DIR_UNUSABLE");
  return opened.error().detail;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_a_path_means) {
  using http::file_of_path;
  BOOST_TEST(file_of_path("/").value() == "");
  BOOST_TEST(file_of_path("/assets/app.js").value() == "assets/app.js");
  BOOST_TEST(file_of_path("/ol%C3%A1/b%20c/").value() == "olá/b c");
  for (const auto* no : {"/..", "/../secret.txt", "/a/../b", "/%2e%2e/secret.txt", "/a/%2E%2E/b",
                         "/a%2f..%2fb", "/a%5cb", "/.env", "/.git/config", "/a/.hidden", "/%2eenv",
                         "/a%00.html", "//etc/passwd", "/a//b", "/%FF", "/.well-known/x"})
    BOOST_TEST(!file_of_path(no).has_value(), no);
  for (const auto* ours : {"/api", "/api/", "/api/x", "/%61pi/x", "/metrics", "/health/live",
                           "/openapi.json", "/docs", "/docs/x", "/redoc", "/ws/activity-feed"})
    BOOST_TEST(http::is_of_the_api(ours), ours);
  for (const auto* pages : {"/", "/apis", "/healthy", "/transactions", "/assets/api"})
    BOOST_TEST(!http::is_of_the_api(pages), pages);
}

BOOST_AUTO_TEST_CASE(names_with_a_hash_never_change) {
  for (const auto* yes : {"assets/app-3f9a1b2c.js", "assets/index-BkX3_aZ9.css",
                          "assets/main.0123abcd.min.js", "assets/fonts/inter-9a8b7c6d5e.woff2"})
    BOOST_TEST(http::has_content_hash(yes), yes);
  for (const auto* no : {"app-3f9a1b2c.js", "assets/app.js", "assets/my-component.js",
                         "assets/app-3f9a1b.js", "assets/3f9a1b2c.js", "assets/-3f9a1b2c.js",
                         "assets/app-3f9a 1b2c.js", "index.html", "assets/app-3f9a1b2c/x.js"})
    BOOST_TEST(!http::has_content_hash(no), no);
}

BOOST_AUTO_TEST_CASE(files_have_types_and_rules_of_caching) {
  const site s;
  const auto page = s.get("/");
  BOOST_TEST(page.status == 200);
  BOOST_TEST(page.body == front);
  BOOST_TEST(page.content_type == "text/html; charset=utf-8");
  BOOST_TEST(header_of(page, "Cache-Control") == "no-cache");
  BOOST_TEST(header_of(page, "ETag").size() == 34u);
  BOOST_TEST(header_of(page, "Last-Modified").size() == 29u);
  const auto script = s.get("/assets/app-3f9a1b2c.js");
  BOOST_TEST(script.content_type == "text/javascript; charset=utf-8");
  BOOST_TEST(header_of(script, "Cache-Control") == "public, max-age=31536000, immutable");
  BOOST_TEST(header_of(s.get("/robots.txt"), "Cache-Control") == "no-cache");
  BOOST_TEST(http::content_type_of("a/b.JSON") == "application/json");
  BOOST_TEST(http::content_type_of("LICENSE") == "application/octet-stream");
  BOOST_TEST(http::content_type_of("a.b/c") == "application/octet-stream");
}

BOOST_AUTO_TEST_CASE(pages_are_the_front_page_and_missing_files_are_missing) {
  const site s;
  for (const auto* page : {"/transactions", "/goals/42/", "/a/b/c", "/assets", "/assets/none"})
    BOOST_TEST(s.get(page).body == front, page);
  for (const auto* missing : {"/app.js", "/assets/app-00000000.js", "/a/b.png", "/.env",
                              "/.git/config", "/../secret.txt", "/%2e%2e/secret.txt", "/x%00y"}) {
    const auto r = s.get(missing);
    BOOST_TEST(r.status == 404, missing);
    BOOST_TEST(code_of(r) == "NOT_FOUND");
  }
}

BOOST_AUTO_TEST_CASE(links_do_not_lead_out_of_the_folder) {
  const site s;
  fs::create_symlink(s.base / "secret.txt", s.root / "leak.txt");
  fs::create_symlink(s.base, s.root / "up");
  fs::create_symlink("loop.txt", s.root / "loop.txt");
  fs::create_symlink("robots.txt", s.root / "inside.txt");
  // A folder whose name only begins like ours.
  folder::write(s.base / "dist-old/a.txt", "old");
  fs::create_symlink(s.base / "dist-old/a.txt", s.root / "sibling.txt");
  BOOST_REQUIRE(mkfifo((s.root / "pipe.txt").c_str(), 0600) == 0);
  for (const auto* no : {"/leak.txt", "/up/secret.txt", "/loop.txt", "/sibling.txt", "/pipe.txt"})
    BOOST_TEST(s.get(no).status == 404, no);
  BOOST_TEST(s.get("/inside.txt").body == "User-agent: *");
}

BOOST_AUTO_TEST_CASE(files_may_change_while_it_runs) {
  const site s;
  const auto before = s.get("/");
  folder::write(s.root / "index.html", "<p>new release</p>");
  const auto after = s.get("/");
  BOOST_TEST(after.body == "<p>new release</p>");
  BOOST_TEST(header_of(after, "ETag") != header_of(before, "ETag"));
  fs::remove(s.root / "robots.txt");
  BOOST_TEST(s.get("/robots.txt").status == 404);
  folder::write(s.root / "assets/late-0a1b2c3d.js", "late");
  BOOST_TEST(s.get("/assets/late-0a1b2c3d.js").body == "late");
  fs::resize_file(s.root / "assets/late-0a1b2c3d.js", http::static_files::file_bytes_max + 1);
  BOOST_TEST(s.get("/assets/late-0a1b2c3d.js").status == 503);
  fs::remove_all(s.root);
  BOOST_TEST(s.get("/").status == 404);
}

BOOST_AUTO_TEST_CASE(a_release_may_be_a_link_that_is_moved) {
  site s;
  const auto current = s.base / "current";
  fs::create_symlink(s.root, current);
  s.root = current;
  s.open();
  BOOST_TEST(s.get("/").body == front);
  folder::write(s.base / "next/index.html", "next");
  fs::remove(current);
  fs::create_symlink(s.base / "next", current);
  BOOST_TEST(s.get("/").body == "next");
}

BOOST_AUTO_TEST_CASE(what_is_kept_stays_bounded_and_right) {
  const site s;
  for (int i = 0; i < 20; ++i) // 100 MB, more than is kept
    folder::write(s.root / ("big" + std::to_string(i) + ".bin"),
                  std::string(5'000'000, static_cast<char>('a' + i)));
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 20; ++i) {
      const auto r = s.get("/big" + std::to_string(i) + ".bin");
      BOOST_REQUIRE(r.body.size() == 5'000'000u);
      BOOST_REQUIRE(r.body.back() == static_cast<char>('a' + i));
    }
  BOOST_TEST(s.files->bytes_kept() <= http::static_files::kept_bytes_max);
  BOOST_TEST(s.files->bytes_kept() > 0u);
}

BOOST_AUTO_TEST_CASE(compressed_for_those_who_take_it) {
  const site s;
  const auto small = s.get("/assets/app-3f9a1b2c.js", {{"Accept-Encoding", "br, gzip"}});
  BOOST_TEST(header_of(small, "Content-Encoding") == "gzip");
  BOOST_TEST(header_of(small, "Vary") == "Accept-Encoding");
  BOOST_TEST(gunzip(small.body) == std::string(3000, 'j'));
  const auto plain = s.get("/assets/app-3f9a1b2c.js", {{"Accept-Encoding", "gzip;q=0"}});
  BOOST_TEST(header_of(plain, "Content-Encoding") == "");
  BOOST_TEST(header_of(plain, "Vary") == "Accept-Encoding");
  BOOST_TEST(header_of(small, "ETag") == "W/" + header_of(plain, "ETag"));
  const auto picture = s.get("/assets/logo.png", {{"Accept-Encoding", "gzip"}});
  BOOST_TEST(header_of(picture, "Content-Encoding") == "");
  BOOST_TEST(header_of(picture, "Vary") == "");
  BOOST_TEST(header_of(s.get("/", {{"Accept-Encoding", "gzip"}}), "Content-Encoding") == "");
}

BOOST_AUTO_TEST_CASE(a_wrong_folder_is_named_at_the_start) {
  const site s;
  BOOST_TEST(why_not("/nowhere/at/all") == "STATIC_DIR /nowhere/at/all: No such file or directory");
  const auto file = (s.root / "robots.txt").string();
  BOOST_TEST(why_not(file) == "STATIC_DIR " + file + ": is no folder");
  const auto empty = (s.base / "empty").string();
  fs::create_directories(empty);
  BOOST_TEST(why_not(empty) == "STATIC_DIR " + empty + ": has no index.html that can be read");
  folder::write(s.root / "video.mp4", "");
  fs::resize_file(s.root / "video.mp4", http::static_files::file_bytes_max + 1);
  BOOST_TEST(why_not(s.root.string()) ==
             "STATIC_DIR " + s.root.string() +
                 ": video.mp4 has 8388609 bytes, more than the 8388608 that are served");
}

BOOST_AUTO_TEST_CASE(beside_the_api_on_one_server) {
  const site s;
  api a;
  http::server running{on_loopback(), http::make_routes(a.s, s.files.get()), {}};
  BOOST_REQUIRE(running.start().has_value());
  client c{running.port()};
  const auto page = c.exchange(get("/settings"));
  BOOST_TEST(page.status == 200);
  BOOST_TEST(page.body == front);
  BOOST_TEST(page.header("Cross-Origin-Embedder-Policy") == "require-corp");
  BOOST_TEST(page.header("Content-Security-Policy").starts_with("default-src 'self'"));
  BOOST_TEST(page.header("Cache-Control") == "no-cache");
  BOOST_TEST(!page.header("X-Request-ID").empty());
  for (const auto* unknown : {"/api/nothing", "/api/nothing/", "/metrics/x", "/health/x"}) {
    const auto r = c.exchange(get(unknown));
    BOOST_TEST(r.status == 404, unknown);
    BOOST_TEST(r.header("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'");
  }
  BOOST_TEST(c.exchange(get("/api")).has("VAI DE PIX API"));
  BOOST_TEST(c.exchange(get("/health/live")).status == 200);
  c.send("HEAD /settings HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = c.read(true);
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.header("Content-Length") == std::to_string(front.size()));
  const auto tag = page.header("ETag");
  const auto again = c.exchange(get("/", "If-None-Match: \"x\", W/" + tag + "\r\n"));
  BOOST_TEST(again.status == 304);
  BOOST_TEST(again.header("ETag") == tag);
  BOOST_TEST(again.header("Cache-Control") == "no-cache");
  const auto since = page.header("Last-Modified");
  BOOST_TEST(c.exchange(get("/", "If-Modified-Since: " + since + "\r\n")).status == 304);
  BOOST_TEST(c.exchange(get("/", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n")).status ==
             200);
  // A tag that does not fit counts more than a date that does.
  BOOST_TEST(
      c.exchange(get("/", "If-None-Match: \"x\"\r\nIf-Modified-Since: " + since + "\r\n")).status ==
      200);
  const auto wrong = c.exchange(post("/settings", "{}"));
  BOOST_TEST(wrong.status == 405);
  BOOST_TEST(wrong.header("Allow") == "GET, HEAD, OPTIONS");
  BOOST_TEST(c.exchange(post("/api/nothing", "{}")).status == 404);
  const auto script = c.exchange(get("/assets/app-3f9a1b2c.js", "Accept-Encoding: gzip\r\n"));
  BOOST_TEST(script.header("Content-Encoding") == "gzip");
  BOOST_TEST(gunzip(script.body) == std::string(3000, 'j'));
  const auto same =
      c.exchange(get("/assets/app-3f9a1b2c.js",
                     "Accept-Encoding: gzip\r\nIf-None-Match: " + script.header("ETag") + "\r\n"));
  BOOST_TEST(same.status == 304);
  BOOST_TEST(same.header("Vary") == "Accept-Encoding");
  BOOST_TEST(same.header("Content-Encoding") == "");
}

BOOST_AUTO_TEST_SUITE_END()
