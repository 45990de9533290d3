"""`vaidepix verify` of a large ledger, in turn with plain SELECTs of the same rows: the limit."""
import json
import os
import pathlib
import re
import sqlite3
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.request

from http_bench import register
from serve import Serve

ITEMS = 1000
TABLES = ("ledger_entries", "transactions")


class Books:
    """A ledger of one database, made by a server over HTTP."""

    def __init__(self, name, build, folder, url):
        self.name, self.build, self.folder, self.url = name, build, folder, url
        self.binary = str(build / "app/vaidepix")

    def fill(self, transfers):
        server = Serve(self.build, self.folder, self.url)
        try:
            threads = [threading.Thread(target=fill_one, args=(server.port, transfers // 4))
                       for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            server.stop()

    def verify(self, *arguments):
        """(seconds, CPU seconds, peak MiB, what it read); a ledger that is not sound ends all."""
        environment = {"PATH": os.environ["PATH"], "DATABASE_URL": self.url}
        begun = time.monotonic()
        with subprocess.Popen([self.binary, "verify", *arguments], cwd=self.folder,
                              env=environment, stdout=subprocess.PIPE, text=True) as process:
            text = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"verify: status {process.returncode}\n{text}")
        read = [int(n) for n in re.findall(r"(\d+) (?:commits|entries|transactions)", text)]
        return (time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024,
                read)


class PgBooks(Books):
    def select(self, table):
        begun = time.monotonic()
        subprocess.run(["psql", "-qAt", "-d", self.url, "-v", "FETCH_COUNT=1000", "-o",
                        "/dev/null", "-c", f"select * from {table}"], check=True)
        return time.monotonic() - begun


class SqliteBooks(Books):
    def select(self, table):
        path = self.url.removeprefix("sqlite:///")
        begun = time.monotonic()
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as reader:
            for _ in reader.execute(f"select * from {table}"):
                pass
        return time.monotonic() - begun


def fill_one(port, transfers):
    token, account, category = register(port)
    items = [{"description": "Mercado", "amount_cents": 1 + n % 50, "account_id": account,
              "category_id": category, "type": "income", "date": "2026-03-01T12:00:00Z"}
             for n in range(ITEMS)]
    body = json.dumps({"items": items}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    left = transfers // ITEMS
    while left > 0:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/transactions/batch",
                                         method="POST", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
            left -= 1
        except urllib.error.HTTPError as refused:
            if refused.code != 503:  # overloaded: without effect
                raise
            time.sleep(0.05)


def spread(values, digits=2):
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def measure(books, rounds, sound):
    wholes, parts, selects = [], [], {table: [] for table in TABLES}
    for _ in range(rounds):
        wholes.append(books.verify())
        for table in TABLES:
            selects[table].append(books.select(table))
        parts.append(books.verify("--since", sound))
    (commits, entries, transactions) = wholes[0][3][:3]
    print(f"\n### {books.name}: {entries} entries in {commits} commits, {transactions} "
          "transactions\n")
    print("| | seconds | entries/s | CPU s of our process | peak MiB |\n| --- | --- | --- | --- "
          "| --- |")
    seconds = [w[0] for w in wholes]
    print(f"| `vaidepix verify` | {spread(seconds)} | "
          f"{entries / statistics.median(seconds) / 1e3:.0f} k | {spread([w[1] for w in wholes])} "
          f"| {spread([w[2] for w in wholes], 0)} |")
    print(f"| `verify --since`, nothing new | {spread([p[0] for p in parts])} | | "
          f"{spread([p[1] for p in parts])} | {spread([p[2] for p in parts], 0)} |")
    for table, times in selects.items():
        print(f"| `select * from {table}` | {spread(times)} | | | |")
    ratios = [w[0] / sum(selects[t][i] for t in TABLES) for i, w in enumerate(wholes)]
    print(f"\nverify took {spread(ratios)} × the time of the two SELECTs together: it reads each "
          "entry twice, by commit and by account, and each transaction once.", flush=True)


def run(build, pg, folder, brief):
    folder = pathlib.Path(folder)
    pg.create_database("verify")
    sizes = (4_000,) if brief else (100_000, 500_000)
    for kind, name, url in ((PgBooks, "PostgreSQL", pg.url("verify")),
                            (SqliteBooks, "SQLite", f"sqlite:///{folder}/verify.db")):
        made = 0
        for size in sizes:  # the memory of both says whether it grows
            books = kind(name, build, folder / f"verify-{name}-{size}", url)
            books.fill(size - made)
            made = size
            sound = str(folder / f"sound-{name}-{size}.json")
            books.verify("--since", sound)
            measure(books, 1 if brief else 3, sound)
