"""One client's session, drawn by seed, in which nothing depends on the ids that a server gives.

Ids, cursors, keys and instants differ from run to run; `Names` replaces them by their number in the
order of their first appearance, so that two runs of one seed can be compared to the letter."""
import json
import re
import urllib.parse

import awkward
from client import Connection

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Openings and adjustments are dated by the clock, and nothing else has a fraction of a second.
BY_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
# What tells of the moment, the request or the commit; its absence (null) is compared.
MOMENTS = {"created_at", "updated_at", "deleted_at", "booked_at", "expires_at", "ended_at",
           "request_id", "access_token", "commit", "at"}
DATES = ["2025-12-31", "2026-01-01", "2026-01-31T23:59:59-03:00", "2026-02-28",
         "2026-03-01T02:30:00Z", "2026-03-01T03:00:00Z", "2026-03-15", "2024-02-29"]
MOST = 999_999_999_999_999
WORDS = ["Açaí", "CAFÉ", "café", "Ônibus", "ÔNIBUS", "straße", "œuvre", "ĲSSEL", "mercado", "100%",
         "a_b", "Ünïcode", "İstanbul", "ΣΊΣΥΦΟΣ", "ЁЛКА"]


class Names:
    def __init__(self):
        self.known = {}

    def of(self, found):
        return self.known.setdefault(found, f"#{len(self.known)}")

    def plain(self, value, under=None):
        """The value as it would read in any run of the same seed."""
        if under in MOMENTS and value is not None:
            return "~"
        if isinstance(value, dict):
            return {self.plain(k): self.plain(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.plain(v) for v in value]
        if isinstance(value, str):
            return BY_CLOCK.sub("~", ID.sub(lambda found: self.of(found[0]), value))
        return value


class Session:
    """A user and what they ask; `answers` is all of it, plain. Never asks two things at once."""

    def __init__(self, server, chance):
        self.wire, self.chance = Connection(server), chance
        self.names, self.answers = Names(), []
        self.keys, self.sent = 0, []  # requests with a key and how they were answered
        self.accounts, self.categories, self.transactions, self.holds = [], [], [], []
        made = self.ask("POST", "/api/auth/register", {
            "name": "Ana; de  Pix", "email": "ana@example.org", "password": "correct horse"},
            keyed=False)
        self.wire.token = made["access_token"]
        self.accounts = [a["id"] for a in self.ask("GET", "/api/accounts")]
        self.categories = [c["id"] for c in self.ask("GET", "/api/categories")]

    def ask(self, method, path, body=None, keyed=True, key=None):
        """The answer, parsed. Whatever the server says is noted, refusals too."""
        content = json.dumps(body).encode() if body is not None else b""
        if keyed and method != "GET" and key is None:
            self.keys += 1
            key = f"session-{self.keys}"
        got = self.wire.exchange(method, path, content, key)
        if got.status is None or got.status >= 500:
            raise AssertionError(f"{method} {path} {body}: {got}")
        answer = json.loads(got.body)
        if key is not None:
            self.sent.append((method, path, body, key, got.status, got.body))
        self.answers.append((method, self.names.plain(path), got.status,
                             got.headers.get("Idempotent-Replayed"),
                             "X-Next-Cursor" in got.headers, self.names.plain(answer)))
        self.cursor = got.headers.get("X-Next-Cursor")
        return answer if got.status == 200 else {}

    # -- one step ---------------------------------------------------------------------------------

    def step(self):
        kinds = {self.post: 26, self.transfer: 12, self.edit: 12, self.delete: 7, self.restore: 4,
                 self.batch: 5, self.delete_some: 2, self.new_account: 4, self.change_account: 5,
                 self.close_account: 1, self.new_category: 2, self.change_category: 2,
                 self.archive_category: 1, self.legs: 6, self.hold: 7, self.end_hold: 6,
                 self.again: 6, self.other_under_key: 2, self.wrong: 5, self.search: 6}
        self.chance.choices(list(kinds), list(kinds.values()))[0]()

    def pick(self, some):
        """Mostly one of them, sometimes what is none."""
        if not some or self.chance.random() < 0.02:
            return "no-such-id"
        return self.chance.choice(some)

    def words(self):
        text = awkward.text(self.chance, 60)
        return f"{self.chance.choice(WORDS)} {text}" if self.chance.random() < 0.4 else text

    def body(self, **more):
        chance = self.chance
        amount = chance.choice([1, 99, 100, 12_345, 700_000, MOST if chance.random() < 0.05 else 7])
        return {"date": chance.choice(DATES), "account_id": self.pick(self.accounts),
                "category_id": self.pick(self.categories), "amount_cents": amount,
                "type": chance.choice(["income", "income", "expense"]),
                "description": self.words(),
                "tags": [chance.choice(["comida", "Comida", "viagem", "é"])
                         for _ in range(chance.randint(0, 2))], **more}

    def took(self, made):
        if "id" in made:
            self.transactions += [t for t in (made["id"], made.get("transfer_transaction_id")) if t]

    def post(self):
        self.took(self.ask("POST", "/api/transactions", self.body()))

    def transfer(self):
        self.took(self.ask("POST", "/api/transactions", self.body(
            type="transfer", to_account_id=self.pick(self.accounts))))

    def edit(self):
        change = self.chance.choice([
            {"amount_cents": self.chance.randint(1, 99_999)}, {"date": self.chance.choice(DATES)},
            {"description": self.words()}, {"category_id": self.pick(self.categories)},
            {"account_id": self.pick(self.accounts)}, {"tags": ["depois"]}, {"type": "income"},
            {"amount_cents": None}])
        self.ask("PUT", f"/api/transactions/{self.pick(self.transactions)}", change)

    def delete(self):
        self.ask("DELETE", f"/api/transactions/{self.pick(self.transactions)}")

    def restore(self):
        self.ask("POST", f"/api/transactions/{self.pick(self.transactions)}/restore")

    def legs(self):
        """Two to five legs that mostly sum to zero."""
        chance, legs = self.chance, []
        for _ in range(chance.randint(1, 4)):
            kind = chance.choice(["account", "account", "category"])
            of = self.accounts if kind == "account" else self.categories
            legs.append({f"{kind}_id": self.pick(of),
                         "amount_cents": chance.choice([-1, 1]) * chance.randint(1, 50_000)})
        rest = -sum(leg["amount_cents"] for leg in legs)
        legs.append({"account_id": self.pick(self.accounts),
                     "amount_cents": rest + (chance.random() < 0.05)})
        made = self.ask("POST", "/api/postings", {
            "date": chance.choice(DATES), "description": self.words(), "legs": legs,
            **({"category_id": self.pick(self.categories)} if chance.random() < 0.5 else {})})
        for one in made.get("transactions", []):
            self.took(one)

    def hold(self):
        made = self.ask("POST", f"/api/accounts/{self.pick(self.accounts)}/holds", {
            "amount_cents": self.chance.choice([1, 500, 12_345, 900_000]),
            "description": self.words(),
            **({"expires_at": self.chance.choice(["2099-12-31", "2020-01-01"])}
               if self.chance.random() < 0.3 else {})})
        if "id" in made:
            self.holds.append(made["id"])

    def end_hold(self):
        chance, path = self.chance, f"/api/holds/{self.pick(self.holds)}"
        if chance.random() < 0.3:
            self.ask("POST", f"{path}/void", {})
            return
        body = {"category_id": self.pick(self.categories), "date": chance.choice(DATES)}
        if chance.random() < 0.4:
            body["amount_cents"] = chance.choice([1, 499, 20_000])
        if chance.random() < 0.3:
            body["to_account_id"] = self.pick(self.accounts)
        self.took(self.ask("POST", f"{path}/post", body).get("transaction") or {})

    def delete_some(self):
        self.ask("DELETE", "/api/transactions", {
            "ids": [self.pick(self.transactions) for _ in range(self.chance.randint(1, 6))]})

    def batch(self):
        items = []
        for _ in range(self.chance.randint(1, 12)):
            item = self.body()
            if self.chance.random() < 0.2:
                item.update(type="transfer", to_account_id=self.pick(self.accounts))
            items.append(item)
        made = self.ask("POST", "/api/transactions/batch", {
            "items": items, "atomic": self.chance.random() < 0.3})
        for one in made.get("results", []):
            self.took(one.get("transaction") or {})

    def new_account(self):
        made = self.ask("POST", "/api/accounts", {
            "name": self.chance.choice(awkward.NAMES), "type": self.chance.choice(
                ["checking", "credit", "savings", "none"]),
            "balance": self.chance.choice([0, 0.01, -12.34, "1e3", 5000]),
            "floor": self.chance.choice([None, None, 0, -100.5, 50]),
            "ceiling": self.chance.choice([None, None, None, 20_000, 0])})
        if "id" in made:
            self.accounts.append(made["id"])

    def change_account(self):
        self.ask("PUT", f"/api/accounts/{self.pick(self.accounts)}", self.chance.choice([
            {"balance": 77.77}, {"balance": "-0.01"}, {"name": self.words()}, {"floor": -5000},
            {"floor": None}, {"type": "credit"}, {"name": None}, {"ceiling": 9_000.5},
            {"ceiling": None}, {"credit_limit": 1_500}, {"floor": 10, "ceiling": "20"}]))

    def close_account(self):
        self.ask("DELETE", f"/api/accounts/{self.pick(self.accounts[4:])}")

    def new_category(self):
        made = self.ask("POST", "/api/categories", {
            "name": self.words()[:50], "type": self.chance.choice(["income", "expense", "x"]),
            "color": "#ef4444", "icon": "🍕"})
        if "id" in made:
            self.categories.append(made["id"])

    def change_category(self):
        self.ask("PUT", f"/api/categories/{self.pick(self.categories)}",
                 self.chance.choice([{"name": self.words()[:50]}, {"color": "#12ab9F"},
                                     {"type": "income"}, {"color": "red"}]))

    def archive_category(self):
        self.ask("DELETE", f"/api/categories/{self.pick(self.categories[15:])}")

    def again(self):
        """A former request under its key, also one from before a move: a 200 comes to the byte."""
        if not self.sent:
            return
        method, path, body, key, status, content = self.chance.choice(self.sent)
        self.ask(method, path, body, key=key)
        self.sent.pop()
        if status == 200:
            got = self.wire.exchange(method, path,
                                     json.dumps(body).encode() if body is not None else b"", key)
            if (got.status, got.body) != (status, content):
                raise AssertionError(f"{method} {path} under {key}: {content!r}, now {got}")

    def other_under_key(self):
        if self.sent:
            method, path, _, key, _, _ = self.chance.choice(self.sent)
            self.ask(method, path, {"name": "outra", "amount_cents": 3}, key=key)
            self.sent.pop()

    def wrong(self):
        """Bodies and queries that are refused, each with its own words."""
        chance = self.chance
        self.ask("POST", "/api/transactions", self.body(**chance.choice([
            {"amount_cents": 0}, {"amount_cents": "700"}, {"amount_cents": MOST + 1},
            {"date": "2026-02-30"}, {"description": " \t"}, {"description": "a\u0000b"},
            {"tags": ["x"] * 11}, {"type": "gift"}, {"type": "transfer"}, {"account_id": None}])))
        self.ask("GET", "/api/transactions?" + chance.choice(
            ["limit=101", "cursor=!!", "start_date=x", "type_filter=gift", "skip=-1"]))

    def search(self):
        chance = self.chance
        query = {"limit": chance.choice([3, 20, 100])}
        if chance.random() < 0.7:
            query["q"] = chance.choice(WORDS + awkward.PIECES).swapcase()
        for name, value in (("tag", "comida"), ("account_id", self.pick(self.accounts)),
                            ("category_id", self.pick(self.categories)),
                            ("start_date", "2026-01-01"), ("end_date", "2026-02-28"),
                            ("include_deleted", "true"), ("include_system", "true"),
                            ("type", "transfer"), ("count", "true")):
            if chance.random() < 0.2:
                query[name] = value
        self.pages(f"/api/transactions?{urllib.parse.urlencode(query)}", 4)

    def pages(self, path, most):
        for _ in range(most):
            self.ask("GET", path)
            if not self.cursor:
                return
            path = re.sub(r"&cursor=.*", "", path) + f"&cursor={urllib.parse.quote(self.cursor)}"

    # -- everything that can be asked -------------------------------------------------------------

    def look(self):
        """All lists, entries and balances."""
        self.ask("GET", "/api/accounts")
        self.ask("GET", "/api/categories")
        self.ask("GET", "/api/tags")
        self.pages("/api/transactions?limit=100&include_deleted=true&include_system=true", 99)
        for account in self.accounts:
            self.ask("GET", f"/api/accounts/{account}")
            self.ask("GET", f"/api/accounts/{account}/entries?limit=500&order=asc")
            self.ask("GET", f"/api/accounts/{account}/holds?limit=100")
            for day in ("2024-02-29", "2025-12-31", "2026-02-28", "2026-03-01"):
                self.ask("GET", f"/api/accounts/{account}/balance?at={day}&basis=effective")
        for one in self.chance.sample(self.transactions, min(15, len(self.transactions))):
            self.ask("GET", f"/api/transactions/{one}")
            self.ask("GET", f"/api/transactions/{one}/entries")
        for month in (12, 1, 2, 3):
            year = 2025 if month == 12 else 2026
            self.ask("GET", f"/api/transactions/summary/monthly?year={year}&month={month}")
        for number in self.chance.sample(range(1, self.keys + 1), 10):
            self.ask("GET", f"/api/idempotency/session-{number}")
