"""B12: `/metrics` with a million accounts, a hundred thousand of them in memory: how long a scrape
takes, how many series it has, and that it asks the database for nothing."""
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import bare_database
from bystander import Caller, memory
from jobs_bed import Wire, gate, share
from paced_load import PacedLoad, request
from serve import Serve
from user_copies import copy_users

EACH = 1000  # accounts of a user; a book holds 2,000 at most
AT_ONCE = 1000  # items of a batch
PAUSE_S = 0.02  # between two scrapes
LOGIN_CALLERS = 4
LOADED = "vaidepix_accounts_active"
STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*)")


def b12(s):
    users = max(1, s.metrics_accounts // EACH)
    in_memory = max(1, s.metrics_loaded // EACH)
    each = min(EACH, s.metrics_accounts)
    print(f"\n### B12: /metrics with {s.metrics_accounts:,} accounts, {s.metrics_loaded:,} of them "
          "in memory\n", flush=True)
    s.pg.create_database("b12")
    base = bare_database.of(s.pg.url("b12"))
    server = Serve(s.build, s.folder / "b12", s.pg.url("b12"),
                   {"ACCOUNTS_IDLE_SECONDS": "86400", "SYSTEM_SCHEDULES": "0"})
    try:
        model(server.port, each)
        server.stop()
        if users > 1:
            copy_users(base, users - 1, "email like 'model%'")
        there = int(base.rows("select count(*) from accounts where role = 'money'")[0][0])
        server.start()
        found = measure(s, server, in_memory, there)
        server.stop()
    finally:
        if server.process.poll() is None:
            server.kill()
        s.pg.query("postgres", "drop database b12 with (force)")
    return found


def model(port, accounts):
    """A user with so many accounts; the first are those of every user."""
    user = Caller(port).register("model")
    for n in range(accounts - len(user.ask("GET", "/api/accounts"))):
        user.ask("POST", "/api/accounts", {"name": f"Conta {n}", "type": "checking", "balance": 0})


def measure(s, server, in_memory, there):
    empty = scrapes(server.port, s.scrapes)
    began = time.monotonic()
    with ThreadPoolExecutor(LOGIN_CALLERS) as crowd:
        owners = list(crowd.map(lambda n: load(server.port, n), range(in_memory)))
    loaded = int(float(series_of(server.port)[LOADED]))
    print(f"{there:,} accounts, {loaded:,} loaded by a posting to each in "
          f"{time.monotonic() - began:.0f} s; {memory(server.pid, 'VmRSS'):.0f} MiB resident.\n",
          flush=True)
    if there < s.metrics_accounts or loaded < s.metrics_loaded:
        raise RuntimeError(f"void: {there} accounts, {loaded} loaded")
    idle = scrapes(server.port, s.scrapes)
    sql = statements(s, server.port, owners[0])
    with PacedLoad(server.port, mixture(owners), s.metrics_rate) as beside:
        time.sleep(1)
        beside.take()
        began = time.monotonic()
        busy = scrapes(server.port, s.scrapes)
        seconds = time.monotonic() - began
        took = beside.end()
    answered = sum(map(len, took["ms"].values()))
    if took["refused"]:
        raise RuntimeError(f"void: the load was refused: {took['refused']}")
    most = largest(series_of(server.port))
    return tell(s, {"nobody in memory": empty, "idle": idle, "beside a load": busy}, sql,
                answered / seconds, most)


def load(port, number):
    """An account is in memory from the first posting to it on: reads go past it. A copy of the
    model has its password. The user's token, accounts and a category."""
    caller = Caller(port)
    email = f"c{number}-model@bench.example" if number else "model@bench.example"
    caller.token = caller.ask("POST", "/api/auth/login", {
        "email": email, "password": "uma senha boa"})["access_token"]
    accounts = [a["id"] for a in caller.ask("GET", "/api/accounts")]
    category = next(c["id"] for c in caller.ask("GET", "/api/categories") if c["type"] == "income")
    for at in range(0, len(accounts), AT_ONCE):
        made = caller.ask("POST", "/api/transactions/batch", {"items": [
            posting(a, category) for a in accounts[at:at + AT_ONCE]]})
        if made["failed"]:
            raise RuntimeError(f"void: {made['results'][:2]}")
    return caller.token, accounts, category


def posting(account, category):
    return {"type": "income", "amount_cents": 1250, "account_id": account,
            "category_id": category, "description": "Depósito",
            "date": datetime.now(timezone.utc).isoformat()}


def mixture(owners):
    """Postings to accounts all over the memory, and reads."""
    asked = []
    for n in range(1000):
        token, accounts, category = owners[n % len(owners)]
        body = posting(accounts[n * 7919 % len(accounts)], category)
        asked.append(request("posting", token, "POST", "/api/transactions", body))
        if n % 4 == 0:
            asked.append(request("GET", token, "GET", "/api/transactions?limit=20"))
    return asked


def scrapes(port, count):
    """(milliseconds, series, bytes) of each, on one connection as Prometheus keeps it."""
    wire, seen = Wire(port), []
    for _ in range(count):
        began = time.monotonic()
        status, content = wire.ask("GET", "/metrics")
        took = 1e3 * (time.monotonic() - began)
        if status != 200:
            raise RuntimeError(f"void: /metrics {status}")
        seen.append((took, sum(1 for li in content.split(b"\n") if li and li[0] != ord("#")),
                     len(content)))
        time.sleep(PAUSE_S)
    wire.wire.close()
    return seen


def series_of(port):
    """Values by name and labels."""
    _, content = Wire(port).ask("GET", "/metrics")
    return dict(li.rsplit(" ", 1) for li in content.decode().split("\n")
                if li and not li.startswith("#"))


def largest(series, count=6):
    """The families with most series; those of a histogram are one family."""
    families = Counter(re.sub("_(bucket|sum|count)$", "", one.split("{")[0]) for one in series)
    return families.most_common(count)


# -- what the server asks the database for --------------------------------------------------------

def statements(s, port, owner):
    """What was asked beyond what is asked anyway, by the log of PostgreSQL: it has each statement
    when it begins, while pg_stat_database is told of them up to ten seconds late."""
    s.pg.query("postgres", "alter system set log_statement = 'all'")
    s.pg.query("postgres", "select pg_reload_conf()")
    try:
        time.sleep(2)
        quiet = Span(s.pg, lambda: time.sleep(s.quiet_s))
        scraped = Span(s.pg, lambda: scrapes(port, 100))
        reads = 20
        control = Span(s.pg, lambda: read(port, owner[0], reads))
    finally:
        s.pg.query("postgres", "alter system reset log_statement")
        s.pg.query("postgres", "select pg_reload_conf()")
    found = {"quiet_s": quiet.seconds, "quiet": quiet.said.total(), "scraped_s": scraped.seconds,
             "scraped": scraped.said.total(), "beyond": beyond(quiet, scraped),
             "control": beyond(quiet, control)}
    if found["control"] < reads:
        raise RuntimeError(f"void: {reads} reads of a list and {found['control']} statements: "
                           "the count sees nothing")
    return found


class Span:
    """The statements of a time, by their text."""

    def __init__(self, pg, act):
        log = pg.folder / "log"
        start, began = log.stat().st_size, time.monotonic()
        act()
        self.seconds = time.monotonic() - began
        with log.open("rb") as text:
            text.seek(start)
            lines = text.read().decode(errors="replace").split("\n")
        self.said = Counter(m[1] for m in map(STATEMENT.search, lines) if m)


def beyond(quiet, other):
    """A text that comes by itself may come as often as in the quiet time and once more; any other
    never."""
    part = other.seconds / quiet.seconds
    return sum(max(0, n - (int(quiet.said[text] * part) + 1 if quiet.said[text] else 0))
               for text, n in other.said.items())


def read(port, token, count):
    wire = Wire(port, token)
    for _ in range(count):
        wire.want("GET", "/api/transactions?limit=20")


# -- the report -----------------------------------------------------------------------------------

def tell(s, seen, sql, rate, most):
    print("| | scrapes | p50 ms | p99 ms | max ms | series | KiB |\n" + "| --- " * 7 + "|")
    found = {}
    for name, each in seen.items():
        ms, series, size = ([e[n] for e in each] for n in range(3))
        found[name] = {"scrapes": len(ms), "p50": share(ms, .5), "p99": share(ms, .99),
                       "max": max(ms), "series": max(series), "bytes": max(size)}
        f = found[name]
        print(f"| {name} | {f['scrapes']} | {f['p50']:.2f} | {f['p99']:.2f} | {f['max']:.2f} "
              f"| {f['series']} | {f['bytes'] / 1024:.0f} |")
    print("\nMost series: " + ", ".join(f"`{name}` {n}" for name, n in most) + ".")
    print(f"\nThe load: {rate:.0f} requests/s were answered (asked for {s.metrics_rate}), four "
          f"postings to a read. Statements while nobody asked anything: {sql['quiet']} in "
          f"{sql['quiet_s']:.0f} s; during 100 scrapes {sql['scraped']} in "
          f"{sql['scraped_s']:.1f} s; twenty reads of a list are seen as {sql['control']}.\n")
    for name in ("idle", "beside a load"):
        gate(f"p99 of a scrape, {name}", found[name]["p99"], 20, False, " ms")
    gate("series", max(f["series"] for f in found.values()), 1999, False)
    gate("bytes of a scrape", max(f["bytes"] for f in found.values()), (1 << 20) - 1, False)
    gate("statements of 100 scrapes beyond what the server asks anyway", sql["beyond"], 0, False)
    return {**found, "sql": sql, "load_rate": rate, "most_series": most}
