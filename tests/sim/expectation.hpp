// What   wish: one command in the words of the model. predict(): which answers the documents allow
//        in a state. apply(): what it does to the books once it is durable.
// Why    Each operation carries the set of its allowed answers, so that the judge needs no memory
//        of why it was sent.
// Bounds Uses tests/model and base/ only; ids that the product gave are arguments.
// Threads none.
// Source testing.md §5, §6; api-contract §5, §7.
#pragma once

#include "tests/model/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sim {

enum class wish_kind : std::uint8_t {
  create_account,
  create_category,
  post,
  edit,
  remove,
  restore,
  remove_many,
  batch,
  set_balance,
  set_floor,
  close,
};

struct wish {
  wish_kind what = wish_kind::post;
  std::string refusal; ///< known by construction, whatever the state: a category that is not there

  model::create create; ///< post; its ids are known when it is durable
  model::edit edit;
  std::string id; ///< remove, restore
  std::vector<std::string> ids;
  struct item {
    model::create create;
    std::string refusal;
  };
  std::vector<item> items;
  bool atomic = false;

  std::string account; ///< of the account commands
  model::money amount = 0;
  std::optional<model::money> floor;

  /// Runs alone on its accounts: what it decides on is exact.
  bool exclusive() const {
    return what == wish_kind::batch || what == wish_kind::remove_many ||
           what == wish_kind::set_balance || what == wish_kind::set_floor ||
           what == wish_kind::close;
  }
};

/// Allowed answers, one set for each part of a composed answer.
struct prediction {
  std::vector<model::answers> parts;
  bool matches(const std::string& text) const; ///< parts are separated by commas
  std::string text() const;
  bool operator==(const prediction&) const = default;
};

/// What the other commands that are open may do to an account, from the books' point of view.
struct surroundings {
  model::pressure others;   ///< all of them
  model::pressure moderate; ///< those that alone do not reach the limit of a balance
  std::string equity;
};

std::vector<prediction> predict(const model::books& books, const wish& w, const surroundings& at);

/// Net effect on each account, if it is done now. Of exclusive ones only what is no client's
/// account, because those ask nobody.
model::sums net_of(const model::books& books, const wish& w, const std::string& equity);

struct given_ids {
  std::vector<std::string> transactions; ///< in the order of their making
  std::vector<std::string> accounts;
  std::vector<bool> accepted; ///< of a batch: each item, as its stored answer says
  std::string equity;
  int today = 0;
};

/// The books after it. `operation` is a number that was not used before.
void apply(model::books& books, const wish& w, const given_ids& given, int operation);

} // namespace sim
