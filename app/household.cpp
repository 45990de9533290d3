#include "app/household.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <utility>

namespace app {
namespace {

using year_of_percents = std::array<std::int64_t, 12>; // January first
// The air conditioner and the shower, in the south east.
constexpr year_of_percents energy_season{145, 140, 125, 105, 92, 88, 90, 90, 95, 105, 115, 135};
constexpr year_of_percents water_season{115, 112, 108, 100, 95, 92, 92, 95, 98, 102, 108, 112};
constexpr year_of_percents market_season{95, 97, 100, 104, 100, 102, 100, 98, 100, 100, 105, 132};
constexpr year_of_percents leisure_season{150, 110, 90, 95, 95, 105, 140, 90, 95, 105, 95, 145};

enum weekday : std::int32_t { sunday, monday, tuesday, wednesday, thursday, friday, saturday };

constexpr std::int64_t reais(std::int64_t whole, std::int64_t centavos = 0) {
  return whole * 100 + centavos;
}

struct shop {
  std::string_view name;
  std::int64_t low, high;
};

constexpr std::array markets{shop{"Supermercado Bom Preço", reais(210), reais(390)},
                             shop{"Atacadão do Bairro", reais(260), reais(430)},
                             shop{"Mercado da Esquina", reais(150), reais(280)}};
constexpr std::array chemists{shop{"Farmácia Popular", reais(18), reais(95)},
                              shop{"Drogaria Central", reais(32), reais(160)}};
constexpr std::array evenings{
    shop{"Cinema", reais(58), reais(110)}, shop{"Restaurante italiano", reais(95), reais(210)},
    shop{"Pizza em família", reais(72), reais(128)}, shop{"Parque e sorvete", reais(35), reais(80)},
    shop{"Churrasco com amigos", reais(80), reais(170)}};
constexpr std::array purchases{
    shop{"Loja de roupas", reais(89), reais(320)}, shop{"Calçados", reais(120), reais(280)},
    shop{"Utilidades domésticas", reais(40), reais(190)}, shop{"Livraria", reais(35), reais(120)}};

/// Lives one day after the other.
class life {
public:
  life(std::uint64_t seed, base::civil_day until)
      : chance_(seed), until_(until), first_{until.count - household_days + 1} {}

  household live() {
    wages_ = chance_.between(reais(9'100), reais(9'700));
    rent_ = chance_.between(20, 23) * reais(100);
    for (today_ = first_; today_ <= until_; ++today_.count) {
      base::split_day(today_, year_, month_, day_);
      const auto weekday_of_today = ((today_.count + 4) % 7 + 7) % 7;
      if (today_ == first_) begin();
      if (day_ == 1) bill_ = -held(pocket::card);
      work();
      pay_bills();
      pay_once_a_year();
      shop_and_go_out(static_cast<weekday>(weekday_of_today));
      save();
    }
    plan();
    return std::move(made_);
  }

private:
  std::int64_t& held(pocket p) { return made_.held[static_cast<std::size_t>(p)]; }
  std::int64_t season(const year_of_percents& of, std::int64_t amount) const {
    return amount * of[month_ - 1] / 100;
  }
  /// Prices rise by some four per mille each month.
  std::int64_t priced(std::int64_t amount) const {
    return amount * (1000 + 4 * ((today_.count - first_.count) / 30)) / 1000;
  }
  std::int64_t about(std::int64_t amount, std::int64_t percent) {
    const auto most = amount * percent / 100;
    return amount + chance_.between(-most, most);
  }
  bool happens(std::uint64_t percent) { return chance_.below(100) < percent; }
  /// A Saturday's or Sunday's payment comes on the Friday before.
  bool pays_on(unsigned day) const {
    const auto due =
        base::make_day(year_, month_, std::min(day, base::days_in_month(year_, month_)));
    const auto weekday_of_due = ((due.count + 4) % 7 + 7) % 7;
    const auto early = weekday_of_due == saturday ? 1 : weekday_of_due == sunday ? 2 : 0;
    return today_.count == due.count - early;
  }

  void add(move_kind kind, pocket from, std::optional<pocket> to, std::string_view category,
           std::string_view description, std::int64_t amount, std::string_view tag = {}) {
    made_.moves.push_back(
        {today_, kind, from, to, category, std::string{description}, {amount}, tag});
    held(from) += kind == move_kind::income ? amount : -amount;
    if (to) held(*to) += amount;
  }
  void earn(pocket into, std::string_view category, std::string_view description,
            std::int64_t amount) {
    add(move_kind::income, into, {}, category, description, amount);
  }
  void transfer(pocket from, pocket to, std::string_view description, std::int64_t amount) {
    add(move_kind::transfer, from, to, "Outros - Despesa", description, amount);
  }

