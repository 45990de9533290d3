// What   ordered_rows: one ordered table, a page at a time.
// Why    Tables in the order of one key are compared row by row: one merge reads each once.
// Bounds A page in memory.
// Errors A failure of storage, or of whoever hears of a page.
// Threads One that may block.
#pragma once

#include "base/result.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace audit {

/// `more` reads the page behind a row; nullptr: from the start. `told` hears of each page, and
/// outlives this.
template <class Row, class More> class ordered_rows {
public:
  ordered_rows(More more, const std::function<base::status()>& told)
      : more_(std::move(more)), told_(told) {}

  /// The next row, or nullptr at the end.
  base::result<const Row*> peek() {
    if (next_ == rows_.size() && !ended_) {
      const Row last = rows_.empty() ? Row{} : rows_.back();
      auto read = more_(rows_.empty() ? nullptr : &last);
      if (!read) return read.error();
      if (auto s = told_(); !s) return s.error();
      rows_ = std::move(*read);
      next_ = 0;
      ended_ = rows_.empty();
    }
    return next_ < rows_.size() ? &rows_[next_] : nullptr;
  }
  void take() { ++next_; }

private:
  More more_;
  const std::function<base::status()>& told_;
  std::vector<Row> rows_;
  std::size_t next_ = 0;
  bool ended_ = false;
};

template <class Row, class More>
ordered_rows<Row, More> ordered(const std::function<base::status()>& told, More more) {
  return {std::move(more), told};
}

} // namespace audit
