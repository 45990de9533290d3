#!/usr/bin/env python3
"""The runs over all users that tell of insights: once for each crossing, through kill -9 and
repeated runs; those who are inactive or want nothing are left in peace; all of it can be measured.

  insights_job.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import random
import time
import unittest

from alerts import Saver, day, last_month
from bed import ClusterCase, begin
from database import Sqlite
from jobs import until
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40
SEED = 6
CROWD = 12
RISK, SPIKE, WEEK = "insight_goal_risk", "insight_spending_spike", "insight_weekly_summary"


class Teller(Saver):
    def goal(self, name, days=30):
        return self.want("POST", "/api/goals", {
            "name": name, "target_amount_cents": 100_000, "target_date": day(days),
            "category": "casa", "priority": "high"})["id"]

    def titles(self, kind):
        return sorted(n["title"] for n in self.told(kind))

    def spike(self):
        self.income(1_000_000)
        self.spend(1_000, last_month())
        return self.spend(1_300)


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
        self.root = Teller(self.server, "root")
        self.again(lambda: self.server.run("users", "grant-admin", self.root.email))

    def tearDown(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.server.complaints(), [])

    def again(self, meanwhile=lambda: None, settings=None):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        meanwhile()
        self.server.start(settings=settings)
        self.ready()

    def ready(self):
        until(lambda: self.root.ask("GET", "/api/schedules/insights")[0] == 200)

    def test_each_is_told_once_through_kills(self):
        crowd = [Teller(self.server, f"p{n}") for n in range(CROWD)]
        chance = random.Random(SEED)
        for person in crowd:
            person.spike()
        for lap in range(4):
            for person in crowd:
                person.goal(f"Meta {lap}")
            job = self.root.want("POST", "/api/schedules/insights/run-now",
                                 {"reason": "of a test"}, 201)["id"]
            time.sleep(chance.uniform(0, 0.15))
            self.server.kill()
            self.server.start()
            self.ready()
            self.root.ends(job)
        seen = self.root.run("insights")
        self.assertEqual((seen["users"], seen["told"], seen["failed"]), (CROWD + 1, 0, 0))
        for person in crowd:
            self.assertEqual(person.titles(RISK), [f"Meta em risco: Meta {n}" for n in range(4)])
            self.assertEqual(person.titles(SPIKE), [f"Pico de gasto: {person.category['name']}"])
        self.assertEqual(self.root.titles(RISK), [])

    def test_a_goal_is_told_again_when_it_was_out_of_risk(self):
        ana = Teller(self.server, "ana")
        goal = ana.goal("Casa")
        self.root.run("insights")
        ana.want("PUT", f"/api/goals/{goal}", {"target_date": day(400)})
        self.root.run("insights")
        self.assertEqual(len(ana.told(RISK)), 1)
        ana.want("PUT", f"/api/goals/{goal}", {"target_date": day(20)})
        for _ in range(2):
            self.root.run("insights")
        told = ana.told(RISK)
        self.assertEqual(len(told), 2)
        self.assertEqual(told[0]["metadata"], {
            "rule_id": "goals_at_risk_v1", "goal_id": goal, "goal_name": "Casa", "gap": 1000.0,
            "days_left": 20, "risk_reason": told[0]["body"]})

    def test_what_is_deleted_edited_or_hidden_is_not_told(self):
        ana, bia, caio = (Teller(self.server, name) for name in ("ana", "bia", "caio"))
        spent = [person.spike() for person in (ana, bia, caio)]
        ana.want("DELETE", f"/api/transactions/{spent[0]}")
        bia.want("PUT", f"/api/transactions/{spent[1]}",
                 {"date": f"{last_month()}T12:00:00-03:00"})
        shown = caio.want("GET", "/api/insights")["category_monthly_variation"][0]
        status, _ = caio.ask("POST", "/api/insights/feedback", {
            "insight_type": "category_variation", "insight_hash": shown["insight_hash"],
            "status": "ignored"})
        self.assertEqual(status, 204)
        seen = self.root.run("insights")
        self.assertEqual((seen["users"], seen["told"]), (4, 0))
        bia.want("PUT", f"/api/transactions/{spent[1]}", {"date": f"{day()}T12:00:00-03:00"})
        self.root.run("insights")
        self.assertEqual([p.titles(SPIKE) for p in (ana, bia, caio)],
                         [[], [f"Pico de gasto: {bia.category['name']}"], []])

    def test_who_is_inactive_is_left_in_peace(self):
        ana = Teller(self.server, "ana")
        ana.goal("Casa")
        of_ana = ana.want("GET", "/api/auth/me")["id"]
        self.root.want("POST", f"/api/admin/users/{of_ana}/deactivate", {"reason": "of a test"})
        for schedule in ("insights", "insights_weekly_notifications"):
            seen = self.root.run(schedule)
            self.assertEqual((seen["users"], seen["told"]), (1, 0), schedule)

    def test_lines_and_metrics(self):
        ana = Teller(self.server, "ana")
        ana.spike()
        self.root.run("insights")
        of_ana = ana.want("GET", "/api/auth/me")["id"]
        until(lambda: "Job concluído: execute_insights_job (run_insights_job)" in self.server.log(),
              10)
        log = self.server.log()
        self.assertIn("Job iniciado: execute_insights_job (run_insights_job)", log)
        lines = [n for n in log.splitlines() if "Insights recalculados (job)" in n]
        self.assertEqual(len(lines), 2)
        self.assertEqual(len([n for n in lines if of_ana in n]), 1)
        metrics = self.server.metrics()
        self.assertEqual(metrics['insights_compute_duration_seconds_count{source="job"}'], 2)
        self.assertEqual(metrics['insights_compute_duration_seconds_count{source="api"}'], 0)
        self.assertEqual(metrics['insights_errors_total{source="job"}'], 0)
        self.assertEqual(metrics['job_lock_acquired_total{job_name="insights_job"}'], 1)
        self.assertEqual(metrics['job_duration_seconds_count{job_name="insights_job"}'], 1)

    def test_switched_off_it_says_so_and_does_nothing(self):
        ana = Teller(self.server, "ana")
        ana.goal("Casa")
        self.again(settings={"ENABLE_INSIGHTS": "0"})
        for schedule in ("insights", "insights_weekly_notifications"):
            self.assertEqual(self.root.run(schedule), {"enabled": False})
        self.assertEqual(ana.told(RISK) + ana.told(WEEK), [])


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
