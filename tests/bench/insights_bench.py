#!/usr/bin/env python3
"""The daily run of insights over N users with 200 transactions each: its time, the memory of the
process, the longest transaction, and what other requests feel of it.

  insights_bench.py --build build/bench [--users 200] [--copies 0] [--database postgresql://…]

Without --database: SQLite in a folder of its own, where nobody outside sees transactions. With
--copies each of the users is copied so many times in the database (user_copies.py), which takes a
superuser on PostgreSQL.
"""
import argparse
import json
import pathlib
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import bare_database
from bystander import (Caller, Oldest, Sampler, felt_for, forget_peak, hold_by_hand, memory,
                       run_schedule)
from serve import Serve
from user_copies import copy_users

OF_EACH = 200
SAMPLE_S = 20  # of requests while nothing else goes on


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


def fill_all(build, folder, url, users, copies):
    """(the administrator, the token of a user, how many there are beside the administrator)."""
    server = Serve(build, folder / "first", url)
    try:
        root = Caller(server.port).register("root")
        with ThreadPoolExecutor(4) as crowd:
            tokens = list(crowd.map(lambda n: fill(server.port, n), range(users)))
    finally:
        server.stop()
    server.run("users", "grant-admin", "root@bench.example")
    if copies:
        begun = time.monotonic()
        added = copy_users(bare_database.of(url), copies, "email like 'u%@bench.example'")
        print(f"\nCopied in the database in {time.monotonic() - begun:.0f} s: "
              + ", ".join(f"{n:,} {t}" for t, n in added.items()) + ".", flush=True)
    return root, tokens[0], users * (1 + copies)


def told_alike(base, users):
    """Everybody owns the same, so everybody is told the same: how many notifications each has."""
    said = base.rows("select n, count(*) from (select u.id, (select count(*) from notifications x "
                     "where x.user_id = u.id) as n from users u where u.admin = 0) t group by n")
    if len(said) != 1 or int(said[0][1]) != users:
        raise RuntimeError(f"void: (notifications, users) {said}")
    return int(said[0][0])


def measure(build, folder, url, users, copies=0, sample_s=SAMPLE_S):
    """The GET p99 of the worst run against that without one."""
    base = bare_database.of(url)
    folder.mkdir(exist_ok=True)
    root, token, users = fill_all(build, folder, url, users, copies)
    server = Serve(build, folder / "second", url)
    try:
        root.port = server.port
        print(f"\n### Insights: {users:,} users with {OF_EACH} transactions each, {base.name}\n\n"
              "| | seconds | users/s | resident MiB, peak | oldest transaction "
              "| GET p50 / p99 ms |\n|---|---|---|---|---|---|")
        hold_by_hand(root, "insights", "ledger_audit", "reconcile_snapshots", "reconcile_balances")
        idle = felt_for(server.port, token, sample_s)
        print("| idle | | | {:.0f}, {:.0f} | | {:.1f} / {:.1f} |".format(
            memory(server.pid, "VmRSS"), memory(server.pid, "VmHWM"), *idle), flush=True)
        worst = 0.0
        for name, told in (("first run: all are told", users), ("second run: nothing is new", 0)):
            forget_peak(server.pid)
            reads = Sampler(server.port, token)
            oldest = Oldest(url if base.name == "PostgreSQL" else None)
            reads.start()
            oldest.start()
            try:
                took, counts, _ = run_schedule(root, "insights")
            finally:
                age, felt = oldest.end(), reads.end()
            print("| {} {} | {:.2f} | {:.0f} | {:.0f}, {:.0f} | {} | {:.1f} / {:.1f} |".format(
                name, json.dumps(counts), took, users / took, memory(server.pid, "VmRSS"),
                memory(server.pid, "VmHWM"), age, *felt), flush=True)
            if counts != {"users": users + 1, "told": told, "failed": 0}:
                raise RuntimeError(f"void: {counts} with {users} users and their administrator")
            worst = max(worst, felt[1])
    finally:
        server.stop()
    print(f"\nEach user, copied or not, has {told_alike(base, users)} notifications.\n", flush=True)
    return worst / idle[1]


def main():
    asked = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--build", type=pathlib.Path, required=True)
    asked.add_argument("--users", type=int, default=200)
    asked.add_argument("--copies", type=int, default=0, help="of each user, made in the database")
    asked.add_argument("--database", help="an empty database of PostgreSQL")
    wanted = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="insights-bench-") as folder:
        url = wanted.database or f"sqlite:///{folder}/books.db"
        measure(wanted.build.resolve(), pathlib.Path(folder), url, wanted.users, wanted.copies)


if __name__ == "__main__":
    main()
