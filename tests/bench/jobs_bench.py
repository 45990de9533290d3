"""The job platform (jobs.md §20) over HTTP, with its peers on the same PostgreSQL."""
import json
import os
import pathlib
import statistics
import subprocess
import threading
import time

import http_bench
from http_bench import spread
from job_peers import Peers
from jobs_bed import Bed, Wire, burn, gate, median_ratio
from jobs_plot import curves
from jobs_lists_trials import b13, b14, b16
from jobs_trials import b10, b3, b7
from lanes_trials import b11, b4, b5
from metrics_trial import b12
from pg_server import BIN
from soak_trial import b17

BULK_CALLERS = 4
BULK_S = 2  # no longer: the queue is bounded
PEER_NAMES = {"graphile": "graphile-worker", "pgboss": "pg-boss"}
HERE = pathlib.Path(__file__).resolve().parent


def print_rates(title, results):
    print("| | jobs/s | bulk enqueue of 1,000, jobs/s | CPU s of the process per 100,000 |")
    print("| --- | --- | --- | --- |")
    for name, rounds in results.items():
        per = [r["cpu_s"] * 1e5 / (r["rate"] * r["seconds"]) for r in rounds]
        print(f"| {name} | {spread([r['rate'] for r in rounds], 0)} "
              f"| {spread([r['enqueue'] for r in rounds], 0)} | {spread(per, 2)} |")
    print(f"\n{title}\n", flush=True)


def b1(s):
    print(f"\n### B1: {s.jobs:,} no-op jobs burnt down, outcomes kept\n")
    results = {"ours": []}
    for i in range(s.rounds):
        bed = Bed(s.build, s.pg, s.folder, f"b1x{i}")
        results["ours"].append(burn(bed, s.jobs, {"kind": "noop", "payload": {}}))
        size = s.pg.query(bed.name, "select pg_size_pretty(pg_database_size(current_database()))")
        bed.stop()
        if s.peers:
            results.setdefault("graphile-worker (deletes)", []).append(
                s.peers.run("graphile", "burn", s.jobs)[-1])
            results.setdefault("pg-boss, after ANALYZE", []).append(
                s.peers.run("pgboss", "burn", s.jobs)[-1])
        for r in (rounds[-1] for rounds in results.values()):
            if r.get("lost") or r.get("twice"):
                raise RuntimeError(f"void: {r}")
    print_rates(f"Database of ours afterwards {size[0][0]}; WAL per 1,000 of our jobs "
                f"{spread([r['wal_per_1000'] / 1e3 for r in results['ours']], 0)} kB; CPU s of "
                f"PostgreSQL for our burn {spread([r['pg_cpu_s'] for r in results['ours']])}.",
                results)
    ours = results["ours"]
    for name, bound in (("graphile-worker (deletes)", 1.0), ("pg-boss, after ANALYZE", 1.5)):
        if name in results:
            gate(f"burn-down against {name}; aim 3", median_ratio(ours, results[name]), bound)
    s.burnt = statistics.median(r["rate"] for r in ours)
    return results


