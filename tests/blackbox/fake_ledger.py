"""A small ledger with its history, correct by construction: what the mutants are made of."""
import json

from chain import hash_of
from history import Attempt, Operation
from model import created, edited, effect, negated

WALLET, SAVINGS, FOOD = "wallet", "savings", "food"
POST, BATCH = "/api/transactions", "/api/transactions/batch"
REFUSED = {"code": "TX_INSUFFICIENT_BALANCE", "request_id": "r"}


class Fake:
    """A ledger of one user and one shard, correct by construction, with its history."""

    def __init__(self):
        self.now, self.operations = 100.0, []
        self.tables = {name: [] for name in ("transactions", "ledger_commits", "ledger_entries",
                                             "idempotency")}
        self.tables["users"] = [{"id": "u", "email": "u@example.org"}]
        self.tables["accounts"] = [
            {"id": a, "user_id": "u", "role": "category" if a == FOOD else "money", "name": a,
             "floor": -5000 if a == WALLET else None, "active": 1}
            for a in (WALLET, SAVINGS, FOOD)]
        self.balances = {a["id"]: [0, 0] for a in self.tables["accounts"]}
        self.tables["balances"] = []

    # -- ledger -----------------------------------------------------------------------------------

    def commit(self, *postings):
        """Postings: ({(account, transaction): amount}, reversal)."""
        commits = self.tables["ledger_commits"]
        record = {"shard": 3, "seq": len(commits) + 1, "epoch": 1, "node": "n",
                  "prev_hash": commits[-1]["hash"] if commits else "00" * 32,
                  "booked_at": 1000 + len(commits)}
        entries = []
        for posting, (amounts, reversal) in enumerate(postings):
            for (account, transaction), amount in amounts.items():
                balance = self.balances[account]
                balance[0] += amount
                balance[1] += 1
                entries.append({
                    "account_id": account, "version": balance[1], "amount": amount,
                    "balance_after": balance[0], "transaction_id": transaction,
                    "posting": posting, "reversal": reversal, "effective_day": 9, "shard": 3,
                    "seq": record["seq"], "position": len(entries),
                    "booked_at": record["booked_at"]})
        record["entries"], record["hash"] = len(entries), hash_of(record, entries)
        commits.append(record)
        self.tables["ledger_entries"] += entries
        self.tables["balances"] = [{"account_id": a, "balance": b, "version": v}
                                   for a, (b, v) in self.balances.items()]

    def rows(self, legs, marks, deleted=None):
        ids = {leg.transaction for leg in legs}
        self.tables["transactions"] = \
            [t for t in self.tables["transactions"] if t["id"] not in ids] + [
                {"id": leg.transaction, "user_id": "u", "account_id": leg.account,
                 "category_id": leg.category, "type": leg.kind, "direction": leg.direction,
                 "amount": leg.amount, "description": mark, "deleted_at": deleted,
                 "partner_id": next((o.transaction for o in legs if o is not leg), None)}
                for leg, mark in zip(legs, marks)]

    # -- operations -------------------------------------------------------------------------------

    def operation(self, kind, method, path, body):
        number = len(self.operations) + 1
        op = Operation(number, "u", "u.0", kind, method, path, body, f"key-{number}")
        self.operations.append(op)
        return op

    def answer(self, op, status, body, stored=True, answered=True):
        raw = json.dumps(body).encode()
        attempt = Attempt(begin=self.now, end=self.now + 1)
        if answered:
            attempt.status, attempt.body = status, raw
        op.attempts.append(attempt)
        op.closed = True
        self.now += 2
        if stored:
            self.tables["idempotency"].append(
                {"user_id": "u", "endpoint": op.endpoint, "scope_key": op.key, "status": status,
                 "body": raw.decode()})

    def create(self, kind="income", amount=200, answered=True):
        op = self.operation("create", "POST", POST, None)
        op.body = {"type": kind, "account_id": WALLET, "category_id": FOOD, "amount_cents": amount,
                   "description": f"op{op.number}", "to_account_id": SAVINGS}
        ids = [f"t{op.number}", f"t{op.number}b"]
        legs = created(op.body, ids)
        self.commit((effect(legs), 0))
        self.rows(legs, [f"op{op.number}", f"op{op.number} ← wallet"])
        self.answer(op, 200, {"id": ids[0]}, answered=answered)
        return legs

    def edit(self, legs):
        op = self.operation("edit", "PUT", f"{POST}/{legs[0].transaction}", None)
        op.path = f"{POST}/{legs[0].transaction}"
        op.body = {"amount_cents": 2 * op.number + 1}
        after = edited(legs, op.body, legs[0].transaction)
        self.commit((negated(effect(legs)), 1), (effect(after), 0))
        self.rows(after, self.marks(after))
        self.answer(op, 200, {"id": legs[0].transaction})
        return after

    def delete(self, legs):
        op = self.operation("delete", "DELETE", f"{POST}/{legs[0].transaction}", None)
        self.commit((negated(effect(legs)), 1))
        self.rows(legs, self.marks(legs), deleted=7)
        self.answer(op, 200, {"message": "x"})

    def marks(self, legs):
        return [t["description"] for leg in legs for t in self.tables["transactions"]
                if t["id"] == leg.transaction]

    def batch(self):
        op = self.operation("batch", "POST", BATCH, None)
        items = [{"type": "income", "account_id": WALLET, "category_id": FOOD, "amount_cents": a,
                  "description": f"op{op.number}.{i}"} for i, a in enumerate((20, 40, 0))]
        op.body = {"atomic": False, "items": items}
        legs = [created(item, [f"t{op.number}.{i}"]) for i, item in enumerate(items[:2])]
        self.commit(*((effect(made), 0) for made in legs))
        for i, made in enumerate(legs):
            self.rows(made, [f"op{op.number}.{i}"])
        results = [{"status": 200, "transaction": {"id": m[0].transaction}} for m in legs]
        self.answer(op, 200, {"results": results + [{"status": 422, "transaction": None}]})

    def account(self):
        """An account with an opening balance, against an equity account."""
        op = self.operation("account", "POST", "/api/accounts", None)
        op.body = {"name": f"op{op.number}", "type": "cash", "balance": 7}
        for account, role in ((f"a{op.number}", "money"), (f"e{op.number}", "opening")):
            self.tables["accounts"].append({"id": account, "user_id": "u", "role": role,
                                            "name": f"op{op.number}", "floor": None, "active": 1})
            self.balances[account] = [0, 0]
        opening = f"o{op.number}"
        self.tables["transactions"].append(
            {"id": opening, "user_id": "u", "account_id": f"a{op.number}", "type": "opening",
             "category_id": f"e{op.number}", "direction": 1, "amount": 700, "description": "x",
             "partner_id": None, "deleted_at": None})
        self.commit(({(f"a{op.number}", opening): 700, (f"e{op.number}", opening): -700}, 0))
        self.answer(op, 200, {"id": f"a{op.number}"})

    def adjust(self):
        op = self.operation("adjust", "PUT", f"/api/accounts/{WALLET}", None)
        op.body = {"balance": f"{10 * op.number + 1}.37"}
        target = 1000 * op.number + 137
        amount, name = target - self.balances[WALLET][0], f"adjusting{op.number}"
        self.tables["transactions"].append(
            {"id": name, "user_id": "u", "account_id": WALLET, "type": "adjustment",
             "category_id": "e12", "direction": 1, "amount": amount, "description": "x",
             "partner_id": None, "deleted_at": None})
        self.commit(({(WALLET, name): amount, ("e12", name): -amount}, 0))
        self.answer(op, 200, {"id": WALLET})

    def refused(self):
        op = self.operation("create", "POST", POST, None)
        op.body = {"type": "expense", "account_id": WALLET, "category_id": FOOD,
                   "amount_cents": 10 ** 9, "description": f"op{op.number}"}
        self.answer(op, 422, REFUSED)

    def absent(self):
        """Answered with 503 and given up; and one whose connection was cut before it was done."""
        for status in (503, None):
            op = self.operation("create", "POST", POST, None)
            op.body = {"type": "income", "account_id": WALLET, "category_id": FOOD,
                       "amount_cents": 6, "description": f"op{op.number}"}
            self.answer(op, status, {"code": "OVERLOADED"}, stored=False,
                        answered=status is not None)


