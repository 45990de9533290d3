// What   options: the command line that all bench programs share.
// Errors throws std::runtime_error with the word that is wrong.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fmt/format.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

struct options {
  std::string postgres; ///< URL with {} in the place of the database's name
  std::string folder;   ///< of SQLite's files
  std::string vaidepix; ///< the server program, for verify
  std::vector<std::string> parts;
  std::vector<std::size_t> clients; ///< only the cells of so many
  bool brief = false;
  bool alone = false; ///< without rivals: for profiles

  bool wants(const std::string& part) const {
    return parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end();
  }
  bool wants_clients(std::size_t n) const {
    return clients.empty() || std::find(clients.begin(), clients.end(), n) != clients.end();
  }
  std::size_t rounds() const { return brief ? 2 : 5; }
  std::chrono::milliseconds time() const { return std::chrono::milliseconds{brief ? 500 : 2000}; }
  std::string url(const std::string& database) const {
    return fmt::format(fmt::runtime(postgres), database);
  }
};

inline options parse_options(int count, char** words) {
  options o;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--short") {
      o.brief = true;
      continue;
    }
    if (word == "--alone") {
      o.alone = true;
      continue;
    }
    if (i + 1 == count) throw std::runtime_error("no value, or unknown: " + word);
    const std::string value = words[++i];
    if (word == "--postgres") {
      o.postgres = value;
    } else if (word == "--folder") {
      o.folder = value;
    } else if (word == "--vaidepix") {
      o.vaidepix = value;
    } else if (word == "--part") {
      o.parts.push_back(value);
    } else if (word == "--clients") {
      o.clients.push_back(std::stoul(value));
    } else {
      throw std::runtime_error("unknown: " + word);
    }
  }
  return o;
}

} // namespace bench
