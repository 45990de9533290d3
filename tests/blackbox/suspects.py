#!/usr/bin/env python3
"""Jobs that ran when the process died, over the wire.

  suspects.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import unittest

from bed import ClusterCase, begin
from database import Sqlite
from jobs import Client, until
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, database.url)
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana = Client(self.server, "ana")

    def tearDown(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        strange = [c for c in self.server.complaints() if "event=job.dead" not in c]
        self.assertEqual(strange, [])

    def running(self, jobs):
        said = [self.ana.ask("GET", f"/api/jobs/{job['id']}") for job in jobs]
        return sum(status == 200 and shown["state"] == "running" for status, shown in said)

    def test_who_ran_in_three_crashes_waits_for_a_person(self):
        """What a handler does that takes the process down, `kill -9` does to it from outside."""
        bad = self.ana.job("noop", payload={"wait_ms": 20000}, timeout_s=60)
        good = [self.ana.job("noop", payload={"wait_ms": 1500}) for _ in range(3)]
        for job in [bad, *good]:
            self.ana.ends(job["id"], "running")
        for _ in range(3):
            self.server.kill()
            self.server.start()
            # The first of them, and nobody beside it.
            until(lambda: self.running([bad, *good]) == 1)
        dead = self.ana.want("GET", f"/api/jobs/{bad['id']}")
        self.assertEqual((dead["state"], dead["error"]["code"]), ("dead", "CRASH_SUSPECT"))
        for job in good:
            self.ana.ends(job["id"])
        runs = sorted((j["started_at"], j["ended_at"]) for j in
                      (self.ana.want("GET", f"/api/jobs/{job['id']}") for job in good))
        for before, after in zip(runs, runs[1:]):
            self.assertLessEqual(before[1], after[0], "suspects run one at a time")


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