  /// Whether the bank account has it, if need be with a part of the savings.
  bool covers(std::int64_t amount) {
    const auto missing = amount - held(pocket::checking);
    if (missing <= 0) return true;
    constexpr auto step = reais(100);
    const auto taken = std::min(held(pocket::savings), (missing + step - 1) / step * step);
    if (taken < missing) return false;
    transfer(pocket::savings, pocket::checking, "Resgate da poupança", taken);
    return true;
  }
  pocket source(pocket wished, std::int64_t amount) {
    constexpr auto drawn = reais(300);
    if (wished == pocket::cash && held(pocket::cash) < amount && covers(drawn + reais(200)))
      transfer(pocket::checking, pocket::cash, "Saque no caixa eletrônico", drawn);
    if (wished == pocket::cash && held(pocket::cash) >= amount) return wished;
    return wished != pocket::card && covers(amount) ? pocket::checking : pocket::card;
  }
  void spend(pocket wished, std::string_view category, std::string_view description,
             std::int64_t amount, std::string_view tag = {}) {
    add(move_kind::expense, source(wished, amount), {}, category, description, amount, tag);
  }
  template <std::size_t n>
  void spend_at(pocket from, std::string_view category, const std::array<shop, n>& places,
                const year_of_percents* of_year = nullptr, std::string_view tag = {}) {
    const auto& place = places[chance_.below(n)];
    const auto amount = priced(chance_.between(place.low, place.high));
    spend(from, category, place.name, of_year == nullptr ? amount : season(*of_year, amount), tag);
  }

