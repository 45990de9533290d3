#!/usr/bin/env python3
"""What operators set for queues: rates of starts.

  job_limits.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import datetime
import unittest

from bed import ClusterCase, begin
from database import Sqlite
from jobs import Client, until
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40
QUEUE = "cobranca"


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, database.url, {"SYSTEM_SCHEDULES": "0"})
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana = Client(self.server, "ana")
        self.root = Client(self.server, "root")
        self.assertEqual(self.server.terminate(DRAIN_LIMIT_S)[0], 0)
        code, said = self.server.run("users", "grant-admin", self.root.email)
        self.assertEqual(code, 0, said)
        self.server.start()

    def tearDown(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        self.assertEqual(list(self.server.complaints()), [])

    def limit(self, **limits):
        wish = {"reason": "limite deles", "concurrency": 16, **limits}
        return until(lambda: self.limited(wish))

    def limited(self, wish):
        status, said = self.root.ask("PUT", f"/api/queues/{QUEUE}", wish)
        self.assertIn(status, (200, 503), said)  # 503: the server reads its jobs
        return said if status == 200 else None

    def starts(self, jobs):
        return sorted(seconds(self.ana.want("GET", f"/api/jobs/{job}")["started_at"])
                      for job in jobs)

    def keeps(self, starts, rate):
        """No stretch of time has more of them than its rate brings and the burst besides."""
        for i, first in enumerate(starts):
            for n, last in enumerate(starts[i:], 1):
                most = rate["burst"] + (last - first) * rate["starts"] / rate["per_s"]
                self.assertLessEqual(n, most + 1e-6, f"{n} starts in {last - first} s")

    def test_jobs_start_at_the_rate_of_their_queue_whatever_dies(self):
        rate = {"starts": 20, "per_s": 2, "burst": 3}
        shown = self.limit(rate=rate)
        self.assertEqual(shown["rate"], rate)
        jobs = [self.ana.job(queue=QUEUE)["id"] for _ in range(40)]
        told = self.ana.want("GET", f"/api/jobs/{jobs[-1]}/explain")
        gate = next(g for g in told["gates"] if g["gate"] == "rate")
        self.assertEqual((gate["exact"], gate["do"]), (False, ["queue limits"]))
        self.assertIsNotNone(gate["until"])
        self.assertEqual(gate["detail"], {"starts": "20", "per_s": "2", "burst": "3"})
        free = self.ana.job()["id"]  # of another queue
        self.ana.ends(free)
        until(lambda: self.ana.state(jobs[7]) == "succeeded")
        self.server.kill()
        self.server.start()
        for job in jobs:
            until(lambda job=job: self.ana.ask("GET", f"/api/jobs/{job}")[0] == 200)
            self.ana.ends(job)
        starts = self.starts(jobs)
        self.assertEqual(len(starts), len(jobs))
        self.keeps(starts, rate)
        self.assertGreaterEqual(starts[-1] - starts[0], 3.6)  # 40 - 3 of them at ten in a second
        self.assertGreater(
            self.server.metrics()['vaidepix_job_gate_wait_seconds_total{gate="rate"}'], 0)
        queues = self.root.want("GET", "/api/queues")["items"]
        self.assertEqual([q["rate"] for q in queues if q["queue"] == QUEUE], [rate])

    def test_a_rate_can_be_taken_away(self):
        self.limit(rate={"starts": 1, "per_s": 3600})
        jobs = [self.ana.job(queue=QUEUE)["id"] for _ in range(5)]
        self.assertEqual({self.ana.state(job) for job in jobs}, {"ready"})
        self.assertIsNone(self.limit(rate=None)["rate"])
        for job in jobs:
            self.ana.ends(job)


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
