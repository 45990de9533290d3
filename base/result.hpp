// What   result<T>: a value or a failure; the form of every expected failure in this code.
// Why    A refusal is an answer, not an exception. Each module has an errc enum; the text of an
//        errc is at the same time the API problem code and the metrics label, so there is one
//        vocabulary from rule to dashboard.
// Errors code is a static text (never built at run time); detail is for the caller or the log, and
//        must never hold what `metrics.md` §8 forbids in logs when it is logged.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace base {

struct failure {
  std::string_view code; ///< stable, static storage: "TX_INSUFFICIENT_BALANCE", "DB_UNAVAILABLE", …
  std::string detail;

  failure() = default;
  /// Both or nothing: a text alone must never turn into a failure.
  failure(std::string_view stable_code, std::string what)
      : code(stable_code), detail(std::move(what)) {}
  bool operator==(const failure&) const = default;
};

[[noreturn]] void throw_exception_from_error(const failure& f, const boost::source_location& where);

template <class T> using result = boost::system::result<T, failure>;

using status = result<void>;

/// fail(errc::x, "…"): finds code_text(errc) of the module by its argument.
template <class Errc> failure fail(Errc e, std::string detail = {}) {
  return failure{code_text(e), std::move(detail)};
}

} // namespace base
