#!/usr/bin/env python3
"""vaidepix demo: a household in a running server, the same for the same seed, and sound.

  demo.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import re
import unittest

from bed import ClusterCase, begin
from database import Sqlite
from server import Server
from sharing import Person

BINARY = None
DRAIN_LIMIT_S = 40
UNTIL = "2026-10-20"
MONTHS = [(2024, m) for m in (10, 11, 12)] + [(2025, m) for m in range(1, 13)] + [
    (2026, m) for m in range(1, 11)]
MADE = re.compile(r"with (\d+) transactions from 2024-10-21 to 2026-10-20, 3 goals, 3 envelopes "
                  r"and 3 recurring rules")


class Guest(Person):
    """Who logs in as the one that the command made."""

    def __init__(self, server, email, password):
        self.server, self.token = server, None
        self.token = self.want("POST", "/api/auth/login",
                               {"email": email, "password": password})["access_token"]

    def months(self):
        return [self.want("GET", f"/api/transactions/summary/monthly?year={y}&month={m}")
                for y, m in MONTHS]


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, self.database.url)
        self.addCleanup(self.server.kill)
        self.server.start()

    def tearDown(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.server.complaints(), [])

    def demo(self, *more, status=0):
        code, said = self.server.run("demo", "--url", f"http://127.0.0.1:{self.server.port}",
                                     "--until", UNTIL, *more)
        self.assertEqual(code, status, said)
        return said

    def test_two_years_of_a_household(self):
        said = self.demo()
        count = int(MADE.search(said).group(1))
        password = re.search(r"^password: (\w{16})$", said, re.M).group(1)
        guest = Guest(self.server, "demo@example.com", password)
        months = guest.months()
        # Both legs of a transfer count.
        self.assertTrue(count < sum(m["total_transactions"] for m in months) < 2 * count)
        for m in months[1:]:
            self.assertGreater(m["total_income"], 5000, m)
            self.assertGreater(m["total_expenses"], 4000, m)
        for account in guest.want("GET", "/api/accounts"):
            if account["type"] == "credit":
                self.assertLess(account["balance"], 0)
            else:
                self.assertGreaterEqual(account["balance"], 0, account)
            self.assertGreater(account["version"], 20)
        goals = guest.want("GET", "/api/goals")
        self.assertEqual(len(goals), 3)
        self.assertTrue(all(g["current_amount"] > 0 for g in goals))
        self.assertEqual({e["name"]: e["balance"] for e in guest.want("GET", "/api/envelopes")},
                         {"IPVA e IPTU": 124_000, "Natal": 35_000, "Troco": 4_837})
        rules = guest.want("GET", "/api/automations")
        self.assertEqual(sorted(r["type"] for r in rules),
                         ["category_limit", "goal_reminder", "low_balance_alert"] +
                         3 * ["recurring_transaction"] + ["round_up"])
        for r in rules:
            self.assertEqual(r["next_run"] is not None, r["type"] == "recurring_transaction", r)

    def test_the_same_seed_makes_the_same(self):
        told = []
        for email, seed in (("a@example.com", "7"), ("b@example.com", "7"), ("c@example.com", "8")):
            said = self.demo("--email", email, "--seed", seed, "--password", "uma senha boa")
            self.assertNotIn("uma senha boa", said)
            guest = Guest(self.server, email, "uma senha boa")
            told.append([(m["total_transactions"], m["total_income"], m["total_expenses"])
                         for m in guest.months()])
        self.assertEqual(told[0], told[1])
        self.assertNotEqual(told[0], told[2])

    def test_an_address_takes_part_once(self):
        self.demo("--password", "uma senha boa")
        guest = Guest(self.server, "demo@example.com", "uma senha boa")
        before = guest.months()
        said = self.demo("--email", "DEMO@example.com", status=4)
        self.assertIn("EMAIL_IN_USE", said)
        self.assertEqual(guest.months(), before)
        code, said = self.server.run("demo", "--url", "http://127.0.0.1:1")
        self.assertEqual(code, 3, said)


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