def sound():
    """Every kind of operation; numbers: 1 income, 2 transfer, 3 expense, 4 and 5 edits, 6 delete,
    7 batch, 8 refused, 9 unknown and done, 10 not taken, 11 unknown and not done, 12 account,
    13 adjustment of a balance."""
    fake = Fake()
    income, transfer = fake.create(), fake.create("transfer", 60)
    expense = fake.create("expense", 80)
    fake.edit(income)
    fake.edit(transfer)
    fake.delete(expense)
    fake.batch()
    fake.refused()
    fake.create(answered=False)
    fake.absent()
    fake.account()
    fake.adjust()
    return fake


def reseal(fake):
    """A forger who knows the chain: only the rules themselves can find what was done."""
    head = "00" * 32
    for record in fake.tables["ledger_commits"]:
        entries = sorted((e for e in fake.tables["ledger_entries"] if e["seq"] == record["seq"]),
                         key=lambda e: e["position"])
        for position, entry in enumerate(entries):
            entry["position"] = position
        record["entries"], record["prev_hash"] = len(entries), head
        head = record["hash"] = hash_of(record, entries)


def renumber(fake):
    """Versions and balances follow the entries, so that only the history can tell."""
    balances = {b["account_id"]: b for b in fake.tables["balances"]}
    for account, row in balances.items():
        balance = version = 0
        for entry in fake.tables["ledger_entries"]:
            if entry["account_id"] == account:
                version, balance = version + 1, balance + entry["amount"]
                entry["version"], entry["balance_after"] = version, balance
        row["balance"], row["version"] = balance, version
    reseal(fake)
