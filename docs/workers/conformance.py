#!/usr/bin/env python3
"""Is your worker a good worker? Runs it against a running Vai de Pix and looks at what it does.

Standard library only.

    VAIDEPIX_URL=http://127.0.0.1:8000 USER_TOKEN=... WORKER_TOKEN=... \\
      python3 conformance.py --kind report.csv --payload '{"rows": 1}' \\
        --failing '{"rows": "none"}' --slow '{"rows": 400, "row_s": 0.1}' \\
        --snoozing '{"snooze_s": 2}' -- python3 worker.py

The worker gets VAIDEPIX_URL and WORKER_TOKEN in its environment. USER_TOKEN is of a user for whom
jobs are made. Payloads say what your worker is to do: one that succeeds at once, one that fails,
one that runs for 40 seconds or more and stops when it is told to, one that it puts off. What is not
given is skipped. The status is 0 when all that was tried is well, else 1.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

FINAL = {"succeeded", "cancelled", "discarded"}
LEASE_S = 30
GIVES_UP_S = 10  # the server ends a cancelled job without its worker after that


class Wrong(Exception):
    """What the worker should have done and did not."""


class Api:
    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/"), token

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read() or b"null")

    def want(self, method, path, body=None):
        status, said = self.ask(method, path, body)
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {said}")
        return said


class Suite:
    def __init__(self, api, options):
        self.api, self.options = api, options
        self.worker = None

    # -- what the checks are made of --------------------------------------------------------------

    def start(self):
        self.worker = subprocess.Popen(self.options.worker, stdout=sys.stderr, stderr=sys.stderr)

    def stop(self):
        if self.worker is not None and self.worker.poll() is None:
            self.worker.kill()
            self.worker.wait()

    def enqueue(self, payload, **more):
        return self.api.want("POST", "/api/jobs", {
            "kind": self.options.kind, "payload": payload, **more})["id"]

    def look(self, job):
        return self.api.want("GET", f"/api/jobs/{job}")

    def until(self, job, told, what, patience):
        end = time.monotonic() + patience
        while True:
            now = self.look(job)
            if told(now):
                return now
            if self.worker.poll() is not None:
                raise Wrong(f"the worker ended with status {self.worker.returncode}")
            if time.monotonic() > end:
                raise Wrong(f"{what}: not within {patience} s, the job is {now['state']}")
            time.sleep(0.1)

    def ends(self, job, state, patience=30):
        ended = FINAL | {"dead"}
        now = self.until(job, lambda j: j["state"] in ended, f"it ends {state}", patience)
        if now["state"] != state:
            raise Wrong(f"the job is {now['state']} and not {state}: {now['error']}")
        return now

    def runs(self, job):
        return self.until(job, lambda j: j["state"] in FINAL | {"running"}, "it is leased", 30)

    # -- the checks, in their order ---------------------------------------------------------------

    def leases_and_completes(self):
        now = self.ends(self.enqueue(self.options.payload), "succeeded")
        if now["attempt"] != 1:
            raise Wrong(f"it took {now['attempt']} attempts")

    def takes_one_after_the_other(self):
        jobs = [self.enqueue(self.options.payload) for _ in range(10)]
        for job in jobs:
            if self.ends(job, "succeeded")["attempt"] != 1:
                raise Wrong("a job was tried more than once")

    def says_why_it_failed(self):
        job = self.enqueue(self.options.failing, max_attempts=1)
        now = self.ends(job, "dead")
        if not now["error"] or not now["error"]["code"] or now["error"]["code"] == "EXECUTOR_LOST":
            raise Wrong(f"it gave no code: {now['error']}")

    def snoozes(self):
        job = self.enqueue(self.options.snoozing)
        self.until(job, lambda j: j["state"] == "scheduled", "it is put off", 30)
        ended = self.ends(job, "succeeded", 60)
        ends = [a["end"] for a in self.api.want("GET", f"/api/jobs/{job}/attempts")["items"]]
        if ends[:1] != ["snoozed"] or ended["error"]:
            raise Wrong(f"its attempts ended as {ends}")

    def keeps_its_lease(self):
        job = self.enqueue(self.options.slow)
        self.runs(job)
        time.sleep(LEASE_S + 3)
        now = self.look(job)
        if now["attempt"] != 1 or now["state"] not in {"running", "succeeded"}:
            raise Wrong(f"without heartbeats the lease went: {now['state']}, {now['attempt']}")
        self.give_up(job)

    def sees_a_cancel(self):
        job = self.enqueue(self.options.slow)
        self.runs(job)
        began = time.monotonic()
        self.api.want("POST", f"/api/jobs/{job}/cancel", {"reason": "conformance"})
        self.ends(job, "cancelled", GIVES_UP_S + 10)
        if time.monotonic() - began > GIVES_UP_S - 0.5:
            raise Wrong("the server had to end it: the worker did not look at `cancel`")

    def leaves_in_order(self):
        job = self.enqueue(self.options.slow)
        self.runs(job)
        self.api.want("POST", f"/api/jobs/{job}/cancel", {"reason": "conformance"})
        last = self.enqueue(self.options.payload)
        self.worker.send_signal(signal.SIGTERM)
        try:
            status = self.worker.wait(60)
        except subprocess.TimeoutExpired:
            raise Wrong("it did not end within 60 s of SIGTERM") from None
        if status != 0:
            raise Wrong(f"it ended with status {status}")
        now = self.look(last)
        if now["error"] and now["error"]["code"] == "EXECUTOR_LOST":
            raise Wrong("it left with a job in its hands")
        if now["state"] == "running":
            raise Wrong("it left and did not hand its job back")
        self.give_up(last)

    def give_up(self, job):
        if self.look(job)["state"] not in FINAL:
            self.api.ask("POST", f"/api/jobs/{job}/cancel", {"reason": "conformance"})

    def run(self):
        wrong = 0
        o = self.options
        checks = [(self.leases_and_completes, True), (self.takes_one_after_the_other, True),
                  (self.says_why_it_failed, o.failing is not None),
                  (self.snoozes, o.snoozing is not None),
                  (self.keeps_its_lease, o.slow is not None),
                  (self.sees_a_cancel, o.slow is not None),
                  (self.leaves_in_order, o.slow is not None)]
        self.start()
        try:
            for check, possible in checks:
                name = check.__name__
                if not possible:
                    print("skipped", name, flush=True)
                    continue
                try:
                    check()
                    print("ok     ", name, flush=True)
                except Wrong as why:
                    wrong += 1
                    print("WRONG  ", name + ":", why, flush=True)
                    if self.worker.poll() is not None and check != self.leaves_in_order:
                        self.start()
        finally:
            self.stop()
        return 1 if wrong else 0


def main():
    reader = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--kind", required=True)
    reader.add_argument("--payload", type=json.loads, default={}, help="of a job that succeeds")
    for name in ("failing", "slow", "snoozing"):
        reader.add_argument("--" + name, type=json.loads, help=f"payload of a {name} job")
    reader.add_argument("worker", nargs="+", help="the command of your worker, behind --")
    options = reader.parse_args()
    return Suite(Api(os.environ["VAIDEPIX_URL"], os.environ["USER_TOKEN"]), options).run()


if __name__ == "__main__":
    sys.exit(main())