  void begin() {
    earn(pocket::checking, "Outros - Receita", "Saldo trazido de outro banco", reais(4'200));
    earn(pocket::savings, "Outros - Receita", "Poupança trazida de outro banco",
         chance_.between(60, 90) * reais(100));
  }

  void work() {
    if (month_ == 3 && day_ == 1) wages_ = wages_ * 1046 / 1000; // the yearly agreement
    if (pays_on(5)) earn(pocket::checking, "Salário", "Salário", wages_);
    if (month_ == 11 && pays_on(30))
      earn(pocket::checking, "Salário", "13º salário - 1ª parcela", wages_ / 2);
    if (month_ == 12 && pays_on(20))
      earn(pocket::checking, "Salário", "13º salário - 2ª parcela", wages_ * 38 / 100);
    if (month_ == 1 && pays_on(4))
      earn(pocket::checking, "Salário", "Férias - adicional de um terço", wages_ / 3);
    if (day_ == 22 && happens(35))
      earn(pocket::checking, "Freelance", "PIX recebido - projeto freelance",
           chance_.between(6, 24) * reais(100));
    if (day_ == 25 && happens(15))
      earn(pocket::checking, "Vendas / Bicos", "PIX recebido - venda de usados",
           chance_.between(reais(60), reais(480)));
  }

  void pay_bills() {
    const auto pay = [this](unsigned day, std::string_view category, std::string_view description,
                            std::int64_t amount, pocket from = pocket::checking) {
      if (day_ == day) spend(from, category, description, amount, "fixo");
    };
    if (month_ == 9 && day_ == 1) rent_ = rent_ * 1042 / 1000; // the contract's yearly index
    pay(8, "Moradia", "Aluguel", rent_);
    pay(10, "Moradia", "Condomínio", priced(about(reais(610), 3)));
    pay(12, "Contas e Serviços", "Conta de luz", season(energy_season, about(reais(180), 8)));
    pay(14, "Contas e Serviços", "Conta de água", season(water_season, about(reais(88), 6)));
    pay(15, "Contas e Serviços", "Internet fibra", reais(119, 90));
    pay(16, "Contas e Serviços", "Plano de celular", reais(59, 90));
    pay(6, "Saúde", "Academia", reais(109, 90), pocket::card);
    pay(18, "Lazer", "Streaming", reais(55, 90), pocket::card);
    if (month_ != 1)
      pay(7, "Educação", "Mensalidade escolar", year_ % 2 == 0 ? reais(985) : reais(1'040));
    if (day_ != 9 || bill_ <= 0) return;
    const auto paid = covers(bill_) ? bill_ : std::min(bill_, held(pocket::checking));
    if (paid > 0) transfer(pocket::checking, pocket::card, "Pagamento da fatura do cartão", paid);
  }

  void pay_once_a_year() {
    if (month_ == 1 && day_ == 11) {
      spend(pocket::checking, "Educação", "Matrícula escolar", reais(1'240));
      spend(pocket::card, "Educação", "Material escolar", about(reais(640), 12));
    }
    if (month_ <= 3 && day_ == 20) spend(pocket::checking, "Transporte", "IPVA", reais(398));
    if (month_ == 2 && day_ == 17) spend(pocket::checking, "Moradia", "IPTU", reais(912));
    if (month_ == 7 && day_ == 13)
      spend(pocket::card, "Lazer", "Viagem de férias", about(reais(1'900), 15), "viagem");
    if (month_ == 11 && day_ == 27)
      spend(pocket::card, "Compras", "Black Friday - eletrodoméstico", about(reais(890), 30));
    if (month_ == 12 && day_ == 18)
      spend(pocket::card, "Compras", "Presentes de Natal", about(reais(760), 20), "natal");
  }

  void shop_and_go_out(weekday w) {
    if (w == saturday) spend_at(pocket::card, "Alimentação", markets, &market_season, "mercado");
    if (w == wednesday)
      spend(pocket::cash, "Alimentação", "Feira livre", priced(chance_.between(4500, 8500)));
    // Each draw is a statement: the order of arguments is the compiler's.
    if (w == tuesday || w == thursday || w == sunday) {
      const auto from = happens(50) ? pocket::cash : pocket::checking;
      spend(from, "Alimentação", "Padaria", priced(chance_.between(900, 2800)));
    }
    if (w == monday) spend(pocket::checking, "Transporte", "Recarga do bilhete único", reais(50));
    if (happens(8))
      spend(pocket::card, "Transporte", "Posto de combustível",
            priced(chance_.between(reais(150), reais(240))));
    if (happens(9))
      spend(pocket::card, "Transporte", "Corrida por aplicativo",
            priced(chance_.between(1400, 4200)));
    if (happens(6)) spend_at(pocket::card, "Saúde", chemists);
    if ((w == friday || w == sunday) && happens(38))
      spend_at(pocket::card, "Lazer", evenings, &leisure_season);
    if (happens(5)) spend_at(pocket::card, "Compras", purchases);
    if (w == thursday && today_.count / 7 % 2 == 0)
      spend(pocket::checking, "Moradia", "PIX para a diarista", priced(reais(180)));
    if (happens(7)) {
      const auto* to = happens(50) ? "PIX - cabeleireiro" : "PIX - presente de aniversário";
      spend(pocket::checking, "Despesas Pessoais", to, priced(chance_.between(3000, 9500)));
    }
  }

  void save() {
    if (day_ == base::days_in_month(year_, month_)) {
      const auto interest = held(pocket::savings) * 6 / 1000;
      if (interest > 0) earn(pocket::savings, "Investimentos", "Rendimento da poupança", interest);
    }
    constexpr auto kept = reais(2'400);
    const auto spare = (held(pocket::checking) - kept) / reais(50) * reais(50);
    if (day_ == 17 && spare >= reais(100))
      transfer(pocket::checking, pocket::savings, "Reserva do mês", std::min(spare, reais(4'000)));
  }

  /// The first such day of a month behind the last one lived.
  base::civil_day next(unsigned day) const {
    int year = 0;
    unsigned month = 0, last = 0;
    base::split_day(until_, year, month, last);
    if (last >= day && ++month > 12) month = 1, ++year;
    return base::make_day(year, month, day);
  }

  void plan() {
    const auto later = [this](std::int32_t days) { return base::civil_day{until_.count + days}; };
    made_.goals = {
        {"Reserva de emergência",
         "Segurança",
         "high",
         {reais(40'000)},
         {std::min(held(pocket::savings), reais(40'000))},
         later(540)},
        {"Viagem a Salvador", "Viagem", "medium", {reais(6'500)}, {reais(2'300)}, later(210)},
        {"Notebook novo", "Compras", "low", {reais(4'800)}, {reais(1'100)}, later(26)}};
    made_.envelopes = {{"IPVA e IPTU", "#3b82f6", {reais(1'240)}, {reais(2'106)}},
                       {"Natal", "#22c55e", {reais(350)}, {reais(900)}},
                       {"Troco", "#f59e0b", {reais(48, 37)}, {reais(500)}}};
    made_.habits = {
        {"Aluguel", "Moradia", move_kind::expense, {}, {rent_}, next(8)},
        {"Internet fibra", "Contas e Serviços", move_kind::expense, {}, {reais(119, 90)}, next(15)},
        {"Reserva do mês",
         "Outros - Despesa",
         move_kind::transfer,
         pocket::savings,
         {reais(500)},
         next(17)}};
  }

  base::random chance_;
  base::civil_day until_, first_, today_ = {};
  int year_ = 0;
  unsigned month_ = 0, day_ = 0;
  std::int64_t wages_ = 0, rent_ = 0, bill_ = 0;
  household made_;
};

} // namespace

household make_household(std::uint64_t seed, base::civil_day until) {
  return life{seed, until}.live();
}

} // namespace app
