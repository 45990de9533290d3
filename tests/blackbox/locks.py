#!/usr/bin/env python3
"""Locks of jobs over the wire: a foreign session, kill -9, two servers on one database.

  locks.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import concurrent.futures
import hashlib
import os
import subprocess
import unittest

from bed import ClusterCase, begin
from database import Sqlite
from jobs import Client, until
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40
NAME = "locked_noop"
KEY = int.from_bytes(hashlib.sha256(f"job:{NAME}".encode()).digest()[:8], "big") & (1 << 63) - 1
SERIES = '{job_name="other"}'


class Stranger:
    """A process that takes the lock as the former backend does, and does nothing with it."""

    def __init__(self, cluster):
        command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", str(cluster.folder), "-p",
                   str(cluster.port), "-U", "postgres", "-d", cluster.database]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, env=dict(os.environ, PGAPPNAME="celery"))

    def ask(self, sql):
        self.process.stdin.write(sql + ";\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def takes(self):
        return self.ask(f"select pg_try_advisory_lock({KEY})") == "t"

    def leave(self):
        self.process.kill()
        self.process.wait(30)
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:
                pass


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.server = self.another("first")
        self.server.start()
        self.ana = Client(self.server, "ana")
        self.assertEqual(self.server.terminate(DRAIN_LIMIT_S)[0], 0)
        code, said = self.server.run("users", "grant-admin", "ana@example.com")
        self.assertEqual(code, 0, said)
        self.server.start()

    def another(self, name):
        folder = self.folder / name
        folder.mkdir()
        # A system schedule that comes due meanwhile takes locks that are counted with ours.
        server = Server(BINARY, folder, self.database.url,
                        {"NODE_ID": name, "SYSTEM_SCHEDULES": "0"})
        self.addCleanup(server.kill)
        return server

    def tearDown(self):
        if self.server.running():
            code, _ = self.server.terminate(DRAIN_LIMIT_S)
            self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.server.complaints(), [])

    def lock(self, who=None):
        found = [l for l in (who or self.ana).want("GET", "/api/jobs/locks")
                 if l["job_name"] == NAME]
        self.assertEqual(len(found), 1)
        return found[0]

    def release(self, pid, status=200, **more):
        return self.ana.want("POST", f"/api/jobs/locks/{NAME}/release",
                             {"reason": "está preso", "pid": pid, **more}, status)

    def gates(self, job, who=None):
        told = (who or self.ana).want("GET", f"/api/jobs/{job}/explain")
        return {g["gate"]: g for g in told["gates"]}

    def counted(self, name):
        return self.server.metrics()[name + SERIES]

    def command(self, *arguments):
        """Of the command line, through the server."""
        done = subprocess.run(
            [str(BINARY), *arguments, "--url", f"http://127.0.0.1:{self.server.port}"],
            env={**self.server.environment, "VAIDEPIX_TOKEN": self.ana.token}, cwd=self.folder,
            capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    # -- on both databases ------------------------------------------------------------------------

    def test_a_locked_job_runs_alone_and_shows_its_lock(self):
        self.assertFalse(self.lock()["held"])
        first = self.ana.job(NAME, payload={"wait_ms": 1500})
        until(lambda: self.ana.state(first["id"]) == "running")
        second = self.ana.job(NAME)
        beside = self.ana.job()
        self.ana.ends(beside["id"])
        self.assertEqual(self.ana.state(second["id"]), "ready")
        gate = self.gates(second["id"])["lock"]
        self.assertEqual(gate["detail"]["holder"], "ours")
        held = self.lock()
        self.assertEqual((held["held"], held["holder"]["foreign"], held["job_id"]),
                         (True, False, first["id"]))
        self.assertEqual(held["holder"]["node"], "first")
        self.assertEqual(held["key"], str(KEY))
        self.ana.ends(second["id"])
        until(lambda: not self.lock()["held"])
        self.assertEqual(self.counted("job_lock_acquired_total"), 2)
        self.assertEqual(self.counted("job_lock_contended_total"), 0)
        self.assertEqual(self.counted("vaidepix_job_lock_held_timestamp_seconds"), 0)

    def test_our_own_holder_is_stopped_only_by_force(self):
        runs = self.ana.job(NAME, payload={"wait_ms": 30_000}, max_attempts=1)
        until(lambda: self.ana.state(runs["id"]) == "running")
        pid = self.lock()["holder"]["pid"]
        refused = self.release(pid, 409)
        self.assertEqual(refused["code"], "LOCK_HOLDER_ALIVE")
        self.assertEqual(self.release(pid + 1, 409, force=True)["code"], "PREVIEW_STALE")
        self.assertEqual(self.ana.state(runs["id"]), "running")
        freed = self.release(pid, force=True)
        self.assertEqual(freed["released"], {"node": "first", "pid": pid, "foreign": False})
        self.assertFalse(self.lock()["held"])
        until(lambda: self.ana.state(runs["id"]) == "dead")
        shown = self.ana.want("GET", f"/api/jobs/{runs['id']}")
        self.assertEqual(shown["error"]["code"], "LOCK_RELEASED")
        self.server.forgiven.add(self.server.log_paths[-1])  # a dead job is an alarm
        noted = self.ana.want("GET", "/api/admin/audit")["items"]
        self.assertEqual([(n["action"], n["target"]) for n in noted], [("locks.release", NAME)])

    def test_the_command_line(self):
        code, said = self.command("locks", "list")
        self.assertEqual(code, 0, said)
        self.assertEqual([line.split() for line in said.splitlines() if NAME in line],
                         [[NAME, "free"]], said)
        runs = self.ana.job(NAME, payload={"wait_ms": 30_000}, max_attempts=3)
        until(lambda: self.ana.state(runs["id"]) == "running")
        code, said = self.command("locks", "list")
        self.assertEqual(code, 0, said)
        pid = str(self.lock()["holder"]["pid"])
        self.assertIn(f"held   by first, pid {pid}, for ", said)
        release = ("locks", "release", NAME, "--pid", pid, "--reason", "está preso")
        self.assertEqual(self.command(*release)[0], 4)
        code, said = self.command(*release, "--force")
        self.assertEqual((code, said), (0, f"{NAME} is free\n"))
        self.ana.want("POST", f"/api/jobs/{runs['id']}/cancel", {"reason": "chega"})
        self.ana.ends(runs["id"], "cancelled")
        self.assertEqual(self.command("locks", "release", NAME, "--pid", pid)[0], 2)

    def test_users_see_neither_the_kind_nor_its_lock(self):
        bob = Client(self.server, "bob")
        self.assertEqual(bob.ask("POST", "/api/jobs", {"kind": NAME})[0], 422)
        self.assertEqual(bob.ask("GET", "/api/jobs/locks")[0], 403)

    def test_kill_9_of_the_holder_frees_it(self):
        runs = self.ana.job(NAME, payload={"wait_ms": 2000})
        until(lambda: self.ana.state(runs["id"]) == "running")
        self.server.kill()
        self.server.start()
        self.ana.ends(runs["id"])
        self.assertEqual(self.ana.want("GET", f"/api/jobs/{runs['id']}")["attempt"], 1)


class OnSqlite(Case):
    """What makes sense in one process."""


class OnPostgres(Case):
    """The same, and who else may be there."""
    postgres = True

    def setUp(self):
        super().setUp()
        self.strangers = []
        self.addCleanup(lambda: [s.leave() for s in self.strangers])

    def stranger(self):
        self.strangers.append(Stranger(self.cluster))
        return self.strangers[-1]

    def test_a_foreign_session_makes_the_job_wait_until_it_is_ended(self):
        other = self.stranger()
        self.assertTrue(other.takes())
        waits = self.ana.job(NAME)
        gate = until(lambda: self.gates(waits["id"]).get("lock"))
        self.assertEqual((gate["detail"]["holder"], gate["until"]), ("foreign", None))
        held = self.lock()
        self.assertEqual(held["holder"]["foreign"], True)
        self.assertTrue(held["holder"]["node"].startswith("celery"), held)
        self.assertEqual(gate["detail"]["pid"], str(held["holder"]["pid"]))
        self.assertIsNone(held["job_id"])
        self.assertEqual(self.ana.state(waits["id"]), "ready")
        until(lambda: self.counted("job_lock_contended_total") >= 2)
        self.assertGreater(self.counted("vaidepix_job_lock_held_timestamp_seconds"), 0)
        self.assertEqual(self.counted("job_lock_acquired_total"), 0)
        self.release(held["holder"]["pid"])
        self.ana.ends(waits["id"])
        self.assertEqual(self.ana.want("GET", f"/api/jobs/{waits['id']}")["attempt"], 1)
        self.assertEqual(other.ask("select 1"), "")  # its session is over
        self.assertEqual(self.release(held["holder"]["pid"], 409)["code"], "PREVIEW_STALE")

    def test_a_foreign_session_at_work_is_ended_only_by_force(self):
        other = self.stranger()
        self.assertTrue(other.takes())
        other.process.stdin.write("select pg_sleep(60);\n")
        other.process.stdin.flush()
        pid = self.lock()["holder"]["pid"]
        until(lambda: self.cluster.query(
            f"select state from pg_stat_activity where pid = {pid}") == "active")
        self.assertEqual(self.release(pid, 409)["code"], "LOCK_HOLDER_ALIVE")
        self.assertTrue(self.lock()["held"])
        self.release(pid, force=True)
        self.assertFalse(self.lock()["held"])

    def test_a_lock_of_a_killed_server_is_free_at_once(self):
        runs = self.ana.job(NAME, payload={"wait_ms": 500})
        until(lambda: self.ana.state(runs["id"]) in ("running", "succeeded"))
        long = self.ana.job(NAME, payload={"wait_ms": 20_000})
        until(lambda: self.ana.state(long["id"]) == "running")
        other = self.stranger()
        self.assertFalse(other.takes())
        self.server.kill()
        until(other.takes, 5)
        self.server.start()
        until(lambda: "lock" in self.gates(long["id"]))
        other.leave()
        until(lambda: self.ana.state(long["id"]) == "running")
        self.ana.want("POST", f"/api/jobs/{long['id']}/cancel", {"reason": "chega"}, 202)
        self.ana.ends(long["id"], "cancelled")

    def test_a_killed_session_stops_the_attempt_and_it_is_tried_again(self):
        runs = self.ana.job(NAME, payload={"wait_ms": 1500},
                            backoff={"curve": "fixed", "base_s": 1, "jitter": "none"})
        until(lambda: self.ana.state(runs["id"]) == "running")
        self.cluster.terminate(self.lock()["holder"]["pid"])
        until(lambda: self.ana.want("GET", f"/api/jobs/{runs['id']}/attempts")["items"])
        tried = self.ana.want("GET", f"/api/jobs/{runs['id']}/attempts")["items"]
        self.assertEqual([a["error"]["code"] for a in tried], ["LOCK_LOST"])
        self.ana.ends(runs["id"])
        self.assertEqual(self.counted("job_lock_acquired_total"), 2)

    # -- two servers ------------------------------------------------------------------------------

    def second(self):
        """Another server on the same database; from now on the first one has no shards."""
        second = self.another("second")
        self.server.forgiven.add(self.server.log_paths[-1])
        second.start()
        there = Client.__new__(Client)
        there.__dict__ = {**self.ana.__dict__, "server": second}
        return second, there

    def running(self, who):
        found = who.want("GET", f"/api/jobs?kind={NAME}&state=running")["items"]
        return {(j["id"], j["started_at"]) for j in found}

    def over(self, second):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)  # it has lost its shards
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, _ = second.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, second.log()[-3000:])
        self.assertEqual(second.complaints(), [])

    def test_the_second_server_waits_for_the_handler_of_the_first(self):
        runs = self.ana.job(NAME, payload={"wait_ms": 8000})
        until(lambda: self.ana.state(runs["id"]) == "running")
        second, there = self.second()
        gate = until(lambda: self.gates(runs["id"], there).get("lock"))
        self.assertEqual(gate["detail"]["holder"], "foreign")
        self.assertTrue(gate["detail"]["node"].startswith("vaidepix locks"), gate)
        # At work by all that the second one can see: only by force.
        pid = self.lock(there)["holder"]["pid"]
        status, said = there.ask("POST", f"/api/jobs/locks/{NAME}/release",
                                 {"reason": "está preso", "pid": pid})
        self.assertEqual((status, said["code"]), (409, "LOCK_HOLDER_ALIVE"))
        both = 0
        while there.state(runs["id"]) == "ready":
            both += bool(self.running(self.ana))
        self.assertGreater(both, 0)
        there.ends(runs["id"])
        self.assertEqual(second.metrics()["job_lock_acquired_total" + SERIES], 1)
        self.over(second)

    def test_fifty_at_both_run_once_and_never_two_at_a_time(self):
        second, there = self.second()
        unique = {"key": "uma vez", "period": {"window_s": 3600}}

        def enqueue(number):
            who = (self.ana, there)[number % 2]
            body = {"kind": NAME, "payload": {"wait_ms": 50}}
            if number % 4 < 2:
                body["unique"] = unique
            try:
                return number, *who.ask("POST", "/api/jobs", body)
            except OSError as why:
                return number, 0, why

        watched = []
        with concurrent.futures.ThreadPoolExecutor(50) as crowd:
            answers = [crowd.submit(enqueue, n) for n in range(100)]
            while not all(a.done() for a in answers) or self.running(there):
                before, beside, after = (self.running(w) for w in (self.ana, there, self.ana))
                watched.append(len(beside))
                self.assertLessEqual(len(beside), 1)
                # Still there after the other was seen: they ran at the same time.
                self.assertFalse(before & after and beside, (before, beside))
            answers = [a.result() for a in answers]
        made = [(n, body) for n, status, body in answers if status in (200, 201)]
        self.assertEqual(len([n for n, _ in made if n % 2]), 50, answers)
        keyed = {body["id"] for n, body in made if n % 4 < 2}
        self.assertEqual(len(keyed), 1)
        jobs = {body["id"] for _, body in made}
        self.assertEqual(len(jobs), 1 + len([n for n, _ in made if n % 4 >= 2]))
        for job in jobs:
            there.ends(job)
        ended = [there.want("GET", f"/api/jobs/{j}") for j in jobs]
        self.assertEqual({j["attempt"] for j in ended}, {1})
        spans = sorted((j["started_at"], j["ended_at"]) for j in ended)
        for (_, end), (begin, _) in zip(spans, spans[1:]):
            self.assertLessEqual(end, begin)
        started = sum(s.metrics()['vaidepix_jobs_started_total{queue="default"}']
                      for s in (self.server, second))
        self.assertEqual(started, len(jobs))
        self.over(second)


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__, on_postgres=["psql"])
    unittest.main(verbosity=2)
