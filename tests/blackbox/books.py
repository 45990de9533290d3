"""One user with awkward books, made through the API; and what the API says of them."""
import json
import re
import urllib.parse
import uuid

import awkward
from client import Connection

MOST = 999_999_999_999_999  # centavos, of one amount and of a balance
DATES = ["2025-12-31", "2026-01-01", "2026-02-28", "2026-03-01T02:30:00Z", "2026-03-15"]


def centavos(text):
    """"-12.34 BRL" or "0" as an integer; never through a float."""
    found = re.fullmatch(r"(-?)(\d+)(?:\.(\d\d))?(?: BRL)?", text.strip())
    if not found:
        raise AssertionError(f"no amount: {text!r}")
    sign, whole, part = found.groups()
    return int(sign + whole + (part or "00"))


class Books:
    """A user and everything that was asked of the API for them."""

    def __init__(self, server, chance):
        self.server, self.chance = server, chance
        self.wire = Connection(server)
        self.email = f"Ana-{uuid.uuid4().hex[:8]}@example.org"
        made = self.ask("POST", "/api/auth/register", {
            "name": "Ana; de  Pix", "email": self.email, "password": "correct horse"}, key=None)
        self.wire.token, self.id = made["access_token"], made["user"]["id"]
        self.names = {}  # of accounts and categories, by id, as they were sent
        self.texts = {}  # descriptions of transactions, by id

    def ask(self, method, path, body=None, key="new", wanted=200):
        key = uuid.uuid4().hex if key == "new" else key
        content = json.dumps(body).encode() if body is not None else b""
        got = self.wire.exchange(method, path, content, key)
        if got.status != wanted:
            raise AssertionError(f"{method} {path} {body}: {got}")
        return json.loads(got.body)

    def post(self, account, category, kind, amount, text, **more):
        body = {"date": self.chance.choice(DATES), "account_id": account, "category_id": category,
                "type": kind, "amount_cents": amount, "description": text, **more}
        made = self.ask("POST", "/api/transactions", body)
        self.texts[made["id"]] = made["description"]
        return made["id"]

    def fill(self):
        """Awkward names and texts, amounts at the edges, edits and deletions of every kind."""
        chance = self.chance
        for name in awkward.NAMES:
            made = self.ask("POST", "/api/accounts", {
                "name": name, "type": chance.choice(["checking", "credit", "cash"]),
                "balance": chance.choice([0, 0.01, -12.34])})
        for name in awkward.NAMES[:12]:
            self.ask("POST", "/api/categories", {
                "name": name[:50], "type": chance.choice(["income", "expense"]),
                "color": "#ef4444", "icon": "🍕"})
        accounts = [a["id"] for a in self.ask("GET", "/api/accounts")]
        categories = [c["id"] for c in self.ask("GET", "/api/categories")]
        at_limit = categories.pop()  # its balance is the other side of the largest amount
        rich, edge, empty, closed = accounts[:4]
        self.post(edge, at_limit, "income", MOST, "o máximo; de uma vez")
        gone = self.post(edge, at_limit, "expense", MOST, "e tudo de volta")
        self.ask("DELETE", f"/api/transactions/{gone}")
        self.post(empty, categories[1], "expense", 1, "um centavo")
        self.post(rich, categories[0], "income", 100_000_000, "salário")
        posted = []
        for _ in range(60):
            tags = [awkward.text(chance, 50) for _ in range(chance.randint(0, 3))]
            posted.append(self.post(chance.choice(accounts[4:]), chance.choice(categories),
                                    chance.choice(["income", "expense"]),
                                    chance.randint(1, 99_999), awkward.text(chance, 200),
                                    tags=tags + chance.choice([[], ["date"], ["comida", "Type"]])))
        for _ in range(12):
            posted.append(self.post(rich, categories[2], "transfer", chance.randint(1, 5_000),
                                    awkward.text(chance, 100),
                                    to_account_id=chance.choice(accounts[4:])))
        self.ask("POST", "/api/transactions/batch", {"items": [
            {"date": "2026-03-15", "account_id": rich, "category_id": categories[0],
             "type": "income", "amount_cents": n, "description": f"lote {n}"}
            for n in range(1, 40)]})
        for one in chance.sample(posted, 30):
            self.ask("PUT", f"/api/transactions/{one}", chance.choice([
                {"amount_cents": chance.randint(1, 9_999)}, {"date": "2026-02-01"},
                {"description": awkward.text(chance, 100)}, {"category_id": categories[3]},
                {"tags": ["depois"]}]))
        for one in posted[:16]:
            self.ask("DELETE", f"/api/transactions/{one}")
        for one in posted[:5]:
            self.ask("POST", f"/api/transactions/{one}/restore")
        self.ask("PUT", f"/api/accounts/{accounts[5]}", {"balance": 77.77})
        self.ask("PUT", f"/api/accounts/{accounts[6]}", {"type": "credit", "name": "trocada\n"})
        self.ask("DELETE", f"/api/categories/{categories[4]}")
        self.post(closed, categories[0], "income", 5, "antes de fechar")
        self.ask("DELETE", f"/api/accounts/{closed}")

    def balances(self, **query):
        """Centavos of all accounts, closed ones too, as the API says them."""
        asked = urllib.parse.urlencode(query)
        found = {}
        for account in self.accounts():
            answer = self.ask("GET", f"/api/accounts/{account}" + (f"/balance?{asked}" if query
                                                                     else ""))
            found[account] = centavos(answer["balance_str"])
        return found

    def accounts(self):
        return list(self.names)

    def learn(self, lines):
        """Ids, names and texts from the user's own JSON lines."""
        self.names = {r["id"]: r["name"] for r in lines if r["kind"] == "account"
                      and r["role"] == "money"}
        self.all_names = {r["id"]: r["name"] for r in lines if r["kind"] == "account"}
        self.texts = {r["id"]: r["description"] for r in lines if r["kind"] == "transaction"}
