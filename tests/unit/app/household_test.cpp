// Goal: the same seed makes the same household; nobody overdraws, so that a ledger takes all of it;
//       months look like those of a family.
#include "app/household.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

BOOST_AUTO_TEST_SUITE(households)

namespace {

const base::civil_day last_day = base::make_day(2026, 11, 24);

/// What moved under the description, by year and month.
std::map<std::pair<int, unsigned>, std::vector<std::int64_t>> by_month(const app::household& of,
                                                                       std::string_view text) {
  std::map<std::pair<int, unsigned>, std::vector<std::int64_t>> found;
  for (const auto& m : of.moves) {
    if (m.description != text) continue;
    int year = 0;
    unsigned month = 0, day = 0;
    base::split_day(m.day, year, month, day);
    found[{year, month}].push_back(m.amount.minor);
  }
  return found;
}

std::size_t count(const app::household& of, std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      of.moves.begin(), of.moves.end(), [&](const auto& m) { return m.description == text; }));
}

} // namespace

BOOST_AUTO_TEST_CASE(the_same_seed_makes_the_same_household) {
  const auto one = app::make_household(7, last_day);
  BOOST_TEST((one == app::make_household(7, last_day)));
  BOOST_TEST((one.moves != app::make_household(8, last_day).moves));
  BOOST_TEST((one.moves != app::make_household(7, {last_day.count + 1}).moves));
}

BOOST_AUTO_TEST_CASE(nobody_overdraws) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto made = app::make_household(seed, {last_day.count + static_cast<int>(seed) * 11});
    std::array<std::int64_t, app::pocket_types.size()> held{};
    const auto of = [&](app::pocket p) -> auto& { return held[static_cast<std::size_t>(p)]; };
    base::civil_day before = made.moves.front().day;
    for (const auto& m : made.moves) {
      BOOST_REQUIRE(m.amount.minor > 0);
      BOOST_REQUIRE((before <= m.day));
      before = m.day;
      const bool paid_in = m.kind == app::move_kind::income;
      of(m.from) += paid_in ? m.amount.minor : -m.amount.minor;
      BOOST_REQUIRE(m.to.has_value() == (m.kind == app::move_kind::transfer));
      if (m.to) of(*m.to) += m.amount.minor;
      if (m.to) BOOST_REQUIRE((m.from != app::pocket::card));
      for (const auto p : {app::pocket::checking, app::pocket::savings, app::pocket::cash})
        BOOST_REQUIRE_MESSAGE(of(p) >= 0, "seed " << seed << ": " << m.description);
      BOOST_REQUIRE_MESSAGE(of(app::pocket::card) <= 0, "seed " << seed << ": " << m.description);
    }
    BOOST_REQUIRE((held == made.held));
    BOOST_REQUIRE_MESSAGE(of(app::pocket::card) > -2'000'000, "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(it_lasts_two_years_to_the_day) {
  const auto made = app::make_household(1, last_day);
  BOOST_TEST((made.moves.front().day == base::make_day(2024, 11, 25)));
  BOOST_TEST(last_day.count - made.moves.back().day.count <= 2);
  BOOST_TEST(made.moves.size() > 1'300u);
  BOOST_TEST(made.moves.size() < 2'500u);
}

BOOST_AUTO_TEST_CASE(bills_and_wages_come_once_a_month) {
  const auto made = app::make_household(1, last_day);
  for (const auto* text : {"Aluguel", "Condomínio", "Conta de luz", "Internet fibra"}) {
    const auto months = by_month(made, text);
    BOOST_TEST(months.size() == 24u);
    for (const auto& [month, amounts] : months) BOOST_TEST(amounts.size() == 1u);
  }
  BOOST_TEST(count(made, "Salário") == 24u);
  BOOST_TEST(count(made, "13º salário - 1ª parcela") == 2u);
  BOOST_TEST(count(made, "13º salário - 2ª parcela") == 2u);
  BOOST_TEST(count(made, "Férias - adicional de um terço") == 2u);
  BOOST_TEST(count(made, "IPVA") == 6u);
  BOOST_TEST(count(made, "Pagamento da fatura do cartão") >= 22u);
  const auto light = by_month(made, "Conta de luz");
  BOOST_TEST(light.at({2026, 1}).front() > light.at({2026, 6}).front()); // it is warm in January
}

BOOST_AUTO_TEST_CASE(a_year_is_plausible) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto made = app::make_household(seed, last_day);
    std::int64_t in = 0, out = 0;
    for (const auto& m : made.moves) {
      if (m.kind == app::move_kind::income) in += m.amount.minor;
      if (m.kind == app::move_kind::expense) out += m.amount.minor;
    }
    BOOST_TEST(in > 20'000'000); // of two years
    BOOST_TEST(in < 35'000'000);
    BOOST_TEST(out > in * 70 / 100);
    BOOST_TEST(out < in);
  }
}

BOOST_AUTO_TEST_CASE(what_is_planned_begins_behind_the_last_day) {
  for (int day = 0; day < 40; ++day) {
    const base::civil_day until{last_day.count + day};
    const auto made = app::make_household(1, until);
    BOOST_TEST(made.goals.size() == 3u);
    BOOST_TEST(made.envelopes.size() == 3u);
    for (const auto& h : made.habits) {
      BOOST_TEST((until < h.first));
      BOOST_TEST(h.first.count - until.count <= 31);
    }
    for (const auto& g : made.goals) BOOST_TEST((until < g.due));
    for (const auto& g : made.goals) BOOST_TEST((g.current <= g.target && g.current.minor > 0));
  }
}

BOOST_AUTO_TEST_SUITE_END()
