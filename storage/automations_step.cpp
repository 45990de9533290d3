#include "storage/automations_step.hpp"

#include "storage/row_codec.hpp"
#include "storage/statements.hpp"

#include <utility>

namespace storage {

step automations_step(const std::vector<ledger::automation_by_id>& asked) {
  batch wanted{sql::automations_by_id, asked.size()};
  for (std::size_t i = 0; i < asked.size(); ++i)
    wanted.add(static_cast<std::int64_t>(i), key_of(asked[i].id), key_of(asked[i].user));
  return std::move(wanted).done();
}

} // namespace storage
