#include "ledger/etag.hpp"

namespace ledger {

std::string transaction_etag(const transaction_record& t) {
  std::string text = "t" + std::to_string(t.updated_at.value_or(t.created_at).count);
  if (t.deleted_at) text += "-d" + std::to_string(t.deleted_at->count);
  return text;
}

} // namespace ledger
