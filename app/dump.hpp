// What   dump: the whole database as JSON lines, out of one transaction.
// Why    export writes it, and import compares what it has written with what it has read, to the
//        byte, before it makes it durable.
// Bounds Memory: a page of rows, or one commit.
// Errors Failures of storage and of the receiver. DB_BROKEN when the tables hold rows that belong
//        to no commit: those cannot be exported, verify names them.
// Threads main only.
#pragma once

#include "base/result.hpp"
#include "exchange/dump_line.hpp"
#include "storage/bulk.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace app {

using take_bytes = std::function<base::status(std::string_view)>;

/// Order: header · users by id · accounts by id · commits by (shard, seq), each with its entries by
/// position and the transactions whose first entry it holds · holds by id · answers · trailer.
/// `program` is the version that stands in the header.
base::result<exchange::dump_trailer> dump(storage::bulk& from, const std::string& program,
                                          const take_bytes& to);

} // namespace app
