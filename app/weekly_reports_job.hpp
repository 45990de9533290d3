// What   The kind `weekly_reports`: makes a delivery of each weekly report that is due today.
// Why    The mail itself is sent by `deliver`: this only says that it is wanted, once for each rule
//        and day, in the commit that sets the rule's last_run.
// Bounds As book_walk.hpp; pages of user_rows_max rules.
// Threads an executor's.
// Source api-contract §10, §14
#pragma once

#include "app/product_kinds.hpp"

namespace app {

actors::job_kind weekly_reports_kind(const product_surroundings& around);

} // namespace app
