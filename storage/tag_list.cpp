#include "storage/tag_list.hpp"

#include "base/json.hpp"
#include "storage/row_codec.hpp"

namespace storage {

std::string tags_text(const std::vector<std::string>& tags) {
  base::json::array names;
  names.reserve(tags.size());
  for (const auto& t : tags) names.emplace_back(t);
  return base::json::write(base::json::value{std::move(names)});
}

std::vector<std::string> tags_from(const std::string& text) {
  const auto read = base::json::read(text);
  const auto* value = std::get_if<base::json::value>(&read);
  const auto* names = value ? value->if_array() : nullptr;
  if (names == nullptr) throw codec_error("tags are not an array");
  std::vector<std::string> tags;
  for (const auto& n : *names) {
    if (n.if_string() == nullptr) throw codec_error("a tag is not a text");
    tags.push_back(*n.if_string());
  }
  return tags;
}

} // namespace storage
