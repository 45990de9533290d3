#!/usr/bin/env python3
"""Plants faults in a sound history and its tables: the checker has to name each of them."""
import copy
import unittest

from checker import Checker
from fake_ledger import POST, WALLET, Fake, renumber, reseal, sound
from history import Attempt
from justice import Justice
from model import created, edited, effect, negated


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
        self.assertEqual(checker.counts(), (9, 1, 1, 1, 1, 0, 0))

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

    def test_lost_adjustment(self):
        self.rows["ledger_entries"] = [e for e in self.rows["ledger_entries"]
                                       if e["transaction_id"] != "adjusting13"]
        renumber(self.fake)
        self.finds("lost")

    def test_adjustment_that_nobody_asked_for(self):
        self.op(13).body["balance"] = "132.37"
        self.finds("unknown posting")

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
        other.body["description"] = "op14"
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
