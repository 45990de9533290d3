// What   sql_pruning: pruning_port over the writer of the first journal.
// Threads any; see port.hpp.
#pragma once

#include "storage/pruning.hpp"
#include "storage/sql_projections.hpp"

namespace storage {

class sql_pruning final : public pruning_port {
public:
  using writer = sql_projections::writer;

  sql_pruning(observability::metrics& metrics, writer write)
      : metrics_(metrics), write_(std::move(write)) {}

  void prune(old_rows what, base::utc_us before, callback<std::int64_t> done) override;

private:
  observability::metrics& metrics_;
  writer write_;
};

} // namespace storage
