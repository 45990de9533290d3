// The document against the route table, both ways: what is served is described, and the reverse.
#include "base/assert.hpp"
#include "http/openapi/docs_routes.hpp"
#include "http/openapi/document.hpp"
#include "http/openapi/openapi_text.hpp"
#include "tests/http/api_fixture.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

BOOST_AUTO_TEST_SUITE(openapi)

namespace {

namespace json = base::json;
using http_test::api;

struct documented : api {
  json::value whole = http_test::parsed(http::openapi_document());

  documented() { http::add_docs_routes(routes); }

  const json::object& paths() const { return *whole.find("paths")->if_object(); }
  const json::value& paths_item(const std::string& path) const {
    return *whole.find("paths")->find(path);
  }

  /// What "$ref" points at, or the thing itself.
  const json::value& resolved(const json::value& thing) const {
    const auto* ref = thing.find("$ref");
    if (ref == nullptr) return thing;
    const auto& text = *ref->if_string();
    BOOST_REQUIRE_MESSAGE(text.starts_with("#/"), text);
    const auto* at = &whole;
    for (std::size_t from = 2; from < text.size();) {
      const auto slash = std::min(text.find('/', from), text.size());
      at = at->find(text.substr(from, slash - from));
      BOOST_REQUIRE_MESSAGE(at != nullptr, text << " points nowhere");
      from = slash + 1;
    }
    return *at;
  }

  /// All that a value of it may be, null left out.
  std::set<std::string> types_of(const json::value& schema) const {
    const auto& shape = resolved(schema);
    std::set<std::string> found;
    if (const auto* either = shape.find("anyOf"))
      for (const auto& one : *either->if_array()) found.merge(types_of(one));
    if (const auto* type = shape.find("type")) {
      if (type->if_string() != nullptr) found.insert(*type->if_string());
      if (const auto* several = type->if_array())
        for (const auto& one : *several) found.insert(*one.if_string());
    }
    found.erase("null");
    return found;
  }

  /// "in name" of the parameters of an operation, those of its path included.
  std::set<std::string> parameters(const json::value& item, const json::value& operation) const {
    std::set<std::string> found;
    for (const auto* owner : {&item, &operation})
      if (const auto* list = owner->find("parameters"))
        for (const auto& p : *list->if_array()) {
          const auto& given = resolved(p);
          found.insert(*given.find("in")->if_string() + ' ' + *given.find("name")->if_string());
        }
    return found;
  }
};

/// Every schema of a member, with its place.
void each_property(const json::value& v, const std::string& at,
                   const std::function<void(const std::string&, const json::value&)>& see) {
  if (const auto* list = v.if_array())
    for (const auto& item : *list) each_property(item, at, see);
  if (const auto* members = v.if_object())
    for (const auto& [key, item] : *members) {
      const auto below = at + '/' + key;
      if (key == "properties" && item.if_object() != nullptr)
        for (const auto& [name, schema] : *item.if_object()) see(below + '/' + name, schema);
      each_property(item, below, see);
    }
}

const std::set<std::string> methods{"get", "put", "post", "delete", "patch"};

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

/// The names in braces of a template.
std::set<std::string> names_in(const std::string& path) {
  std::set<std::string> names;
  for (std::size_t open = path.find('{'); open != path.npos; open = path.find('{', open + 1))
    names.insert(path.substr(open + 1, path.find('}', open) - open - 1));
  return names;
}

/// Every "$ref" below the value.
void collect_refs(const json::value& v, std::vector<const json::value*>& found) {
  if (const auto* list = v.if_array())
    for (const auto& item : *list) collect_refs(item, found);
  if (const auto* members = v.if_object()) {
    if (v.find("$ref") != nullptr) found.push_back(&v);
    for (const auto& [key, item] : *members) collect_refs(item, found);
  }
}

} // namespace

BOOST_FIXTURE_TEST_CASE(each_route_is_described, documented) {
  for (const auto& r : routes.all()) {
    const auto* item = whole.find("paths")->find(r.path);
    BOOST_TEST_REQUIRE(item != nullptr, r.path << " is not in the document");
    std::string method = r.method;
    for (char& c : method) c = static_cast<char>(c + ('a' - 'A'));
    BOOST_TEST(item->find(method) != nullptr, r.method << " " << r.path << " is not described");
  }
}

BOOST_FIXTURE_TEST_CASE(each_operation_has_a_route, documented) {
  std::map<std::string, std::set<std::string>> served;
  for (const auto& r : routes.all()) served[r.path].insert(r.method);
  std::size_t operations = 0;
  for (const auto& [path, item] : paths())
    for (const auto& [method, operation] : *item.if_object()) {
      if (!methods.contains(method)) continue;
      ++operations;
      BOOST_TEST(served[path].contains(upper(method)), method << " " << path << " is not served");
    }
  BOOST_TEST(operations == routes.all().size());
}

BOOST_FIXTURE_TEST_CASE(parameters_of_templates_are_declared, documented) {
  for (const auto& [path, item] : paths())
    for (const auto& [method, operation] : *item.if_object()) {
      if (!methods.contains(method)) continue;
      std::set<std::string> declared;
      for (const auto& p : parameters(item, operation))
        if (p.starts_with("path ")) declared.insert(p.substr(5));
      BOOST_TEST(declared == names_in(path), method << " " << path);
    }
}

BOOST_FIXTURE_TEST_CASE(keys_are_declared_where_they_are_taken, documented) {
  for (const auto& r : routes.all()) {
    std::string method = r.method;
    for (char& c : method) c = static_cast<char>(c + ('a' - 'A'));
    const auto& item = *whole.find("paths")->find(r.path);
    const bool declared = parameters(item, *item.find(method)).contains("header Idempotency-Key");
    BOOST_TEST(declared == r.flags.takes_key, r.method << " " << r.path);
  }
}

