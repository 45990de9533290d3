// What   secret: a text that no log, message or stream can take by accident.
// Why    Whoever needs the value says so with reveal(); nothing formats it.
// Threads any (a value).
#pragma once

#include <string>
#include <utility>

namespace config {

class secret {
public:
  secret() = default;
  explicit secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const secret&) const = default;

private:
  std::string value_;
};

} // namespace config
