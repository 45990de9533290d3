#!/usr/bin/env python3
"""Jobs that are pushed, over the wire: a receiver that answers well, badly, late, twice, or never.

  push.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import os
import random
import socket
import subprocess
import sys
import threading
import time
import unittest

from bed import ClusterCase, begin
from database import Sqlite
from jobs import WORKERS, Client, until
from server import Server, StartFailed

sys.path.insert(0, str(WORKERS))
import receiver  # noqa: E402  the example of docs/workers

BINARY = None
DRAIN_LIMIT_S = 40
SECRET, FORMER = "a push secret of tests", "the push secret of last year"
AT_ONCE = {"curve": "fixed", "base_s": 0, "jitter": "none"}
MARK = "marca-que-nenhum-log-mostra"


class Call(receiver.Call):
    """The example, and what other receivers may do; all calls are written down."""

    def say(self, status, body=b"", headers=()):
        try:
            super().say(status, body, headers)
            self.server.said.append(self.headers["Vaidepix-Job"])
        except OSError:
            pass  # nobody listens any more

    def do_POST(self):
        heard = {name: self.headers[name] for name in (
            "Idempotency-Key", "Vaidepix-Job", "Vaidepix-Attempt", "Vaidepix-Signature")}
        heard.update(path=self.path, at=time.monotonic())
        with self.server.guard:
            self.server.calls.append(heard)
        odd = getattr(self, self.path.partition("?")[0].strip("/"), None)
        if odd:
            self.rfile.read(int(self.headers["Content-Length"]))
            return odd()
        return super().do_POST()

    def busy(self):
        mine = self.server.calls_of(self.headers["Vaidepix-Job"])
        if len(mine) == 1:
            return self.say(503, b"later", [("Retry-After", "2")])
        return self.say(200, b'{"result": "at last"}')

    def refuses(self):
        self.say(400, "não entendi\r\n".encode())

    def redirects(self):
        self.say(307, headers=[("Location", f"http://127.0.0.1:{self.server.server_port}/jobs")])

    def floods(self):
        self.say(200, b'{"result": "' + b"x" * 300_000 + b'"}')

    def silent(self):
        self.server.free.wait()

    def accepts(self):
        self.say(202)

    def empty(self):
        self.say(204)


class Sink(receiver.Receiver):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), [SECRET], {
            "report.csv": receiver.report, "fee": self.fee, "greedy": receiver.fee}, Call)
        self.calls, self.said, self.free = [], [], threading.Event()
        self.while_answering = lambda: None
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    def fee(self, job):
        answer = receiver.fee(job)
        self.while_answering()
        return answer

    def calls_of(self, job):
        with self.guard:
            return [c for c in self.calls if c["Vaidepix-Job"] == job]

    def close(self):
        self.free.set()
        self.shutdown()
        self.thread.join()
        self.server_close()


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.sink = Sink()
        self.addCleanup(self.sink.close)
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            self.closed = nobody.getsockname()[1]
        here = f"http://127.0.0.1:{self.sink.server_port}"
        odd = ["busy", "refuses", "redirects", "floods", "silent", "accepts", "empty"]
        targets = [f"report.csv+greedy={here}/jobs?de=teste", f"fee={here}/jobs;effects",
                   f"nobody=http://127.0.0.1:{self.closed}/"] + [f"{o}={here}/{o}" for o in odd]
        self.server = Server(BINARY, self.folder, self.database.url, {
            "PUSH_TARGETS": ",".join(targets), "PUSH_SECRET": SECRET, "PUSH_ALLOW": "127.0.0.1"})
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana = Client(self.server, "ana")

    def tearDown(self):
        self.sink.free.set()
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        strange = [c for c in self.server.complaints() if "event=job.dead" not in c]
        self.assertEqual(strange, [])
        for path in self.server.log_paths:
            log = path.read_text(errors="replace")
            for hidden in (SECRET, FORMER, MARK, "v1="):
                self.assertNotIn(hidden, log)

    def shown(self, job):
        return self.ana.want("GET", f"/api/jobs/{job['id']}")

    def dies(self, kind, **more):
        """The job, once it is dead."""
        made = self.ana.job(kind, **more)
        until(lambda: self.ana.state(made["id"]) == "dead")
        return self.shown(made)

    # -- what is answered -------------------------------------------------------------------------

    def test_a_job_runs_once_and_its_result_is_there(self):
        made = self.ana.job("report.csv", payload={"rows": 912, "nota": MARK})
        self.ana.ends(made["id"])
        shown = self.shown(made)
        self.assertEqual((shown["result"], shown["attempt"]), ({"rows": 912}, 1))
        heard, = self.sink.calls_of(made["id"])
        self.assertEqual((heard["Idempotency-Key"], heard["Vaidepix-Attempt"], heard["path"]),
                         (made["id"], "1", "/jobs?de=teste"))
        self.assertEqual(heard["Vaidepix-Signature"].count("v1="), 1)
        without = self.ana.job("empty")
        self.ana.ends(without["id"])
        self.assertIsNone(self.shown(without)["result"])

    def test_kinds_show_who_runs_them(self):
        kinds = {k["kind"]: k for k in self.ana.want("GET", "/api/jobs/kinds")["items"]}
        self.assertEqual([kinds[k]["executor"] for k in ("fee", "report.csv", "noop")],
                         ["push", "push", "builtin"])
        self.assertEqual([kinds[k]["money"] for k in ("fee", "report.csv")], [True, False])
        self.assertEqual(kinds["fee"]["queue"], "push")

    def test_the_example_as_it_stands(self):
        example = subprocess.Popen(
            [sys.executable, str(WORKERS / "receiver.py")], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PUSH_SECRET": SECRET, "PORT": str(self.closed),
                 "PYTHONDONTWRITEBYTECODE": "1"})
        try:
            self.assertEqual(example.stdout.readline(), f"listening on {self.closed}\n")
            dead = self.dies("nobody")  # it knows no such kind
            self.assertEqual(dead["error"]["code"], "PUSH_HTTP_404")
            self.assertEqual(dead["error"]["message"], "no such kind here")
        finally:
            example.terminate()
            self.assertEqual(example.wait(30), 0)
            example.stdout.close()

    def test_effects_post_once(self):
        self.ana.income(100_000)
        before = self.ana.balance()
        made = self.ana.job("fee", payload=self.ana.posting(1_050))
        self.ana.ends(made["id"])
        self.assertEqual(self.ana.balance(), before - 1_050)
        effects = self.ana.want("GET", f"/api/jobs/{made['id']}/effects")
        self.assertEqual(len(effects["transactions"]), 1)

    def test_who_may_not_post_posts_nothing(self):
        before = self.ana.balance()
        dead = self.dies("greedy", payload=self.ana.posting(1_050))
        self.assertEqual(dead["error"]["code"], "KIND_NOT_ALLOWED")
        self.assertEqual(self.ana.balance(), before)

    def test_a_refusal_of_the_ledger_is_the_end(self):
        floor = self.ana.want("POST", "/api/accounts", {
            "name": "cofre", "type": "savings", "balance": 10, "floor": 0})["id"]
        dead = self.dies("fee", payload=self.ana.posting(5_000, account=floor))
        self.assertEqual(dead["error"]["code"], "TX_INSUFFICIENT_BALANCE")

    # -- what goes wrong --------------------------------------------------------------------------

    def test_a_busy_receiver_is_asked_again_when_it_wishes(self):
        made = self.ana.job("busy", backoff=AT_ONCE)
        self.ana.ends(made["id"])
        self.assertEqual((self.shown(made)["result"], self.shown(made)["attempt"]), ("at last", 2))
        first, second = self.sink.calls_of(made["id"])
        self.assertGreaterEqual(second["at"] - first["at"], 1.9)
        self.assertEqual([c["Vaidepix-Attempt"] for c in (first, second)], ["1", "2"])
        self.assertEqual(first["Idempotency-Key"], second["Idempotency-Key"])
        self.assertNotEqual(first["Vaidepix-Signature"], second["Vaidepix-Signature"])

    def test_what_is_for_good(self):
        for kind, code, message in (
                ("refuses", "PUSH_HTTP_400", "não entendi  "), ("redirects", "PUSH_HTTP_307", ""),
                ("floods", "PUSH_TOO_LARGE", "the answer is larger than 256 KiB"),
                ("accepts", "PUSH_ASYNC_UNSUPPORTED",
                 "a receiver answers when the job is done: 200 or 204")):
            dead = self.dies(kind)
            self.assertEqual((dead["error"]["code"], dead["error"]["message"], dead["attempt"]),
                             (code, message, 1))
            self.assertEqual([c["path"] for c in self.sink.calls_of(dead["id"])], ["/" + kind])

    def test_silence_ends_at_the_timeout(self):
        dead = self.dies("silent", timeout_s=1, max_attempts=2, backoff=AT_ONCE)
        # Ours comes first; the owner's own clock may, on a machine with no time.
        self.assertIn(dead["error"]["code"], {"PUSH_TIMEOUT", "TIMEOUT"})
        self.assertEqual(len(self.sink.calls_of(dead["id"])), 2)

    def test_nobody_there_is_tried_again(self):
        dead = self.dies("nobody", max_attempts=3, backoff=AT_ONCE)
        self.assertEqual((dead["error"]["code"], dead["attempt"]), ("PUSH_UNREACHABLE", 3))

    def test_silent_receivers_hold_up_nobody_and_can_be_cancelled(self):
        silent = [self.ana.job("silent", timeout_s=600) for _ in range(20)]
        until(lambda: len(self.sink.calls) >= 8)
        quick = [self.ana.job() for _ in range(20)]
        for job in quick:
            self.ana.ends(job["id"])
        self.assertTrue(all(self.ana.state(j["id"]) in {"running", "ready"} for j in silent))
        for job in silent:
            status, said = self.ana.ask("POST", f"/api/jobs/{job['id']}/cancel",
                                        {"reason": "chega"})
            self.assertIn(status, (200, 202), said)
        for job in silent:
            self.ana.ends(job["id"], "cancelled")

    # -- who is called ----------------------------------------------------------------------------

    def test_private_addresses_are_refused_without_leave(self):
        """Another address of this machine listens, and hears nothing."""
        with socket.create_server(("127.0.0.2", 0)) as other:
            port = other.getsockname()[1]
            self.server.terminate(DRAIN_LIMIT_S)
            self.server.settings["PUSH_TARGETS"] = (
                f"plain=http://127.0.0.2:{port}/,tls=https://127.0.0.2:{port}/")
            self.server.start()
            for kind in ("plain", "tls"):
                self.assertEqual(self.dies(kind)["error"]["code"], "PUSH_ADDRESS")
            self.server.terminate(DRAIN_LIMIT_S)
            self.server.settings["PUSH_ALLOW"] = ""
            self.server.settings["PUSH_TARGETS"] = f"named=https://localhost:{port}/"
            self.server.start()
            self.assertEqual(self.dies("named")["error"]["code"], "PUSH_ADDRESS")
            other.setblocking(False)
            self.assertRaises(BlockingIOError, other.accept)

    def test_a_key_can_be_rotated(self):
        self.server.terminate(DRAIN_LIMIT_S)
        self.server.settings["PUSH_SECRET"] = f"{SECRET},{FORMER}"
        self.server.start()
        for known in ([FORMER], [FORMER, SECRET], [SECRET]):
            self.sink.secrets = known
            made = self.ana.job("report.csv")
            self.ana.ends(made["id"])
            heard, = self.sink.calls_of(made["id"])
            self.assertEqual(heard["Vaidepix-Signature"].count("v1="), 2)
        self.sink.secrets = ["a secret that nobody has"]
        self.assertEqual(self.dies("report.csv")["error"]["code"], "PUSH_HTTP_401")

    def test_faults_of_the_settings_are_said_at_once(self):
        self.server.terminate(DRAIN_LIMIT_S)
        good = dict(self.server.settings)
        self.server.settings.update(PUSH_TARGETS="noop+prune=https://h.example/x", PUSH_SECRET="")
        with self.assertRaises(StartFailed) as failed:
            self.server.start()
        self.assertEqual(failed.exception.code, 2)
        for part in ("3 things", '"noop", which is a built-in kind', "PUSH_SECRET is needed",
                     '"prune", which is a built-in kind'):
            self.assertIn(part, failed.exception.text)
        self.server.process = None
        self.server.settings = good
        self.server.start()

    # -- kill -9 ----------------------------------------------------------------------------------

    def test_an_answer_that_was_not_committed_is_asked_for_again(self):
        """The receiver freezes the server, answers, and the frozen server is killed."""
        self.ana.income(100_000)
        before = self.ana.balance()
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
        made = self.ana.job("fee", payload=self.ana.posting(1_050), run_at=later)
        self.sink.while_answering = self.server.freeze
        until(lambda: made["id"] in self.sink.said)
        self.sink.while_answering = lambda: None
        self.server.kill()
        self.server.start()
        self.ana.ends(made["id"])
        heard = self.sink.calls_of(made["id"])
        self.assertEqual([c["Idempotency-Key"] for c in heard], [made["id"]] * 2)
        self.assertEqual(self.ana.balance(), before - 1_050)
        # What was committed is not asked for again.
        self.server.kill()
        self.server.start()
        self.ana.ends(self.ana.job("report.csv")["id"])
        self.assertEqual(len(self.sink.calls_of(made["id"])), 2)
        self.assertEqual(self.ana.balance(), before - 1_050)

    def test_kill_9_at_any_moment_posts_once(self):
        self.ana.income(1_000_000)
        before, chance = self.ana.balance(), random.Random(20)
        self.sink.while_answering = lambda: time.sleep(chance.uniform(0, 0.05))
        jobs = []
        for turn in range(3):
            jobs += [self.ana.job("fee", payload=self.ana.posting(7)) for _ in range(20)]
            time.sleep(chance.uniform(0, 0.15))
            self.server.kill()
            self.server.start()
        for job in jobs:
            self.ana.ends(job["id"])
        self.assertEqual(self.ana.balance(), before - 60 * 7)
        self.assertTrue(all(self.sink.calls_of(job["id"]) for job in jobs))


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
