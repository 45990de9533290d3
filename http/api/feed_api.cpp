// The activity feed (api-contract §13.2). The stream: feed_stream.cpp.
#include "http/api/sharing.hpp"
#include "http/api/told_row.hpp"
#include "ledger/errc.hpp"

namespace http {

response list_feed(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  const auto wish = read_page(in);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (auto refused = refusal_of(wish, r)) return std::move(*refused);
  ledger::feed_filter filter;
  filter.user = user.id;
  return answer_page<ledger::feed_item>(s, r, wish, std::move(filter),
                                        ledger::count_feed_items{user.id}, append_feed_item);
}

response count_unread_feed(const service& s, const request& r, const ledger::user_record& user) {
  return answer_count(s, r, ledger::unread_feed_items{user.id});
}

decision read_feed_item(const service&, const request& r, const ledger::user_record& user) {
  const ledger::feed_item_id id{r.path_param("id")};
  return read_one<ledger::feed_item>(r, ledger::feed_item_by_id{user.id, id},
                                     ledger::errc::feed_item_not_found, append_feed_item);
}

decision read_whole_feed(const service&, const request& r, const ledger::user_record& user) {
  return read_all<ledger::feed_read>(r, user.id, ledger::unread_feed_items{user.id});
}

} // namespace http
