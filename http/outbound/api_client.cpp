#include "http/outbound/api_client.hpp"

#include <curl/curl.h>

#include <memory>

namespace http {
namespace {

constexpr std::size_t answer_bytes_max = 16 << 20;
constexpr long wait_s = 30;
constexpr long connect_s = 10;

std::size_t take(char* data, std::size_t size, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > answer_bytes_max) return 0; // curl gives up
  body.append(data, size * count);
  return size * count;
}

base::failure unreachable(const std::string& why) {
  return base::failure{"DB_UNAVAILABLE", "the server cannot be reached: " + why};
}

/// A POST with a body, else a GET.
base::result<api_answer> send(const api_server& server, const std::string& path,
                              const std::string* body) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> c(curl_easy_init(), &curl_easy_cleanup);
  if (started != CURLE_OK || c == nullptr) return unreachable("no memory");
  curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/json");
  list = curl_slist_append(list, ("Authorization: Bearer " + server.token).c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list,
                                                                            &curl_slist_free_all);
  auto url = server.url;
  while (url.ends_with('/')) url.pop_back();
  url += path;
  api_answer answer;
  curl_easy_setopt(c.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(c.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c.get(), CURLOPT_HTTPHEADER, headers.get());
  if (body != nullptr) {
    curl_easy_setopt(c.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    curl_easy_setopt(c.get(), CURLOPT_POSTFIELDS, body->c_str());
  }
  curl_easy_setopt(c.get(), CURLOPT_TIMEOUT, wait_s);
  curl_easy_setopt(c.get(), CURLOPT_CONNECTTIMEOUT, connect_s);
  curl_easy_setopt(c.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c.get(), CURLOPT_WRITEFUNCTION, &take);
  curl_easy_setopt(c.get(), CURLOPT_WRITEDATA, &answer.body);
  const auto done = curl_easy_perform(c.get());
  if (done != CURLE_OK) return unreachable(curl_easy_strerror(done));
  curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

} // namespace

base::result<api_answer> post_json(const api_server& server, const std::string& path,
                                   const std::string& body) {
  return send(server, path, &body);
}

base::result<api_answer> get_json(const api_server& server, const std::string& path) {
  return send(server, path, nullptr);
}

} // namespace http
