#!/usr/bin/env python3
"""What rules and insights tell, over the wire: once per crossing, in the posting's own commit.

  alerts.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import random
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bed import ClusterCase, begin
from database import Sqlite
from jobs import until
from schedules import Planner
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40
ZONE = ZoneInfo("America/Sao_Paulo")  # the default of APP_TIMEZONE


def day(offset=0):
    return (datetime.now(ZONE) + timedelta(days=offset)).strftime("%Y-%m-%d")


def last_month():
    first = datetime.now(ZONE).replace(day=1)
    return (first - timedelta(days=3)).strftime("%Y-%m-%d")


class Saver(Planner):
    def rule(self, kind, conditions, actions=None):
        return self.want("POST", "/api/automations", {
            "name": kind, "type": kind, "conditions": conditions, "actions": actions or {}})["id"]

    def spend(self, cents, date=None, key=None, category=None):
        return self.want("POST", "/api/transactions", {
            "type": "expense", "account_id": self.account, "amount_cents": cents,
            "category_id": category or self.category["id"], "description": "gasto",
            "date": f"{date or day()}T12:00:00-03:00"}, key=key)["id"]

    def told(self, kind):
        return [n for n in self.want("GET", "/api/notifications?limit=100") if n["type"] == kind]

    def run(self, schedule):
        """Of an administrator: now, and to its end."""
        job = self.want("POST", f"/api/schedules/{schedule}/run-now", {"reason": "of a test"},
                        201)["id"]
        self.ends(job)
        return self.want("GET", f"/api/jobs/{job}")["result"]


class Case(ClusterCase):
    postgres = False
    harmed = False  # the alarm is wanted

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, self.database.url)
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana = Saver(self.server, "ana")
        self.root = Saver(self.server, "root")
        self.server.terminate(DRAIN_LIMIT_S)
        code, text = self.server.run("users", "grant-admin", self.root.email)
        self.assertEqual(code, 0, text)
        self.server.start()
        until(lambda: self.root.ask("GET", "/api/schedules/insights")[0] == 200)
        self.ana.income(1_000_000)

    def tearDown(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        alarm = "event=ledger.invariant_violated" if self.harmed else "nothing of the kind"
        self.assertEqual([c for c in self.server.complaints() if alarm not in c], [])

    def test_a_low_balance_is_told_with_the_posting(self):
        limit = self.ana.balance() - 10_000
        rule = self.ana.rule("low_balance_alert",
                             {"account_id": self.ana.account, "amount_cents": limit})
        with ThreadPoolExecutor(8) as crowd:
            list(crowd.map(self.ana.spend, [300] * 40))
        self.server.kill()
        self.server.start()
        told = self.ana.told("low_balance_alert")
        self.assertEqual([(n["title"], n["metadata"]) for n in told], [
            ("Saldo baixo", {"automation_rule_id": rule, "account_id": self.ana.account})])
        self.ana.income(50_000)
        self.assertEqual(len(self.ana.told("low_balance_alert")), 1)
        self.ana.spend(60_000)
        self.assertEqual(len(self.ana.told("low_balance_alert")), 2)
        until(lambda: self.root.ask("GET", "/api/schedules/low_balance_alerts")[0] == 200)
        self.root.run("low_balance_alerts")
        self.assertEqual(len(self.ana.told("low_balance_alert")), 2)

    def test_a_budget_that_was_passed_before_is_told_by_the_daily_run(self):
        food = self.ana.category["id"]
        self.ana.spend(5_000)
        rule = self.ana.rule("budget_alert", {"category": food, "amount": 49.99})
        self.ana.rule("category_limit", {"category_id": food, "amount_cents": 6_000})
        self.assertEqual(self.ana.told("budget_alert"), [])
        for _ in range(2):
            seen = self.root.run("budget_alerts")
            self.assertEqual((seen["rules"], seen["refused"]), (2, 0))
        told = self.ana.told("budget_alert")
        self.assertEqual([n["title"] for n in told], ["Orçamento estourado"])
        self.assertEqual(told[0]["metadata"], {
            "automation_rule_id": rule, "category_id": food, "limit": 49.99, "spent": 50.0})
        spent = self.ana.spend(2_000)
        self.assertEqual(len(self.ana.told("category_limit")), 1)
        self.assertEqual(len(self.ana.told("budget_alert")), 1)
        self.ana.want("DELETE", f"/api/transactions/{spent}")
        self.ana.spend(2_000, last_month())  # another month
        self.assertEqual(len(self.ana.told("category_limit")), 1)
        self.ana.spend(1_001)
        self.assertEqual(len(self.ana.told("category_limit")), 2)

    def test_a_round_up_that_is_wrong_is_found(self):
        """By verify and by the audit of the server, whatever else is sound."""
        envelope = self.ana.want("POST", "/api/envelopes", {"name": "Cofrinho", "balance": 0})["id"]
        self.ana.rule("round_up", {}, {"envelope_id": envelope})
        full = self.ana.want("POST", "/api/envelopes",
                             {"name": "Cheia", "balance": 999_999_999_999_980})["id"]
        self.ana.rule("round_up", {}, {"envelope_id": full})
        self.ana.spend(1_234)  # 66: no room for all of it in the second one
        edited, deleted = self.ana.spend(1_299), self.ana.spend(777)
        self.ana.want("PUT", f"/api/transactions/{edited}", {"amount_cents": 1_201})
        self.ana.want("DELETE", f"/api/transactions/{deleted}")
        until(lambda: self.root.ask("GET", "/api/schedules/ledger_audit")[0] == 200)
        self.assertTrue(self.root.run("ledger_audit")["ok"])
        self.server.terminate(DRAIN_LIMIT_S)
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        for harm, repair in (
                ("amount = amount + 1 where amount = 66", "amount = amount - 1 where amount = 67"),
                ("amount = 65 where amount = 66", "amount = 66 where amount = 65")):
            self.database.execute(f"update round_ups set {harm}")
            for scope in ((), ("--user", self.ana.id)):
                code, said = self.server.run("verify", *scope)
                self.assertEqual(code, 1, said)
                self.assertIn("its amount is not what the transaction adds", said)
            self.server.start()
            until(lambda: self.root.ask("GET", "/api/schedules/ledger_audit")[0] == 200)
            self.assertFalse(self.root.run("ledger_audit")["ok"])
            self.server.terminate(DRAIN_LIMIT_S)
            self.harmed = True
            self.database.execute(f"update round_ups set {repair}")
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        self.server.start()

    def test_round_ups_add_up_and_are_taken_back(self):
        envelope = self.ana.want("POST", "/api/envelopes", {"name": "Cofrinho", "balance": 0})["id"]
        rule = self.ana.rule("round_up", {}, {"envelope_id": envelope, "round_to_cents": 500})

        def holds():
            found = self.ana.want("GET", "/api/envelopes")
            return next(e["balance"] for e in found if e["id"] == envelope)
        with ThreadPoolExecutor(8) as crowd:
            made = list(crowd.map(self.ana.spend, [1_234] * 20))
        self.assertEqual(holds(), 20 * 266)
        key = "gasto-1"
        first = self.ana.spend(100, key=key)
        self.assertEqual(self.ana.spend(100, key=key), first)  # a replay adds nothing
        self.assertEqual(holds(), 20 * 266 + 400)
        self.ana.want("PUT", f"/api/transactions/{first}", {"amount_cents": 450})
        self.assertEqual(holds(), 20 * 266 + 50)
        self.ana.want("DELETE", "/api/transactions", {"ids": made})
        self.assertEqual(holds(), 50)
        self.server.kill()
        self.server.start()
        self.assertEqual(holds(), 50)
        self.ana.want("DELETE", f"/api/automations/{rule}")
        self.ana.rule("round_up", {"envelope_id": "nobody's"})  # hinders nobody
        self.ana.spend(1_234)
        self.assertEqual(holds(), 50)
        self.ana.want("DELETE", f"/api/transactions/{first}")  # what it added is still corrected
        self.assertEqual(holds(), 0)

    def test_a_kill_takes_neither_without_the_other(self):
        envelope = self.ana.want("POST", "/api/envelopes", {"name": "Cofrinho", "balance": 0})["id"]
        self.ana.rule("round_up", {"envelope_id": envelope, "round_to_cents": 100})
        before = self.ana.balance()
        self.ana.rule("low_balance_alert", {"account_id": self.ana.account,
                                            "amount_cents": before - 80 * 130})
        self.ana.rule("budget_alert", {"category": self.ana.category["id"],
                                       "amount_cents": 100 * 130})

        def some(first):
            for number in range(first, first + 40):
                status, said = self.ana.insist("POST", "/api/transactions", {
                    "type": "expense", "account_id": self.ana.account, "amount_cents": 130,
                    "category_id": self.ana.category["id"], "description": "gasto",
                    "date": f"{day()}T12:00:00-03:00"}, f"gasto-{number}")
                self.assertIn(status, (200, 201), said)
        with ThreadPoolExecutor(4) as crowd:
            done = [crowd.submit(some, 40 * n) for n in range(4)]
            chance = random.Random(24)
            for _ in range(3):
                time.sleep(chance.uniform(0.1, 0.4))
                self.server.kill()
                self.server.start()
            for d in done:
                d.result()
        self.assertEqual(self.ana.balance(), before - 160 * 130)
        found = self.ana.want("GET", "/api/envelopes")
        self.assertEqual(next(e["balance"] for e in found if e["id"] == envelope), 160 * 70)
        self.assertEqual(len(self.ana.told("low_balance_alert")), 1)
        told = self.ana.told("budget_alert")
        self.assertEqual([n["metadata"]["spent"] for n in told], [131.3])  # the 101st

    def test_reminders_come_once(self):
        goal = self.ana.want("POST", "/api/goals", {
            "name": "Viagem", "target_amount_cents": 100_000, "target_date": day(3),
            "category": "lazer", "priority": "low"})["id"]
        rule = self.ana.rule("goal_reminder", {"days_before": 5})
        bob = Saver(self.server, "bob")
        shared = self.ana.share(1_000, invited_email=bob.email)["id"]
        debts = self.ana.rule("payment_reminder", {"days_after_creation": 0})
        for _ in range(2):
            self.root.run("payment_reminders")
        self.assertEqual([(n["title"], n["metadata"]) for n in self.ana.told("goal_reminder")], [
            ("Meta próxima do prazo", {"automation_rule_id": rule, "goal_id": goal})])
        self.assertEqual([(n["title"], n["metadata"]) for n in self.ana.told("payment_reminder")], [
            ("Lembrete de cobrança", {"automation_rule_id": debts, "expense_id": shared})])

    def test_insights_tell_once(self):
        self.ana.spend(1_000, last_month())
        self.ana.spend(1_300)
        self.ana.want("POST", "/api/goals", {
            "name": "Casa", "target_amount_cents": 5_000_000, "target_date": day(30),
            "category": "casa", "priority": "high"})
        before = self.ana.want("GET", "/api/notifications?limit=100")
        self.ana.want("GET", "/api/insights")
        self.assertEqual(self.ana.want("GET", "/api/notifications?limit=100"), before)
        for _ in range(2):
            seen = self.root.run("insights")
            self.assertEqual((seen["users"], seen["failed"]), (2, 0))
        spikes = self.ana.told("insight_spending_spike")
        self.assertEqual([n["title"] for n in spikes],
                         [f"Pico de gasto: {self.ana.category['name']}"])
        self.assertEqual(spikes[0]["metadata"]["variation_pct"], 30.0)
        risks = self.ana.told("insight_goal_risk")
        self.assertEqual([n["title"] for n in risks], ["Meta em risco: Casa"])
        for _ in range(2):
            self.root.run("insights_weekly_notifications")
        weekly = self.ana.told("insight_weekly_summary")
        self.assertEqual([n["metadata"] for n in weekly], [
            {"rule_id": "insight_weekly_summary_v1", "n_goals_at_risk": 1, "n_categories": 1}])
        self.assertEqual(self.root.told("insight_weekly_summary"), [])

    def test_the_ledger_is_looked_at(self):
        for schedule in ("monthly_balance_snapshots", "reconcile_snapshots", "reconcile_balances",
                         "ledger_audit"):
            self.root.run(schedule)
        log = self.server.log()
        for line in ("Job iniciado: execute_monthly_snapshots (compute_monthly_snapshots)",
                     "Job de snapshots mensais concluído",
                     "Job iniciado: execute_reconcile_snapshots (reconcile_snapshots)",
                     "Job de conciliação de snapshots concluído"):
            self.assertIn(line, log)
        for path in ("/api/schedules/ledger_audit",):
            shown = self.root.want("GET", path)
            self.assertEqual((shown["kind"], shown["zone"]), ("ledger_audit", str(ZONE)))


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
