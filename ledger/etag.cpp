#include "ledger/etag.hpp"

#include "base/sha256.hpp"

namespace ledger {

std::string transaction_etag(const transaction_record& t) {
  std::string text = "t" + std::to_string(t.updated_at.value_or(t.created_at).count);
  if (t.deleted_at) text += "-d" + std::to_string(t.deleted_at->count);
  return text;
}

std::string category_etag(const account_record& category) {
  return 'c' + std::to_string(category.updated_at.value_or(category.created_at).count);
}

std::string profile_etag(const user_record& user) {
  constexpr std::size_t digits = 32;
  // A line feed is in no address, so the two do not run together.
  return 'u' + base::hex(base::sha256(user.email + '\n' + user.name)).substr(0, digits);
}

} // namespace ledger
