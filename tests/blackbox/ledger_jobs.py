#!/usr/bin/env python3
"""The jobs that look at the whole ledger, run by hand: their lines, counts and metrics; what was
changed by hand in the database is told without any balance, and fails no job.

  ledger_jobs.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import json
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
OF_EVERY_LINE = {"timestamp", "level", "logger", "message", "event", "node", "module", "function",
                 "line"}
SNAPSHOT, ALL = ("Divergência de snapshot na conciliação",
                 "Divergências encontradas na conciliação de snapshots")
BALANCE, INVARIANT = "Divergência de saldo na conciliação", "Invariante do ledger violada"


def month_back(count):
    """The first of the month so many before this one, at 01:00."""
    first = datetime.now(ZONE).replace(day=1, hour=1, minute=0, second=0, microsecond=0)
    for _ in range(count):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


def last_month():
    return month_back(1).strftime("%Y-%m")


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, self.database.url,
                             {"ENABLE_STRUCTURED_LOGS": "1"})
        self.addCleanup(self.server.kill)
        self.server.start()
        self.root = Planner(self.server, "root")
        self.root.income(123_456)
        # The accounts are older than this month: the last one has snapshots.
        self.again(f"update accounts set created_at = created_at - {70 * DAY_US}",
                   "users", "grant-admin", self.root.email)

    def tearDown(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)

    def again(self, change, *command):
        """Behind the server's back, which does not run then."""
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        self.database.execute(change)
        if command:
            code, said = self.server.run(*command)
            self.assertEqual(code, 0, said)
        self.server.start()

    def ran(self, kind):
        """Runs it now; its result."""
        def begun():
            status, job = self.root.ask("POST", f"/api/schedules/{kind}/run-now",
                                        {"reason": "of a test"})
            return job["id"] if status == 201 else None  # the schedules are made after the start
        job = until(begun)
        self.root.ends(job)
        done = self.root.want("GET", f"/api/jobs/{job}")
        self.assertEqual(done["attempts"] if "attempts" in done else 1, 1, done)
        metrics = self.server.metrics()
        self.assertEqual(metrics[f'job_failures_total{{job_name="{kind}"}}'], 0)
        self.assertEqual(metrics[f'vaidepix_job_lock_held_timestamp_seconds{{job_name="{kind}"}}'],
                         0)
        return done["result"]

    def told(self, message, count=1, or_more=False):
        """The lines of the log with this message, of the server that runs. or_more: an hourly tick
        may have come, too."""
        def there():
            lines = [json.loads(x) for x in self.server.log().splitlines() if x.startswith("{")]
            found = [x for x in lines if x["message"] == message]
            assert or_more or len(found) <= count, found
            return found if len(found) >= count else None
        return until(there, 20) if count else there()

    def extras(self, line):
        return {k: v for k, v in line.items() if k not in OF_EVERY_LINE}

    def test_nothing_is_wrong(self):
        made = self.ran("monthly_balance_snapshots")
        self.assertEqual(made["month"], last_month())
        count = made["snapshots_created_or_updated"]
        self.assertGreaterEqual(count, 4)
        line = self.told("Job de snapshots mensais concluído")[0]
        self.assertEqual(self.extras(line), {"snapshots_created_or_updated": count})
        self.assertEqual(self.ran("monthly_balance_snapshots")["snapshots_created_or_updated"],
                         count)  # it may be repeated
        found = self.ran("reconcile_snapshots")
        self.assertEqual((found["checked"], found["divergences"]), (count, 0))
        line = self.told("Job de conciliação de snapshots concluído")[0]
        self.assertEqual(self.extras(line), {"checked": count, "divergences": 0})
        found = self.ran("reconcile_balances")
        self.assertGreaterEqual(found["checked"], 4)
        self.assertEqual(found["divergences"], 0)
        audited = self.ran("ledger_audit")
        self.assertEqual((audited["ok"], audited["chain"]["ok"]), (True, True))
        for names, times in (("execute_monthly_snapshots (compute_monthly_snapshots)", 2),
                             ("execute_reconcile_snapshots (reconcile_snapshots)", 1),
                             ("reconcile_balances", 1), ("ledger_audit", 1)):
            self.told(f"Job iniciado: {names}", times, or_more=True)
            self.told(f"Job concluído: {names}", times, or_more=True)
        self.assertEqual(self.server.complaints(), [])

    def test_a_snapshot_that_was_changed_by_hand(self):
        count = self.ran("monthly_balance_snapshots")["snapshots_created_or_updated"]
        self.again("update monthly_snapshots set balance = balance - 12345 where account_id ="
                   " (select min(id) from accounts where name = 'Conta Corrente')")
        found = self.ran("reconcile_snapshots")
        self.assertEqual((found["checked"], found["divergences"]), (count, 1))
        expected = {"account_id": self.root.account, "snapshot_date": last_month(),
                    "diff_abs": "123.45"}
        self.assertEqual(found["items"], [expected])
        line = self.told(SNAPSHOT)[0]
        self.assertEqual((line["level"], self.extras(line)), ("ERROR", expected))
        line = self.told(ALL)[0]
        self.assertEqual((line["level"], self.extras(line)),
                         ("ERROR", {"checked": count, "divergences": 1}))
        self.told("Job de conciliação de snapshots concluído", 0)
        audited = self.ran("ledger_audit")
        self.assertEqual(audited["ok"], False)
        line = self.told(INVARIANT)[0]
        self.assertEqual((line["level"], line["invariant"], line["violations"]),
                         ("ERROR", "Snapshot", 1))
        metrics = self.server.metrics()
        self.assertEqual(metrics['vaidepix_ledger_findings{check="snapshots"}'], 1)
        violations = "vaidepix_ledger_invariant_violations_total"
        self.assertEqual(metrics[violations + '{invariant="Snapshot"}'], 1)
        alarms = [c for c in self.server.complaints()
                  if not any(m in c for m in (SNAPSHOT, ALL, INVARIANT))]
        self.assertEqual(alarms, [])
        # Nothing was repaired; playbook §6 does that.
        self.assertEqual(self.ran("reconcile_snapshots")["divergences"], 1)
        self.ran("monthly_balance_snapshots")
        self.assertEqual(self.ran("reconcile_snapshots")["divergences"], 0)
        self.assertEqual(self.server.metrics()['vaidepix_ledger_findings{check="snapshots"}'], 0)

    def test_each_month_that_was_missed_is_made_up_for(self):
        """The server was down over three firsts of a month."""
        self.ran("reconcile_snapshots")  # the schedules are there
        first = int(month_back(2).timestamp()) * 1_000_000
        self.again(f"update schedules set next_at = {first}, watermark = {first - 1}"
                   " where name = 'monthly_balance_snapshots'")
        path = "/api/schedules/monthly_balance_snapshots/ticks"

        def made_up():
            status, page = self.root.ask("GET", path)
            ticks = page["items"] if status == 200 else []
            assert len(ticks) <= 3, ticks
            return ticks if len(ticks) == 3 else None
        ticks = until(made_up)
        self.assertEqual([t["result"] for t in ticks], ["ran"] * 3)
        for job in (t["job"] for t in ticks):
            self.root.ends(job)
        months = [self.root.want("GET", f"/api/jobs/{t['job']}")["result"]["month"] for t in ticks]
        self.assertEqual(months, [month_back(n).strftime("%Y-%m") for n in (1, 2, 3)])
        self.told("Job de snapshots mensais concluído", 3)
        self.again("update users set admin = admin")
        self.assertEqual(len(made_up()), 3)  # once

    def test_a_balance_that_was_changed_by_hand(self):
        self.again("update balances set balance = balance + 7 where account_id ="
                   " (select min(id) from accounts where name = 'Conta Corrente')")
        found = self.ran("reconcile_balances")
        expected = {"account_id": self.root.account, "snapshot_date": None, "diff_abs": "0.07"}
        self.assertEqual((found["divergences"], found["items"]), (1, [expected]))
        line = self.told(BALANCE, or_more=True)[0]
        del expected["snapshot_date"]
        self.assertEqual((line["level"], self.extras(line)), ("ERROR", expected))
        self.assertEqual(self.server.metrics()['vaidepix_ledger_findings{check="balances"}'], 1)
        self.again("update balances set balance = balance - 7 where account_id ="
                   " (select min(id) from accounts where name = 'Conta Corrente')")
        self.assertEqual(self.ran("reconcile_balances")["divergences"], 0)


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
