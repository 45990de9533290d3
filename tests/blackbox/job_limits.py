#!/usr/bin/env python3
"""What operators set for queues and kinds: rates of starts, policies of attempts.

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
POLICY = "post_transaction=max_attempts:2+timeout_s:9+curve:fixed+base_s:1+jitter:none"


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, database.url, {
            "SYSTEM_SCHEDULES": "0", "KIND_POLICIES": POLICY})
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
        wish = {"kind": "noop", "queue": QUEUE}
        made = self.ana.want("POST", "/api/jobs/bulk", {"jobs": [wish] * 40}, 201)
        jobs = [j["id"] for j in made["items"]]

        def gate_of_the_last():
            # Between two starts there is an instant in which it only waits for its turn.
            told = self.ana.want("GET", f"/api/jobs/{jobs[-1]}/explain")
            return next((g for g in told["gates"] if g["gate"] == "rate"), None)

        gate = until(gate_of_the_last)
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

    def test_a_kind_says_how_often_its_jobs_are_tried(self):
        kinds = {k["kind"]: k for k in self.ana.want("GET", "/api/jobs/kinds")["items"]}
        told = [{m: kinds[kind][m] for m in ("max_attempts", "timeout_s", "backoff")}
                for kind in ("post_transaction", "noop")]
        self.assertEqual(told, [
            {"max_attempts": 2, "timeout_s": 9, "backoff": {
                "curve": "fixed", "base_s": 1, "factor": 2, "cap_s": 3600, "jitter": "none"}},
            {"max_attempts": 10, "timeout_s": 60, "backoff": {
                "curve": "exponential", "base_s": 2, "factor": 2, "cap_s": 3600,
                "jitter": "full"}}])
        later = {"payload": self.ana.posting(5), "run_at": "2027-01-01T00:00:00Z"}
        usual = self.ana.job("post_transaction", **later)
        own = self.ana.job("post_transaction", max_attempts=7, **later)
        other = self.ana.job("noop", run_at=later["run_at"])
        self.assertEqual([(j["max_attempts"], j["timeout_s"]) for j in (usual, own, other)],
                         [(2, 9), (7, 9), (10, 60)])
        made = self.ana.want("POST", "/api/schedules", {
            "name": "aluguel", "kind": "post_transaction", "payload": self.ana.posting(5),
            "rule": {"cron": "0 9 1 1 *"}}, 201)
        self.assertEqual((made["max_attempts"], made["timeout_s"]), (2, 9))


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
