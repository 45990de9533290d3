"""The product's own jobs at size: rules that are due on one morning, snapshots and reconciliation
of many accounts, insights of many users."""
import os

import insights_bench
from jobs_bed import gate
from rules_trial import rules
from snapshots_trial import snapshots


def insights(s):
    for kind in s.databases:
        if kind == "postgres":
            s.pg.create_database("insights")
        url = s.pg.url("insights") if kind == "postgres" else f"sqlite:///{s.folder}/insights.db"
        ratio = insights_bench.measure(s.build, s.folder / f"insights-{kind}", url,
                                       s.insight_users, s.insight_copies, s.sample_s)
        gate(f"p99 of a GET meanwhile against idle, {kind}", ratio, 2, False, " ×")
        if kind == "postgres":
            s.pg.query("postgres", "drop database insights with (force)")
        else:
            (s.folder / "insights.db").unlink()


TRIALS = {"rules": rules, "snapshots": snapshots, "insights": insights}


class Sizes:
    def __init__(self, build, pg, folder, brief):
        self.build, self.pg, self.folder = build, pg, folder
        env = os.environ.get
        self.seconds = int(env("BENCH_SECONDS", 1 if brief else 10))
        self.sample_s = int(env("BENCH_SAMPLE_S", 2 if brief else 20))
        self.users = int(env("BENCH_RULES_USERS", 4 if brief else 500))
        self.rules_each = int(env("BENCH_RULES_EACH", 25 if brief else 200))
        self.batched = int(env("BENCH_BATCHED", 1_600 if brief else 50_000))
        # Jobs at once of the default queue; 0: as the product has it.
        self.concurrency = int(env("BENCH_RULES_CONCURRENCY", 0))
        # 1: the server has its system schedules too, and looks for rules that were left behind.
        self.system_schedules = env("BENCH_SYSTEM_SCHEDULES", "0")
        # Two sizes: the memory of both says whether it grows.
        self.accounts = [int(n) for n in env(
            "BENCH_ACCOUNTS", "200 1000" if brief else "100000 1000000").split()]
        self.insight_users = int(env("BENCH_INSIGHT_USERS", 3 if brief else 100))
        self.insight_copies = int(env("BENCH_INSIGHT_COPIES", 5 if brief else 999))
        self.databases = env("BENCH_DATABASES", "postgres sqlite").split()


def run(build, pg, folder, brief):
    s = Sizes(build, pg, folder, brief)
    for name in os.environ.get("BENCH_PRODUCT", " ".join(TRIALS)).split():
        load = os.getloadavg()[0]
        try:
            TRIALS[name](s)
        except Exception as e:  # the others are measured all the same
            print(f"\n**{name} is void**: {type(e).__name__}: {e}", flush=True)
        print(f"\nLoad average before {name}: {load:.2f}\n", flush=True)
