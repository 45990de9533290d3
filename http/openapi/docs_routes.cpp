#include "http/openapi/docs_routes.hpp"

#include "http/openapi/document.hpp"
#include "http/openapi/openapi_text.hpp"

#include <string>
#include <string_view>

namespace http {

namespace {

constexpr route_flags plain{.tagged = true};
constexpr route_flags page{.page = true, .tagged = true};

handler constant(std::string_view type, std::string_view text) {
  return [type, text](const request&) {
    response answer;
    answer.content_type = type;
    answer.body = text;
    // The same for everybody; asked for again, because an upgrade changes it.
    answer.headers.push_back({"Cache-Control", "no-cache"});
    return answer;
  };
}

} // namespace

void add_docs_routes(route_table& t) {
  const auto html = constant("text/html; charset=utf-8", docs_page);
  t.add(
      {"GET", "/openapi.json", "health", constant("application/json", openapi_document()), plain});
  t.add({"GET", "/docs", "health", html, page});
  t.add({"GET", "/redoc", "health", html, page});
  t.add({"GET", "/docs/page.css", "health", constant("text/css; charset=utf-8", docs_style), page});
  t.add({"GET", "/docs/page.js", "health", constant("text/javascript; charset=utf-8", docs_script),
         page});
}

} // namespace http
