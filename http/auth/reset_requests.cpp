#include "http/auth/reset_requests.hpp"

#include "http/auth/secret_token.hpp"
#include "http/perform.hpp"

#include <exception>
#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

constexpr std::chrono::seconds patience{9};
constexpr int mail_due = 1;

base::utc_us later(base::utc_us now, std::chrono::microseconds span) {
  return {now.count + span.count()};
}

/// The link is good for one use, and those before it are good for none.
ledger::change_rows written(const ledger::password_reset& fresh, std::chrono::seconds pause) {
  ledger::change_rows wish;
  wish.reads = {ledger::resets_of_user{fresh.user, fresh.created_at}};
  wish.decide = [fresh, pause](const std::vector<ledger::user_rows>& found,
                               base::utc_us now) -> base::result<ledger::row_change> {
    ledger::row_change c;
    auto former_ones = ledger::rows_of<ledger::password_reset>(found.at(0));
    for (const auto& former : former_ones)
      if (now.count - former.created_at.count < std::chrono::microseconds{pause}.count()) return c;
    for (auto& used : ledger::used_up(std::move(former_ones), now))
      c.writes.emplace_back(std::move(used));
    c.writes.emplace_back(fresh);
    c.verdict = mail_due;
    return c;
  };
  return wish;
}

} // namespace

reset_requests::reset_requests(backend& books, base::clock& clock, reset_settings how,
                               send_mail send, on_failed failed)
    : books_(books), clock_(clock), how_(std::move(how)), send_(std::move(send)),
      failed_(std::move(failed)), thread_([this] { run(); }) {}

reset_requests::~reset_requests() {
  {
    const std::lock_guard hold(mutex_);
    ending_ = true;
  }
  something_.notify_one();
  thread_.join();
}

bool reset_requests::ask(std::string email, std::string request_id) {
  {
    const std::lock_guard hold(mutex_);
    if (waiting_.size() >= how_.queue_max) return false;
    waiting_.push_back({std::move(email), std::move(request_id)});
  }
  something_.notify_one();
  return true;
}

void reset_requests::run() {
  std::unique_lock hold(mutex_);
  for (;;) {
    something_.wait(hold, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    hold.unlock();
    try {
      serve(next);
    } catch (const std::exception& e) {
      failed_(next.request_id, {}, base::failure{"INTERNAL_ERROR", e.what()});
    }
    hold.lock();
  }
}

void reset_requests::serve(const wish& w) {
  const auto found = books_.user_by_email(w.email);
  if (!found) return failed_(w.request_id, {}, found.error());
  if (!*found || !(**found).active) return;
  const auto& user = **found;
  const auto now = clock_.now();
  const auto secret = new_secret_token();
  ledger::password_reset fresh{secret.hash, user.id, now, later(now, how_.lifetime), {}};
  ledger::envelope command;
  command.user = user.id;
  command.request_id = w.request_id;
  command.deadline = later(now, patience);
  command.what = written(fresh, how_.pause);
  const auto kept = perform_rows(books_, std::move(command));
  if (!kept) return failed_(w.request_id, user.id, kept.error());
  if (kept->verdict != mail_due) return;
  const auto sent = send_(
      {user.email, "Redefinição de senha",
       fmt::format("Olá, {}!\n\nPara escolher uma nova senha, abra o endereço abaixo. Ele vale por "
                   "{} minutos e uma única vez.\n\n{}?token={}\n\nSe não foi você que pediu, "
                   "ignore esta mensagem: sua senha continua a mesma.\n",
                   user.name, how_.lifetime.count(), how_.page, secret.text)});
  if (!sent) failed_(w.request_id, user.id, sent.error());
}

} // namespace http