def b2(s):
    print("\n### B2: single enqueue by 64 clients\n")
    bed = Bed(s.build, s.pg, s.folder, "b2")
    script = http_bench.write_script(s.folder, "jobs", {"kind": "noop", "payload": {}}, bed.token)
    load = http_bench.Contestant("ours, POST /api/jobs", bed.server.port, [bed.server.pid], script,
                                 "/api/jobs")
    results = {load.name: [], "graphile-worker add_job in process": [], "pg-boss send": []}
    bed.queue("pause")
    for _ in range(s.rounds):
        before = bed.count("jobs")
        seconds = min(s.seconds, 7)  # more than 500,000 live jobs are refused
        r = load.load(64, seconds)
        if r["refused"] or r["errors"] or bed.count("jobs") < before + r["rate"] * seconds * 0.99:
            raise RuntimeError(f"void: {r}")
        results[load.name].append(r)
        bed.burn_all()
        if s.peers:
            for peer, name in (("graphile", "graphile-worker add_job in process"),
                               ("pgboss", "pg-boss send")):
                said = s.peers.run(peer, "single", s.seconds)[-1]
                if said["kept"] != said["sent"]:
                    raise RuntimeError(f"void: {said}")
                results[name].append(said)
    thousand = {"jobs": [{"kind": "noop", "payload": {}}] * 1000}
    ours = []
    for name, more in (("ours, POST /api/jobs/bulk, Prefer: return=minimal",
                        {"Prefer": "return=minimal"}),
                       ("the same, each job shown whole", {})):
        script = http_bench.write_script(s.folder, f"bulk{len(ours)}", thousand, bed.token, more)
        ours.append(http_bench.Contestant(name, bed.server.port, [bed.server.pid], script,
                                          "/api/jobs/bulk"))
    bulks = {**{c.name: [] for c in ours}, "graphile-worker add_jobs in process": [],
             "pg-boss insert": []}
    for _ in range(s.rounds):
        for bulk in ours:
            before = bed.count("jobs")
            r = bulk.load(BULK_CALLERS, BULK_S)
            r["rate"] *= 1000
            least = before + r["rate"] * BULK_S * 0.95
            if r["refused"] or r["errors"] or bed.count("jobs") < least:
                raise RuntimeError(f"void: {r}")
            bulks[bulk.name].append(r)
            bed.burn_all()
        for peer, name in (("graphile", "graphile-worker add_jobs in process"),
                           ("pgboss", "pg-boss insert")):
            if s.peers:
                bulks[name].append(s.peers.run(peer, "bulk", s.jobs, BULK_CALLERS)[-1])
    bed.stop()
    print(f"| bulk of 1,000, {BULK_CALLERS} callers | jobs/s |\n| --- | --- |")
    for name, rounds in bulks.items():
        if rounds:
            print(f"| {name} | {spread([r['rate'] for r in rounds], 0)} |")
    print("\n| single, 64 callers | enqueued/s | p50 ms | p99 ms |\n| --- | --- | --- | --- |")
    for name, rounds in results.items():
        if rounds:
            ms = [statistics.median(r[k] for r in rounds) if k in rounds[0] else None
                  for k in ("p50", "p99")]
            print(f"| {name} | {spread([r['rate'] for r in rounds], 0)} | "
                  + " | ".join("–" if m is None else f"{m:.1f}" for m in ms) + " |")
    print()
    if s.peers:
        gate("single enqueue over HTTP against add_job; aim 5", median_ratio(
            results[load.name], results["graphile-worker add_job in process"]), 1.5)
        for bulk in ours:
            gate(f"bulk enqueue over HTTP against add_jobs ({bulk.name})", median_ratio(
                bulks[bulk.name], bulks["graphile-worker add_jobs in process"]), 1.0)
    return {**results, **bulks}


