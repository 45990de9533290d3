// What   Every actor handle on one page: the map of the system.
//
//   gateway (threads) ──submit──▶ shard ──submit──▶ book ──reserve──▶ account
//                                                    │  ◀─answered───┘   ▲
//                                                    └──hand_over──▶ journal ──settled/release──┘
//                                                       ◀──item_ended──┘ ──commit──▶ storage
//   supervisor ──monitors──▶ journals, shards
//   (rest-for-one: a journal that dies takes its shards along)
//
// Source engineering.md c.
#pragma once

#include "actors/messages.hpp"

#include <caf/fwd.hpp>

namespace actors {

using account_actor =
    caf::typed_actor<caf::reacts_to<reserve>, caf::reacts_to<release>, caf::reacts_to<settled>,
                     caf::reacts_to<account_loaded>, caf::reacts_to<tick>>;

using book_actor = caf::typed_actor<caf::reacts_to<submit>, caf::reacts_to<ask_running>,
                                    caf::reacts_to<operation_event>, caf::reacts_to<owned>,
                                    caf::reacts_to<book_read>, caf::reacts_to<retire>,
                                    caf::reacts_to<tick>, caf::reacts_to<drain>>;

using shard_actor = caf::typed_actor<caf::reacts_to<submit>, caf::reacts_to<ask_running>,
                                     caf::reacts_to<retire_answered>, caf::reacts_to<flushed>,
                                     caf::reacts_to<tick>, caf::reacts_to<drain>>;

using journal_actor =
    caf::typed_actor<caf::reacts_to<hand_over>, caf::reacts_to<load_account>,
                     caf::reacts_to<storage_event>, caf::reacts_to<tick>,
                     caf::reacts_to<ask_flushed>, caf::reacts_to<ask_owned>, caf::reacts_to<drain>>;

using job_owner_actor =
    caf::typed_actor<caf::reacts_to<owner_call>, caf::reacts_to<tick>, caf::reacts_to<drain>>;

using schedule_owner_actor =
    caf::typed_actor<caf::reacts_to<schedule_call>, caf::reacts_to<tick>, caf::reacts_to<drain>>;

using lock_keeper_actor = caf::typed_actor<caf::reacts_to<keeper_call>, caf::reacts_to<tick>>;

} // namespace actors
