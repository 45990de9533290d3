#!/usr/bin/env python3
"""The job platform over the wire: jobs that post, lanes, workers, kill -9.

  jobs.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time
import unittest
import urllib.request
import uuid

from bed import ClusterCase, begin
from database import Sqlite
from server import Server
from sharing import Person

BINARY = None
PATIENCE_S = 60
DRAIN_LIMIT_S = 40
WORKER_TOKEN = "a-worker-token-of-tests"
WORKERS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "workers"
FINAL = {"succeeded", "cancelled", "discarded"}


def until(what, patience=PATIENCE_S):
    """What `what` answers as soon as it answers something true."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {patience} s: {what}")


class Client(Person):
    """A user who enqueues; asks again while the server is away."""

    def posting(self, amount, description="tarifa", account=None):
        return {"type": "expense", "account_id": account or self.account,
                "category_id": self.category["id"], "amount_cents": amount,
                "description": description, "date": "2026-11-20T12:00:00Z"}

    def income(self, amount):
        salary = min((c for c in self.want("GET", "/api/categories") if c["type"] == "income"),
                     key=lambda c: c["id"])
        self.want("POST", "/api/transactions", {
            "type": "income", "account_id": self.account, "category_id": salary["id"],
            "amount_cents": amount, "description": "salário", "date": "2026-11-20T12:00:00Z"})

    def job(self, kind="noop", status=201, key=None, **more):
        """A server that has just started reads its jobs first, and says 503 until then."""
        def made():
            answer = self.ask("POST", "/api/jobs", {"kind": kind, **more}, key)
            return None if answer[0] == 503 else answer
        got, said = until(made)
        assert got == status, said
        return said

    def state(self, job):
        return self.want("GET", f"/api/jobs/{job}")["state"]

    def ends(self, job, state="succeeded"):
        def seen():
            now = self.state(job)
            assert now not in FINAL | {"dead"} or now == state, f"{job} is {now}"
            return now == state
        return until(seen)

    def insist(self, method, path, body, key):
        """Until there is an answer: the server may be dead for a while."""
        while True:
            try:
                status, content = self.ask(method, path, body, key)
                if status < 500 and status != 409:
                    return status, content
            except OSError:
                pass
            time.sleep(0.05)


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, self.database.url, {
            "WORKER_TOKENS": f"{WORKER_TOKEN}:report.csv+fee:effects"})
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana = Client(self.server, "ana")
        self.helpers = []

    def tearDown(self):
        for process in self.helpers:
            process.terminate()
            process.wait(30)
            process.stdout.close()
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        strange = [c for c in self.server.complaints() if "event=job.dead" not in c]
        self.assertEqual(strange, [])

    def worker(self, *command, **more):
        environment = {**os.environ, "WORKER_TOKEN": WORKER_TOKEN, "PYTHONDONTWRITEBYTECODE": "1",
                       "VAIDEPIX_URL": f"http://127.0.0.1:{self.server.port}", **more}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.helpers.append(process)
        return process

    # -- life -------------------------------------------------------------------------------------

    def test_a_first_job(self):
        made = self.ana.job(payload={"wait_ms": 5}, tags=["primeiro"])
        self.assertIn(made["state"], {"ready", "running", "succeeded"})
        self.ana.ends(made["id"])
        shown = self.ana.want("GET", f"/api/jobs/{made['id']}")
        self.assertEqual((shown["kind"], shown["attempt"], shown["tags"]),
                         ("noop", 1, ["primeiro"]))
        listed = self.ana.want("GET", "/api/jobs?state=succeeded")
        self.assertEqual([j["id"] for j in listed["items"]], [made["id"]])
        bob = Client(self.server, "bob")
        self.assertEqual(bob.ask("GET", f"/api/jobs/{made['id']}")[0], 404)
        self.assertEqual(bob.want("GET", "/api/jobs")["items"], [])

    def test_a_job_posts_once(self):
        self.ana.income(100_000)
        before = self.ana.balance()
        made = self.ana.job("post_transaction", payload=self.ana.posting(1_050), key="k1")
        again = self.ana.job("post_transaction", payload=self.ana.posting(1_050), key="k1")
        self.assertEqual(made["id"], again["id"])
        self.ana.ends(made["id"])
        self.assertEqual(self.ana.balance(), before - 1_050)

    def test_a_refusal_of_the_ledger_is_dead_and_can_be_redriven(self):
        floor = self.ana.want("POST", "/api/accounts", {
            "name": "cofre", "type": "savings", "balance": 10, "floor": 0})["id"]
        made = self.ana.job("post_transaction", payload=self.ana.posting(5_000, account=floor),
                            lane="cofre", max_attempts=1)
        until(lambda: self.ana.state(made["id"]) == "dead")
        shown = self.ana.want("GET", f"/api/jobs/{made['id']}")
        self.assertEqual(shown["error"]["code"], "TX_INSUFFICIENT_BALANCE")
        self.ana.want("PUT", f"/api/accounts/{floor}", {"balance": 60})
        self.ana.want("POST", f"/api/jobs/{made['id']}/redrive", {"reason": "há saldo"})
        self.ana.ends(made["id"])

    def test_delayed_cancelled_and_explained(self):
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        waits = self.ana.job(run_at=later)
        self.assertEqual(waits["state"], "scheduled")
        told = self.ana.want("GET", f"/api/jobs/{waits['id']}/explain")
        self.assertEqual([g["gate"] for g in told["gates"]], ["not_due"])
        self.ana.want("POST", f"/api/jobs/{waits['id']}/cancel", {"reason": "não precisa"})
        self.assertEqual(self.ana.state(waits["id"]), "cancelled")
        soon = self.ana.job(run_at=later)
        self.ana.want("POST", f"/api/jobs/{soon['id']}/run-now", {"reason": "agora"})
        self.ana.ends(soon["id"])
        runs = self.ana.job(payload={"wait_ms": 30_000})
        until(lambda: self.ana.state(runs["id"]) == "running")
        status, _ = self.ana.ask("POST", f"/api/jobs/{runs['id']}/cancel", {"reason": "chega"})
        self.assertEqual(status, 202)
        self.ana.ends(runs["id"], "cancelled")

    def test_a_lane_keeps_its_order_and_a_dead_head_shuts_it(self):
        bad = self.ana.posting(100, account=str(uuid.uuid4()))
        head = self.ana.job("post_transaction", payload=bad, lane="l", max_attempts=1,
                            lane_policy="block")
        behind = self.ana.job(lane="l")
        beside = self.ana.job(lane="m")
        self.ana.ends(beside["id"])
        until(lambda: self.ana.state(head["id"]) == "dead")
        told = self.ana.want("GET", f"/api/jobs/{behind['id']}/explain")
        self.assertIn("lane_shut", [g["gate"] for g in told["gates"]])
        self.assertEqual(self.ana.state(behind["id"]), "ready")
        shut = self.ana.want("GET", "/api/jobs/lanes?state=shut")
        self.assertEqual([(s["lane"], s["head"]) for s in shut["items"]], [("l", head["id"])])
        self.ana.want("POST", f"/api/jobs/{head['id']}/discard", {"reason": "conta errada"})
        self.ana.ends(behind["id"])

    # -- kill -9 ----------------------------------------------------------------------------------

    def test_kill_9_loses_nothing_and_doubles_nothing(self):
        self.ana.income(10_000_000)
        before, chance = self.ana.balance(), random.Random(20)
        jobs, guard = {}, threading.Lock()

        def enqueue(first):
            for number in range(first, first + 40):
                body = {"kind": "post_transaction", "payload": self.ana.posting(7, f"j{number}")}
                if number % 4 == 0:
                    body["lane"] = "fila"
                status, made = self.ana.insist("POST", "/api/jobs", body, f"job-{number}")
                assert status in (200, 201), made
                with guard:
                    jobs[number] = made["id"]

        threads = [threading.Thread(target=enqueue, args=(40 * t,)) for t in range(5)]
        for t in threads:
            t.start()
        for _ in range(4):
            time.sleep(chance.uniform(0.2, 1.0))
            self.server.kill()
            self.server.start()
        for t in threads:
            t.join()
        self.assertEqual(len(set(jobs.values())), 200)
        for job in jobs.values():
            self.ana.ends(job)
        self.assertEqual(self.ana.balance(), before - 200 * 7)
        rows = []
        while True:
            page = self.ana.want("GET", f"/api/transactions?limit=100&skip={len(rows)}")
            rows += page
            if len(page) < 100:
                break
        posted = [t["description"] for t in rows if t["description"].startswith("j")]
        self.assertEqual(sorted(posted), sorted(f"j{n}" for n in range(200)))

    # -- workers ----------------------------------------------------------------------------------

    def test_a_worker_in_python_survives_the_server(self):
        self.ana.income(100_000)
        before = self.ana.balance()
        process = self.worker(sys.executable, str(WORKERS / "worker.py"))
        slow = self.ana.job("report.csv", payload={"rows": 30, "row_s": 0.1})
        until(lambda: self.ana.state(slow["id"]) == "running")
        port = self.server.port
        self.server.kill()
        self.server.start(settings={"PORT": str(port)})
        fees = [self.ana.job("fee", payload=self.ana.posting(11)) for _ in range(10)]
        self.ana.ends(slow["id"])
        shown = self.ana.want("GET", f"/api/jobs/{slow['id']}")
        self.assertEqual((shown["result"], shown["attempt"]), ({"rows": 30}, 1))
        for fee in fees:
            self.ana.ends(fee["id"])
        self.assertEqual(self.ana.balance(), before - 110)
        self.assertIsNone(process.poll())

    def test_a_worker_in_shell(self):
        jobs = [self.ana.job("report.csv") for _ in range(3)]
        process = self.worker("sh", str(WORKERS / "worker.sh"), "report.csv", "3")
        for job in jobs:
            self.ana.ends(job["id"])
        self.assertEqual(process.wait(30), 0, process.stdout.read())

    def test_a_worker_that_dies_gives_its_job_to_another(self):
        made = self.ana.job("report.csv", payload={"rows": 1})
        joined = self.as_worker("POST", "/api/workers", {
            "name": "morre", "kinds": ["report.csv"], "slots": 1, "version": "1",
            "language": "test"}, 201)
        leased = self.as_worker("POST", f"/api/workers/{joined['worker']}/lease",
                                {"max": 1, "wait_s": 5})["jobs"]
        self.assertEqual([j["id"] for j in leased], [made["id"]])
        self.as_worker("DELETE", f"/api/workers/{joined['worker']}", None, 200)
        self.worker(sys.executable, str(WORKERS / "worker.py"))
        self.ana.ends(made["id"])
        status, said = Client.ask(self.robot(), "POST",
                                  f"/api/workers/{joined['worker']}/jobs/{made['id']}/complete",
                                  {"lease": leased[0]["lease"]})
        self.assertEqual((status, said["code"]), (409, "LEASE_LOST"))

    def robot(self):
        class Robot:
            server, token = self.server, WORKER_TOKEN
        return Robot

    def as_worker(self, method, path, body, status=200):
        got, said = Client.ask(self.robot(), method, path, body)
        self.assertEqual(got, status, said)
        return said


    # -- the worker's conformance -----------------------------------------------------------------

    def conforms(self, *arguments):
        environment = {**os.environ, "WORKER_TOKEN": WORKER_TOKEN, "PYTHONDONTWRITEBYTECODE": "1",
                       "USER_TOKEN": self.ana.token,
                       "VAIDEPIX_URL": f"http://127.0.0.1:{self.server.port}"}
        done = subprocess.run([sys.executable, str(WORKERS / "conformance.py"), "--kind",
                               "report.csv", *arguments], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=300, check=False)
        return done.returncode, done.stdout + done.stderr[-2000:]

    def test_the_worker_in_python_conforms(self):
        code, said = self.conforms(
            "--payload", '{"rows": 1}', "--failing", '{"rows": "none"}', "--snoozing",
            '{"snooze_s": 1}', "--slow", '{"rows": 400, "row_s": 0.1}', "--",
            sys.executable, str(WORKERS / "worker.py"))
        self.assertEqual(code, 0, said)
        self.assertEqual((said.count("ok "), said.count("skipped")), (7, 0), said)

    def test_the_worker_in_shell_conforms_as_far_as_it_goes(self):
        code, said = self.conforms("--", "sh", str(WORKERS / "worker.sh"), "report.csv")
        self.assertEqual(code, 0, said)
        self.assertEqual((said.count("ok "), said.count("skipped")), (2, 5), said)

    def test_a_worker_that_does_not_look_is_found_out(self):
        deaf = self.folder / "deaf.py"
        deaf.write_text("import sys, time\n"
                        f"sys.path.insert(0, {str(WORKERS)!r})\n"
                        "import worker\n"
                        "def report(job, told_to_stop):\n"
                        "    time.sleep(job['payload'].get('for_s', 0))\n"
                        "    return {}, {}\n"
                        "import os\n"
                        "worker.Worker(worker.Server(os.environ['VAIDEPIX_URL'],"
                        " os.environ['WORKER_TOKEN']), 'surdo', {'report.csv': report}).serve()\n")
        code, said = self.conforms("--slow", '{"for_s": 60}', "--failing", '{}', "--",
                                   sys.executable, str(deaf))
        self.assertEqual(code, 1, said)
        for name in ("says_why_it_failed", "sees_a_cancel", "leaves_in_order"):
            self.assertIn(f"WRONG   {name}", said)

    # -- operators --------------------------------------------------------------------------------

    def administrator(self):
        root = Client(self.server, "root")
        self.assertEqual(self.server.terminate(DRAIN_LIMIT_S)[0], 0)
        code, said = self.server.run("users", "grant-admin", root.email)
        self.assertEqual(code, 0, said)
        self.server.start()
        return root

    def dies(self, **more):
        bad = self.ana.posting(100, account=str(uuid.uuid4()))
        made = self.ana.job("post_transaction", payload=bad, max_attempts=1, **more)
        until(lambda: self.ana.state(made["id"]) == "dead")
        return made["id"]

    def test_acts_on_many_are_a_job(self):
        root = self.administrator()
        dead = [self.dies() for _ in range(5)]
        seen = root.want("POST", "/api/jobs/actions", {
            "action": "discard", "filter": {"state": "dead"}, "preview": True})
        self.assertEqual(seen["count"], 5)
        go = {"token": seen["token"], "reason": "conta errada"}
        begun = root.want("POST", "/api/jobs/actions", go, 202, key="many-1")
        again = root.want("POST", "/api/jobs/actions", go, 202, key="many-1")
        self.assertEqual(begun["job"]["id"], again["job"]["id"])
        root.ends(begun["job"]["id"])
        shown = root.want("GET", f"/api/jobs/{begun['job']['id']}")
        self.assertEqual(shown["result"], {"matched": 5, "changed": 5, "refused": 0})
        self.assertEqual({self.ana.state(job) for job in dead}, {"discarded"})
        audit = root.want("GET", "/api/admin/audit?action=jobs.bulk_discard")
        self.assertEqual([a["target"] for a in audit["items"]], [begun["job"]["id"]])

    def test_effects_a_rerun_and_totals(self):
        self.ana.income(100_000)
        made = self.ana.job("post_transaction", payload=self.ana.posting(77))
        self.ana.ends(made["id"])
        effects = self.ana.want("GET", f"/api/jobs/{made['id']}/effects")
        self.assertEqual(len(effects["transactions"]), 1)
        posted = self.ana.want("GET", f"/api/transactions/{effects['transactions'][0]}")
        self.assertEqual(posted["amount"], 0.77)
        self.assertGreater(effects["commit"]["seq"], 0)
        again = self.ana.want("POST", f"/api/jobs/{made['id']}/rerun", None, 201, key="again")
        same = self.ana.want("POST", f"/api/jobs/{made['id']}/rerun", None, 201, key="again")
        self.assertEqual((again["id"], again["rerun_of"]), (same["id"], made["id"]))
        self.ana.ends(again["id"])
        page = self.ana.want("GET", "/api/jobs?limit=1")
        self.assertEqual(page["total"], {"value": 2, "exact": True})

    def test_events_are_streamed_and_resumed(self):
        first = self.ana.job()
        self.ana.ends(first["id"])
        with self.events() as stream:
            second = self.ana.job()
            seen, last = self.read_events(stream, lambda e: e["to"] == "succeeded")
        self.assertEqual([e["to"] for e in seen if e["job"] == second["id"]],
                         ["ready", "running", "committing", "succeeded"])
        self.assertNotIn(first["id"], [e["job"] for e in seen])
        third = self.ana.job()
        self.ana.ends(third["id"])
        with self.events(last) as stream:
            seen, _ = self.read_events(stream, lambda e: e["to"] == "succeeded")
        self.assertEqual({e["job"] for e in seen}, {third["id"]})

    def events(self, last=None):
        headers = {"Authorization": f"Bearer {self.ana.token}"}
        if last:
            headers["Last-Event-ID"] = last
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.server.port}/api/jobs/events", headers=headers)
        return urllib.request.urlopen(request, timeout=PATIENCE_S)

    @staticmethod
    def read_events(stream, enough):
        seen, last = [], None
        for line in stream:
            text = line.decode().rstrip("\n")
            if text.startswith("id: "):
                last = text[4:]
            elif text.startswith("data: {\"job\""):
                seen.append(json.loads(text[6:]))
                if enough(seen[-1]):
                    return seen, last
        raise AssertionError(f"the stream ended: {seen}")

    def test_a_replay_is_the_first_answer_whatever_is_preferred_now(self):
        def post(prefer, key):
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.server.port}/api/jobs",
                b'{"kind": "noop"}', {
                    "Authorization": f"Bearer {self.ana.token}", "Idempotency-Key": key,
                    "Content-Type": "application/json", "Prefer": f"return={prefer}"})
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return (answer.read(), answer.headers["Preference-Applied"],
                        answer.headers["Idempotent-Replayed"])
        self.ana.job()  # from here on the server takes jobs
        for one, other in (("minimal", "representation"), ("representation", "minimal")):
            first, applied, _ = post(one, one)
            self.assertEqual(applied, "return=minimal" if one == "minimal" else None)
            self.assertEqual(len(json.loads(first)) == 2, one == "minimal", first)
            self.assertEqual(post(other, one), (first, None, "true"))

    def test_metrics_tell_what_happened(self):
        done = self.ana.job()
        self.ana.ends(done["id"])
        self.dies()
        def scraped():
            with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}/metrics") as answer:
                return answer.read().decode()
        until(lambda: 'vaidepix_jobs{queue="default",state="dead"} 1' in scraped())
        text = scraped()
        for line in ('vaidepix_jobs_enqueued_total{kind="noop"} 1',
                     'vaidepix_job_attempts_total{kind="noop",outcome="succeeded"} 1',
                     'vaidepix_job_attempts_total{kind="post_transaction",outcome="dead"} 1',
                     'vaidepix_jobs_started_total{queue="default"} 2',
                     'vaidepix_job_end_to_end_seconds_count{queue="default"} 1'):
            self.assertIn(line + "\n", text)
        # With those of the system, which run when they like.
        self.assertGreaterEqual(
            self.server.metrics()['vaidepix_jobs_finished_total{state="succeeded"}'], 1)
        self.assertLess(text.count("\n"), 3000)

    def test_the_command_line(self):
        url = ("--url", f"http://127.0.0.1:{self.server.port}")
        def run(*arguments, token=self.ana.token):
            self.server.environment["VAIDEPIX_TOKEN"] = token
            return self.server.run("jobs", *arguments, *url)
        dead = self.dies()
        code, said = run("list", "--state", "dead")
        self.assertEqual(code, 0, said)
        self.assertIn(dead, said)
        code, said = run("get", dead, "--json")
        self.assertEqual((code, json.loads(said)["state"]), (0, "dead"))
        code, said = run("explain", dead)
        self.assertEqual(code, 1, said)  # it waits for a person
        code, said = run("retry", dead, "--reason", "de novo")
        self.assertEqual(code, 0, said)
        until(lambda: self.ana.state(dead) == "dead")
        code, said = run("discard", dead, "--reason", "conta errada")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.ana.state(dead), "discarded")
        code, said = run("redrive", dead, "--reason", "de novo")
        self.assertEqual(code, 4, said)
        self.assertIn("ILLEGAL_TRANSITION", said)
        self.assertEqual(run("cancel", dead)[0], 2)
        self.assertEqual(run("list", token="wrong")[0], 4)
        self.server.environment["VAIDEPIX_TOKEN"] = self.ana.token
        self.assertEqual(self.server.run("jobs", "list", "--url", "http://127.0.0.1:1")[0], 3)
        del self.server.environment["VAIDEPIX_TOKEN"]


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__, "curl")
    unittest.main(verbosity=2)
