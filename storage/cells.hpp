// What   Domain values as cells of a batch, for all codecs.
// Why    How a time, an amount or a digest is bound is said once.
// Bounds A view borrows from the value: the record outlives the step.
// Threads any (pure).
#pragma once

#include "base/id.hpp"
#include "base/money.hpp"
#include "base/sha256.hpp"
#include "storage/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace storage {

inline blob_view bytes_view(const base::digest& d) {
  return {{reinterpret_cast<const char*>(d.data()), d.size()}};
}

template <class Time> cell_view optional_time(const std::optional<Time>& t) {
  return t ? cell_view{t->count} : cell_view{};
}

inline cell_view optional_money(const std::optional<base::centavos>& m) {
  return m ? cell_view{m->minor} : cell_view{};
}

inline cell_view optional_text(const std::optional<std::string>& t) {
  return t ? cell_view{std::string_view{*t}} : cell_view{};
}

/// The text of an id, where it does not follow from the key.
template <class Id> cell_view imported(const Id& id) {
  return base::text_follows(key_of(id)) ? cell_view{} : cell_view{id.imported_text()};
}

} // namespace storage
