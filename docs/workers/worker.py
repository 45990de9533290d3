#!/usr/bin/env python3
"""A worker for Vai de Pix: pulls jobs over HTTP, runs them, says how they ended.

Standard library only.

    VAIDEPIX_URL=http://127.0.0.1:8000 WORKER_TOKEN=... python3 worker.py

A handler gets the payload of the job and a `told_to_stop()`; it returns (result, effects), raises
Retry for what may go better later, Later for what is too early, and anything else is a failure for
good. A job may reach a
handler twice when a worker dies: what it does outside of Vai de Pix has to bear that, and the job's
id is a good key for it. What it returns as effects happens once.
"""
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request


class Retry(Exception):
    """The attempt failed and may be repeated; `after` in seconds, or by the job's own backoff."""

    def __init__(self, message, after=None):
        super().__init__(message)
        self.after = after


class Later(Exception):
    """Not now, and not a failure: run it again after so many seconds."""

    def __init__(self, seconds):
        super().__init__(seconds)
        self.seconds = seconds


class Server:
    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/"), token

    def call(self, method, path, body=None, timeout=30):
        """The status and the body; 204 has none."""
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            text = refused.read()
            return refused.code, json.loads(text) if text else None


class Worker:
    def __init__(self, server, name, handlers, slots=4):
        self.server, self.handlers, self.slots = server, handlers, slots
        self.name, self.id, self.heartbeat_s = name, None, 10
        self.leases, self.stopped = {}, {}  # job -> lease, job -> event
        self.guard = threading.Lock()
        self.leaving = threading.Event()  # takes no more jobs
        self.gone = threading.Event()  # has none any more

    def join(self):
        while not self.leaving.is_set():
            status, said = self.call("POST", "/api/workers", {
                "name": self.name, "kinds": sorted(self.handlers), "slots": self.slots,
                "version": "1", "language": "python"})
            if status == 201:
                self.id, self.heartbeat_s = said["worker"], said["heartbeat_s"]
                return
            print("cannot join:", status, said, file=sys.stderr)
            time.sleep(1)

    def call(self, method, path, body=None, timeout=30):
        """As Server.call, and (0, None) while nobody answers: servers restart."""
        try:
            return self.server.call(method, path, body, timeout)
        except OSError:
            return 0, None

    def beat(self):
        while not self.gone.wait(self.heartbeat_s / 3):
            with self.guard:
                held = [{"job": job, "lease": lease} for job, lease in self.leases.items()]
            status, said = self.call("POST", f"/api/workers/{self.id}/heartbeat", {"leases": held})
            if status == 404 and not held:
                self.join()
            if status != 200:
                continue
            for job in said["cancel"] + said["lost"]:
                if job in self.stopped:
                    self.stopped[job].set()
            if said["state"] == "terminating":
                self.leaving.set()

    def end(self, job, action, body):
        """Said until somebody answers: the same lease gets the same answer."""
        while True:
            status, said = self.call(
                "POST", f"/api/workers/{self.id}/jobs/{job['id']}/{action}", body)
            if status not in (0, 503):
                return status, said
            time.sleep(0.2)

    def run(self, job):
        lease = {"lease": job["lease"]}
        try:
            result, effects = self.handlers[job["kind"]](job, self.stopped[job["id"]].is_set)
            status, said = self.end(job, "complete",
                                    {**lease, "result": result, "effects": effects})
        except Later as later:
            at = time.gmtime(time.time() + later.seconds + 1)  # whole seconds, and not too early
            until = time.strftime("%Y-%m-%dT%H:%M:%SZ", at)
            status, said = self.end(job, "snooze", {**lease, "until": until})
        except Retry as again:
            error = {"code": "RETRY", "message": str(again)}
            status, said = self.end(job, "fail", {**lease, "error": error, "retryable": True,
                                                  **({"retry_after_s": again.after}
                                                     if again.after else {})})
        except Exception as wrong:  # the job has failed, the worker has not
            error = {"code": type(wrong).__name__, "message": str(wrong)}
            status, said = self.end(job, "fail", {**lease, "error": error, "retryable": False})
        print(job["id"], job["kind"], status, (said or {}).get("state"), flush=True)
        with self.guard:
            self.leases.pop(job["id"], None)
            self.stopped.pop(job["id"], None)

    def serve(self):
        self.join()
        threading.Thread(target=self.beat, daemon=True).start()
        threads = []
        while not self.leaving.is_set():
            with self.guard:
                room = self.slots - len(self.leases)
            if room == 0:
                time.sleep(0.02)
                continue
            status, said = self.call("POST", f"/api/workers/{self.id}/lease",
                                     {"max": room, "wait_s": 5})
            if status == 404:
                self.join()
            elif status == 0:
                time.sleep(0.2)
            for job in (said or {}).get("jobs", []) if status == 200 else []:
                with self.guard:
                    self.leases[job["id"]] = job["lease"]
                    self.stopped[job["id"]] = threading.Event()
                threads.append(threading.Thread(target=self.run, args=(job,)))
                threads[-1].start()
            threads = [t for t in threads if t.is_alive()]
        for thread in threads:
            thread.join()
        self.gone.set()
        self.call("DELETE", f"/api/workers/{self.id}")


def report(job, told_to_stop):
    """An example: counts to `rows`, and looks whether it is told to stop."""
    if job["attempt"] == 1 and "snooze_s" in job["payload"]:
        raise Later(job["payload"]["snooze_s"])
    for row in range(job["payload"].get("rows", 3)):
        if told_to_stop():
            raise Retry("told to stop")
        time.sleep(job["payload"].get("row_s", 0))
    return {"rows": job["payload"].get("rows", 3)}, {}


def fee(job, told_to_stop):
    """An example: posts one expense to the books of the job's user, once."""
    wish = job["payload"]
    return {"posted": wish["amount_cents"]}, {"transactions": [{
        "type": "expense", "account_id": wish["account_id"], "category_id": wish["category_id"],
        "amount_cents": wish["amount_cents"], "description": wish.get("description", "tarifa"),
        "date": wish["date"]}]}


if __name__ == "__main__":
    worker = Worker(Server(os.environ["VAIDEPIX_URL"], os.environ["WORKER_TOKEN"]),
                    os.environ.get("WORKER_NAME", "exemplo"),
                    {"report.csv": report, "fee": fee})
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: worker.leaving.set())
    worker.serve()
