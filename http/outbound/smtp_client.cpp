#include "http/outbound/smtp_client.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <fmt/format.h>
#include <memory>
#include <sodium.h>
#include <string_view>

namespace http {

namespace {

constexpr std::size_t line_bytes = 76;

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back(); // its NUL
  return text;
}

/// RFC 5322 §3.3, in UTC.
std::string date_text(base::utc_us now) {
  static constexpr std::string_view days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = base::day_of(now);
  int year = 0;
  unsigned month = 0, of_month = 0;
  base::split_day(day, year, month, of_month);
  const auto second = (now.count - base::start_of(day).count) / base::us_per_second;
  const auto weekday = static_cast<std::size_t>((day.count % 7 + 7) % 7); // day 0 was a Thursday
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", days[weekday], of_month,
                     months[month - 1], year, second / 3600, second / 60 % 60, second % 60);
}

/// A line break in a header would be another header.
std::string one_line(std::string text) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return text;
}

struct upload {
  std::string_view rest;
  bool whole = false; ///< curl has all of it: the server may have it, too
};

std::size_t give(char* to, std::size_t size, std::size_t count, void* from) {
  auto& body = *static_cast<upload*>(from);
  auto& rest = body.rest;
  const auto n = std::min(size * count, rest.size());
  body.whole = n == rest.size();
  std::copy_n(rest.data(), n, to);
  rest.remove_prefix(n);
  return n;
}

bool loopback(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

/// What is known when a call has ended with `done`; `said`: the last reply of the server.
sent_end end_of(CURLcode done, long said, bool whole) {
  using ledger::delivery_end;
  if (done == CURLE_OK) return {delivery_end::taken, {}};
  const std::string words = curl_easy_strerror(done);
  const bool no = said >= 500 && said < 600;
  // The verdict about the mail, its sender or its receiver; not about our name and password.
  if (no && (whole || done == CURLE_SEND_ERROR))
    return {delivery_end::refused, "MAIL_REFUSED", words};
  const bool not_now = said >= 400 && said < 500;
  if (whole && !no && !not_now) return {delivery_end::doubtful, "MAIL_UNANSWERED", words};
  return {delivery_end::later, "MAIL_FAILED", words};
}

} // namespace

std::string message_text(const mail& m, const std::string& from, base::utc_us now,
                         const std::string& id) {
  const auto at = from.rfind('@');
  auto out =
      fmt::format("Date: {}\r\nFrom: <{}>\r\nTo: <{}>\r\nSubject: =?UTF-8?B?{}?=\r\n"
                  "Message-ID: <{}@{}>\r\nMIME-Version: 1.0\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n",
                  date_text(now), one_line(from), one_line(m.to), base64(one_line(m.subject)),
                  one_line(id), at == from.npos ? "localhost" : one_line(from.substr(at + 1)));
  const auto body = base64(m.text);
  for (std::size_t i = 0; i < body.size(); i += line_bytes)
    out += body.substr(i, line_bytes) + "\r\n";
  return out;
}

base::status smtp_client::send(const mail& m, base::utc_us now, const std::string& id) const {
  const auto ended = deliver(m, now, id);
  if (ended.how == ledger::delivery_end::taken) return {};
  return base::failure{"MAIL_FAILED", ended.words};
}

sent_end smtp_client::deliver(const mail& m, base::utc_us now, const std::string& id) const {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> c(curl_easy_init(), &curl_easy_cleanup);
  if (started != CURLE_OK || c == nullptr)
    return {ledger::delivery_end::later, "MAIL_FAILED", "no memory"};
  const auto text = message_text(m, how_.from, now, id);
  upload body{text};
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> to(
      curl_slist_append(nullptr, ('<' + one_line(m.to) + '>').c_str()), &curl_slist_free_all);
  // RFC 8314: on this port TLS comes first.
  const auto* scheme = how_.port == 465 ? "smtps" : "smtp";
  const auto url = fmt::format("{}://{}:{}", scheme, how_.host, how_.port);
  const auto from = '<' + one_line(how_.from) + '>';
  curl_easy_setopt(c.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(c.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  // A password never goes out in clear, except to a server on this machine.
  const bool secret = !how_.user.empty() && !loopback(how_.host);
  curl_easy_setopt(c.get(), CURLOPT_USE_SSL, secret ? CURLUSESSL_ALL : CURLUSESSL_TRY);
  if (!how_.user.empty()) {
    curl_easy_setopt(c.get(), CURLOPT_USERNAME, how_.user.c_str());
    curl_easy_setopt(c.get(), CURLOPT_PASSWORD, how_.password.c_str());
  }
  curl_easy_setopt(c.get(), CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(c.get(), CURLOPT_MAIL_RCPT, to.get());
  curl_easy_setopt(c.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(c.get(), CURLOPT_READFUNCTION, &give);
  curl_easy_setopt(c.get(), CURLOPT_READDATA, &body);
  curl_easy_setopt(c.get(), CURLOPT_TIMEOUT, static_cast<long>(how_.wait.count()));
  curl_easy_setopt(c.get(), CURLOPT_NOSIGNAL, 1L);
  const auto done = curl_easy_perform(c.get());
  long said = 0;
  curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &said);
  return end_of(done, said, body.whole);
}

} // namespace http
