#include "app/answer_text.hpp"

#include <fmt/format.h>

namespace app {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string said(const base::json::value& of, std::string_view name) {
  const auto* member = of.find(name);
  if (member == nullptr || member->is_null()) return "-";
  const auto* text = member->if_string();
  return text != nullptr ? *text : base::json::write(*member);
}

} // namespace app
