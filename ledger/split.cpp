#include "ledger/split.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace ledger {
namespace {

/// What is left of a leg; signed.
struct rest {
  const leg* of = nullptr;
  std::int64_t open = 0;
};

class splitter {
public:
  explicit splitter(const std::vector<leg>& legs) {
    for (const auto& l : legs) rests_.push_back({&l, l.amount.minor});
  }

  /// Lets givers (negative legs) of one sort meet takers of the other, first come first served.
  template <class Take> void match(bool giver_is_category, bool taker_is_category, Take take) {
    for (auto& giver : rests_) {
      if (giver.of->category != giver_is_category) continue;
      for (auto& taker : rests_) {
        if (giver.open >= 0) break;
        if (taker.open <= 0 || taker.of->category != taker_is_category) continue;
        const auto moved = std::min(-giver.open, taker.open);
        giver.open += moved;
        taker.open -= moved;
        take(giver.of->account, taker.of->account, base::centavos{moved});
      }
    }
  }

  void add(transaction_type type, const account_id& account, const account_id& other,
           base::centavos amount) {
    const auto same = std::find_if(shares_.begin(), shares_.end(), [&](const share& s) {
      return s.type == type && s.account == account && s.other == other;
    });
    if (same != shares_.end()) {
      same->amount.minor += amount.minor;
    } else {
      shares_.push_back({type, account, other, amount});
    }
  }

  std::vector<share> take() && {
    ENSURE(std::all_of(rests_.begin(), rests_.end(), [](const rest& r) { return r.open == 0; }),
           "the legs of a posting sum to zero");
    return std::move(shares_);
  }

private:
  std::vector<rest> rests_;
  std::vector<share> shares_;
};

} // namespace

std::vector<leg> net_of(const std::vector<leg>& legs) {
  std::vector<leg> net;
  for (const auto& l : legs) {
    const auto same = std::find_if(net.begin(), net.end(), [&](const leg& n) {
      return n.account == l.account && n.category == l.category;
    });
    if (same == net.end()) {
      net.push_back(l);
    } else {
      same->amount.minor += l.amount.minor; // 20 legs within the limit stay far from int64's edge
    }
  }
  std::erase_if(net, [](const leg& l) { return l.amount.minor == 0; });
  return net;
}

std::vector<share> split(const std::vector<leg>& legs) {
  const auto net = net_of(legs);
  const auto anchor =
      std::find_if(net.begin(), net.end(), [](const leg& l) { return !l.category; });
  ENSURE(anchor != net.end(), "a posting moves an account");
  splitter s{net};
  s.match(false, true, [&](const auto& account, const auto& category, base::centavos amount) {
    s.add(transaction_type::expense, account, category, amount);
  });
  s.match(true, false, [&](const auto& category, const auto& account, base::centavos amount) {
    s.add(transaction_type::income, account, category, amount);
  });
  s.match(false, false, [&](const auto& from, const auto& to, base::centavos amount) {
    s.add(transaction_type::transfer, from, to, amount);
  });
  s.match(true, true, [&](const auto& giver, const auto& taker, base::centavos amount) {
    s.add(transaction_type::income, anchor->account, giver, amount);
    s.add(transaction_type::expense, anchor->account, taker, amount);
  });
  return std::move(s).take();
}

} // namespace ledger
