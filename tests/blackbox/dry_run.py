#!/usr/bin/env python3
"""A job run dry: nothing is written, and the real one does what was shown.

  dry_run.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import unittest
from concurrent.futures import ThreadPoolExecutor

from alerts import Saver
from bed import ClusterCase, begin
from database import Sqlite
from recurring import Household, today
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40


class Person(Household, Saver):
    pass


def what_counts(transaction):
    """Of a transaction: all but what is given to each anew."""
    return {k: v for k, v in transaction.items()
            if k not in ("id", "created_at", "updated_at", "transfer_transaction_id")}


class Case(ClusterCase):
    postgres = False
    dies = "nothing does"

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, self.database.url, {"SYSTEM_SCHEDULES": "0"})
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana = Person(self.server, "ana")
        self.ana.income(100_000)

    def tearDown(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        self.assertEqual([c for c in self.server.complaints() if self.dies not in c], [])

    def dry(self, payload, kind="post_transaction", status=200, **more):
        return self.ana.want("POST", "/api/jobs/dry-run",
                             {"kind": kind, "payload": payload, **more}, status)

    def wish(self, kind, cents, **more):
        return {"type": kind, "account_id": self.ana.account, "amount_cents": cents,
                "description": "simulada", "date": f"{today()}T12:00:00-03:00",
                "category_id": self.category("income" if kind == "income" else "expense"), **more}

    def category(self, kind):
        return self.ana.want("GET", f"/api/categories?type_filter={kind}")[0]["id"]

    def test_dry_is_real(self):
        other = [a["id"] for a in self.ana.want("GET", "/api/accounts")
                 if a["id"] != self.ana.account][0]
        limit = self.ana.balance() - 1_000
        Saver.rule(self.ana, "low_balance_alert",
                   {"account_id": self.ana.account, "amount_cents": limit})
        for wish in (self.wish("income", 4_200), self.wish("expense", 9_900, tags=["a"]),
                     self.wish("transfer", 700, to_account_id=other)):
            before = self.books()
            shown = self.dry(wish)
            self.assertEqual(self.books(), before)
            self.assertEqual((shown["end"], shown["error"], shown["refusals"], shown["changed"]),
                             ("succeeded", None, [], []), shown)
            balances, versions = self.balances(), self.versions()
            self.assertEqual(self.seen(shown), {e["account_id"]: versions[e["account_id"]]
                                                for e in shown["effects"]})
            told = len(self.ana.told("low_balance_alert"))
            job = self.ana.job("post_transaction", payload=wish)["id"]
            self.ana.ends(job)
            ids = self.ana.want("GET", f"/api/jobs/{job}/effects")["transactions"]
            real = [self.ana.want("GET", f"/api/transactions/{t}") for t in ids]
            key = lambda t: (t["account_id"], t["type"])  # noqa: E731
            self.assertEqual([what_counts(t) for t in sorted(shown["transactions"], key=key)],
                             [what_counts(t) for t in sorted(real, key=key)])
            entries = [e for t in ids for e in
                       self.ana.want("GET", f"/api/transactions/{t}/entries")["items"]
                       if e["account_id"] in versions]
            self.assertEqual({e["account_id"]: e["version"] for e in entries},
                             {a: v + 1 for a, v in self.seen(shown).items()})
            moved = {a: b - balances[a] for a, b in self.balances().items() if b != balances[a]}
            self.assertEqual({e["account_id"]: round(e["amount"] * 100) for e in shown["effects"]},
                             moved)
            now = self.ana.told("low_balance_alert")
            new = now[:len(now) - told]
            self.assertEqual([(n["type"], n["title"], n["body"]) for n in shown["notifications"]],
                             [(n["type"], n["title"], n["body"]) for n in new])
        self.assertEqual(len(self.ana.told("low_balance_alert")), 1)

    def balances(self):
        return {a["id"]: round(a["balance"] * 100) for a in self.ana.want("GET", "/api/accounts")}

    def versions(self):
        return {a["id"]: a["version"] for a in self.ana.want("GET", "/api/accounts")}

    @staticmethod
    def seen(shown):
        """The versions on which it was decided, by account."""
        return {v["account_id"]: v["version"] for v in shown["versions"]}

    def safe(self):
        """An account with 10.00 that nobody overdraws."""
        return self.ana.want("POST", "/api/accounts", {
            "name": "cofre", "type": "savings", "balance": 10, "floor": 0})["id"]

    def books(self):
        """What jobs of others write meanwhile, as their outcomes, is in commits of their own."""
        tables = self.database.tables()
        return {name: rows for name, rows in tables.items() if name != "ledger_commits"}

    def test_nothing_is_reserved(self):
        """Each of them would take all that is there, and none stands in another's way."""
        wish = self.wish("expense", 1_000, account_id=self.safe())
        with ThreadPoolExecutor(8) as crowd:
            shown = list(crowd.map(lambda _: self.dry(wish), range(40)))
        ends = {(d["end"], d["error"]["code"] if d["error"] else None) for d in shown}
        self.assertEqual(ends, {("succeeded", None)})
        self.ana.ends(self.ana.job("post_transaction", payload=wish)["id"])
        self.assertEqual(self.balances()[wish["account_id"]], 0)

    def test_what_the_ledger_refuses(self):
        wish = self.wish("expense", 1_001, account_id=self.safe())
        shown = self.dry(wish)
        self.assertEqual((shown["end"], shown["retryable"], shown["transactions"],
                          shown["effects"]), ("failed", False, [], []))
        safe = wish["account_id"]
        self.assertEqual(self.seen(shown), {safe: self.versions()[safe]})
        job = self.ana.job("post_transaction", payload=wish)["id"]
        self.dies = f"event=job.dead job_id={job} "
        self.ana.ends(job, "dead")
        self.assertEqual(shown["error"]["code"],
                         self.ana.want("GET", f"/api/jobs/{job}")["error"]["code"])

    def test_a_rule_of_tomorrow(self):
        rule = Household.rule(self.ana, "Aluguel", "daily", self.ana.rent(12.5),
                              start_date=today(1))["id"]
        before = self.books()
        payload = {"automation_id": rule}
        later = self.dry(payload, "recurring_transaction", run_at=f"{today(1)}T15:00:00-03:00")
        self.assertEqual([(t["amount_str"], t["description"], t["date"][:10])
                          for t in later["transactions"]], [("12.50", "Aluguel", today(1))])
        early = self.dry(payload, "recurring_transaction")
        self.assertEqual((early["end"], early["transactions"], early["versions"]),
                         ("succeeded", [], []))
        gone = self.dry({"automation_id": "nobody"}, "recurring_transaction")
        self.assertEqual((gone["end"], gone["transactions"]), ("succeeded", []))
        self.assertEqual([j["kind"] for j in gone["jobs"]], ["follow_rule"])
        self.assertEqual(self.books(), before)

    def test_what_cannot_be_run_dry(self):
        for body, status, code in (
                ({"kind": "noop"}, 422, "NOT_DRY"),
                ({"kind": "weather"}, 422, "UNKNOWN_KIND"),
                ({"kind": "follow_rule", "payload": {"automation_id": "x"}}, 422, "UNKNOWN_KIND"),
                ({"kind": "post_transaction", "payload": {"type": "income"}}, 422, "BAD_PAYLOAD"),
                ({"kind": "post_transaction", "user": "somebody"}, 403, "ADMIN_REQUIRED"),
                ({"kind": "post_transaction", "prioriti": 1}, 422, None)):
            answer = self.ana.want("POST", "/api/jobs/dry-run", body, status)
            if code:
                self.assertEqual(answer["code"], code)
        kinds = {k["kind"]: k["dry_run"] for k in self.ana.want("GET", "/api/jobs/kinds")["items"]}
        self.assertEqual(kinds, {"noop": False, "post_transaction": True,
                                 "recurring_transaction": True})


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
