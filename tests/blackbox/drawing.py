"""Draws values for a schema: valid ones up to its edges, and ones that break exactly one rule."""
import copy
import datetime
import json

ODD_TEXTS = ["ação", "日本語", "🎮🍕", "e\u0301tude", "\u202eabc", "\ufeffx", "𝕏", "a\u200bb",
             "<script>", "' or 1=1 --", "%s%n", "../../etc", "null", "\\u0041", "ß" * 7, "Ω\tΩ",
             "linha\nlinha", "\U0010ffff", "=1+1", "#"]
HUGE = [10**15, 2**53, 2**63 - 1, 2**63, 10**30, -10**15, -2**63, -10**30, 10**308]
WRONG = [None, True, "texto", "12", 7, -1, 1.5, [], [1], {}, {"a": 1}]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 áéíõç_-."
PRINTABLE = "".join(chr(c) for c in range(0x21, 0x7f))
MAX_TEXT = 300  # of what has no bound of its own


class Drawer:
    """`chance`: random.Random; `ids(kind)`: an id of that kind of resource, or of none; `emails()`:
    those of users that are there."""

    def __init__(self, document, chance, ids, emails):
        self.document, self.chance, self.ids, self.emails = document, chance, ids, emails

    def often(self, share):
        return self.chance.random() < share

    # -- valid ------------------------------------------------------------------------------------

    def value(self, schema):
        told = self.document.resolved(schema)
        if "x-resource" in told and (told.get("type") == "string" or self.often(0.8)):
            return self.ids(told["x-resource"])
        if "anyOf" in told:
            branches = [b for b in told["anyOf"] if b.get("type") != "null"]
            if len(branches) < len(told["anyOf"]) and self.often(0.15):
                return None
            return self.value(self.chance.choice(branches))
        if "const" in told:
            return told["const"]
        if "enum" in told:
            return self.chance.choice(told["enum"])
        types = told.get("type", "string")
        if isinstance(types, list):
            types = self.chance.choice([t for t in types if t != "null"]
                                       if not self.often(0.15) else types)
        return getattr(self, f"a_{types}")(told)

    def a_null(self, _told):
        return None

    def a_boolean(self, _told):
        return self.often(0.5)

    def a_integer(self, told):
        least, most = told.get("minimum", -10**6), told.get("maximum", 10**6)
        near = [least, least + 1, most, most - 1, 0, 1, 100, 12345]
        number = self.chance.choice(near) if self.often(0.3) else self.chance.randint(
            least, min(most, max(least, 0) + 10**self.chance.randint(1, 7)))
        number = min(max(number, least), most)
        return number if number != told.get("not", {}).get("const") else most

    def a_number(self, told):
        if self.often(0.2):
            return self.chance.choice([told["minimum"], told["maximum"], 0, -0.0, 1e3, 0.005])
        return self.chance.randint(-10**6, 10**9) / 100

    def a_array(self, told):
        least, most = told.get("minItems", 0), told.get("maxItems", 5)
        size = most if self.often(0.05) else self.chance.randint(least, max(least, min(most, 4)))
        return [self.value(told["items"]) for _ in range(size)]

    def a_object(self, told):
        made = {}
        for key, inner in told.get("properties", {}).items():
            if key in told.get("required", []) or self.often(0.5):
                made[key] = self.value(inner)
        if self.often(0.05) and told.get("additionalProperties", True):
            made[f"desconhecido_{self.chance.randint(1, 9)}"] = self.chance.choice(WRONG)
        return made

    def a_string(self, told):
        if told.get("x-date") or told.get("format") in ("date", "date-time"):
            return self.date()
        if told.get("x-cursor"):
            return self.ids("cursor")
        form = FORMATS.get(told.get("format")) or SPECIAL.get(told.get("pattern"))
        if form:
            return form(self, told)
        return self.text(told)

    def date(self):
        day = datetime.date(1900, 1, 2) + datetime.timedelta(days=self.chance.randint(0, 109_000))
        if self.often(0.8):  # what people do: about now
            day = datetime.date.today() - datetime.timedelta(days=self.chance.randint(-400, 400))
        form = self.chance.choice(["", "", "T12:30:00Z", "T23:59:59.999999", " 10:00:00",
                                   "T00:00:00-03:00", "T08:15:00+05:30"])
        return f"{day.isoformat()}{form}"

    def text(self, told, letters=LETTERS):
        least = told.get("minLength", 0)
        most = min(told.get("maxLength", MAX_TEXT), MAX_TEXT)
        size = self.chance.choice([least, most]) if self.often(0.15) else self.chance.randint(
            least, min(most, max(least, 0) + 30))
        made = "".join(self.chance.choice(letters) for _ in range(size))
        if letters is LETTERS and self.often(0.2):
            made = (self.chance.choice(ODD_TEXTS) + made)[:size]
        # The server trims some texts: white space at the ends would not count.
        made = "".join("x" if c.isspace() and i in (0, size - 1) else c
                       for i, c in enumerate(made))
        blank = not any(c in PRINTABLE for c in made)
        return made[:-1] + "x" if blank and made else made

    def email(self, _told):
        if self.often(0.3):
            return self.chance.choice(self.emails())
        return f"u{self.chance.randint(0, 10**9)}@{self.chance.choice(['example.com', 'a-b.org'])}"

    def color(self, _told):
        return "#" + "".join(self.chance.choice("0123456789abcdefABCDEF") for _ in range(6))

    def reais(self, _told):
        return self.chance.choice(["0", "10", "-10.00", "+7.5", ".5", "1e3", "12.345", " 3.10 ",
                                   "9999999999999.99", "0.005", "1E-2"])

    def person(self, _told):
        size = self.chance.choice([2, 100, self.chance.randint(3, 40)])
        return "".join(self.chance.choice("abcdeáçõ日") for _ in range(size))

    def month(self, _told):
        return f"{self.chance.randint(2020, 2025)}-{self.chance.randint(1, 12):02}"

    def printable(self, told):
        return self.text({"minLength": 1, "maxLength": told.get("maxLength", 64)}, PRINTABLE)

    # -- broken -----------------------------------------------------------------------------------

    def broken(self, value, schema):
        """A copy that breaks one rule, or None when none was found in a few tries."""
        for _ in range(8):
            bad = self.spoiled(copy.deepcopy(value), schema)
            if not self.document.is_valid(json.loads(json.dumps(bad)), schema):
                return bad
        return None

    def spoiled(self, value, schema):
        told = self.document.resolved(schema)
        if isinstance(value, dict) and told.get("properties") and self.often(0.95):
            required = [k for k in told.get("required", []) if k in value]
            if required and self.often(0.25):
                del value[self.chance.choice(required)]
                return value
            known = [k for k, inner in told["properties"].items() if always_judged(inner)]
            if known:
                key = self.chance.choice(known)
                inner = told["properties"][key]
                value[key] = self.spoiled(value.get(key, self.value(inner)), inner)
            return value
        if isinstance(value, list) and value and self.often(0.6) and "items" in told:
            at = self.chance.randrange(len(value))
            value[at] = self.spoiled(value[at], told["items"])
            return value
        return self.chance.choice([
            self.chance.choice(WRONG), self.chance.choice(HUGE), "x" * 20_000, "   ", "",
            told.get("minimum", 0) - 1, told.get("maximum", 0) + 1,
            [value] * (told.get("maxItems", 10) + 1), "ontem", "2026-02-30", "1899-12-31",
            "x" * (told.get("maxLength", 100) + 1)])

    def broken_text(self, whole):
        """A body that is no JSON object at all."""
        return self.chance.choice([
            b"", b" ", b"{", b"[]", b"null", b"7", b'"texto"', b"NaN", whole[:-1], whole + b"}",
            b"\xff\xfe{}", b'{"name": "\\ud800"}', b'{"name": "a\\u0000b"}', b'{"a":' * 80,
            b"[" * 1000, b"{'name': 1}", b'{"amount_cents": 1e999}', b'{"a": 01}'])


def always_judged(schema):
    """Neither fails a broken item alone, nor does another member say whether it is looked at."""
    return not schema.get("items", {}).get("x-judged-alone") and not schema.get("x-conditional")


# Patterns that only a special form satisfies. Every other one is met by any text with a letter.
SPECIAL = {
    r"^#[0-9A-Fa-f]{6}$": Drawer.color,
    "^[^<>\"']+$": Drawer.person,
    r"^[ -~]{1,64}$": Drawer.printable,
    r"^[0-9]{4}-(0[1-9]|1[0-2])$": Drawer.month,
    r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$": Drawer.reais,
}
FORMATS = {"email": Drawer.email}
