// Seeded random documents: what is written in any spelling reads back equal, and no damage to a
// text makes the reader do anything but accept what it can write again, or refuse at a byte of the
// text.
#include "base/json.hpp"
#include "base/random.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <set>

using namespace base;

BOOST_AUTO_TEST_SUITE(json_random)

namespace {

// -- documents ------------------------------------------------------------------------------------

std::uint32_t random_code_point(base::random& chance) {
  switch (chance.below(6)) {
  case 0: return static_cast<std::uint32_t>(chance.between(0x01, 0x1f));
  case 1: return static_cast<std::uint32_t>(chance.between(0x80, 0x7ff));
  case 2: return static_cast<std::uint32_t>(chance.between(0x800, 0xd7ff));
  case 3: return static_cast<std::uint32_t>(chance.between(0xe000, 0xffff));
  case 4: return static_cast<std::uint32_t>(chance.between(0x10000, 0x10ffff));
  default: return static_cast<std::uint32_t>(chance.between(0x20, 0x7f));
  }
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xe0 | point >> 12);
    } else {
      put(0xf0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3f));
    }
    put(0x80 | (point >> 6 & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

std::string random_string(base::random& chance) {
  std::string s;
  for (auto n = chance.below(12); n > 0; --n) append_utf8(random_code_point(chance), s);
  return s;
}

std::string random_digits(base::random& chance, std::uint64_t most) {
  std::string s;
  for (auto n = 1 + chance.below(most); n > 0; --n) s += static_cast<char>('0' + chance.below(10));
  return s;
}

json::number random_number(base::random& chance) {
  std::string s = chance.below(2) == 0 ? "-" : "";
  s += chance.below(4) == 0 ? "0" : std::to_string(1 + chance.below(9)) + random_digits(chance, 25);
  if (chance.below(2) == 0) s += '.' + random_digits(chance, 25);
  if (chance.below(4) == 0) {
    s += chance.below(2) == 0 ? 'e' : 'E';
    if (chance.below(2) == 0) s += chance.below(2) == 0 ? '+' : '-';
    s += random_digits(chance, 2);
  }
  return json::number{s};
}

json::value random_value(base::random& chance, int depth) {
  switch (chance.below(depth > 0 ? 8 : 5)) {
  case 0: return nullptr;
  case 1: return chance.below(2) == 0;
  case 2: return random_number(chance);
  case 3:
  case 4: return random_string(chance);
  case 5: {
    json::array a;
    for (auto n = chance.below(6); n > 0; --n) a.push_back(random_value(chance, depth - 1));
    return a;
  }
  default: {
    json::object o;
    std::set<std::string> used;
    for (auto n = chance.below(chance.below(10) == 0 ? 40 : 6); n > 0; --n) {
      auto key = random_string(chance);
      if (used.insert(key).second) o.emplace_back(std::move(key), random_value(chance, depth - 1));
    }
    return o;
  }
  }
}

// -- a writer with other spellings than ours ------------------------------------------------------

struct loose_writer {
  base::random& chance;
  std::string out{};

  void blank() {
    while (chance.below(3) == 0) out += " \t\r\n"[chance.below(4)];
  }

  void escape(std::uint32_t unit) {
    out += chance.below(2) == 0 ? fmt::format("\\u{:04x}", unit) : fmt::format("\\u{:04X}", unit);
  }

  void string(const std::string& s) {
    out += '"';
    for (std::size_t i = 0; i < s.size();) {
      std::size_t size = 1;
      while (i + size < s.size() && (static_cast<unsigned char>(s[i + size]) & 0xc0) == 0x80)
        ++size;
      const auto lead = static_cast<unsigned char>(s[i]);
      std::uint32_t point = size == 1 ? lead : lead & (0x7fu >> size);
      for (std::size_t k = 1; k < size; ++k) {
        point = point << 6 | (static_cast<unsigned char>(s[i + k]) & 0x3fu);
      }
      const bool must = point < 0x20 || point == '"' || point == '\\';
      if (!must && chance.below(3) != 0) {
        out.append(s, i, size);
      } else if (point >= 0x10000) {
        escape(0xd800 + ((point - 0x10000) >> 10));
        escape(0xdc00 + ((point - 0x10000) & 0x3ff));
      } else {
        escape(point);
      }
      i += size;
    }
    out += '"';
  }

  void value(const json::value& v) {
    blank();
    if (const auto* s = v.if_string()) {
      string(*s);
    } else if (const auto* a = v.if_array()) {
      out += '[';
      for (std::size_t i = 0; i < a->size(); ++i) {
        if (i > 0) out += ',';
        value((*a)[i]);
      }
      blank();
      out += ']';
    } else if (const auto* o = v.if_object()) {
      out += '{';
      for (std::size_t i = 0; i < o->size(); ++i) {
        if (i > 0) out += ',';
        blank();
        string((*o)[i].first);
        blank();
        out += ':';
        value((*o)[i].second);
      }
      blank();
      out += '}';
    } else {
      out += json::write(v);
    }
    blank();
  }
};

json::value shuffled(json::value v, base::random& chance) {
  if (auto* a = v.if_array()) {
    for (auto& element : *a) element = shuffled(std::move(element), chance);
  } else if (auto* o = v.if_object()) {
    for (std::size_t i = o->size(); i > 1; --i) std::swap((*o)[i - 1], (*o)[chance.below(i)]);
    for (auto& member : *o) member.second = shuffled(std::move(member.second), chance);
  }
  return v;
}

/// One change that makes most texts wrong and some of them other texts.
void damage(std::string& text, base::random& chance) {
  static constexpr std::string_view bytes = "{}[]:,\"\\u0e-.1 tn\x80\xc3\xed\xff";
  const auto at = static_cast<std::size_t>(chance.below(text.size() + 1));
  switch (chance.below(5)) {
  case 0: text.resize(at); break;
  case 1: text.insert(at, 1, bytes[chance.below(bytes.size())]); break;
  case 2:
    if (at < text.size()) text.erase(at, 1 + chance.below(3));
    break;
  case 3:
    if (at < text.size()) text[at] = static_cast<char>(chance.below(256));
    break;
  default: text.insert(at, text.substr(chance.below(text.size() + 1), chance.below(20))); break;
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(round_trips) {
  std::size_t containers = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      base::random chance{seed};
      const auto document = random_value(chance, 5);
      if (document.if_array() != nullptr || document.if_object() != nullptr) ++containers;
      const auto text = json::write(document);
      const auto read = json::read(text);
      BOOST_REQUIRE_MESSAGE(std::holds_alternative<json::value>(read), text);
      BOOST_REQUIRE_MESSAGE(std::get<json::value>(read) == document, text);

      loose_writer loose{chance};
      loose.value(document);
      const auto again = json::read(loose.out);
      BOOST_REQUIRE_MESSAGE(std::holds_alternative<json::value>(again), loose.out);
      BOOST_REQUIRE_MESSAGE(std::get<json::value>(again) == document, loose.out);

      const auto canonical = json::write_canonical(document);
      BOOST_REQUIRE_EQUAL(json::write_canonical(shuffled(document, chance)), canonical);
      const auto canonical_read = json::read(canonical);
      BOOST_REQUIRE_MESSAGE(std::holds_alternative<json::value>(canonical_read), canonical);
      BOOST_REQUIRE_EQUAL(json::write(std::get<json::value>(canonical_read)), canonical);
    }
  }
  BOOST_TEST(containers > 500u); // the draw is not all scalars
}

BOOST_AUTO_TEST_CASE(damaged_texts_are_read_safely) {
  std::size_t refused = 0, accepted = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      base::random chance{seed};
      auto text = json::write(random_value(chance, 4));
      for (int change = 0; change < 4; ++change) {
        damage(text, chance);
        const auto read = json::read(text);
        if (const auto* f = std::get_if<json::fault>(&read)) {
          ++refused;
          BOOST_REQUIRE_LE(f->offset, text.size());
          BOOST_REQUIRE(!f->reason.empty());
          continue;
        }
        ++accepted;
        const auto& document = std::get<json::value>(read);
        const auto again = json::read(json::write(document));
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<json::value>(again), text);
        BOOST_REQUIRE_MESSAGE(std::get<json::value>(again) == document, text);
      }
    }
  }
  BOOST_TEST(refused > 1000u);
  BOOST_TEST(accepted > 300u);
}

BOOST_AUTO_TEST_SUITE_END()
