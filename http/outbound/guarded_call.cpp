#include "http/outbound/guarded_call.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <memory>
#include <sys/socket.h>

namespace http {
namespace {

constexpr std::size_t head_bytes_max = 64 * 1024;

/// What the callbacks of one call see.
struct open_call {
  const call_rules& how;
  const std::stop_token& stop;
  bool forbidden = false; ///< an address was not for us
  bool allowed = false;   ///< another one was
  bool too_large = false;
  std::size_t head_bytes = 0;
  std::string body = {};
};

curl_socket_t open_checked(void* of, curlsocktype, curl_sockaddr* to) {
  auto& c = *static_cast<open_call*>(of);
  if (!c.how.may_connect(&to->addr, to->addrlen)) {
    c.forbidden = true;
    return CURL_SOCKET_BAD;
  }
  c.allowed = true;
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::size_t keep_body(char* piece, std::size_t size, std::size_t count, void* of) {
  auto& c = *static_cast<open_call*>(of);
  const auto room = c.how.answer_bytes_max - c.body.size();
  c.body.append(piece, std::min(room, size * count));
  if (size * count <= room) return size * count;
  c.too_large = true;
  return 0; // curl gives up
}

std::size_t count_head(char*, std::size_t size, std::size_t count, void* of) {
  auto& c = *static_cast<open_call*>(of);
  c.head_bytes += size * count;
  if (c.head_bytes <= head_bytes_max) return size * count;
  c.too_large = true;
  return 0;
}

int look_at_stop(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<open_call*>(of)->stop.stop_requested() ? 1 : 0;
}

class parsed_url {
public:
  explicit parsed_url(const std::string& text) : url_(curl_url(), &curl_url_cleanup) {
    good_ =
        url_ != nullptr && curl_url_set(url_.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  }
  bool good() const { return good_; }
  std::string part(CURLUPart what) const {
    char* text = nullptr;
    const bool there = curl_url_get(url_.get(), what, &text, 0) == CURLUE_OK && text != nullptr;
    std::string found = there ? text : "";
    curl_free(text);
    return found;
  }

private:
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url_;
  bool good_ = false;
};

/// It can be called at all: https, and nobody's password.
bool good_address(const std::string& text, bool https_only) {
  const parsed_url u{text};
  return u.good() && (!https_only || u.part(CURLUPART_SCHEME) == "https") &&
         !u.part(CURLUPART_HOST).empty() && u.part(CURLUPART_USER).empty() &&
         u.part(CURLUPART_PASSWORD).empty();
}

bool is_about_tls(CURLcode c) {
  return c == CURLE_SSL_CONNECT_ERROR || c == CURLE_PEER_FAILED_VERIFICATION ||
         c == CURLE_SSL_CERTPROBLEM || c == CURLE_SSL_CIPHER || c == CURLE_SSL_ISSUER_ERROR ||
         c == CURLE_SSL_CACERT_BADFILE || c == CURLE_USE_SSL_FAILED;
}

outbound_end how_it_ended(CURLcode done, long status, const open_call& mine) {
  if (done == CURLE_ABORTED_BY_CALLBACK && mine.stop.stop_requested()) return outbound_end::stopped;
  if (status >= 200 && mine.too_large) return outbound_end::too_large;
  if (status >= 200) return done == CURLE_OK ? outbound_end::answered : outbound_end::cut;
  if (mine.forbidden && !mine.allowed && done == CURLE_COULDNT_CONNECT)
    return outbound_end::forbidden;
  if (done == CURLE_URL_MALFORMAT || done == CURLE_UNSUPPORTED_PROTOCOL)
    return outbound_end::bad_url;
  if (is_about_tls(done)) return outbound_end::untrusted;
  return done == CURLE_OPERATION_TIMEDOUT ? outbound_end::timed_out : outbound_end::unreachable;
}

} // namespace

std::optional<std::string> request_target(const std::string& url) {
  const parsed_url u{url};
  if (!u.good()) return std::nullopt;
  auto target = u.part(CURLUPART_PATH);
  const auto query = u.part(CURLUPART_QUERY);
  return query.empty() ? target : target + '?' + query;
}

outbound_answer guarded_call(const outbound_post& what, const call_rules& how) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> c(curl_easy_init(), &curl_easy_cleanup);
  if (started != CURLE_OK || c == nullptr) return {};
  if (!good_address(what.url, how.https_only)) return {.how = outbound_end::bad_url};
  curl_slist* list = nullptr;
  for (const char* line : {"Content-Type: application/json", "Expect:", "User-Agent: vaidepix"})
    list = curl_slist_append(list, line);
  for (const auto& line : what.headers) list = curl_slist_append(list, line.c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list,
                                                                            &curl_slist_free_all);
  open_call mine{how, what.stop};
  curl_easy_setopt(c.get(), CURLOPT_URL, what.url.c_str());
  curl_easy_setopt(c.get(), CURLOPT_PROTOCOLS_STR, how.https_only ? "https" : "http,https");
  curl_easy_setopt(c.get(), CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(c.get(), CURLOPT_PROXY, ""); // whatever the environment says
  curl_easy_setopt(c.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(c.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
  curl_easy_setopt(c.get(), CURLOPT_POSTFIELDS, what.body.c_str());
  curl_easy_setopt(c.get(), CURLOPT_OPENSOCKETFUNCTION, &open_checked);
  curl_easy_setopt(c.get(), CURLOPT_OPENSOCKETDATA, &mine);
  curl_easy_setopt(c.get(), CURLOPT_WRITEFUNCTION, &keep_body);
  curl_easy_setopt(c.get(), CURLOPT_WRITEDATA, &mine);
  curl_easy_setopt(c.get(), CURLOPT_HEADERFUNCTION, &count_head);
  curl_easy_setopt(c.get(), CURLOPT_HEADERDATA, &mine);
  curl_easy_setopt(c.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(c.get(), CURLOPT_XFERINFOFUNCTION, &look_at_stop);
  curl_easy_setopt(c.get(), CURLOPT_XFERINFODATA, &mine);
  curl_easy_setopt(c.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(how.wait.count()));
  curl_easy_setopt(c.get(), CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(how.wait_connected.count()));
  curl_easy_setopt(c.get(), CURLOPT_NOSIGNAL, 1L);
  const auto done = curl_easy_perform(c.get());
  outbound_answer answer;
  curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  answer.how = how_it_ended(done, answer.status, mine);
  answer.body = std::move(mine.body);
  curl_off_t pause = 0;
  curl_easy_getinfo(c.get(), CURLINFO_RETRY_AFTER, &pause);
  if (pause > 0) answer.retry_after_s = pause;
  return answer;
}

} // namespace http
