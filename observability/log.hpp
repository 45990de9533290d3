// What   log: one structured line per event, as JSON (production) or text, written by a thread of
//        its own.
// Why    What may be logged is decided by types: ids, codes, numbers, times and literals. Money,
//        free text and secrets have no way in, so no review has to find them.
// Bounds Queue of log_options::queue_lines; when it is full the oldest line goes and is counted,
//        nobody waits. A line is at most 8 KiB.
// Errors A line that cannot be written is counted in vaidepix_log_dropped_total.
// Threads any, all members. The destructor writes what is queued.
// Source metrics.md §8.
#pragma once

#include "base/id.hpp"
#include "base/money.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "observability/labels.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace observability {

class metrics;

/// A text that stands in the source: only a constant converts.
class literal {
public:
  template <std::size_t N> consteval literal(const char (&text)[N]) : text_(text, N - 1) {}
  constexpr std::string_view text() const { return text_; }

private:
  std::string_view text_;
};

/// A word of a fixed vocabulary known at run time: errc text, route template, statement name,
/// SQLSTATE.
struct code {
  explicit code(std::string_view t) : text(t) {}
  std::string_view text;
};

/// An id that is no strong_id yet: request id, node, commit "<shard>:<seq>".
struct opaque_id {
  explicit opaque_id(std::string_view t) : text(t) {}
  std::string_view text;
};

/// Of an Idempotency-Key only the first 8 characters are shown, and never more than half.
struct key_prefix {
  explicit key_prefix(std::string_view key)
      : text(key.substr(0, std::min<std::size_t>(8, key.size() / 2))) {}
  std::string_view text;
};

/// A client's address: only in lines about login and throttling.
struct client_address {
  explicit client_address(std::string_view t) : text(t) {}
  std::string_view text;
};

/// A setting that the operator chose and that is no secret: host, port, path of the database file.
struct setting_text {
  explicit setting_text(std::string_view t) : text(t) {}
  std::string_view text;
};

/// The one amount that a log may show: how far a snapshot or a balance is from the ledger.
struct divergence_text {
  explicit divergence_text(std::string_view t) : text(t) {}
  std::string_view text;
};

/// One `name: value` of a line. Views must live until the call returns. A duration is written in
/// milliseconds: end its name in `_ms`.
class field {
public:
  using variant = std::variant<std::string_view, std::string, std::int64_t, std::uint64_t, bool,
                               std::chrono::nanoseconds, base::utc_us, base::civil_day>;

  field(literal name, literal v) : name_(name.text()), value_(v.text()) {}
  field(literal name, code v) : name_(name.text()), value_(v.text) {}
  field(literal name, opaque_id v) : name_(name.text()), value_(v.text) {}
  field(literal name, key_prefix v) : name_(name.text()), value_(v.text) {}
  field(literal name, client_address v) : name_(name.text()), value_(v.text) {}
  field(literal name, setting_text v) : name_(name.text()), value_(v.text) {}
  field(literal name, divergence_text v) : name_(name.text()), value_(v.text) {}
  /// Only the code: the detail may hold what a log must not.
  field(literal name, const base::failure& v) : name_(name.text()), value_(v.code) {}
  template <class Tag>
  field(literal name, const base::strong_id<Tag>& v) : name_(name.text()), value_(v.text()) {}
  template <std::signed_integral Int>
  field(literal name, Int v) : name_(name.text()), value_(static_cast<std::int64_t>(v)) {}
  template <std::unsigned_integral Int>
  requires(!std::same_as<Int, bool>) field(literal name, Int v)
      : name_(name.text()), value_(static_cast<std::uint64_t>(v)) {}
  field(literal name, std::same_as<bool> auto v) : name_(name.text()), value_(v) {}
  template <class Rep, class Period>
  field(literal name, std::chrono::duration<Rep, Period> v)
      : name_(name.text()), value_(std::chrono::duration_cast<std::chrono::nanoseconds>(v)) {}
  field(literal name, base::utc_us v) : name_(name.text()), value_(v) {}
  field(literal name, base::civil_day v) : name_(name.text()), value_(v) {}
  field(literal, base::centavos) = delete;

  std::string_view name() const { return name_; }
  const variant& value() const { return value_; }

private:
  std::string_view name_;
  variant value_;
};

using fields = std::initializer_list<field>;

/// Where a line was written; filled by the default argument.
struct source {
  const char* file;
  const char* function;
  unsigned line;
  static constexpr source here(const char* file = __builtin_FILE(),
                               const char* function = __builtin_FUNCTION(),
                               unsigned line = static_cast<unsigned>(__builtin_LINE())) {
    return {file, function, line};
  }
};

struct log_options {
  log_level level = log_level::info; ///< the lowest that is written
  bool json = false;
  std::string node; ///< field `node` of each line; empty: left out
  std::size_t queue_lines = 8192;
  /// Takes one finished line with its newline and answers whether it was written; empty: standard
  /// output.
  std::function<bool(std::string_view)> sink;
};

class log {
public:
  log(log_options options, base::clock& clock, metrics& counters);
  ~log();
  log(const log&) = delete;
  log& operator=(const log&) = delete;

  bool enabled(log_level level) const { return level >= level_; }

  /// `logger` is "vai_de_pix.<module>".
  void write(log_level level, literal logger, literal message, fields extras,
             source where = source::here());
  void debug(literal logger, literal message, fields extras = {}, source where = source::here()) {
    write(log_level::debug, logger, message, extras, where);
  }
  void info(literal logger, literal message, fields extras = {}, source where = source::here()) {
    write(log_level::info, logger, message, extras, where);
  }
  void warning(literal logger, literal message, fields extras = {}, source where = source::here()) {
    write(log_level::warning, logger, message, extras, where);
  }
  void error(literal logger, literal message, fields extras = {}, source where = source::here()) {
    write(log_level::error, logger, message, extras, where);
  }
  void critical(literal logger, literal message, fields extras = {},
                source where = source::here()) {
    write(log_level::critical, logger, message, extras, where);
  }

  /// Waits until every line written before this call has left the queue.
  void flush();

private:
  struct queue;
  log_level level_;
  bool json_;
  std::string node_;
  base::clock& clock_;
  metrics& metrics_;
  std::unique_ptr<queue> queue_;
};

} // namespace observability
