#!/usr/bin/env python3
"""Insights over the wire, compared with a computation of our own.

  insights.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import contextlib
import datetime
import decimal
import http.client
import json
import math
import random
import sqlite3
import time
import unittest
import zoneinfo
from fractions import Fraction

from bed import ClusterCase, begin
from database import Sqlite
from people import Browser
from server import Server

BINARY = None
SEED = 11
DRAIN_LIMIT_S = 40
ZONE = zoneinfo.ZoneInfo("America/Sao_Paulo")
MOST = 999_999_999_999_999
DAY_US = 86_400_000_000
SOURCES = ("api", "job", "api_incremental_category", "api_incremental_goals",
           "job_incremental_category", "job_incremental_goals")
PREFERENCES = "/api/insights/preferences"
FEEDBACK = "/api/insights/feedback"


# -- the computation ------------------------------------------------------------------------------

def half_up(number):
    return math.floor(number + Fraction(1, 2))


def reais(cents):
    return decimal.Decimal(cents) / 100


def shown(cents):
    return f"{cents // 100}.{cents % 100:02}"


def day_in_zone(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(ZONE).date()


def variations(expenses, names, today):
    """Of [(category, centavos, day)]."""
    this = (today.year, today.month)
    before = (today.year - 1, 12) if today.month == 1 else (today.year, today.month - 1)
    sums = {}
    for category, cents, day in expenses:
        at = sums.setdefault(category, [0, 0])
        if (day.year, day.month) == this:
            at[0] += cents
        elif (day.year, day.month) == before:
            at[1] += cents
    found = []
    for category, (current, previous) in sums.items():
        if current == 0:
            continue
        if previous == 0:
            percent, text = None, f"Novo gasto neste mês: R$ {shown(current)}"
        else:
            tenths = half_up(Fraction(abs(current - previous) * 1000, previous))
            rose = current >= previous
            percent = decimal.Decimal(tenths if rose else -tenths) / 10
            text = (f"Gasto {'subiu' if rose else 'caiu'} {tenths // 10}.{tenths % 10}% em relação "
                    f"ao mês anterior: de R$ {shown(previous)} para R$ {shown(current)}")
        found.append({
            "category_id": category, "category_name": names[category],
            "current_month_total": reais(current), "previous_month_total": reais(previous),
            "previous_amount": reais(previous), "current_amount": reais(current),
            "variation_pct": percent, "variation_percent": percent, "explanation": text,
            "impact_score": reais(abs(current - previous)),
            "insight_hash": f"category_variation:{category}:{today.year:04}-{today.month:02}"})
    return sorted(found, key=lambda v: (-v["impact_score"], v["category_id"]))


def outlooks(goals, today):
    """Of goals as GET /api/goals shows them."""
    found = []
    for goal in goals:
        target, current = (int(decimal.Decimal(goal[f"{n}_amount_str"]) * 100)
                           for n in ("target", "current"))
        due = datetime.date.fromisoformat(goal["target_date"][:10])
        left, age = (due - today).days, (today - day_in_zone(goal["created_at"])).days
        if goal["status"] not in ("active", "at_risk", "on_track") or left <= 0:
            continue
        gap = target - current
        needed = half_up(gap / max(Fraction(1, 4), Fraction(left, 30)))
        pace = half_up(current / max(Fraction(1, 4), Fraction(age, 30)))
        risk = needed > Fraction(12, 10) * pace if pace > 0 else left < 60
        found.append({
            "goal_id": goal["id"], "goal_name": goal["name"], "target_amount": reais(target),
            "current_amount": reais(current), "target_date": due.isoformat(), "gap": reais(gap),
            "days_left": left, "required_per_month": reais(needed),
            "risk_reason": f"Faltam R$ {shown(gap)} em {left} dias. Necessário "
                           f"~R$ {shown(needed)}/mês para atingir no prazo.",
            "at_risk": risk, "impact_score": reais(gap),
            "insight_hash": f"goal_at_risk:{goal['id']}"})
    return sorted(found, key=lambda g: (-g["gap"], g["goal_id"]))


# -- the user -------------------------------------------------------------------------------------

class Person(Browser):
    """Remembers its live expenses."""

    def __init__(self, server, name):
        super().__init__(server)
        assert self.enter("/api/auth/register", {
            "name": name, "email": f"{name}@example.com", "password": "uma senha boa"}) == 200
        self.accounts = [a["id"] for a in self.wanted("GET", "/api/accounts")]
        self.names = {c["id"]: c["name"] for c in self.wanted("GET", "/api/categories")}
        self.expenses = {}
        self.goals = 0

    def raw(self, method, path, body=None):
        wire = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            wire.request(method, path, body, {"Authorization": f"Bearer {self.token}"})
            answer = wire.getresponse()
            return answer.status, answer.read()
        finally:
            wire.close()

    def insights(self):
        status, body = self.raw("GET", "/api/insights")
        assert status == 200, (status, body)
        return json.loads(body, parse_float=decimal.Decimal)

    def spend(self, category, cents, day, account=0, kind="expense"):
        made = self.wanted("POST", "/api/transactions", {
            "date": day.isoformat(), "account_id": self.accounts[account], "type": kind,
            "category_id": category, "amount_cents": cents, "description": "padaria"})
        if kind == "expense":
            self.expenses[made["id"]] = (category, cents, day)
        return made["id"]

    def goal(self, target, due, current=0):
        self.goals += 1
        made = self.wanted("POST", "/api/goals", {
            "name": f"Meta {self.goals}", "target_amount_cents": target,
            "target_date": due.isoformat(), "category": "lazer", "priority": "low"})["id"]
        if current:
            self.wanted("PUT", f"/api/goals/{made}", {"current_amount_cents": current})
        return made

    def say(self, kind, text, status, key=None):
        return self.ask("POST", FEEDBACK, {"insight_type": kind, "insight_hash": text,
                                           "status": status}, key=key)

    def hashes(self):
        found = self.insights()
        return [i["insight_hash"] for n in ("category_monthly_variation", "goals_at_risk")
                for i in found[n]]


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
        self.ana = Person(self.server, "ana")
        self.today = datetime.datetime.now(ZONE).date()

    def end(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, text = self.server.run("verify")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.server.complaints(), [])

    def statement(self, sql):
        """Behind the server's back; it must not run. The rows as texts."""
        if self.cluster:
            return self.cluster.query(sql)
        with contextlib.closing(sqlite3.connect(self.database.path, timeout=30)) as db, db:
            return "\n".join("|".join(map(str, row)) for row in db.execute(sql))

    def compare(self, person):
        found = person.insights()
        today = day_in_zone(found["computed_at"])
        self.assertEqual(found["category_monthly_variation"],
                         variations(person.expenses.values(), person.names, today))
        goals = person.wanted("GET", "/api/goals")
        self.assertEqual(found["goals_at_risk"], outlooks(goals, today))
        return found

    def days(self):
        """First and last days of this month and three before, and some between."""
        first = self.today.replace(day=1)
        for _ in range(4):
            following = (first + datetime.timedelta(days=31)).replace(day=1)
            yield from (first, following - datetime.timedelta(days=1),
                        first + datetime.timedelta(days=14))
            first = (first - datetime.timedelta(days=1)).replace(day=1)

    def test_same_as_our_own(self):
        self.assertEqual(self.ana.insights().keys(),
                         {"category_monthly_variation", "goals_at_risk", "computed_at"})
        chance = random.Random(SEED)
        days, categories = list(self.days()), list(self.ana.names)
        bia = Person(self.server, "bia")
        for person in (self.ana, bia):
            for _ in range(120):
                kind = chance.choice(["expense"] * 4 + ["income"])
                person.spend(chance.choice(list(person.names)[:9]),
                             chance.choice([1, 7, 50, 1007, chance.randint(1, 10**6)]),
                             chance.choice(days), kind=kind)
            for gone in chance.sample(list(person.expenses), 20):
                person.wanted("DELETE", f"/api/transactions/{gone}")
                del person.expenses[gone]
        # As large as it gets, of nothing and of one centavo; the other way round; a tie.
        first, before = self.today.replace(day=1), self.today.replace(day=1)
        before -= datetime.timedelta(days=1)
        for category, account, now, then in ((9, 1, MOST, None), (10, 2, MOST - 2, 1),
                                             (11, 3, 300, 200), (12, 3, 400, 300)):
            if then:
                self.ana.spend(categories[category], then, before, account)
            self.ana.spend(categories[category], now, first, account)
        moved = next(t for t, e in self.ana.expenses.items() if e[2] < before.replace(day=1))
        self.ana.wanted("PUT", f"/api/transactions/{moved}",
                        {"date": first.isoformat(), "amount_cents": 4321})
        self.ana.expenses[moved] = (self.ana.expenses[moved][0], 4321, first)
        self.ana.wanted("POST", "/api/transactions", {
            "date": first.isoformat(), "account_id": self.ana.accounts[0], "type": "income",
            "category_id": categories[13], "amount_cents": 10**9, "description": "salário"})
        self.ana.wanted("POST", "/api/transactions", {
            "date": first.isoformat(), "account_id": self.ana.accounts[0], "type": "transfer",
            "category_id": categories[13], "amount_cents": 5, "description": "para lá",
            "to_account_id": self.ana.accounts[3]})
        for left in (-1, 0, 1, 2, 7, 8, 29, 30, 31, 59, 60, 61, 400):
            for target, current in ((1000, 0), (MOST, MOST - 1), (10_000, 4000), (2, 1),
                                    (5800, 1000), (5801, 1000)):  # around 1.2 in 30 days
                self.ana.goal(target, self.today + datetime.timedelta(days=left), current)
        reached = self.ana.goal(100, self.today + datetime.timedelta(days=9), 100)
        self.compare(self.ana)
        self.assertEqual(self.compare(bia)["goals_at_risk"], [])
        self.server.kill()
        for age in (6, 7, 8, 30, 31, 59, 60, 61, 365):  # a client cannot make an old one
            names = ", ".join(f"'Meta {n}'" for n in range(age % 11, self.ana.goals, 11))
            self.statement(f"update goals set created_at = created_at - {age * DAY_US} "
                           f"where name in ({names})")
        self.server.start()
        found = self.compare(self.ana)
        listed = [g["goal_id"] for g in found["goals_at_risk"]]
        self.assertNotIn(reached, listed)
        self.assertEqual(len(listed), 66)
        self.assertEqual({g["at_risk"] for g in found["goals_at_risk"]}, {True, False})
        largest = found["category_monthly_variation"][0]
        self.assertEqual(largest["current_amount"], reais(MOST))
        self.end()


    def test_what_the_user_wants_to_see(self):
        category = next(iter(self.ana.names))
        self.ana.spend(category, 1007, self.today)
        goal = self.ana.goal(1000, self.today + datetime.timedelta(days=400))
        spent = f"category_variation:{category}:{self.today.year:04}-{self.today.month:02}"
        missing = f"goal_at_risk:{goal}"
        bia = Person(self.server, "bia")
        self.assertEqual(bia.say("category_variation", spent, "ignored")[0], 204)
        self.assertEqual(self.ana.hashes(), [spent, missing])
        self.assertEqual(self.ana.say("category_variation", spent, "seen")[:2], (204, None))
        self.assertEqual(self.ana.hashes(), [spent, missing])
        for _ in range(2):
            status, body, headers = self.ana.say("category_variation", spent, "ignored", key="k")
            self.assertEqual((status, body), (204, None))
        self.assertEqual(headers["Idempotent-Replayed"], "true")
        self.assertEqual(self.ana.hashes(), [missing])
        self.assertEqual(self.ana.ask("PATCH", PREFERENCES, {"enable_goals_at_risk": False})[:2],
                         (200, {"enable_category_variation": True, "enable_goals_at_risk": False}))
        self.assertEqual(self.ana.hashes(), [])
        status, answer, _ = self.ana.say("goals", spent, "ignored")
        self.assertEqual((status, answer["detail"]),
                         (400, "insight_type deve ser category_variation ou goal_at_risk"))
        self.assertEqual(self.ana.say("goal_at_risk", spent, "done")[0], 400)
        self.server.kill()
        self.statement(f"update insight_feedback set at = at - {30 * DAY_US - 60_000_000}")
        self.server.start()
        self.assertEqual(self.ana.hashes(), [])
        self.ana.wanted("PATCH", PREFERENCES, {"enable_goals_at_risk": True}, key="p")
        self.assertEqual(self.ana.hashes(), [missing])
        self.server.kill()
        self.statement("update insight_feedback set at = at - 60000000")
        self.server.start()
        self.assertEqual(self.ana.hashes(), [spent, missing])
        self.assertEqual(bia.ask("GET", PREFERENCES)[1],
                         {"enable_category_variation": True, "enable_goals_at_risk": True})
        self.end()

    def test_reading_changes_nothing(self):
        self.ana.spend(next(iter(self.ana.names)), 1007, self.today)
        self.ana.goal(1000, self.today + datetime.timedelta(days=5))

        def everything():
            """But what the server's own schedules leave, which tick when they want: their jobs
            and the commits without entries that end them."""
            beside = ("goals", "notifications", "insight_preferences", "insight_feedback",
                      "jobs where schedule_id is null")
            counts = " union all ".join(f"select count(*) from {name}" for name in beside)
            tables = self.database.tables()
            tables["ledger_commits"] = [c for c in tables["ledger_commits"] if c["entries"]]
            return tables, self.statement(counts)

        before = everything()
        found = self.compare(self.ana)
        self.assertEqual([len(found[n]) for n in ("category_monthly_variation", "goals_at_risk")],
                         [1, 1])
        self.ana.wanted("GET", PREFERENCES)
        self.assertEqual(everything(), before)
        if self.cluster:
            self.without_writes()
        self.end()

    def without_writes(self):
        """A SQLite file that cannot be written lets no server start."""
        self.cluster.query("alter system set default_transaction_read_only = on")
        self.cluster.query("select pg_reload_conf()")
        self.addCleanup(self.writable)
        end = time.monotonic() + 20
        while (said := self.ana.say("goal_at_risk", "h", "seen"))[0] == 204:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        self.assertEqual((said[0], said[1]["code"]), (503, "DB_READ_ONLY"))
        self.compare(self.ana)
        self.ana.wanted("GET", PREFERENCES)
        self.writable()
        while self.ana.say("goal_at_risk", "h", "seen")[0] != 204:
            self.assertLess(time.monotonic(), end + 20)
            time.sleep(0.1)

    def writable(self):
        self.cluster.query("set default_transaction_read_only = off",
                           "alter system reset default_transaction_read_only",
                           "select pg_reload_conf()")

    def test_switched_off(self):
        self.ana.spend(next(iter(self.ana.names)), 1007, self.today)
        self.assertEqual(self.server.terminate(DRAIN_LIMIT_S)[0], 0)
        self.server.start(settings={"ENABLE_INSIGHTS": "0"})
        for method, path in (("GET", "/api/insights"), ("POST", FEEDBACK), ("GET", PREFERENCES),
                             ("PATCH", PREFERENCES), ("GET", "/api/insights/")):
            for body in (None, b"{}", b"no"):
                self.assertEqual(self.ana.raw(method, path, body), (204, b""), (method, path))
        self.assertEqual(self.ana.say("goal_at_risk", "h", "ignored", key="k")[0], 204)
        self.assertEqual(self.server.terminate(DRAIN_LIMIT_S)[0], 0)
        self.server.start()
        self.assertEqual(len(self.ana.hashes()), 1)
        self.end()

    def test_metrics(self):
        def levels():
            found = self.server.metrics()
            return ([found[f'insights_compute_duration_seconds_count{{source="{s}"}}']
                     for s in SOURCES]
                    + [found[f'insights_errors_total{{source="{s}"}}'] for s in ("api", "job")]
                    + [found[f"insights_cache_{n}_total"] for n in ("hits", "misses")])

        self.assertEqual(levels(), [0.0] * 10)
        for _ in range(3):
            self.ana.insights()
        self.ana.wanted("GET", PREFERENCES)
        self.assertEqual(levels(), [3.0] + [0.0] * 8 + [3.0])
        self.end()


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
