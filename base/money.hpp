// What   centavos: an amount of money as an integer, with checked arithmetic and exact texts.
// Why    Money never passes through a double and never wraps. No formatter on purpose: logs cannot
//        print it.
// Bounds A posting moves 1..999 999 999 999 999 centavos; a balance stays within ± that
//        (api-contract §2.4).
// Errors Checked operations answer nothing on overflow.
// Threads any.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

struct centavos {
  std::int64_t minor = 0;
  auto operator<=>(const centavos&) const = default;
  constexpr centavos operator-() const {
    return centavos{-minor};
  } ///< |minor| is far below the edge by bound
};

inline constexpr std::int64_t amount_minor_max = 999'999'999'999'999;

std::optional<centavos> add(centavos a, centavos b);
std::optional<centavos> subtract(centavos a, centavos b);

/// "10.00", "0.07", "-10.00": what the API prints, as number and as text.
std::string decimal_text(centavos amount);

/// Reads a decimal text ("12", "-0.075", "1e3", " 7.5 ") exactly and rounds half up (away from zero
/// for halves) to two places. Nothing when it is no number or lies beyond ± amount_minor_max.
std::optional<centavos> parse_reais(std::string_view text);

/// ISO 4217 code. One currency is accepted today; entries carry it so that more can come.
inline constexpr std::string_view currency_brl = "BRL";

} // namespace base
