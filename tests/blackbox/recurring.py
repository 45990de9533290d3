#!/usr/bin/env python3
"""Recurring rules over the wire: posted on their day, once, whatever is killed; made up; refused.

  recurring.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import unittest
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
DAY_US = 86_400_000_000


def today(days=0):
    return (datetime.now(ZONE) + timedelta(days=days)).strftime("%Y-%m-%d")


class Household(Planner):
    def rule(self, name, frequency="monthly", actions=None, status=200, is_active=True,
             **conditions):
        return self.want("POST", "/api/automations", {
            "name": name, "type": "recurring_transaction", "is_active": is_active,
            "conditions": {"trigger": "schedule", "frequency": frequency, **conditions},
            "actions": actions or self.rent(1500.0)}, status)

    def rent(self, reais, **more):
        """As the web app writes it."""
        return {"type": "add_transaction", "value": "expense", "amount": reais,
                "account_id": self.account, "category": self.category["id"], **more}

    def runs(self, rule):
        return self.want("GET", f"/api/automations/{rule}/runs")

    def ran(self, rule, count):
        def there():
            found = self.runs(rule)
            assert len(found) <= count, found
            return found if len(found) == count else None
        return until(there)

    def transactions(self, text):
        return [t for t in self.want("GET", "/api/transactions?limit=100")
                if t["description"] == text]

    def told(self, kind):
        return [n for n in self.want("GET", "/api/notifications?limit=100") if n["type"] == kind]


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
        self.ana = Household(self.server, "ana")
        self.ana.income(10_000_000)

    def tearDown(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        self.assertEqual([c for c in self.server.complaints() if "event=job.dead" not in c], [])

    def again(self, change=None):
        """A crash, what is done to the database meanwhile, and a new start."""
        self.server.kill()
        if change:
            self.database.execute(change)
        self.server.start()

    def test_the_rent_is_booked_on_its_day_once(self):
        before = self.ana.balance()
        rule = self.ana.rule("Aluguel", start_date=today())
        run = self.ana.ran(rule["id"], 1)[0]
        self.assertEqual((run["occurrence_date"], run["state"], run["error"]),
                         (today(), "posted", None))
        booked = self.ana.transactions("Aluguel")
        self.assertEqual([t["id"] for t in booked], [run["transaction_id"]])
        self.assertEqual((booked[0]["amount_str"], booked[0]["type"]), ("1500.00", "expense"))
        at = datetime.fromisoformat(booked[0]["date"].replace("Z", "+00:00")).astimezone(ZONE)
        self.assertEqual(at.strftime("%Y-%m-%d %H:%M"), today() + " 12:00")
        shown = self.ana.want("GET", f"/api/automations/{rule['id']}")
        self.assertIsNotNone(shown["last_run"])
        self.assertGreater(shown["next_run"][:10], today())
        for _ in range(2):
            self.again()
            until(lambda: self.ana.ask("GET", "/api/schedules")[0] == 200)
        self.assertEqual(len(self.ana.runs(rule["id"])), 1)
        self.assertEqual(self.ana.balance(), before - 150_000)

    def test_missed_days_are_made_up_each_with_its_date(self):
        """The server was down for three days, and dies again while it makes up for them."""
        rule = self.ana.rule("Café", "daily", self.ana.rent(7.5), start_date=today(-10))
        self.ana.ran(rule["id"], 1)
        before = self.ana.balance()
        self.server.terminate(DRAIN_LIMIT_S)
        back = 3 * DAY_US
        for change in (
                f"update automations set created_at = created_at - {back},"
                f" next_run = next_run - {back}",
                f"update schedules set watermark = watermark - {back}, next_at = next_at - {back}"
                " where kind = 'recurring_transaction'",
                "delete from schedule_ticks"):
            self.database.execute(change)
        self.server.start()
        self.again()
        runs = self.ana.ran(rule["id"], 3)
        self.assertEqual([r["occurrence_date"] for r in runs], [today(), today(-1), today(-2)])
        self.assertEqual({r["state"] for r in runs}, {"posted"})
        dates = sorted(t["date"][:10] for t in self.ana.transactions("Café"))
        self.assertEqual(dates, [today(-2), today(-1), today()])
        self.assertEqual(self.ana.balance(), before - 2 * 750)

    def test_a_schedule_that_was_lost_is_made_again(self):
        """Between the commit of a rule and that of its schedule the process died."""
        rule = self.ana.rule("Luz", start_date=today())
        self.ana.ran(rule["id"], 1)
        self.server.kill()
        self.database.execute("delete from schedule_ticks")
        self.database.execute("delete from schedules where kind = 'recurring_transaction'")
        self.server.start()
        made = until(lambda: [s for s in self.ana.all_of("/api/schedules")
                              if s["kind"] == "recurring_transaction"])
        self.assertEqual(made[0]["name"], "Luz")

    def test_a_refusal_ends_the_occurrence_and_the_next_goes_on(self):
        poor = self.ana.want("POST", "/api/accounts",
                             {"name": "Reserva", "type": "savings", "balance": 0})
        rule = self.ana.rule("Guardar", "daily", {
            "type": "transfer", "amount_cents": 5000, "account_id": poor["id"],
            "to_account_id": self.ana.account, "category_id": self.ana.category["id"]},
            start_date=today())
        run = self.ana.ran(rule["id"], 1)[0]
        self.assertEqual((run["state"], run["error"], run["transaction_id"]),
                         ("refused", "TX_INSUFFICIENT_BALANCE", None))
        shown = self.ana.want("GET", f"/api/automations/{rule['id']}")
        self.assertEqual(shown["last_error"], "TX_INSUFFICIENT_BALANCE")
        self.assertEqual(shown["next_run"][:10], today(1))
        told = self.ana.told("automation_failed")
        self.assertEqual([n["title"] for n in told], ["Automação não executada"])
        self.assertEqual(told[0]["metadata"], {
            "automation_rule_id": rule["id"], "occurrence_date": today(),
            "code": "TX_INSUFFICIENT_BALANCE"})

    def refusing(self, yes):
        """The database refuses all ends of occurrences that are posted, or takes them again."""
        if self.postgres:
            return ("alter table automation_runs add constraint planted check (how <> 0)" if yes
                    else "alter table automation_runs drop constraint planted")
        return ("create trigger planted before insert on automation_runs when new.how = 0"
                " begin select raise(abort, 'planted'); end" if yes else "drop trigger planted")

    def test_a_dead_occurrence_is_told_of_and_may_be_made_later(self):
        before = self.ana.balance()
        self.again(self.refusing(True))
        rule = self.ana.rule("Condomínio", start_date=today())
        dead = until(lambda: self.ana.want("GET", "/api/jobs?state=dead")["items"])[0]
        self.assertEqual((dead["kind"], dead["error"]["code"]),
                         ("recurring_transaction", "DB_BROKEN"))
        self.assertEqual(self.ana.told("automation_failed"), [])
        self.again(self.refusing(False))  # recurring_transactions runs at each start
        run = self.ana.ran(rule["id"], 1)[0]
        self.assertEqual((run["occurrence_date"], run["state"], run["error"]),
                         (today(), "failed", "DB_BROKEN"))
        told = self.ana.told("automation_failed")
        self.assertEqual([n["metadata"] for n in told], [{
            "automation_rule_id": rule["id"], "occurrence_date": today(), "code": "DB_BROKEN"}])
        self.assertEqual(self.ana.want("GET", f"/api/automations/{rule['id']}")["last_error"],
                         "DB_BROKEN")
        self.again()
        until(lambda: self.ana.ask("GET", "/api/jobs")[0] == 200)
        self.assertEqual(self.ana.balance(), before)
        self.ana.want("POST", f"/api/jobs/{dead['id']}/redrive", {"reason": "of a test"})
        self.ana.ends(dead["id"])
        run = self.ana.ran(rule["id"], 1)[0]
        self.assertEqual((run["state"], run["error"]), ("posted", None))
        self.assertEqual([t["id"] for t in self.ana.transactions("Condomínio")],
                         [run["transaction_id"]])
        self.assertEqual(len(self.ana.told("automation_failed")), 1)
        self.assertEqual(self.ana.balance(), before - 150_000)

    def test_its_schedule_run_by_hand(self):
        """Posts what is due today and was not posted; on another day it does nothing."""
        due = self.ana.rule("Escola", start_date=today())
        later = self.ana.rule("Natação", start_date=today(2))
        self.ana.ran(due["id"], 1)
        before = self.ana.balance()

        def schedule(name):
            return until(lambda: [s["id"] for s in self.ana.all_of("/api/schedules")
                                  if s["name"] == name])[0]
        for rule, name, count in ((due, "Escola", 1), (later, "Natação", 0)):
            job = self.ana.act(schedule(name), "run-now", 201)["id"]
            self.ana.ends(job)
            self.assertEqual(len(self.ana.runs(rule["id"])), count)
        self.assertEqual(self.ana.balance(), before)
        # The day that was looked at by hand becomes one of the rule's: it is posted.
        path = f"/api/automations/{later['id']}"
        edited = self.ana.want("PUT", path, {"conditions": {
            "trigger": "schedule", "frequency": "daily", "start_date": today()}})
        self.assertEqual(edited["next_run"][:10], today())
        self.assertEqual(self.ana.ran(later["id"], 1)[0]["state"], "posted")
        # Of a later day again, and of an earlier one: the schedule follows both ways.
        other = self.ana.rule("Judô", start_date=today(9))
        until(lambda: [s for s in self.ana.all_of("/api/schedules") if s["name"] == "Judô"])
        self.ana.want("PUT", f"/api/automations/{other['id']}", {"conditions": {
            "trigger": "schedule", "frequency": "monthly", "start_date": today(4)}})
        until(lambda: [s for s in self.ana.all_of("/api/schedules")
                       if s["name"] == "Judô" and (s["next_at"] or "")[:10] == today(4)])
        # Edited once more, today is over.
        edited = self.ana.want("PUT", path, {"conditions": {
            "trigger": "schedule", "frequency": "weekly", "start_date": today()}})
        self.assertEqual(edited["next_run"][:10], today(7))

    def test_a_rule_that_wakes_up_on_its_day_runs_on_it(self):
        rule = self.ana.rule("Jornal", "daily", start_date=today(), is_active=False)
        path = f"/api/automations/{rule['id']}"
        self.assertIsNone(rule["next_run"])
        until(lambda: [s for s in self.ana.all_of("/api/schedules")
                       if s["name"] == "Jornal" and s["state"] == "paused"])
        self.assertEqual(self.ana.runs(rule["id"]), [])
        awake = self.ana.want("PUT", path, {"is_active": True})
        self.assertEqual(awake["next_run"][:10], today())
        self.assertEqual(self.ana.ran(rule["id"], 1)[0]["state"], "posted")

    def test_a_rule_that_rests_is_changed_or_is_gone_posts_nothing(self):
        tomorrow = today(1)
        rule = self.ana.rule("Academia", "daily", start_date=tomorrow)
        path = f"/api/automations/{rule['id']}"

        def schedule():
            found = [s for s in self.ana.all_of("/api/schedules") if s["name"] == "Academia"]
            return found[0] if found else None
        first = until(schedule)
        self.assertEqual(first["state"], "active")
        for method, path_of, body in (
                ("DELETE", f"/api/schedules/{first['id']}?reason=of+a+test", None),):
            status, said = self.ana.ask(method, path_of, body)
            self.assertEqual((status, said["code"]), (409, "SCHEDULE_KEPT"))
        self.ana.want("PUT", path, {"is_active": False})
        until(lambda: schedule()["state"] == "paused")
        self.ana.want("PUT", path, {"is_active": True, "conditions": {
            "trigger": "schedule", "frequency": "weekly", "start_date": tomorrow}})
        until(lambda: schedule()["state"] == "active" and schedule()["rule"] != first["rule"])
        self.ana.want("DELETE", path)
        until(lambda: schedule() is None)
        self.assertEqual(self.ana.transactions("Academia"), [])

    def test_to_run_a_rule_now(self):
        rule = self.ana.rule("Feira", "weekly", self.ana.rent(30), start_date=today(3))
        before = self.ana.balance()
        path = f"/api/automations/{rule['id']}/execute"
        done = self.ana.want("POST", path, key="feira-1")
        self.assertEqual(self.ana.want("POST", path, key="feira-1"), done)
        self.assertTrue(done["success"])
        self.assertEqual([t["id"] for t in self.ana.transactions("Feira")],
                         [done["transaction_id"]])
        self.assertEqual(self.ana.balance(), before - 3000)
        shown = self.ana.want("GET", f"/api/automations/{rule['id']}")
        self.assertEqual(shown["next_run"][:10], today(3))
        self.assertEqual(self.ana.runs(rule["id"]), [])
        alert = self.ana.want("POST", "/api/automations", {
            "name": "n", "type": "round_up", "conditions": {}, "actions": {}})
        status, said = self.ana.ask("POST", f"/api/automations/{alert['id']}/execute")
        self.assertEqual((status, said["code"]), (422, "AUTOMATION_INVALID"))


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
