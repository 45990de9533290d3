"""What others feel while a job of the system runs: reads of one user, the memory of the process,
the oldest transaction; and how a job is run by hand and looked at."""
import json
import pathlib
import re
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

from pg_server import BIN

PAUSE_S = 0.01
ENDED = ("succeeded", "cancelled", "discarded", "dead", "parked")
OLDEST = ("select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)"
          " from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
          " and backend_type = 'client backend'")  # no vacuum


class Caller:
    def __init__(self, port, token=None):
        self.port, self.token, self.refused = port, token, 0

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
                self.refused += 1
                time.sleep(0.05)

    def register(self, name):
        self.token = self.ask("POST", "/api/auth/register", {
            "name": name, "email": f"{name}@bench.example", "password": "uma senha boa"})[
                "access_token"]
        return self


def day(plus=0):
    return (datetime.now(timezone.utc) + timedelta(days=plus)).strftime("%Y-%m-%d")


def reader(port):
    """A user of whom nothing else is asked: its pages cost the same before and meanwhile."""
    user = Caller(port).register("leitura")
    account = user.ask("GET", "/api/accounts")[0]["id"]
    category = user.ask("GET", "/api/categories?type_filter=income")[0]["id"]
    user.ask("POST", "/api/transactions/batch", {"items": [
        {"type": "income", "amount_cents": 100 + n, "account_id": account, "date": day(-n),
         "category_id": category, "description": "Venda"} for n in range(50)]})
    return user.token


class Sampler(threading.Thread):
    """Reads of one user, one after another, until told to end: seconds of each. One that is
    refused goes on until it is answered."""

    def __init__(self, port, token):
        super().__init__()
        self.user, self.over, self.seconds = Caller(port, token), threading.Event(), []
        self.fault = None

    def run(self):
        try:
            while not self.seconds or not self.over.wait(PAUSE_S):
                begun = time.monotonic()
                self.user.ask("GET", "/api/transactions?limit=20")
                self.seconds.append(time.monotonic() - begun)
        except Exception as e:  # the thread must not end as if all was well
            self.fault = e

    def end(self):
        """(p50, p99) in milliseconds."""
        self.over.set()
        self.join()
        if self.fault or not self.seconds:
            raise RuntimeError(f"void: the reads beside it ended: {self.fault}")
        ordered = sorted(self.seconds)
        return (1000 * statistics.median(ordered), 1000 * ordered[int(0.99 * (len(ordered) - 1))])


def felt_for(port, token, seconds):
    """(p50, p99) of that time."""
    reads = Sampler(port, token)
    reads.start()
    time.sleep(seconds)
    return reads.end()


class Oldest(threading.Thread):
    """The age of the oldest transaction that was ever seen, PostgreSQL only."""

    def __init__(self, url):
        super().__init__()
        self.url, self.over, self.age = url, threading.Event(), 0.0

    def run(self):
        while self.url and not self.over.wait(0.05):
            self.age = max(self.age, float(subprocess.run(
                [str(BIN / "psql"), "-qAtX", "-d", self.url, "-c", OLDEST], check=True, text=True,
                stdout=subprocess.PIPE).stdout))

    def end(self):
        self.over.set()
        self.join()
        return f"{1000 * self.age:.0f} ms" if self.url else "not seen from outside"


def memory(pid, name):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(rf"{name}:\s+(\d+)", text)[1]) / 1024


def forget_peak(pid):
    """VmHWM begins again at what is resident now."""
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def hold_by_hand(root, *names):
    """Their own times do not count any more: an hourly check must not come between."""
    for name in names:
        root.ask("POST", f"/api/schedules/{name}/pause", {"reason": "of a bench"})


def run_schedule(root, name):
    """(seconds, result, the values of its progress that were seen) of a run by hand."""
    begun = time.monotonic()
    job = root.ask("POST", f"/api/schedules/{name}/run-now", {"reason": "bench"})["id"]
    values = set()
    while True:
        seen = root.ask("GET", f"/api/jobs/{job}")
        if seen["state"] in ENDED:
            break
        if seen.get("progress"):
            values.add(json.dumps(seen["progress"], sort_keys=True))
        time.sleep(0.05)
    if seen["state"] != "succeeded":
        raise RuntimeError(seen)
    return time.monotonic() - begun, seen["result"], values
