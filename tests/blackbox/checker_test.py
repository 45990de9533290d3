#!/usr/bin/env python3
"""Plants faults in a sound history and its tables: the checker has to name each of them."""
import copy
import json
import unittest

from chain import hash_of
from checker import Checker
from history import Attempt, Operation
from justice import Justice
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
    7 batch, 8 refused, 9 unknown and done, 10 not taken, 11 unknown and not done, 12 account."""
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


class Mutants(unittest.TestCase):
    def setUp(self):
        self.fake = sound()
        self.rows = self.fake.tables

    def names(self):
        findings = Checker(self.fake.operations, self.rows).check()
        return {name for name, _ in findings}

    def finds(self, name):
        self.assertIn(name, self.names())

    def row(self, table, **wanted):
        found = [r for r in self.rows[table] if all(r[k] == v for k, v in wanted.items())]
        self.assertTrue(found, f"{table} {wanted}")
        return found[0]

    def op(self, number):
        return self.fake.operations[number - 1]

    def drop_transaction(self, transaction):
        for table, column in (("transactions", "id"), ("ledger_entries", "transaction_id")):
            self.rows[table] = [r for r in self.rows[table]
                                if not r[column].startswith(transaction)]
        renumber(self.fake)

    def test_sound_one_has_no_findings(self):
        self.assertEqual(Checker(self.fake.operations, self.rows).check(), [])

    def test_counts(self):
        checker = Checker(self.fake.operations, self.rows)
        self.assertEqual(checker.counts(), (8, 1, 1, 1, 1, 0, 0))

    # -- history against tables -------------------------------------------------------------------

    def test_lost_transaction(self):
        self.drop_transaction("t1")
        self.finds("lost")

    def test_lost_transaction_of_a_batch(self):
        self.drop_transaction("t7.1")
        self.finds("lost")

    def test_lost_unknown_whose_result_is_stored(self):
        self.drop_transaction("t9")
        self.finds("lost")

    def test_lost_result(self):
        self.rows["idempotency"].remove(self.row("idempotency", scope_key="key-1"))
        self.finds("lost")

    def test_doubled_transaction(self):
        legs = created(self.op(1).body, ["again"])
        self.fake.commit((effect(legs), 0))
        self.fake.rows(legs, ["op1"])
        self.finds("doubled")

    def test_refused_one_present(self):
        legs = created(dict(self.op(8).body, type="income"), ["t8"])
        self.fake.commit((effect(legs), 0))
        self.fake.rows(legs, ["op8"])
        self.finds("refused one present")

    def test_not_taken_one_present(self):
        legs = created(self.op(10).body, ["t10"])
        self.fake.commit((effect(legs), 0))
        self.fake.rows(legs, ["op10"])
        self.finds("refused one present")

    def test_unknown_one_present_without_its_result(self):
        legs = created(self.op(11).body, ["t11"])
        self.fake.commit((effect(legs), 0))
        self.fake.rows(legs, ["op11"])
        self.finds("refused one present")

    def test_result_of_a_refusal_that_is_not_pinned(self):
        self.op(8).attempts[0].body = b'{"code": "TRANSACTION_NOT_FOUND"}'
        self.finds("refused one present")

    def test_pinned_refusal_that_is_not_stored(self):
        self.rows["idempotency"].remove(self.row("idempotency", scope_key="key-8"))
        self.finds("lost")

    def test_stored_result_differs(self):
        self.row("idempotency", scope_key="key-2")["body"] = '{"id":  "t2"}'
        self.finds("stored result differs")

    def test_two_answers(self):
        again = copy.copy(self.op(1).attempts[0])
        again.body = b'{"id": "t1" }'
        self.op(1).attempts.append(again)
        self.finds("answers differ")

    def test_done_twice_as_new(self):
        self.op(1).attempts.append(copy.copy(self.op(1).attempts[0]))
        self.finds("answered twice as new")

    def test_refused_and_then_done(self):
        self.op(8).attempts.append(Attempt(begin=900, end=901, status=200, body=b'{"id": "t8"}'))
        self.finds("answers differ")

    def test_foreign_transaction(self):
        legs = created(dict(self.op(1).body), ["foreign"])
        self.fake.commit((effect(legs), 0))
        self.fake.rows(legs, ["op77"])
        self.finds("unknown transaction")

    def test_foreign_key(self):
        self.rows["idempotency"].append({"user_id": "u", "endpoint": f"POST {POST}",
                                         "scope_key": "key-77", "status": 200, "body": "{}"})
        self.finds("unknown key")

    def test_amount_of_the_row(self):
        self.row("transactions", id="t9")["amount"] += 2
        self.finds("wrong row")

    def test_amount_of_the_entries(self):
        for entry in self.rows["ledger_entries"]:
            if entry["transaction_id"] == "t9":
                entry["amount"] *= 2
        renumber(self.fake)
        self.finds("wrong entries")

    def test_edit_lost(self):
        self.rows["ledger_entries"] = [e for e in self.rows["ledger_entries"] if e["seq"] != 4]
        renumber(self.fake)
        self.finds("edit lost")

    def test_edit_doubled(self):
        legs = edited(created(self.op(1).body, ["t1"]), self.op(4).body, "t1")
        self.fake.commit((negated(effect(legs)), 1), (effect(legs), 0))
        self.finds("edit doubled")

    def test_delete_lost(self):
        self.rows["ledger_entries"] = [e for e in self.rows["ledger_entries"] if e["seq"] != 6]
        renumber(self.fake)
        self.finds("delete lost")

    def test_delete_that_nobody_asked_for(self):
        legs = created(self.op(9).body, ["t9"])
        self.fake.commit((negated(effect(legs)), 1))
        self.fake.rows(legs, ["op9"], deleted=8)
        self.finds("unknown delete")

    def test_reversed_twice(self):
        self.fake.commit((negated(effect(created(self.op(3).body, ["t3"]))), 1))
        self.finds("reversed twice")

    def test_against_time(self):
        first, second = self.op(1).attempts[0], self.op(2).attempts[0]
        first.begin, first.end, second.begin, second.end = 2, 3, 0, 1
        self.finds("against time")

    def test_torn_batch(self):
        entries = [e for e in self.rows["ledger_entries"] if e["transaction_id"] == "t7.1"]
        for entry in entries:
            entry["seq"] = 8
        renumber(self.fake)
        self.finds("torn")

    def test_lost_account(self):
        self.rows["accounts"].remove(self.row("accounts", name="op12", role="money"))
        self.finds("lost")

    def test_doubled_account(self):
        self.rows["accounts"].append(dict(self.row("accounts", name="op12", role="money"), id="b"))
        self.finds("doubled")

    def test_foreign_account(self):
        self.rows["accounts"].append(dict(self.row("accounts", name="op12", role="money"),
                                          id="b", name="op77"))
        self.finds("unknown account")

    def test_lost_opening(self):
        self.rows["ledger_entries"] = [e for e in self.rows["ledger_entries"]
                                       if e["transaction_id"] != "o12"]
        renumber(self.fake)
        self.finds("opening balance")

    # -- decisions --------------------------------------------------------------------------------

    def decisions(self):
        checker = Checker(self.fake.operations, self.rows)
        self.assertEqual(checker.check(), [])
        justice = Justice(checker)
        return {name for name, _ in justice.check()}, justice.judged

    def test_sound_decisions(self):
        self.assertEqual(self.decisions(), (set(), 2))

    def test_refused_although_it_was_there(self):
        self.op(8).body["amount_cents"] = 100
        self.assertEqual(self.decisions(), ({"refused without a reason"}, 2))

    def test_refused_while_another_held_it(self):
        self.op(8).body["amount_cents"] = 5000
        other = self.fake.operation("create", "POST", POST, dict(self.op(8).body))
        other.body["description"] = "op13"
        self.fake.answer(other, 503, {"code": "OVERLOADED"}, stored=False)
        other.attempts[0].begin = self.op(8).attempts[0].begin
        self.assertEqual(self.decisions(), (set(), 2))
        other.attempts[0].begin = other.attempts[0].end
        self.assertEqual(self.decisions(), ({"refused without a reason"}, 2))

    def test_transferred_what_was_not_there(self):
        fake = self.fake = Fake()
        self.rows = fake.tables
        fake.create("transfer", 60)
        self.assertEqual(self.decisions(), ({"transferred what was not there"}, 1))

    def test_transferred_what_came_later(self):
        fake = self.fake = Fake()
        self.rows = fake.tables
        fake.create("transfer", 60)
        fake.create("income", 60)
        self.assertEqual(self.decisions()[0], {"transferred what was not there"})

    # -- tables alone -----------------------------------------------------------------------------

    def test_wrong_balance(self):
        self.row("balances", account_id=WALLET)["balance"] += 1
        self.finds("wrong balance")

    def test_wrong_version(self):
        self.row("balances", account_id=WALLET)["version"] += 1
        self.finds("wrong balance")

    def test_running_balance(self):
        self.row("ledger_entries", account_id=WALLET, version=2)["balance_after"] += 1
        self.finds("running balance")

    def test_version_gap(self):
        for entry in self.rows["ledger_entries"]:
            if entry["account_id"] == WALLET and entry["version"] > 3:
                entry["version"] += 1
        reseal(self.fake)
        self.finds("version gap")

    def test_sum_not_zero(self):
        entry = self.row("ledger_entries", account_id=WALLET, version=1)
        entry["amount"] += 5
        renumber(self.fake)
        self.finds("sum not zero")

    def test_below_the_floor(self):
        self.row("accounts", id=WALLET)["floor"] = 150
        self.finds("below the floor")

    def test_sequence_gap(self):
        self.rows["ledger_commits"] = self.rows["ledger_commits"][:3] + \
            self.rows["ledger_commits"][4:]
        self.finds("seq gap")

    def test_lost_tail_of_entries(self):
        self.rows["ledger_entries"] = self.rows["ledger_entries"][:-2]
        self.finds("entries of a commit")

    def test_flipped_bit(self):
        self.row("ledger_entries", account_id=WALLET, version=1)["effective_day"] ^= 1
        self.finds("broken chain")

    def test_link(self):
        self.rows["ledger_commits"][2]["prev_hash"] = "ab" * 32
        self.finds("broken chain")

    def test_epoch_falls(self):
        self.rows["ledger_commits"][4]["epoch"] = 0
        self.finds("epoch falls")

    def test_time_falls(self):
        self.rows["ledger_commits"][4]["booked_at"] = 1
        self.finds("time falls")

    def test_account_in_two_shards(self):
        self.row("ledger_entries", account_id=WALLET, version=1)["shard"] = 4
        self.finds("two shards")


if __name__ == "__main__":
    unittest.main()
