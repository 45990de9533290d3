#include "storage/statement.hpp"

#include "base/assert.hpp"

namespace storage {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

cell_type type_named(std::string_view name) {
  if (name == "bigint") return cell_type::integer;
  if (name == "text") return cell_type::text;
  ENSURE(name == "bytea", "a parameter is bigint, text or bytea");
  return cell_type::blob;
}

} // namespace

std::vector<column_spec> columns_of(std::string_view parameters) {
  std::vector<column_spec> found;
  while (!parameters.empty()) {
    const auto comma = parameters.find(',');
    const auto one = trimmed(parameters.substr(0, comma));
    const auto space = one.find(' ');
    ENSURE(space != std::string_view::npos, "a parameter is a name and a type");
    found.push_back({one.substr(0, space), type_named(trimmed(one.substr(space)))});
    parameters =
        comma == std::string_view::npos ? std::string_view{} : parameters.substr(comma + 1);
  }
  return found;
}

std::vector<cell_type> result_types(std::string_view results) {
  std::vector<cell_type> found;
  for (const char letter : results) {
    ENSURE(letter == 'i' || letter == 't' || letter == 'b', "a result is i, t or b");
    found.push_back(letter == 'i'   ? cell_type::integer
                    : letter == 't' ? cell_type::text
                                    : cell_type::blob);
  }
  return found;
}

} // namespace storage
