#include "http/perform.hpp"

#include <future>
#include <memory>
#include <utility>

namespace http {

ledger::reply reply_to(backend& books, ledger::envelope command) {
  const auto answer = std::make_shared<std::promise<ledger::reply>>();
  auto waiting = answer->get_future();
  books.execute(std::move(command),
                [answer](ledger::reply ended) { answer->set_value(std::move(ended)); });
  return waiting.get();
}

base::result<ledger::outcome> perform(backend& books, ledger::envelope command) {
  return reply_to(books, std::move(command)).result;
}

base::result<ledger::changed_rows> perform_rows(backend& books, ledger::envelope command) {
  auto done = perform(books, std::move(command));
  if (!done) return done.error();
  return std::get<ledger::changed_rows>(std::move(*done));
}

} // namespace http
