#include "storage/sql_pruning.hpp"

#include "storage/prune_work.hpp"

#include <memory>

namespace storage {
namespace {

boost::asio::awaitable<base::result<bool>> prune_of(session& db, observability::metrics& metrics,
                                                    deadline until, old_rows what,
                                                    base::utc_us before,
                                                    std::shared_ptr<std::int64_t> gone) {
  prune_work work{db, metrics, until};
  const auto n = co_await work.prune(what, before);
  if (!n) co_return n.error();
  *gone = *n;
  co_return true;
}

} // namespace

void sql_pruning::prune(old_rows what, base::utc_us before, callback<std::int64_t> done) {
  const auto gone = std::make_shared<std::int64_t>(0);
  write_(
      [gone, done = std::move(done)](const base::result<bool>& r) {
        if (!r) return done(r.error());
        done(*gone);
      },
      [this, what, before, gone](session& db, deadline until) {
        return prune_of(db, metrics_, until, what, before, gone);
      });
}

} // namespace storage
