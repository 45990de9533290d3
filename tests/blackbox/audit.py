"""Asks the running server what the checker found in its tables, and sends keys once more."""
import json
import random

from client import Connection
from history import ACKNOWLEDGED, REFUSED, UNKNOWN

REPLAYS = 40


class Audit:
    """The clients stand still meanwhile. findings: [(name, text)]."""

    def __init__(self, world, chance=None):
        self.world, self.chance = world, chance or random.Random(0)
        self.findings = []
        self.replayed = self.asked = 0

    def fault(self, name, text):
        self.findings.append((name, text))

    def check(self, checker):
        for user in self.world.users:
            connection = Connection(self.world.server, user.token)
            self.check_accounts(user, connection, checker.tables)
            self.check_list(user, connection, checker.tables)
            mine = [v for v in checker.verdicts if v.op.user == user.name and v.op.key
                    and v.op.kind != "other_body" and v.op.closed]
            self.check_keys(connection, mine)
            connection.close()
        return self.findings

    def get(self, connection, path):
        got = connection.exchange("GET", path)
        if got.status != 200:
            self.fault("read failed", f"GET {path}: {got.status} {got.error} {got.body[:200]!r}")
            return None, got
        return json.loads(got.body, parse_float=str), got

    def check_accounts(self, user, connection, tables):
        stored = {b["account_id"]: b for b in tables["balances"]}
        shown, _ = self.get(connection, "/api/accounts")
        wanted = {a["id"] for a in tables["accounts"]
                  if a["user_id"] == user.id and a["role"] == "money" and a["active"]}
        if {a["id"] for a in shown or []} != wanted:
            self.fault("accounts shown", f"{user.name}: {shown} instead of {wanted}")
        for account in shown or []:
            row = stored[account["id"]]
            cents = int(account["balance_str"].replace(".", ""))
            if (cents, account["version"]) != (row["balance"], row["version"]):
                self.fault("balance shown", f"{user.name} {account['id']}: {cents} "
                           f"v{account['version']}, stored {row}")

    def check_list(self, user, connection, tables):
        """All pages of the list: each live row once."""
        shown, cursor = [], ""
        while cursor is not None:
            page, got = self.get(connection, f"/api/transactions?limit=100{cursor}")
            if page is None:
                return
            shown += [(t["id"], int(t["amount_str"].replace(".", ""))) for t in page]
            link = got.headers.get("X-Next-Cursor")
            cursor = f"&cursor={link}" if link else None
        wanted = [(t["id"], t["amount"]) for t in tables["transactions"]
                  if t["user_id"] == user.id and t["deleted_at"] is None
                  and t["type"] not in ("opening", "adjustment")]
        if sorted(shown) != sorted(wanted):
            self.fault("list shown", f"{user.name}: {len(shown)} shown, {len(wanted)} stored, "
                       f"difference {set(shown) ^ set(wanted)}")

    def check_keys(self, connection, verdicts):
        """P3, P4, P6: all unknown ones and some of the others; replays change nothing."""
        unknown = [v for v in verdicts if v.outcome == UNKNOWN]
        others = [v for v in verdicts if v.outcome == ACKNOWLEDGED or v.pinned
                  or v.outcome == REFUSED]
        chosen = self.chance.sample(unknown, min(len(unknown), 2 * REPLAYS)) + \
            self.chance.sample(others, min(len(others), REPLAYS))
        for v in chosen:
            self.check_key(connection, v)

    def check_key(self, connection, v):
        op, name = v.op, f"op{v.op.number} ({v.op.kind})"
        state, _ = self.get(connection, f"/api/idempotency/{op.key}")
        if state is None:
            return
        self.asked += 1
        results = [r for r in state["results"] if r["endpoint"] == op.endpoint]
        if v.row is None:
            if state["state"] != "absent" or results:
                self.fault("key state", f"{name}: {state}, but nothing is stored")
            return
        shown = [(r["state"], r["status"], r["body"]) for r in results]
        if shown != [("completed", v.row["status"], json.loads(v.row["body"], parse_float=str))]:
            self.fault("key state", f"{name}: {shown}, stored {v.row}")
        got = connection.exchange(op.method, op.path, op.wire_body, op.key)
        self.replayed += 1
        if (got.status, got.body) != (v.row["status"], v.row["body"].encode()):
            self.fault("replay differs", f"{name}: {got.status} {got.body!r} {got.error} instead "
                       f"of {v.row['status']} {v.row['body']}")
        elif got.headers.get("Idempotent-Replayed") != "true":
            self.fault("replay differs", f"{name}: no Idempotent-Replayed")
