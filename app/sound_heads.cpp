#include "app/sound_heads.hpp"

#include "app/output.hpp"
#include "base/json.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace app {
namespace {

using base::json::object;
using base::json::value;

std::optional<ledger::shard_head> head_from(const value& row) {
  const auto number = [&](const char* name) -> std::optional<std::int64_t> {
    const auto* found = row.find(name);
    return found == nullptr ? std::nullopt : found->as_int64();
  };
  const auto shard = number("shard"), seq = number("seq"), epoch = number("epoch"),
             booked_at = number("booked_at");
  const auto* hash = row.find("hash");
  if (!shard || !seq || !epoch || !booked_at || hash == nullptr || hash->if_string() == nullptr)
    return std::nullopt;
  const auto digest = base::digest_of_hex(*hash->if_string());
  if (!digest || *seq < 1 || *epoch < 0 || *shard < 0 || *shard > UINT16_MAX) return std::nullopt;
  return ledger::shard_head{static_cast<ledger::shard_id>(*shard),
                            static_cast<std::uint64_t>(*seq),
                            static_cast<std::uint64_t>(*epoch),
                            *digest,
                            {*booked_at}};
}

} // namespace

base::result<std::optional<std::vector<ledger::shard_head>>>
read_sound_heads(const std::string& file, std::string_view installation) {
  std::optional<std::vector<ledger::shard_head>> heads;
  std::error_code why;
  const auto kind = std::filesystem::status(file, why).type();
  if (kind == std::filesystem::file_type::not_found) return heads;
  if (kind != std::filesystem::file_type::regular)
    return base::failure{"FILE_UNREADABLE", file + ": " + (why ? why.message() : "no file")};
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return base::failure{"FILE_UNREADABLE", file + ": " + std::strerror(errno)};
  const base::failure damaged{
      "FILE_DAMAGED", file + " is not what verify wrote; remove it to look at the whole ledger"};
  const auto read = base::json::read(text);
  const auto* whole = std::get_if<value>(&read);
  const auto* of = whole == nullptr ? nullptr : whole->find("installation");
  const auto* rows = whole == nullptr ? nullptr : whole->find("heads");
  if (of == nullptr || of->if_string() == nullptr || rows == nullptr || rows->if_array() == nullptr)
    return damaged;
  if (*of->if_string() != installation)
    return base::failure{"FILE_FOREIGN", file + " was written for another database"};
  heads.emplace();
  for (const auto& row : *rows->if_array()) {
    const auto head = head_from(row);
    if (!head) return damaged;
    heads->push_back(*head);
  }
  return heads;
}

base::status write_sound_heads(const std::string& file, std::string_view installation,
                               const std::vector<ledger::shard_head>& heads) {
  base::json::array rows;
  for (const auto& h : heads)
    rows.emplace_back(object{{"shard", static_cast<std::int64_t>(h.shard)},
                             {"seq", static_cast<std::int64_t>(h.seq)},
                             {"epoch", static_cast<std::int64_t>(h.epoch)},
                             {"hash", base::hex(h.hash)},
                             {"booked_at", h.booked_at.count}});
  const object whole{{"installation", installation}, {"heads", std::move(rows)}};
  output out{file};
  if (auto s = out.open(); !s) return s;
  if (auto s = out.write(base::json::write(whole) + "\n"); !s) return s;
  return out.finish();
}

} // namespace app
