#!/usr/bin/env python3
"""The product's own schedules over the wire: there after each start, once; pausable; run by hand
under their locks, with history, log lines and metrics; what is kept no longer goes.

  system_schedules.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import hashlib
import time
import unittest

import locks
from bed import ClusterCase, begin
from database import Sqlite
from jobs import until
from schedules import Planner
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40
# Those of api-contract §14 that this program knows how to run: others may follow.
KNOWN = {
    "recurring_transactions": "0 * * * *", "weekly_reports": "0 8 * * *",
    "monthly_balance_snapshots": "0 1 1 * *", "reconcile_snapshots": "0 2 * * *",
    "reconcile_balances": "30 * * * *", "ledger_audit": "0 3 * * *",
    "idempotency_purge": "15 * * * *", "prune": "0 4 * * *"}
OLD = 1_000_000  # microseconds: long ago


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
        self.ana = Planner(self.server, "ana")
        self.root = Planner(self.server, "root")
        self.again(lambda: self.server.run("users", "grant-admin", self.root.email))

    def tearDown(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.server.complaints(), [])

    def again(self, meanwhile=None):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        if meanwhile:
            meanwhile()
        self.server.start()

    def shown(self):
        """{id: schedule} of the system, when all are there."""
        def all_there():
            status, page = self.root.ask("GET", "/api/schedules?system=true&limit=100")
            found = page["items"] if status == 200 else []
            ids = [s["id"] for s in found]
            assert len(ids) == len(set(ids)), ids
            return {s["id"]: s for s in found} if KNOWN.keys() <= set(ids) else None
        return until(all_there)

    def run_now(self, schedule, status=201):
        return self.root.want("POST", f"/api/schedules/{schedule}/run-now",
                              {"reason": "of a test"}, status)

    def ran(self, schedule):
        """Runs it by hand; the job as it ended."""
        job = self.run_now(schedule)["id"]
        self.root.ends(job)
        return self.root.want("GET", f"/api/jobs/{job}")

    def test_all_are_there_for_an_administrator(self):
        found = self.shown()
        for name, cron in KNOWN.items():
            one = found[name]
            self.assertEqual((one["name"], one["kind"], one["rule"], one["zone"]),
                             (name, name, {"cron": cron}, "America/Sao_Paulo"), name)
            self.assertEqual(one["state"], "active", name)
            self.assertEqual(len(self.root.want("GET", f"/api/schedules/{name}/preview?n=3")[
                "ticks"]), 3)
        self.assertEqual(self.ana.ask("GET", "/api/schedules?system=true")[0], 403)
        self.assertEqual(self.ana.ask("GET", "/api/schedules/prune")[0], 404)
        status, said = self.root.ask("DELETE", "/api/schedules/prune?reason=of+a+test")
        self.assertEqual((status, said["code"]), (409, "SCHEDULE_KEPT"))
        metrics = self.server.metrics()
        self.assertEqual(metrics['vaidepix_schedules{state="active"}'], len(found))
        for name in KNOWN:
            self.assertEqual(metrics[f'job_failures_total{{job_name="{name}"}}'], 0, name)

    def test_each_runs_by_hand_and_leaves_its_traces(self):
        self.shown()
        for name in KNOWN:
            if name == "recurring_transactions":
                continue  # it runs at each start
            job = self.ran(name)
            self.assertEqual((job["kind"], job["schedule"]), (name, name))
            tick = self.root.ticks(name)[0]
            self.assertEqual((tick["result"], tick["job"]), ("manual", job["id"]))
            metrics = self.server.metrics()
            self.assertEqual(metrics[f'job_lock_acquired_total{{job_name="{name}"}}'], 1, name)
            self.assertEqual(metrics[f'job_duration_seconds_count{{job_name="{name}"}}'], 1, name)
            self.assertEqual(metrics[f'job_failures_total{{job_name="{name}"}}'], 0, name)
        for line in ("Job iniciado: execute_monthly_snapshots (compute_monthly_snapshots)",
                     "Job concluído: execute_reconcile_snapshots (reconcile_snapshots)",
                     "Job iniciado: prune", "Job concluído: prune"):
            until(lambda: line in self.server.log(), 10)

    def test_what_is_kept_no_longer_goes(self):
        self.shown()
        self.ana.income(10_000)

        def post():
            return self.ana.want("POST", "/api/transactions", self.ana.posting(7), key="tarifa-1")
        first = post()["id"]
        self.assertEqual(post()["id"], first)
        owner = f"from users u where u.email = '{self.ana.email}'"

        def age():
            for change in (
                    f"update idempotency set expires_at = {OLD}",
                    "insert into notifications (id, imported_id, user_id, type, title, body,"
                    f" metadata, created_at) select 5, null, u.id, 'x', 't', 'b', '{{}}', {OLD}"
                    f" {owner}",
                    "insert into notifications (id, imported_id, user_id, type, title, body,"
                    f" metadata, created_at) select 6, null, u.id, 'x', 't', 'b', '{{}}', {OLD}"
                    f" {owner}",
                    "insert into sessions (id, user_id, device, ip, created_at, last_used_at,"
                    f" expires_at) select 5, u.id, '', '', 1, 1, {OLD} {owner}"):
                self.database.execute(change)
        self.again(age)
        self.shown()
        self.assertEqual(len(self.ana.want("GET", "/api/notifications?limit=100")), 2)
        purged = self.ran("idempotency_purge")["result"]
        self.assertGreaterEqual(purged["answers"], 1)
        self.assertEqual(self.server.metrics()["vaidepix_idempotency_purged_total"],
                         purged["answers"])
        result = self.ran("prune")["result"]
        self.assertEqual((result["notifications"], result["more"]), (2, False))
        self.assertGreaterEqual(result["sessions"], 1)
        self.assertEqual(self.ana.want("GET", "/api/notifications?limit=100"), [])
        self.assertEqual(self.ran("prune")["result"]["notifications"], 0)
        self.assertNotEqual(post()["id"], first)  # the key is free: it is another wish now

    def test_states_of_alerts_that_cannot_matter_go(self):
        owner = f"from users u where u.email = '{self.ana.email}'"
        rows = (("r", "c:2020-01", 1), ("r", "x", 0), ("r", "c:2999-01", 1), ("r", "account", 1))

        def age():
            for rule, subject, fired in rows:
                self.database.execute(
                    "insert into alert_states (user_id, rule, subject, fired, at)"
                    f" select u.id, '{rule}', 'subject-{subject}', {fired}, {OLD} {owner}")
        self.again(age)
        self.shown()
        self.assertEqual(self.ran("prune")["result"]["alert_states"], 2)
        self.assertEqual(self.ran("prune")["result"]["alert_states"], 0)

    def test_when_a_run_last_succeeded_is_known_across_restarts(self):
        def last(schedule):
            name = f'vaidepix_schedule_last_success_timestamp_seconds{{schedule="{schedule}"}}'
            return self.server.metrics()[name]
        made = self.shown().keys()
        begun = time.time()
        self.assertTrue(all(until(lambda: last(s)) < begun + 5 for s in made))
        never = last("ledger_audit")  # when it was made
        time.sleep(1.1)
        before = time.time()
        self.ran("prune")
        ran = until(lambda: last("prune") if last("prune") > before - 0.5 else None)
        self.assertLess(ran, time.time() + 1)
        for stop in (self.server.kill, None):
            if stop:
                stop()
                self.server.start()
            else:
                self.again()
            self.shown()
            until(lambda: abs(last("prune") - ran) < 1)
            until(lambda: abs(last("ledger_audit") - never) < 1)

    def test_a_pause_stays_and_nothing_is_there_twice(self):
        before = self.shown()
        self.root.act("prune", "pause")
        self.root.act("recurring_transactions", "pause")
        runs = len(self.root.ticks("recurring_transactions"))
        self.assertGreaterEqual(runs, 1)  # at each start
        for stop in (self.server.kill, None, self.server.kill):
            if stop:
                stop()
                self.server.start()
            else:
                self.again()
            found = self.shown()
            self.assertEqual(found.keys(), before.keys())
            self.assertEqual((found["prune"]["state"], found["prune"]["paused"]["reason"]),
                             ("paused", "of a test"))
        self.assertEqual(len(self.root.ticks("recurring_transactions")), runs)
        metrics = self.server.metrics()
        self.assertEqual(metrics['vaidepix_schedules{state="paused"}'], 2)
        self.assertEqual(metrics['vaidepix_schedules{state="active"}'], len(found) - 2)
        self.root.act("prune", "resume")
        self.assertEqual(self.shown()["prune"]["state"], "active")
        self.assertEqual(self.server.metrics()['vaidepix_schedules{state="paused"}'], 1)


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same, and somebody else who holds a lock."""
    postgres = True

    def test_while_another_process_runs_it_nobody_else_does(self):
        self.shown()
        key = hashlib.sha256(b"job:prune").digest()[:8]
        stranger = locks.Stranger(self.cluster)
        self.addCleanup(stranger.leave)
        number = int.from_bytes(key, "big") & (1 << 63) - 1
        self.assertEqual(stranger.ask(f"select pg_try_advisory_lock({number})"), "t")
        said = self.run_now("prune", 409)
        self.assertEqual(said["code"], "LOCK_CONTENDED")
        series = '{job_name="prune"}'
        self.assertEqual(self.server.metrics()["job_lock_contended_total" + series], 1)
        self.assertEqual(self.server.metrics()["job_lock_acquired_total" + series], 0)
        stranger.leave()
        until(lambda: self.root.ask("POST", "/api/schedules/prune/run-now",
                                    {"reason": "of a test"})[0] == 201)
        until(lambda: self.server.metrics()["job_duration_seconds_count" + series] == 1)


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
