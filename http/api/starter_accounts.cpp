#include "http/api/starter_accounts.hpp"

#include <array>
#include <string_view>

namespace http {

namespace {

struct own {
  std::string_view name, type;
};
constexpr std::array own_accounts{own{"Conta Corrente", "checking"}, own{"Poupança", "savings"},
                                  own{"Cartão de Crédito", "credit"}, own{"Dinheiro", "cash"}};

struct category {
  std::string_view name, type, color, icon;
};
constexpr std::array categories{
    category{"Salário", "income", "#22c55e", "💰"},
    category{"Freelance", "income", "#10b981", "💻"},
    category{"Investimentos", "income", "#14b8a6", "📈"},
    category{"Vendas / Bicos", "income", "#84cc16", "🤝"},
    category{"Outros - Receita", "income", "#6b7280", "➕"},
    category{"Moradia", "expense", "#3b82f6", "🏠"},
    category{"Alimentação", "expense", "#ef4444", "🍕"},
    category{"Transporte", "expense", "#6366f1", "🚗"},
    category{"Saúde", "expense", "#06b6d4", "🏥"},
    category{"Educação", "expense", "#8b5cf6", "📚"},
    category{"Lazer", "expense", "#ec4899", "🎮"},
    category{"Compras", "expense", "#f59e0b", "🛒"},
    category{"Contas e Serviços", "expense", "#64748b", "🧾"},
    category{"Despesas Pessoais", "expense", "#a855f7", "👤"},
    category{"Outros - Despesa", "expense", "#6b7280", "📦"},
};

} // namespace

std::vector<ledger::account_record> starter_accounts(const ledger::user_id& owner, base::utc_us now,
                                                     const std::function<std::string()>& new_id) {
  using ledger::account_kind;
  using ledger::account_role;
  std::vector<ledger::account_record> made;
  const auto add = [&](account_role role, account_kind kind, std::string_view type,
                       std::string_view name) -> ledger::account_record& {
    auto& a = made.emplace_back();
    a.id = ledger::account_id{new_id()};
    a.owner = owner;
    a.role = role;
    a.kind = kind;
    a.type = type;
    a.name = name;
    // A microsecond apart: lists are ordered by time, and these have an order.
    a.created_at = base::utc_us{now.count + static_cast<std::int64_t>(made.size()) - 1};
    return a;
  };
  for (const auto& a : own_accounts)
    add(account_role::money, ledger::kind_of_type(a.type), a.type, a.name);
  for (const auto& c : categories) {
    const auto kind = c.type == "income" ? account_kind::income : account_kind::expense;
    auto& made_category = add(account_role::category, kind, c.type, c.name);
    made_category.color = c.color;
    made_category.icon = c.icon;
  }
  add(account_role::opening, account_kind::equity, "opening", "Saldos iniciais");
  return made;
}

} // namespace http
