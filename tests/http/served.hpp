// What   served: a server on a port of its own with the routes that the tests talk to.
// Why    Handlers that wait do so on a gate that the test opens: order without sleeping.
#pragma once

#include "base/assert.hpp"
#include "http/server/server.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace http_test {

class gate {
public:
  ~gate() { open(); }
  /// Called by a handler: counts itself in and waits until the gate is open.
  void pass() {
    std::unique_lock lock{mutex_};
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void open() {
    std::unique_lock lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  /// Waits until so many handlers have come in.
  bool entered(int count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return inside_ >= count; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int inside_ = 0;
};

/// What the hooks were told.
class journal {
public:
  void add(std::string line) {
    std::unique_lock lock{mutex_};
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  bool saw(const std::string& line, std::size_t times = 1) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{20}, [&] {
      std::size_t n = 0;
      for (const auto& l : lines_) n += l == line;
      return n >= times;
    });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

/// Replies that deferred handlers have left behind for the test to give.
class owed_replies {
public:
  void add(http::reply r) {
    std::unique_lock lock{mutex_};
    all_.push_back(std::move(r));
    changed_.notify_all();
  }
  /// Waits until so many are here and takes them all.
  std::vector<http::reply> take(std::size_t count) {
    std::unique_lock lock{mutex_};
    const auto enough = [&] { return all_.size() >= count; };
    BOOST_REQUIRE(changed_.wait_for(lock, std::chrono::seconds{20}, enough));
    return std::exchange(all_, {});
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<http::reply> all_;
};

inline http::response text(std::string body) {
  http::response r;
  r.content_type = "text/plain";
  r.body = std::move(body);
  return r;
}

inline http::server_settings on_loopback() {
  http::server_settings s;
  s.host = "127.0.0.1";
  s.port = 0;
  s.threads = 4;
  return s;
}

struct served {
  gate wait;
  journal told;
  owed_replies owed;
  std::optional<http::server> running;

  explicit served(http::server_settings settings = on_loopback()) {
    using http::request;
    using http::response;
    http::route_table t;
    const auto say = [](std::string body) { return text(std::move(body)); };
    t.add({"GET", "/hello", "test", [=](const request&) { return say("hello"); }});
    t.add({"POST", "/echo", "test", [=](const request& r) { return say(r.body); }});
    t.add({"DELETE", "/echo", "test", [=](const request& r) { return say(r.body); }});
    t.add({"GET", "/length", "test", [=](const request& r) {
             return say(std::string(std::stoul(*r.query_value("n")), 'x'));
           }});
    t.add(
        {"GET", "/things/{id}", "test", [=](const request& r) { return say(r.path_param("id")); }});
    t.add({"DELETE", "/things/{id}", "test", [](const request&) {
             response r;
             r.status = 204;
             return r;
           }});
    t.add({"POST", "/things/all", "test", [=](const request&) { return say("all"); }});
    t.add({"GET", "/header", "test", [=](const request& r) {
             const auto* v = r.header("x-value");
             return say(v ? "[" + *v + "]" : "none");
           }});
    t.add({"GET", "/peer", "test", [=](const request& r) { return say(r.peer); }});
    t.add({"GET", "/wait", "test", [=, this](const request&) {
             wait.pass();
             return say("waited");
           }});
    t.add({"GET", "/throw", "test",
           [](const request&) -> response { throw std::runtime_error{"the cause"}; }});
    t.add(
        {"GET", "/broken", "test", [](const request&) -> response { UNREACHABLE("on purpose"); }});
    t.add({"GET", "/odd", "test", [](const request&) -> response { throw 7; }});
    t.add({"GET", "/split", "test", [=](const request&) {
             auto r = say("split");
             r.headers.push_back({"X-Evil", "a\r\nX-Injected: b"});
             return r;
           }});
    t.add({"GET", "/page", "test", [=](const request&) { return say("page"); }, {.page = true}});
    t.add({"GET", "/live", "test", [=](const request&) { return say("live"); }, {.vital = true}});
    t.add({"POST", "/later", "test", {}, {}, [this](request, http::reply r) {
             owed.add(std::move(r));
           }});
    t.add({"GET", "/at-once", "test", {}, {}, [=](request r, const http::reply& to) {
             to(say(r.path));
             to(say("a second reply"));
           }});
    t.add({"GET", "/lost", "test", {}, {}, [](request, http::reply) {}});
    t.add({"GET", "/api/transactions/throw", "test",
           [](const request&) -> response { throw std::runtime_error{"the cause"}; }});
    t.add({"GET", "/api/transactions/lost", "test", {}, {}, [](request, http::reply) {}});
    t.add({"GET", "/thrown", "test", {}, {}, [](request, http::reply) {
             throw std::runtime_error{"deferred"};
           }});
    http::server_hooks hooks;
    hooks.on_request = [this](const http::request_observation& o) {
      told.add(std::string{o.method}.append(" ").append(o.route).append(" ") +
               std::to_string(o.status));
    };
    hooks.on_rejected = [this](std::string_view reason) {
      told.add("rejected " + std::string{reason});
    };
    hooks.on_error = [this](const http::error_report& e) {
      told.add(std::string{e.broken_invariant ? "broken " : "error "}.append(e.cause));
    };
    running.emplace(std::move(settings), std::move(t), std::move(hooks));
    const auto started = running->start();
    BOOST_REQUIRE_MESSAGE(started.has_value(), "start failed");
  }
  ~served() {
    wait.open(); // before the server waits for its handlers and their replies
    owed.take(0);
    running.reset();
  }

  int port() const { return running->port(); }
};

} // namespace http_test