def batches(bed, count):
    """Bare postings through the gateway with little HTTP: `count` at least, audited."""
    body = json.dumps({"atomic": False, "items": [bed.posting("batch")] * 400})
    each = -(-count // 800)
    wires = [Wire(bed.server.port, bed.token) for _ in range(2)]
    faults = []

    def post(wire):
        try:
            for _ in range(each):
                wire.want("POST", "/api/transactions/batch", body)
        except Exception as e:
            faults.append(str(e))
    began = time.monotonic()
    clients = [threading.Thread(target=post, args=(w,)) for w in wires]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
    seconds = time.monotonic() - began
    posted = bed.count("transactions where description = 'batch'")
    if faults or posted != each * 800:
        raise RuntimeError(f"void: {posted} of {each * 800} bare postings {faults[:1]}")
    return posted / seconds


def b1b(s):
    count = s.jobs // 10
    print(f"\n### B1b: {count:,} jobs that each post one transaction\n")
    bare_name = "bare postings, POST /api/transactions, 256 connections"
    batch_name = "bare postings, POST /api/transactions/batch of 400, two clients"
    locks_name = "graphile-worker, a task with row locks, not exactly once"
    results = {"jobs that post": [], bare_name: [], batch_name: [], locks_name: []}
    for i in range(s.rounds):
        bed = Bed(s.build, s.pg, s.folder, f"b1b{i}")
        results["jobs that post"].append(
            burn(bed, count, {"kind": "post_transaction", "payload": bed.posting("job")}))
        posted = bed.count("transactions where description = 'job'")
        if posted != count:
            raise RuntimeError(f"void: {posted} of {count} transactions")
        script = http_bench.write_script(s.folder, "bare", bed.posting("bare"), bed.token)
        load = http_bench.Contestant("bare", bed.server.port, [bed.server.pid], script,
                                     "/api/transactions")
        bare = load.load(256, s.seconds)
        results[bare_name].append(bare)
        results[batch_name].append({"rate": batches(bed, count)})
        if s.peers:
            said = s.peers.run("graphile", "transfer", count // 4)[-1]
            if said["lost"] or said["twice"] or said["posted"] != count // 4:
                raise RuntimeError(f"void: {said}")
            results[locks_name].append(said)
        bed.stop()
    print("| | per second |\n| --- | --- |")
    for name, rounds in results.items():
        if rounds:
            print(f"| {name} | {spread([r['rate'] for r in rounds], 0)} |")
    ours, bare, batched, locked = results.values()
    print()
    gate("jobs that post against single bare postings", median_ratio(ours, bare), 0.8)
    gate("jobs that post against bare postings in batches", median_ratio(ours, batched), 0.8)
    if locked:
        gate("jobs that post against a task with row locks", median_ratio(ours, locked), 5)
    return results


LEAD_S = 5  # before the snapshot


def hold_snapshot(pg, database, seconds):
    """As a report that somebody forgot to end."""
    held = subprocess.Popen([BIN / "psql", "-qAtX", pg.url(database)], stdin=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, text=True)
    held.stdin.write("begin isolation level repeatable read; select count(*) from pg_class;\n")
    held.stdin.flush()
    time.sleep(seconds)
    held.stdin.close()
    held.wait()


def b6(s):
    print(f"\n### B6: a snapshot held for {s.snapshot_s} s\n")
    bed = Bed(s.build, s.pg, s.folder, "b6")
    rate, began, fed = s.steady, time.monotonic(), 0

    def later(database):
        time.sleep(LEAD_S)
        hold_snapshot(s.pg, database, s.snapshot_s)
    holding = threading.Thread(target=later, args=(bed.name,))
    holding.start()
    from_us = time.time() * 1e6
    while time.monotonic() - began < LEAD_S + s.snapshot_s:
        if fed < (time.monotonic() - began) * rate:
            bed.bulk(200, {"kind": "noop", "payload": {}})
            fed += 200
        else:
            time.sleep(0.002)
    bed.outcomes_reach(fed)
    dead = bed.pg.query(bed.name, "select relname, n_dead_tup from pg_stat_user_tables "
                        "where relname like '%job%' and n_dead_tup > 0")
    curve = bed.pg.query(bed.name, f"select ((ended_at - {from_us:.0f}) / 1000000)::int, "
                         "count(*) from job_outcomes group by 1 order by 1")
    holding.join()
    bed.stop()
    series = {"ours": [float(c[1]) for c in curve[1:-1]]}
    if s.peers:
        for peer in ("graphile", "pgboss"):
            said = s.peers.run(peer, "steady", rate, LEAD_S + s.snapshot_s,
                               patience=s.snapshot_s + 120, beside=later)
            series[PEER_NAMES[peer]] = [r["done"] for r in said]
    curves(HERE.parents[1] / "docs/bench-b6.svg", series)
    print("| | jobs/s, median | last 30 s | least 5 s |\n| --- | --- | --- | --- |")
    for name, each in series.items():
        fives = [sum(each[i:i + 5]) / 5 for i in range(0, len(each) - 4, 5)]
        print(f"| {name} | {statistics.median(each):.0f} | {statistics.mean(each[-30:]):.0f} | "
              f"{min(fives):.0f} |")
    print(f"\nAsked for {rate}/s. Dead tuples of our job tables: {dead or 'none'}\n")
    ours = series["ours"]
    fives = [sum(ours[i:i + 5]) / 5 for i in range(0, len(ours) - 4, 5)]
    gate("least 5 s against the median", min(fives) / statistics.median(fives), 0.95)
    gate("dead tuples of the job tables", sum(int(d[1]) for d in dead), 1000, False)
    return {"series": series, "dead": dead}


TRIALS = {"b1": b1, "b2": b2, "b3": b3, "b7": b7, "b10": b10, "b1b": b1b, "b6": b6, "b4": b4,
          "b5": b5, "b11": b11, "b12": b12, "b13": b13, "b14": b14, "b16": b16, "b17": b17}


class Sizes:
    def __init__(self, build, pg, folder, brief):
        self.build, self.pg, self.folder = build, pg, folder
        env = os.environ.get
        self.jobs = int(env("BENCH_JOBS", 5_000 if brief else 200_000))
        self.rounds = int(env("BENCH_ROUNDS", 1 if brief else 5))
        self.seconds = int(env("BENCH_SECONDS", 1 if brief else 10))
        self.singles = int(env("BENCH_SINGLES", 100 if brief else 1000))
        self.each_kill = 4_000 if brief else 15_000
        self.live = int(env("BENCH_LIVE", 5_000 if brief else 100_000))
        self.kills = int(env("BENCH_KILLS", 2 if brief else 200))
        self.schedules = int(env("BENCH_SCHEDULES", 2_000 if brief else 100_000))
        self.snapshot_s = int(env("BENCH_SNAPSHOT_S", 10 if brief else 180))
        self.steady = 4_000
        self.lane_jobs = 1 if brief else 10
        self.limit_jobs = 30_000 if brief else 450_000  # a node takes 500,000 that live
        self.limit_window_s = 0.01 if brief else 0.08
        self.listed = int(env("BENCH_LISTED", 5_000 if brief else 1_000_000))
        self.redriven = int(env("BENCH_REDRIVEN", 500 if brief else 100_000))
        self.databases = env("BENCH_DATABASES", "postgres sqlite").split()
        self.restarts = 2 if brief else 5
        self.metrics_accounts = int(env("BENCH_METRICS_ACCOUNTS", 2_000 if brief else 1_000_000))
        self.metrics_loaded = int(env("BENCH_METRICS_LOADED", 1_000 if brief else 100_000))
        self.metrics_rate = int(env("BENCH_METRICS_RATE", 500 if brief else 2_000))
        self.scrapes = int(env("BENCH_SCRAPES", 100 if brief else 500))
        # Longer than whatever the server does by itself now and then: once a minute it looks for
        # what is kept no longer.
        self.quiet_s = int(env("BENCH_QUIET_S", 5 if brief else 130))
        self.soak_minutes = float(env("BENCH_SOAK_MINUTES", 0.4 if brief else 60))
        self.soak_sample_s = float(env("BENCH_SOAK_SAMPLE_S", 2 if brief else 60))
        # Requests a second; 0: half of what the calibration finds.
        self.soak_rate = float(env("BENCH_SOAK_RATE", 0))


def run(build, pg, folder, brief):
    s = Sizes(build, pg, folder, brief)
    peers = Peers(pg, folder)
    s.peers = None if peers.missing else peers
    print("\nPeers: " + (peers.missing or peers.versions) + "\n", flush=True)
    wanted = os.environ.get("BENCH_PARTS", " ".join(TRIALS)).split()
    results = {}
    for part in wanted:
        load = os.getloadavg()[0]
        try:
            results[part] = {"load": load, "results": TRIALS[part](s)}
        except Exception as e:
            print(f"\n**{part} is void**: {e}\n", flush=True)
            results[part] = {"load": load, "void": str(e)[:500]}
        print(f"Load average before {part}: {load:.2f}\n", flush=True)
        keep(s, peers, brief, results)


def keep(s, peers, brief, results):
    """After each part: one that is stopped leaves those before it."""
    target = os.environ.get("BENCH_JSON")
    if not target:
        return
    revision = subprocess.run(["git", "describe", "--always", "--dirty"], text=True,
                              capture_output=True, cwd=HERE, check=False).stdout.strip()
    sizes = {k: v for k, v in vars(s).items() if isinstance(v, (int, float))}
    facts = {"revision": revision, "cores": os.cpu_count(), "brief": brief, "sizes": sizes,
             "peers": peers.missing or peers.versions,
             "at": time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()), "settings": s.pg.settings()}
    pathlib.Path(target).write_text(json.dumps({"facts": facts, **results}, indent=1) + "\n")
