#include "http/outbound/webhook_client.hpp"

#include "http/outbound/webhook_signature.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/socket.h>

namespace http {
namespace {

using ledger::delivery_end;

constexpr curl_off_t longest_pause_s = 3600;

/// What the callbacks of one call see.
struct open_call {
  const webhook_settings& how;
  bool forbidden = false; ///< an address was not public
  std::size_t answered = 0;
};

curl_socket_t open_checked(void* of, curlsocktype, curl_sockaddr* to) {
  auto& c = *static_cast<open_call*>(of);
  if (!c.how.may_connect(&to->addr, to->addrlen)) {
    c.forbidden = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::size_t drop(char*, std::size_t size, std::size_t count, void* of) {
  auto& c = *static_cast<open_call*>(of);
  c.answered += size * count;
  return c.answered > webhook_client::answer_bytes_max ? 0 : size * count; // 0: curl gives up
}

/// It can be called at all: https, and nobody's password.
bool good_address(const std::string& url, bool https_only) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> u(curl_url(), &curl_url_cleanup);
  if (u == nullptr || curl_url_set(u.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return false;
  const auto part = [&](CURLUPart what) {
    char* text = nullptr;
    const bool there = curl_url_get(u.get(), what, &text, 0) == CURLUE_OK && text != nullptr;
    const std::string found = there ? text : "";
    curl_free(text);
    return found;
  };
  return (!https_only || part(CURLUPART_SCHEME) == "https") && !part(CURLUPART_HOST).empty() &&
         part(CURLUPART_USER).empty() && part(CURLUPART_PASSWORD).empty();
}

bool is_about_tls(CURLcode c) {
  return c == CURLE_SSL_CONNECT_ERROR || c == CURLE_PEER_FAILED_VERIFICATION ||
         c == CURLE_SSL_CERTPROBLEM || c == CURLE_SSL_CIPHER || c == CURLE_SSL_ISSUER_ERROR ||
         c == CURLE_SSL_CACERT_BADFILE || c == CURLE_USE_SSL_FAILED;
}

} // namespace

sent_end end_of_status(long status) {
  const auto code = fmt::format("WEBHOOK_HTTP_{}", status);
  if (status >= 200 && status < 300) return {delivery_end::taken, {}};
  const bool later = status >= 500 || status == 408 || status == 429 || status < 200;
  return {later ? delivery_end::later : delivery_end::refused, code};
}

sent_end webhook_client::call(const webhook_call& what, base::utc_us now) const {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> c(curl_easy_init(), &curl_easy_cleanup);
  if (started != CURLE_OK || c == nullptr) return {delivery_end::later, "WEBHOOK_UNREACHABLE"};
  if (!good_address(what.url, how_.https_only)) return {delivery_end::refused, "WEBHOOK_URL"};
  curl_slist* list = nullptr;
  for (const auto& line :
       {std::string{"Content-Type: application/json"}, std::string{"Expect:"},
        std::string{"User-Agent: vaidepix"}, "X-VaiDePix-Delivery: " + what.delivery,
        fmt::format("X-VaiDePix-Timestamp: {}", now.count / base::us_per_second),
        "X-VaiDePix-Signature: " + webhook_signature(how_.secret, now, what.delivery, what.body)})
    list = curl_slist_append(list, line.c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list,
                                                                            &curl_slist_free_all);
  open_call mine{how_};
  curl_easy_setopt(c.get(), CURLOPT_URL, what.url.c_str());
  curl_easy_setopt(c.get(), CURLOPT_PROTOCOLS_STR, how_.https_only ? "https" : "http,https");
  curl_easy_setopt(c.get(), CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(c.get(), CURLOPT_PROXY, ""); // whatever the environment says
  curl_easy_setopt(c.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(c.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
  curl_easy_setopt(c.get(), CURLOPT_POSTFIELDS, what.body.c_str());
  curl_easy_setopt(c.get(), CURLOPT_OPENSOCKETFUNCTION, &open_checked);
  curl_easy_setopt(c.get(), CURLOPT_OPENSOCKETDATA, &mine);
  curl_easy_setopt(c.get(), CURLOPT_WRITEFUNCTION, &drop);
  curl_easy_setopt(c.get(), CURLOPT_WRITEDATA, &mine);
  curl_easy_setopt(c.get(), CURLOPT_TIMEOUT, static_cast<long>(how_.wait.count()));
  curl_easy_setopt(c.get(), CURLOPT_CONNECTTIMEOUT, static_cast<long>(how_.wait_connected.count()));
  curl_easy_setopt(c.get(), CURLOPT_NOSIGNAL, 1L);
  const auto done = curl_easy_perform(c.get());
  long status = 0;
  curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200) { // it has answered, however long it goes on
    auto end = end_of_status(status);
    curl_off_t pause = 0;
    curl_easy_getinfo(c.get(), CURLINFO_RETRY_AFTER, &pause);
    if (end.how == delivery_end::later && pause > 0)
      end.retry_after_s = std::min(pause, longest_pause_s);
    return end;
  }
  if (mine.forbidden && done == CURLE_COULDNT_CONNECT)
    return {delivery_end::refused, "WEBHOOK_ADDRESS"};
  if (done == CURLE_URL_MALFORMAT || done == CURLE_UNSUPPORTED_PROTOCOL)
    return {delivery_end::refused, "WEBHOOK_URL"};
  if (is_about_tls(done)) return {delivery_end::later, "WEBHOOK_TLS"};
  return {delivery_end::doubtful, "WEBHOOK_UNREACHABLE"};
}

} // namespace http
