// What   asked_automations: questions for rules by id; those that wait for a session go together.
// Why    On the morning of many rules each occurrence looks at its rule. One by one they would
//        keep the sessions from the questions of people, and cost more than what they decide.
// Bounds together_max questions in one statement.
// Errors As one question; but a row that cannot be read is the failure of its question only.
// Threads As question.
#pragma once

#include "ledger/user_row.hpp"
#include "storage/asked.hpp"

#include <vector>

namespace storage {

class asked_automations final : public question {
public:
  static constexpr std::size_t together_max = 256;

  asked_automations(ledger::automation_by_id what, callback<ledger::user_rows> done,
                    observability::metrics& metrics, open_calls& calls);

  bool gathers() const override { return asked_.size() < together_max; }
  bool take_along(question& later) override;
  boost::asio::awaitable<void> run(session& db, deadline until) override;
  void refuse(base::failure why) override;

private:
  std::vector<ledger::automation_by_id> asked_;
  std::vector<callback<ledger::user_rows>> done_; ///< in the order of the questions
  observability::metrics& metrics_;
  open_calls& calls_;
};

} // namespace storage
