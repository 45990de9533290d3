#include "exchange/report_csv.hpp"

#include "exchange/safe_text.hpp"

namespace exchange {

std::string report_csv_head() {
  return "Data,Tipo,Valor (R$),Descrição,Categoria,Conta,Tags,ID\r\n";
}

std::string report_csv_row(const ledger::transaction_record& t, const csv_names& names) {
  std::string tags;
  for (const auto& name : t.tags) tags += (tags.empty() ? "" : ", ") + name;
  std::string row = base::to_text(t.effective);
  row += ',' + std::string{ledger::to_text(t.type)};
  row += ',' + base::decimal_text(t.amount);
  row += ',' + csv_text(t.description);
  row += ',' + csv_text(names.category);
  row += ',' + csv_text(names.account);
  row += ',' + csv_text(tags);
  row += ',' + csv_text(t.id.text());
  return row + "\r\n";
}

} // namespace exchange
