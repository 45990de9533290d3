// What   row_table: how one kind of a variant of rows stands in its table: put, add, from.
//        puts: the steps that write rows of all kinds.
// Why    A kind that is written has `put` and `add`; one that is read has `from`. What takes the
//        place of others has a `key` as well, where two may meet in a batch: one row is not written
//        twice by one statement.
// Errors codec_error when a row holds what no program of ours writes.
// Threads any (pure). Columns borrow the texts of the rows, and those in text_store.
#pragma once

#include "base/assert.hpp"
#include "storage/cells.hpp"
#include "storage/row_reader.hpp"
#include "storage/statements.hpp"

#include <map>
#include <utility>
#include <variant>
#include <vector>

namespace storage {

template <class Row> struct row_table;

template <class Row>
concept written = requires {
  row_table<Row>::put;
};
template <class Row>
concept keyed = requires(const Row& r) {
  row_table<Row>::key(r);
};
/// One that may come out of order says what it gives way to.
template <class Row>
concept ranked = requires(const Row& r) {
  row_table<Row>::after(r, r);
};
/// Some of its cells are texts that stand in no member.
template <class Row>
concept composed = requires(batch& to, const Row& r, text_store& texts) {
  row_table<Row>::add(to, r, texts);
};

/// Of those with one key the last, at the place of the first.
template <class Row> void keep_last(std::vector<const Row*>& all) {
  std::map<decltype(row_table<Row>::key(*all.front())), std::size_t> place;
  std::vector<const Row*> kept;
  for (const auto* r : all) {
    const auto [at, fresh] = place.emplace(row_table<Row>::key(*r), kept.size());
    if (fresh) {
      kept.push_back(r);
      continue;
    }
    if constexpr (ranked<Row>) {
      if (!row_table<Row>::after(*r, *kept[at->second])) continue;
    }
    kept[at->second] = r;
  }
  all = std::move(kept);
}

template <class Row, class Any>
void append_puts(std::vector<step>& steps, const std::vector<const Any*>& all, text_store& texts) {
  std::vector<const Row*> mine;
  for (const auto* r : all)
    if (const auto* one = std::get_if<Row>(r)) mine.push_back(one);
  if (mine.empty()) return;
  if constexpr (written<Row>) {
    if constexpr (keyed<Row>) keep_last(mine);
    batch together{*row_table<Row>::put, mine.size()};
    for (const auto* r : mine) {
      if constexpr (composed<Row>)
        row_table<Row>::add(together, *r, texts);
      else
        row_table<Row>::add(together, *r);
    }
    steps.push_back(std::move(together).done());
  } else {
    UNREACHABLE("an answer is not written");
  }
}

/// One batch for each kind that occurs, in the order of the variant.
template <class Any> std::vector<step> puts(const std::vector<const Any*>& all, text_store& texts) {
  std::vector<step> steps;
  if (all.empty()) return steps;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (append_puts<std::variant_alternative_t<I, Any>>(steps, all, texts), ...);
  }
  (std::make_index_sequence<std::variant_size_v<Any>>{});
  return steps;
}

} // namespace storage
