// What a mail looks like, and how it goes to a mail server: one on loopback that writes down what
// it is told.
#include "http/outbound/smtp_client.hpp"
#include "tests/http/loopback_listener.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

BOOST_AUTO_TEST_SUITE(mails)

namespace {

const base::utc_us now = base::parse_instant("2026-11-24T18:05:09Z")->at;

/// Takes one mail and says `verdict` at its end; none: it hangs up. `receiver`: about RCPT.
class mail_sink {
public:
  explicit mail_sink(std::string verdict = "250 kept", std::string receiver = "250 fine")
      : verdict_(std::move(verdict)), receiver_(std::move(receiver)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~mail_sink() { join(); }
  std::uint16_t port() const { return listener_.port(); }
  /// Lines of the client, when it has gone.
  const std::vector<std::string>& lines() {
    join();
    return lines_;
  }

private:
  void join() {
    if (!thread_.joinable()) return;
    listener_.wake(); // in case nobody came
    thread_.join();
  }
  void serve() {
    const int client = listener_.accept();
    if (client < 0) return;
    const auto say = [&](const std::string& line) {
      const auto text = line + "\r\n";
      return ::send(client, text.data(), text.size(), MSG_NOSIGNAL) > 0;
    };
    say("220 sink");
    std::string rest;
    bool data = false;
    char piece[4096];
    for (;;) {
      const auto end = rest.find("\r\n");
      if (end == std::string::npos) {
        const auto got = ::recv(client, piece, sizeof piece, 0);
        if (got <= 0) break;
        rest.append(piece, static_cast<std::size_t>(got));
        continue;
      }
      const auto line = rest.substr(0, end);
      rest.erase(0, end + 2);
      lines_.push_back(line);
      if (data) {
        if (line != ".") continue;
        data = false;
        if (verdict_.empty()) break;
        say(verdict_);
      } else if (line == "DATA") {
        data = true;
        say("354 go on");
      } else if (line == "QUIT") {
        say("221 bye");
        break;
      } else if (line.starts_with("RCPT")) {
        say(receiver_);
      } else {
        say("250 fine");
      }
    }
    ::close(client);
  }

  std::string verdict_, receiver_;
  http_test::loopback_listener listener_{1};
  std::vector<std::string> lines_;
  std::thread thread_;
};

http::smtp_settings to(std::uint16_t port) {
  http::smtp_settings s;
  s.host = "127.0.0.1";
  s.port = port;
  s.from = "conta@vaidepix.example";
  s.wait = std::chrono::seconds{10};
  return s;
}

bool has(const std::vector<std::string>& lines, const std::string& wanted) {
  return std::find(lines.begin(), lines.end(), wanted) != lines.end();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_mail_as_it_goes_over_the_wire) {
  BOOST_TEST(http::message_text({"ana@example.com", "Redefinição", "Olá!\n"}, "a@b.example", now,
                                "m1") == "Date: Tue, 24 Nov 2026 18:05:09 +0000\r\n"
                                         "From: <a@b.example>\r\n"
                                         "To: <ana@example.com>\r\n"
                                         "Subject: =?UTF-8?B?UmVkZWZpbmnDp8Ojbw==?=\r\n"
                                         "Message-ID: <m1@b.example>\r\n"
                                         "MIME-Version: 1.0\r\n"
                                         "Content-Type: text/plain; charset=utf-8\r\n"
                                         "Content-Transfer-Encoding: base64\r\n"
                                         "Auto-Submitted: auto-generated\r\n"
                                         "\r\n"
                                         "T2zDoSEK\r\n");
}

BOOST_AUTO_TEST_CASE(no_line_is_too_long_and_no_header_is_smuggled_in) {
  const auto text = http::message_text(
      {"a@b.example\r\nBcc: x@y.example", "x\r\nBcc: x@y.example", std::string(5000, 'x')},
      "a@b.example", now, "m1");
  std::size_t from = 0;
  for (auto end = text.find("\r\n"); end != std::string::npos; end = text.find("\r\n", from)) {
    BOOST_TEST(end - from <= 78u);
    BOOST_TEST(text.compare(from, 4, "Bcc:") != 0);
    from = end + 2;
  }
}

BOOST_AUTO_TEST_CASE(the_server_gets_sender_receiver_and_text) {
  mail_sink sink;
  const auto sent =
      http::smtp_client{to(sink.port())}.send({"ana@example.com", "x", "Olá!\n"}, now, "m1");
  BOOST_TEST(sent.has_value());
  const auto& lines = sink.lines();
  BOOST_TEST(has(lines, "MAIL FROM:<conta@vaidepix.example>"));
  BOOST_TEST(has(lines, "RCPT TO:<ana@example.com>"));
  BOOST_TEST(has(lines, "T2zDoSEK"));
}

BOOST_AUTO_TEST_CASE(what_the_server_does_not_take_is_a_failure) {
  mail_sink sink{"554 no"};
  const auto sent =
      http::smtp_client{to(sink.port())}.send({"ana@example.com", "x", "y"}, now, "m1");
  BOOST_REQUIRE(!sent.has_value());
  BOOST_TEST(sent.error().code == "MAIL_FAILED");
}

BOOST_AUTO_TEST_CASE(nobody_at_the_door_is_a_failure) {
  std::uint16_t port = 0;
  {
    mail_sink gone;
    port = gone.port();
  }
  BOOST_TEST(!http::smtp_client{to(port)}.send({"a@b.example", "x", "y"}, now, "m1").has_value());
}

// A password goes to another machine only when the connection is encrypted.
BOOST_AUTO_TEST_CASE(a_password_does_not_go_out_in_clear) {
  mail_sink sink;
  auto how = to(sink.port());
  how.host = "127.0.0.2"; // this machine, but not one of the names that are taken for it
  how.user = "u";
  how.password = "p";
  BOOST_TEST(!http::smtp_client{how}.send({"a@b.example", "x", "y"}, now, "m1").has_value());
  for (const auto& line : sink.lines()) BOOST_TEST(!line.starts_with("AUTH"));
}

// Only a mail that the server had as a whole, and about which it said nothing, is in doubt.
BOOST_AUTO_TEST_CASE(what_is_known_of_a_mail_after_the_call) {
  using ledger::delivery_end;
  const auto end = [](std::string verdict, std::string receiver) {
    mail_sink sink{std::move(verdict), std::move(receiver)};
    return http::smtp_client{to(sink.port())}.deliver({"ana@example.com", "x", "y"}, now, "m1");
  };
  BOOST_TEST((end("250 kept", "250 fine").how == delivery_end::taken));
  for (const auto& [verdict, receiver] :
       {std::pair{"554 no", "250 fine"}, std::pair{"250 kept", "550 nobody"}}) {
    const auto refused = end(verdict, receiver);
    BOOST_TEST((refused.how == delivery_end::refused), verdict);
    BOOST_TEST(refused.code == "MAIL_REFUSED");
  }
  for (const auto& [verdict, receiver] :
       {std::pair{"451 later", "250 fine"}, std::pair{"250 kept", "450 later"}}) {
    const auto later = end(verdict, receiver);
    BOOST_TEST((later.how == delivery_end::later), verdict);
    BOOST_TEST(later.code == "MAIL_FAILED");
  }
  const auto doubt = end("", "250 fine");
  BOOST_TEST((doubt.how == delivery_end::doubtful));
  BOOST_TEST(doubt.code == "MAIL_UNANSWERED");
  std::uint16_t nobody = 0;
  {
    mail_sink gone;
    nobody = gone.port();
  }
  const auto away = http::smtp_client{to(nobody)}.deliver({"ana@example.com", "x", "y"}, now, "m1");
  BOOST_TEST((away.how == delivery_end::later));
}

BOOST_AUTO_TEST_SUITE_END()
