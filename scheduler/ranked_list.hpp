// What   ranked_list<T>: a sorted list of distinct values that knows how many stand before one.
// Why    People ask for their place in a queue of 500,000, and walking there would stop the owner
//        of all jobs. Neighbours lie in blocks: less memory and fewer cache misses than a node for
//        each, and the usual ways in and out, at the ends, are short.
// Bounds Blocks of at most 256. insert and erase: O(log n) and a move inside one block; before():
//        one addition for each block on the way.
// Errors Inserting twice, or erasing what is not there, is a broken invariant.
// Threads none.
#pragma once

#include "base/assert.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace scheduler {

template <class T> class ranked_list {
public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const T& front() const { return blocks_.front().front(); }

  const T& operator[](std::size_t rank) const {
    ENSURE(rank < size_, "so many stand there");
    auto block = blocks_.begin();
    for (; rank >= block->size(); ++block) rank -= block->size();
    return (*block)[rank];
  }

  void insert(const T& value) {
    ++size_;
    if (blocks_.empty() || (blocks_.back().back() < value && blocks_.back().size() == block_max)) {
      blocks_.emplace_back().push_back(value);
      return;
    }
    const auto b = std::min(block_for(value), blocks_.size() - 1);
    if (blocks_[b].size() == block_max) split(b);
    auto& block = blocks_[b].back() < value && b + 1 < blocks_.size() ? blocks_[b + 1] : blocks_[b];
    const auto at = std::lower_bound(block.begin(), block.end(), value);
    ENSURE(at == block.end() || value < *at, "it stands there already");
    block.insert(at, value);
  }

  void erase(const T& value) {
    const auto b = block_for(value);
    ENSURE(b < blocks_.size(), "it stands there");
    auto& block = blocks_[b];
    const auto at = std::lower_bound(block.begin(), block.end(), value);
    ENSURE(at != block.end() && !(value < *at), "it stands there");
    block.erase(at);
    --size_;
    if (block.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(b));
  }

  /// How many are less; the value itself need not be there.
  std::size_t before(const T& value) const {
    const auto b = block_for(value);
    std::size_t count = 0;
    for (std::size_t i = 0; i < b; ++i) count += blocks_[i].size();
    if (b == blocks_.size()) return count;
    const auto& block = blocks_[b];
    return count + static_cast<std::size_t>(std::lower_bound(block.begin(), block.end(), value) -
                                            block.begin());
  }

private:
  static constexpr std::size_t block_max = 256;

  /// The first block that ends at the value or behind it.
  std::size_t block_for(const T& value) const {
    const auto ends_before = [](const std::vector<T>& block, const T& v) {
      return block.back() < v;
    };
    if (!blocks_.empty() && !ends_before(blocks_.front(), value)) return 0;
    return static_cast<std::size_t>(
        std::lower_bound(blocks_.begin(), blocks_.end(), value, ends_before) - blocks_.begin());
  }

  void split(std::size_t b) {
    const auto half = blocks_[b].begin() + block_max / 2;
    std::vector<T> rest(half, blocks_[b].end());
    blocks_[b].erase(half, blocks_[b].end());
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(b) + 1, std::move(rest));
  }

  std::vector<std::vector<T>> blocks_; ///< none is empty
  std::size_t size_ = 0;
};

} // namespace scheduler