BOOST_FIXTURE_TEST_CASE(tags_are_declared_where_they_are_made, documented) {
  for (const auto& r : routes.all()) {
    if (!r.flags.tagged) continue;
    const auto& item = *whole.find("paths")->find(r.path);
    const auto& operation = *item.find("get");
    BOOST_TEST(operation.find("responses")->find("304") != nullptr, r.path);
    BOOST_TEST(parameters(item, operation).contains("header If-None-Match"), r.path);
  }
}

BOOST_FIXTURE_TEST_CASE(operations_are_named_once, documented) {
  std::set<std::string> names;
  for (const auto& [path, item] : paths())
    for (const auto& [method, operation] : *item.if_object())
      if (methods.contains(method)) {
        const auto& name = *operation.find("operationId")->if_string();
        BOOST_TEST(names.insert(name).second, name << " is there twice");
      }
}

BOOST_FIXTURE_TEST_CASE(every_reference_has_a_target, documented) {
  std::vector<const json::value*> refs;
  collect_refs(whole, refs);
  BOOST_TEST(refs.size() > 500u);
  for (const auto* ref : refs) resolved(*ref);
}

BOOST_FIXTURE_TEST_CASE(policies_are_those_of_the_contract, documented) {
  BOOST_TEST(json::write(*whole.find("x-policies")) ==
             R"({"ledger_v1":"1","transfers_v1":"1","goals_v1":"1"})");
}

// What a client generator makes of them must hold every centavo.
BOOST_FIXTURE_TEST_CASE(amounts_in_centavos_are_integers, documented) {
  std::vector<std::string> found;
  const auto check = [&](const std::string& where, const json::value& schema) {
    const auto types = types_of(schema);
    BOOST_TEST((types.contains("integer") && types.size() == 1u), where);
    found.push_back(where);
  };
  each_property(whole, {}, [&](const std::string& path, const json::value& schema) {
    const auto name = path.substr(path.rfind('/') + 1);
    if (name.ends_with("_cents") || name.ends_with("Cents")) check(path, schema);
  });
  const auto& schemas = *whole.find("components")->find("schemas");
  for (const char* envelope : {"Envelope", "EnvelopeCreate", "EnvelopeChange", "MergedEnvelope"})
    for (const char* amount : {"balance", "target_amount"})
      check(std::string{envelope} + '/' + amount,
            *schemas.find(envelope)->find("properties")->find(amount));
  for (const char* path : {"/api/envelopes/{id}/add-value", "/api/envelopes/{id}/withdraw-value"}) {
    const auto& operation = *paths_item(path).find("post");
    for (const auto& p : *operation.find("parameters")->if_array())
      if (const auto& given = resolved(p); *given.find("name")->if_string() == "amount")
        check(path, *given.find("schema"));
  }
  // Those of transactions, goals, holds, merges, shared expenses, and of envelopes.
  BOOST_TEST(found.size() >= 12u + 8u + 2u);
  for (const char* wanted :
       {"TransactionCreate/properties/amount_cents", "TransactionChange/properties/amount_cents",
        "GoalCreate/properties/target_amount_cents", "GoalChange/properties/current_amount_cents",
        "SharedExpenseCreate/properties/total_cents"})
    BOOST_TEST(std::any_of(found.begin(), found.end(),
                           [&](const auto& at) { return at.ends_with(wanted); }),
               wanted);
}

BOOST_FIXTURE_TEST_CASE(parts_that_contradict_are_found, documented) {
  auto whole_text = http_test::parsed(R"({"a":{"b":1},"list":[1]})");
  http::join_openapi(whole_text, http_test::parsed(R"({"a":{"c":2},"list":[2]})"));
  BOOST_TEST(json::write(whole_text) == R"({"a":{"b":1,"c":2},"list":[1,2]})");
  BOOST_CHECK_THROW(http::join_openapi(whole_text, http_test::parsed(R"({"a":{"b":3}})")),
                    base::broken_invariant);
}

BOOST_FIXTURE_TEST_CASE(the_document_and_its_page_are_served_to_everybody, documented) {
  bearer.clear();
  const auto document = call("GET", "/openapi.json");
  BOOST_TEST(document.status == 200);
  BOOST_TEST(document.content_type == "application/json");
  BOOST_TEST(document.body == http::openapi_document());
  for (const auto* path : {"/docs", "/redoc"}) {
    const auto page = call("GET", path);
    BOOST_TEST(page.status == 200);
    BOOST_TEST(page.content_type == "text/html; charset=utf-8");
    BOOST_TEST(page.body == http::docs_page);
    BOOST_TEST(routes.find("GET", path).found->flags.page);
  }
  BOOST_TEST(call("GET", "/docs/page.css").content_type == "text/css; charset=utf-8");
  BOOST_TEST(call("GET", "/docs/page.js").content_type == "text/javascript; charset=utf-8");
}

// The policy of pages allows what comes from this server, and nothing that stands in the page.
BOOST_FIXTURE_TEST_CASE(the_page_needs_nothing_inline_and_nothing_from_elsewhere, documented) {
  const std::string page{http::docs_page};
  BOOST_TEST(page.find("<style") == page.npos);
  BOOST_TEST(page.find(" style=") == page.npos);
  BOOST_TEST(page.find("<script>") == page.npos);
  for (const auto text : {http::docs_page, http::docs_style, http::docs_script})
    BOOST_TEST(text.find("://") == text.npos);
  for (const char* wanted : {"href=\"/docs/page.css\"", "src=\"/docs/page.js\""})
    BOOST_TEST(page.find(wanted) != page.npos, wanted);
}

BOOST_AUTO_TEST_SUITE_END()
