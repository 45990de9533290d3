"""A server with one user for the benches of jobs, and what they say about what they measured."""
import http.client
import json
import os
import statistics
import time
import uuid

import http_bench
from http_bench import cpu_seconds
from serve import Serve

WORKER = "a-worker-token-of-the-bench"


class Wire:
    """One kept connection of one user."""

    def __init__(self, port, token=""):
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connect()
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def connect(self):
        self.wire.close()
        self.wire.connect()
        self.wire.sock.setsockopt(6, 1, 1)  # no delay
        self.used = time.monotonic()

    def ask(self, method, path, body=None, key=None):
        if time.monotonic() - self.used > 60:  # the server closes what is idle for 75 s
            self.connect()
        self.used = time.monotonic()
        text = body if isinstance(body, (str, type(None))) else json.dumps(body)
        keyed = {"Idempotency-Key": key} if key else {}
        self.wire.request(method, path, text, {**self.headers, **keyed})
        answer = self.wire.getresponse()
        content = answer.read()
        return answer.status, content

    def want(self, method, path, body=None):
        status, content = self.ask(method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {content[:300]!r}")
        return json.loads(content) if content else None


class Bed:
    """A server on a new database, with one user who is an administrator."""

    def __init__(self, build, pg, folder, name, more=None, sqlite=False):
        """On SQLite nothing can be counted from outside."""
        self.pg, self.name, self.refused, self.sqlite = pg, name, 0, sqlite
        if not sqlite:
            pg.create_database(name)
        self.server = Serve(build, folder / name,
                            f"sqlite:///{folder}/{name}.db" if sqlite else pg.url(name),
                            {"WORKER_TOKENS": f"{WORKER}:bench.pull",
                             "SYSTEM_SCHEDULES": "0", **(more or {})})
        self.token, self.account, self.category = http_bench.register(self.server.port)
        email = Wire(self.server.port, self.token).want("GET", "/api/auth/me")["email"]
        self.server.stop()
        self.server.run("users", "grant-admin", email)
        self.server.start()
        self.wire = Wire(self.server.port, self.token)

    def restart(self):
        self.server.start()
        self.wire = Wire(self.server.port, self.token)

    def posting(self, description):
        return {"date": "2026-11-24", "account_id": self.account, "category_id": self.category,
                "type": "income", "amount_cents": 4250, "description": description}

    def bulk(self, count, wish, wire=None):
        """Ids of `count` jobs; a thousand in a request, which is sent again under its key while
        the server says 503 (it reads its jobs first)."""
        body, ids = None, []
        for at in range(0, count, 1000):
            size = min(1000, count - at)
            if body is None or size != 1000:
                body = json.dumps({"jobs": [wish] * size})
            key = str(uuid.uuid4())
            for _ in range(200):
                status, said = (wire or self.wire).ask("POST", "/api/jobs/bulk", body, key)
                if status != 503:
                    break
                self.refused += 1
                time.sleep(0.05)
            if status != 201:
                raise RuntimeError(f"bulk: {status} {said[:300]!r}")
            ids += [j["id"] for j in json.loads(said)["items"]]
        return ids

    def queue(self, act):
        self.wire.want("POST", f"/api/queues/default/{act}", {"reason": "of a bench"})

    def at_once(self, most):
        self.wire.want("PUT", "/api/queues/default", {"concurrency": most, "reason": "of a bench"})

    def count(self, what):
        return self.pg.number(self.name, f"select count(*) from {what}")

    def outcomes_reach(self, count, patience=600):
        reach(lambda: self.count("job_outcomes"), count, patience, 0.1)

    def level(self, name, label):
        """The sum of the server's series of this name with this label."""
        _, text = self.wire.ask("GET", "/metrics")
        lines = (line.rsplit(" ", 1) for line in text.decode().splitlines()
                 if line.startswith(name) and label in line)
        return sum(float(value) for _, value in lines)

    def succeeded(self):
        """Attempts whose outcome is durable, as the server says: costs the database nothing."""
        return self.level("vaidepix_job_attempts_total", '"succeeded"')

    def succeeded_reach(self, count, patience=600):
        reach(self.succeeded, count, patience, 0.02)

    def idle(self, patience=300):
        """Nothing is ready or running, as memory says; a job runs until its outcome is there."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            queues = self.wire.want("GET", "/api/queues")["items"]
            if not any(q["ready"] + q["running"] for q in queues if q["queue"] == "default"):
                return
            time.sleep(0.02)
        raise RuntimeError("the queue does not become idle")

    def burn_all(self):
        self.queue("resume")
        self.idle()
        self.queue("pause")

    def prepare(self):
        self.pg.query(self.name, "vacuum analyze")
        self.pg.query(self.name, "checkpoint")

    def stop(self, drop=True):
        self.server.stop()
        if drop and not self.sqlite:
            self.pg.query("postgres", f"drop database {self.name} with (force)")


def reach(look, count, patience, pause_s):
    end = time.monotonic() + patience
    while (seen := look()) < count:
        if time.monotonic() > end:
            raise RuntimeError(f"{seen} of {count} ended")
        time.sleep(pause_s)


def gate(text, value, bound, at_least=True, unit=""):
    good = value >= bound if at_least else value <= bound
    sign = "≥" if at_least else "≤"
    print(f"- **{'reached' if good else 'NOT reached'}**: {text} (wanted {sign} {bound}{unit}, "
          f"measured {value:.2f}{unit})", flush=True)


def share(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def burn(bed, count, wish):
    """Enqueue while the queue is paused, resume, wait for the outcomes; audited by ids."""
    bed.queue("pause")
    began = time.monotonic()
    ids = bed.bulk(count, wish)
    enqueue = count / (time.monotonic() - began)
    bed.prepare()
    wal = bed.pg.number("postgres", "select pg_current_wal_lsn() - '0/0'")
    cpu, pg_cpu = cpu_seconds([bed.server.pid]), cpu_seconds(bed.pg.processes())
    began = time.monotonic()
    bed.queue("resume")
    bed.idle()
    seconds = time.monotonic() - began
    cpu, pg_cpu = (cpu_seconds([bed.server.pid]) - cpu, cpu_seconds(bed.pg.processes()) - pg_cpu)
    wal = bed.pg.number("postgres", "select pg_current_wal_lsn() - '0/0'") - wal
    good = bed.count("job_outcomes where state = 9")
    if good != count or len(set(ids)) != count or bed.count("jobs") != count:
        raise RuntimeError(f"void: {good} of {count} succeeded, {bed.count('jobs')} jobs")
    return {"enqueue": enqueue, "rate": count / seconds, "seconds": seconds, "cpu_s": cpu,
            "pg_cpu_s": pg_cpu, "wal_per_1000": wal * 1000 / count,
            "retried_503": bed.refused}


def median_ratio(a, b, what="rate"):
    return statistics.median(x[what] / y[what] for x, y in zip(a, b))


def summary(waits):
    return {"jobs": len(waits), "p50": share(waits, .5), "p99": share(waits, .99),
            "max": max(waits)}
