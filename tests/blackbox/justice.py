"""Was each decision about money right? A refusal for want of funds needs a moment, between its
question and its answer, at which the funds may have been missing; a transfer needs one at which
they may have been there. Found this way: a reservation that never ends, money spent too early."""
import collections
import json
import math

from history import ACKNOWLEDGED, UNKNOWN

LIFE_S = 15  # longer than any command lives: the request deadline and the server's own waits
CHANGES = ("edit", "delete", "delete_many", "adjust")


class Justice:
    """After Checker.check(). findings, and how many decisions could be judged at all."""

    def __init__(self, checker):
        self.findings, self.judged = [], 0
        self.verdicts = checker.verdicts
        self.floors = {a["id"]: a["floor"] for a in checker.tables["accounts"]}
        self.lines = collections.defaultdict(list)  # account: [(balance after, verdict or None)]
        for e in sorted(checker.tables["ledger_entries"], key=lambda e: e["version"]):
            owner = checker.owners.get((e["shard"], e["seq"], e["posting"]))
            self.lines[e["account_id"]].append((e["balance_after"], owner))

    def fault(self, name, text):
        self.findings.append((name, text))

    @staticmethod
    def end(v):
        """When nothing of it was at work any more."""
        if v.first is not None:
            return v.end if v.end is not None else v.first.end
        if v.outcome == UNKNOWN:
            return math.inf if v.done else \
                max(a.end or math.inf for a in v.op.attempts) + LIFE_S
        return max(a.end or math.inf for a in v.op.attempts)

    def balances(self, account, begin, end):
        """Every posted balance that the account may have had between the two moments."""
        line = self.lines[account]
        low, high = 0, len(line)
        for i, (_, owner) in enumerate(line, 1):
            if owner is None or self.end(owner) < begin:
                low = i
            elif owner.begin > end:
                high = i - 1
                break
        before = [0] + [balance for balance, _ in line]
        return before[low:max(low, high) + 1]

    def debits(self, v, account):
        """The most that `v` can have held back on the account; None: that cannot be told."""
        if v.op.kind == "create":
            items = [v.op.body]
        elif v.op.kind == "batch":
            items = v.op.body["items"]
        elif v.op.kind in CHANGES:
            if not v.done:
                return None
            return sum(e for e in v.debits.get(account, ()))
        else:
            return 0
        return sum(i["amount_cents"] for i in items
                   if i["account_id"] == account and i["type"] != "income")

    def check(self):
        by_user = collections.defaultdict(list)
        for v in self.verdicts:
            by_user[v.op.user].append(v)
        for verdicts in by_user.values():
            for v in verdicts:
                if v.op.kind != "create":
                    continue
                body, floor = v.op.body, self.floors.get(v.op.body["account_id"])
                need = max(0, floor or 0) if body["type"] == "transfer" else floor
                if v.pinned and v.first.code == "TX_INSUFFICIENT_BALANCE":
                    self.check_refused(v, need, verdicts)
                elif v.outcome == ACKNOWLEDGED and body["type"] == "transfer":
                    self.check_transfer(v, need)
        return self.findings

    def check_refused(self, v, need, verdicts):
        account, amount = v.op.body["account_id"], v.op.body["amount_cents"]
        if need is None:
            self.fault("refused without a reason", f"op{v.op.number}: {account} has no floor")
            return
        begin, end = v.begin, v.first.end
        held = 0
        for other in verdicts:
            if other is v or other.begin > end or self.end(other) < begin:
                continue
            debits = self.debits(other, account)
            if debits is None:
                return
            held += debits
        self.judged += 1
        lowest = min(self.balances(account, begin, end)) - held
        if lowest - amount >= need:
            detail = json.loads(v.first.body).get("detail")
            self.fault("refused without a reason", f"op{v.op.number}: at least {lowest} there, "
                       f"{amount} asked, {need} to stay; {detail}")

    def check_transfer(self, v, need):
        account, amount = v.op.body["account_id"], v.op.body["amount_cents"]
        self.judged += 1
        highest = max(self.balances(account, v.begin, self.end(v)))
        if highest - amount < need:
            self.fault("transferred what was not there", f"op{v.op.number}: at most {highest} "
                       f"there, {amount} moved, {need} to stay")
