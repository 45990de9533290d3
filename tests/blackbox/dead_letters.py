#!/usr/bin/env python3
"""Groups of dead jobs: what people do with them, and what the alarm counts.

  dead_letters.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import datetime
import unittest
import uuid

from bed import ClusterCase, begin
from database import Sqlite
from jobs import Client, until
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40


def instant(seconds):
    """That far from now."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


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
        strange = [c for c in self.server.complaints() if "event=job.dead" not in c]
        self.assertEqual(strange, [])

    def dies(self, account=None):
        """By default of an account that is not there."""
        wish = self.ana.posting(1_001, account=account or str(uuid.uuid4()))
        made = self.ana.job("post_transaction", payload=wish, max_attempts=1)["id"]
        self.ana.ends(made, "dead")
        return made

    def counts(self, open_ones, muted):
        wanted = {"open": open_ones, "muted": muted}
        name = "vaidepix_job_dead_letters"
        def found():
            seen = self.server.metrics()
            return {s: seen[f'{name}{{state="{s}"}}'] for s in wanted} == wanted
        until(found)

    def act(self, group, what, **more):
        path = f"/api/jobs/dead-letters/{group['fingerprint']}/{what}"
        return self.root.want("POST", path, {"reason": "plantão", **more})

    def level_of(self, job):
        """Of the line that tells of its death."""
        line, = (line for path in self.server.log_paths
                 for line in path.read_text(errors="replace").splitlines()
                 if "event=job.dead" in line and job in line)
        return next(level for level in ("ERROR", "INFO") if level in line.split())

    def test_dead_letters_are_noted_muted_and_redriven_at_a_rate(self):
        dead = [self.dies() for _ in range(3)]
        group = self.root.want("GET", "/api/jobs/dead-letters")["items"][0]
        path = f"/api/jobs/dead-letters/{group['fingerprint']}"
        self.act(group, "note", note="conta que não existe")
        self.act(group, "mute", until=instant(3600))
        self.server.kill()
        self.server.start()
        until(lambda: self.root.ask("GET", path)[0] != 503)  # while the server reads its jobs
        one = self.root.want("GET", path)
        self.assertEqual((one["count"], one["users"], one["note"]["note"]),
                         (3, 1, "conta que não existe"))
        begun = self.root.want("POST", path + "/redrive",
                               {"reason": "de novo", "per_second": 50}, 202)
        self.root.ends(begun["job"]["id"])
        shown = self.root.want("GET", f"/api/jobs/{begun['job']['id']}")
        self.assertEqual(shown["result"]["changed"], 3)
        until(lambda: {self.ana.state(job) for job in dead} == {"dead"})

    def test_a_muted_group_alarms_nobody_until_its_time_is_over(self):
        safe = self.ana.want("POST", "/api/accounts", {
            "name": "cofre", "type": "savings", "balance": 10, "floor": 0})["id"]
        loud = [self.dies(), self.dies()]
        self.dies(safe)
        self.counts(3, 0)
        gone, poor = self.root.want("GET", "/api/jobs/dead-letters")["items"]
        self.assertEqual((gone["count"], poor["count"]), (2, 1))
        self.act(gone, "mute", until=instant(3600))
        self.counts(1, 2)
        self.server.kill()
        self.server.start()
        self.counts(1, 2)
        quiet = self.dies()
        self.counts(1, 3)
        self.assertEqual([self.level_of(job) for job in (loud[0], quiet)], ["ERROR", "INFO"])
        self.assertEqual(self.act(gone, "discard", limit=1)["changed"], 1)
        self.counts(1, 2)
        self.act(gone, "mute")  # no more
        self.counts(3, 0)
        self.act(gone, "mute", until=instant(3))
        self.counts(1, 2)
        self.counts(3, 0)  # and nothing has happened
        for group in (gone, poor):
            self.act(group, "discard")
        self.counts(0, 0)


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
