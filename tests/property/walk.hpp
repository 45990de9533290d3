// What   A random walk: raw numbers read as commands, given to the world and to the model, which
//        have to agree after every step.
// Why    Raw numbers shrink well and every vector of them is a valid walk.
// Threads none.
#pragma once

#include "tests/property/world.hpp"

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace property {

struct step {
  std::uint32_t what = 0;
  std::uint32_t which = 0; ///< account or transaction
  std::uint32_t other = 0; ///< destination, category, …
  std::uint32_t field = 0; ///< of an edit
  std::uint32_t amount = 0;
};

std::ostream& operator<<(std::ostream& out, const step& s);

class walk {
public:
  explicit walk(bug b = bug::none);

  /// The first disagreement or broken law; empty when there is none.
  std::string run(const std::vector<step>& steps);
  /// Ends what is under way, so that nothing is in flight.
  std::string settle_all();

  world& books() { return world_; }
  const model::books& model() const { return model_; }
  int accepted() const { return accepted_; }
  int refused() const { return refused_; }

private:
  void take(const step& s);
  template <class Command> void give(const Command& c);
  void finish(std::size_t index, bool durable);
  std::int64_t amount_of(const step& s, const std::string& account) const;
  model::edit edit_of(const step& s, const std::string& id) const;
  std::string compare() const;

  world world_;
  model::books model_;
  std::vector<int> under_way_;
  int next_ = 0;
  int accepted_ = 0;
  int refused_ = 0;
  std::string disagreement_;
};

} // namespace property
