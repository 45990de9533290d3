#!/usr/bin/env python3
"""The daily run of insights over N users with 200 transactions each: its time, the memory of the
process, the longest transaction, and what other requests feel of it.

  insights_bench.py --build build/bench [--users 200] [--database postgresql://…]

Without --database: SQLite in a folder of its own, where nobody outside sees transactions.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

from serve import Serve

OF_EACH = 200
SAMPLE_S = 20  # of requests while nothing else goes on
PAUSE_S = 0.01
OLDEST = ("select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)"
          " from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")


class Caller:
    def __init__(self, port, token=None):
        self.port, self.token = port, token

    def ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        while True:
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers,
                                             method=method)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as refused:
                if refused.code != 503:  # overloaded, or starting: without effect
                    raise
                time.sleep(0.05)

    def register(self, name):
        self.token = self.ask("POST", "/api/auth/register", {
            "name": name, "email": f"{name}@bench.example", "password": "uma senha boa"})[
                "access_token"]
        return self


def fill(port, number):
    """100 expenses this month, 100 in the one before, in four categories; a goal at risk."""
    user = Caller(port).register(f"u{number}")
    account = user.ask("GET", "/api/accounts")[0]["id"]
    kinds = [c["id"] for c in user.ask("GET", "/api/categories") if c["type"] == "expense"][:4]
    now = datetime.now(timezone.utc)
    days = (now, now.replace(day=1) - timedelta(days=5))
    salary = {"type": "income", "amount_cents": 10**7, "account_id": account,
              "description": "salário",
              "category_id": next(c["id"] for c in user.ask("GET", "/api/categories")
                                  if c["type"] == "income"), "date": days[1].isoformat()}
    items = [salary] + [
        {"type": "expense", "amount_cents": 1000 + 13 * n, "account_id": account,
         "category_id": kinds[n % len(kinds)], "description": "Mercado",
         "date": days[n % 2].isoformat()} for n in range(OF_EACH - 1)]
    made = user.ask("POST", "/api/transactions/batch", {"items": items})
    assert made["failed"] == 0, made["results"][:3]
    user.ask("POST", "/api/goals", {
        "name": "Casa", "target_amount_cents": 10**6, "category": "casa", "priority": "high",
        "target_date": (now + timedelta(days=30)).strftime("%Y-%m-%d")})
    return user.token


class Sampler(threading.Thread):
    """Reads of one user, one after another, until told to end: seconds of each."""

    def __init__(self, port, token):
        super().__init__()
        self.user, self.over, self.seconds = Caller(port, token), threading.Event(), []

    def run(self):
        while not self.over.wait(PAUSE_S):
            begun = time.monotonic()
            self.user.ask("GET", "/api/transactions?limit=20")
            self.seconds.append(time.monotonic() - begun)

    def end(self):
        self.over.set()
        self.join()
        ordered = sorted(self.seconds)
        return (1000 * statistics.median(ordered), 1000 * ordered[int(0.99 * (len(ordered) - 1))])


class Oldest(threading.Thread):
    """The age of the oldest transaction that was ever seen, PostgreSQL only."""

    def __init__(self, url):
        super().__init__()
        self.url, self.over, self.age = url, threading.Event(), 0.0

    def run(self):
        while self.url and not self.over.wait(0.05):
            self.age = max(self.age, float(subprocess.run(
                ["psql", "-qAt", "-d", self.url, "-c", OLDEST], check=True, text=True,
                stdout=subprocess.PIPE).stdout))

    def end(self):
        self.over.set()
        self.join()
        return f"{1000 * self.age:.0f} ms" if self.url else "not seen from outside"


def memory(pid, name):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(rf"{name}:\s+(\d+)", text)[1]) / 1024


def run_insights(root):
    begun = time.monotonic()
    job = root.ask("POST", "/api/schedules/insights/run-now", {"reason": "bench"})["id"]
    while True:
        seen = root.ask("GET", f"/api/jobs/{job}")
        if seen["state"] not in ("ready", "scheduled", "running", "retrying", "leased"):
            break
        time.sleep(0.05)
    if seen["state"] != "succeeded":
        raise RuntimeError(seen)
    return time.monotonic() - begun, seen["result"]


def measure(build, folder, url, users, postgres):
    server = Serve(build, folder / "first", url)
    try:
        root = Caller(server.port).register("root")
        with ThreadPoolExecutor(4) as crowd:
            tokens = list(crowd.map(lambda n: fill(server.port, n), range(users)))
    finally:
        server.stop()
    subprocess.run([server.binary, "users", "grant-admin", "root@bench.example"],
                   cwd=server.folder, env=server.environment, check=True)
    server = Serve(build, folder / "second", url)
    try:
        root.port = server.port
        print(f"\n### {users} users with {OF_EACH} transactions each, "
              f"{'PostgreSQL' if postgres else 'SQLite'}\n\n| | seconds | users/s | resident MiB, "
              "peak | oldest transaction | GET p50 / p99 ms |\n|---|---|---|---|---|---|")
        idle = Sampler(server.port, tokens[0])
        idle.start()
        time.sleep(SAMPLE_S)
        print("| idle | | | {:.0f}, {:.0f} | | {:.1f} / {:.1f} |".format(
            memory(server.pid, "VmRSS"), memory(server.pid, "VmHWM"), *idle.end()))
        for name in ("first run: all are told", "second run: nothing is new"):
            felt, oldest = Sampler(server.port, tokens[0]), Oldest(postgres)
            felt.start()
            oldest.start()
            took, counts = run_insights(root)
            print("| {} {} | {:.2f} | {:.0f} | {:.0f}, {:.0f} | {} | {:.1f} / {:.1f} |".format(
                name, json.dumps(counts), took, users / took, memory(server.pid, "VmRSS"),
                memory(server.pid, "VmHWM"), oldest.end(), *felt.end()), flush=True)
    finally:
        server.stop()


def main():
    asked = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--build", type=pathlib.Path, required=True)
    asked.add_argument("--users", type=int, default=200)
    asked.add_argument("--database", help="an empty database of PostgreSQL")
    wanted = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="insights-bench-") as folder:
        url = wanted.database or f"sqlite:///{folder}/books.db"
        measure(wanted.build.resolve(), pathlib.Path(folder), url, wanted.users, wanted.database)


if __name__ == "__main__":
    main()
