"""One client of one user: draws operations from its seed, performs them, believes nothing."""
import json
import threading
import uuid

from client import Caller, Connection

DATE = "2026-03-15"
UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"

# kind: weight
MIX = {"income": 14, "expense": 14, "transfer": 18, "too_much": 8, "edit": 11, "delete": 6,
       "delete_many": 4, "batch": 6, "atomic": 3, "twins": 6, "hang_up": 4, "other_body": 4,
       "account": 1, "adjust": 3, "closed": 2, "read": 8}
GIVES_UP = 0.06


class Customer(threading.Thread):
    def __init__(self, world, user, index, chance):
        super().__init__(name=f"{user.name}.{index}", daemon=True)
        self.world, self.user, self.chance = world, user, chance
        self.caller = Caller(world.history, Connection(world.server, user.token), chance)
        self.second = Connection(world.server, user.token)  # for the same key twice at once
        self.seen = {}  # account: the highest version seen, P8

    def run(self):
        kinds, weights = list(MIX), list(MIX.values())
        while self.world.gate.enter():
            try:
                kind = self.chance.choices(kinds, weights)[0]
                getattr(self, f"do_{kind}")()
            except Exception as why:  # the harness itself must not die silently
                self.fault("harness", f"{self.name}: {type(why).__name__}: {why}")
            finally:
                self.world.gate.leave()

    # -- words ------------------------------------------------------------------------------------

    def fault(self, name, text):
        self.world.history.fault(name, text)

    def account(self):
        """The first account is the hot one."""
        user = self.user
        if self.chance.random() < 0.5:
            return user.accounts[0]
        return self.chance.choice(user.accounts + user.floored)

    def body(self, kind, mark, amount=None, account=None):
        # Even: an edit's amount is odd and says which edit it was.
        amount = amount or 2 * self.chance.randint(1, 2000)
        body = {"date": DATE, "account_id": account or self.account(),
                "category_id": self.chance.choice(self.user.categories), "type": kind,
                "amount_cents": amount, "description": mark}
        if kind == "transfer":
            others = [a for a in self.user.accounts + self.user.floored
                      if a != body["account_id"]]
            body["to_account_id"] = self.chance.choice(others)
        return body

    def operation(self, kind, method, path, body=None):
        return self.world.operation(self.user, self.name, kind, method, path, body)

    def create(self, kind, **more):
        op = self.operation("create", "POST", "/api/transactions")
        op.body = self.body(kind, f"op{op.number}", **more)
        return op

    def perform(self, op):
        return self.caller.perform(op, GIVES_UP)

    def done(self, op, answer):
        """An acknowledged create: read it back (P8), then let others know it."""
        if answer is None or answer.status != 200:
            return
        made = json.loads(answer.body)
        if self.chance.random() < 0.2:
            self.read_back(op, made)
        self.user.learn(made)

    def read_back(self, op, made):
        status, found = self.caller.read(f"/api/transactions/{made['id']}")
        if found != made:
            self.fault("read your writes", f"op{op.number}: acknowledged {made}, read {status} "
                       f"{found}")
        self.look_at(made["account_id"], op)

    def look_at(self, account, op=None):
        """Versions only grow, and grow by what this client was told is done."""
        status, found = self.caller.read(f"/api/accounts/{account}")
        if status != 200:
            self.fault("read your writes", f"account {account}: {status}")
            return
        before = self.seen.get(account, 0)
        if found["version"] < before + (1 if op else 0):
            why = f"after op{op.number}" if op else "by a later read"
            self.fault("back in time", f"account {account}: version {before}, then "
                       f"{found['version']} {why}")
        self.seen[account] = max(before, found["version"])

    # -- kinds ------------------------------------------------------------------------------------

    def do_income(self):
        op = self.create("income")
        self.done(op, self.perform(op))

    def do_expense(self):
        op = self.create("expense")
        self.done(op, self.perform(op))

    def do_transfer(self):
        op = self.create("transfer")
        self.done(op, self.perform(op))

    def do_too_much(self):
        """Around what is there: sometimes exactly, sometimes two centavos more."""
        account = self.chance.choice(self.user.floored)
        _, found = self.caller.read(f"/api/accounts/{account}")
        cents = round(float(found["available_str"]) * 100)
        kind = self.chance.choice(["expense", "transfer"])
        floor = round(float(found["floor"] or 0) * 100)
        room = cents - (max(0, floor) if kind == "transfer" else floor)
        room -= room % 2
        amount = max(2, room + self.chance.choice([0, 0, 2, 100_000]))
        op = self.create(kind, account=account, amount=amount)
        self.done(op, self.perform(op))

    def do_closed(self):
        closed = self.chance.choice(self.user.closed)
        op = self.create("income", account=closed)
        answer = self.perform(op)
        if answer is not None and answer.code != "TX_ACCOUNT_CLOSED":
            self.fault("closed account", f"op{op.number}: {answer.status} {answer.body[:200]!r}")

    def do_edit(self):
        for named, kind in self.user.pick(self.chance):
            op = self.operation("edit", "PUT", f"/api/transactions/{named}")
            op.body = {"amount_cents": 2 * op.number + 1}
            if self.chance.random() < 0.3:
                op.body["account_id"] = self.account()
            if self.chance.random() < 0.2:
                op.body["category_id"] = self.chance.choice(self.user.categories)
            if kind != "transfer" and self.chance.random() < 0.2:
                op.body["type"] = self.chance.choice(["income", "expense"])
            self.perform(op)

    def do_delete(self):
        for named, _ in self.user.pick(self.chance):
            self.perform(self.operation("delete", "DELETE", f"/api/transactions/{named}"))

    def do_delete_many(self):
        ids = [named for named, _ in self.user.pick(self.chance, self.chance.randint(1, 5))]
        if self.chance.random() < 0.3:
            ids.append(UNKNOWN_ID)
        if ids:
            self.perform(self.operation("delete_many", "DELETE", "/api/transactions",
                                        {"ids": ids}))

    def batch(self, atomic, size):
        op = self.operation("batch", "POST", "/api/transactions/batch")
        items = []
        for i in range(size):
            kind = self.chance.choice(["income", "income", "expense", "transfer"])
            item = self.body(kind, f"op{op.number}.{i}")
            if self.chance.random() < (0.02 if atomic else 0.15):
                broken = self.chance.choice(["amount_cents", "account_id", "category_id", "much"])
                if broken == "much":
                    item.update(type="expense", amount_cents=900_000_000_000_000,
                                account_id=self.chance.choice(self.user.floored))
                    item.pop("to_account_id", None)
                else:
                    item[broken] = 0 if broken == "amount_cents" else UNKNOWN_ID
            if self.chance.random() < 0.3:
                item["key"] = f"item-{op.number}-{i}-{uuid.uuid4().hex[:8]}"
            items.append(item)
        op.body = {"atomic": atomic, "items": items}
        answer = self.perform(op)
        if answer is None or answer.status != 200:
            return
        for result in json.loads(answer.body)["results"]:
            if result["status"] == 200 and self.chance.random() < 0.3:
                self.user.learn(result["transaction"])

    def do_batch(self):
        self.batch(False, self.chance.choice([1, 3, 8, 20, 60]))

    def do_atomic(self):
        self.batch(True, self.chance.choice([2, 5, 12]))

    def do_twins(self):
        """The same key and body from two connections at once."""
        op = self.create(self.chance.choice(["income", "transfer"]))
        twin = threading.Thread(target=self.caller.attempt, args=(op, self.second), daemon=True)
        twin.start()
        answer = self.perform(op)
        twin.join()
        self.done(op, answer)

    def do_hang_up(self):
        """Goes away before the answer; comes back with the same key, or never."""
        op = self.create(self.chance.choice(["income", "expense", "transfer"]))
        self.caller.attempt(op, hangs_up=True)
        if self.chance.random() < 0.3:
            op.closed = True
            return
        self.done(op, self.perform(op))

    def do_other_body(self):
        """A key that is taken, with another body: 400, whatever happened to the first."""
        op = self.create("expense")
        answer = self.perform(op)
        self.done(op, answer)
        if answer is None or answer.status not in (200, 422):
            return
        other = self.operation("other_body", "POST", "/api/transactions")
        other.body = dict(op.body, amount_cents=op.body["amount_cents"] + 2,
                          description=f"op{other.number}")
        other.key = op.key
        answer = self.perform(other)
        if answer is not None and answer.code != "IDEMPOTENCY_KEY_REUSED":
            self.fault("key reused", f"op{other.number} with the key of op{op.number}: "
                       f"{answer.status} {answer.body[:200]!r}")

    def do_account(self):
        op = self.operation("account", "POST", "/api/accounts")
        op.body = {"name": f"op{op.number}", "type": "cash", "balance": self.chance.choice([0, 7])}
        answer = self.perform(op)
        if answer is not None and answer.status == 200 and len(self.user.accounts) < 12:
            self.user.accounts.append(json.loads(answer.body)["id"])

    def do_adjust(self):
        """A balance that no other operation leaves behind: the number is in its centavos."""
        account = self.chance.choice(self.user.accounts[1:])
        op = self.operation("adjust", "PUT", f"/api/accounts/{account}")
        op.body = {"balance": f"{10 * op.number + 1}.37"}
        self.perform(op)

    def do_read(self):
        self.look_at(self.account())
