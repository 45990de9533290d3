// What   The source texts that CMake copies into the binary: the parts of the OpenAPI document, and
//        the page that shows it.
// Why    The server needs no file beside itself, and works without a network.
// Threads any (constants).
// Source http/openapi/*.json, http/openapi/page/; http/CMakeLists.txt writes openapi_text.cpp.
#pragma once

#include <span>
#include <string_view>

namespace http {

struct openapi_part {
  std::string_view name; ///< of the file, for the message when one is wrong
  std::string_view text;
};

/// document.json first, then the others in the order of their names.
std::span<const openapi_part> openapi_parts();

extern const std::string_view docs_page;   ///< HTML
extern const std::string_view docs_style;  ///< CSS
extern const std::string_view docs_script; ///< JavaScript

} // namespace http
