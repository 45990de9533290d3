"""B4, B5 and B11: lanes of which some are shut, a limit, and one user who owns nearly everything.
"""
import itertools
import statistics
import threading
import time

from bystander import Caller
from http_bench import cpu_seconds, spread
from jobs_bed import Bed, Wire, gate, median_ratio, summary

LANES, BLOCKED, EACH = 10_000, 100, 10
OTHERS, OTHERS_EACH = 20, 50


def in_lanes(bed, lanes, each, wish):
    """`each` jobs for every lane, round by round; the queue is paused."""
    for _ in range(each):
        for at in range(0, len(lanes), 1000):
            jobs = [{**wish, "lane": lane} for lane in lanes[at:at + 1000]]
            bed.wire.want("POST", "/api/jobs/bulk", {"jobs": jobs})


def burn_lanes(s, name, blocked):
    """Jobs per second of the lanes that are open, beside `blocked` that a dead head has shut."""
    bed = Bed(s.build, s.pg, s.folder, name)
    bed.queue("pause")
    shut = [f"presa-{n}" for n in range(blocked)]
    if shut:
        # It posts, so its lane is shut when it dies, and it dies at once: no such category.
        dying = {"kind": "post_transaction",
                 "payload": {**bed.posting("b4"), "category_id": "nenhuma"}}
        in_lanes(bed, shut, 1, dying)
        bed.queue("resume")
        bed.idle()
        bed.queue("pause")
        in_lanes(bed, shut, EACH - 1, {"kind": "noop", "payload": {}})
    each = s.lane_jobs
    in_lanes(bed, [f"livre-{n}" for n in range(LANES - BLOCKED)], each,
             {"kind": "noop", "payload": {}})
    bed.prepare()
    wanted, before = (LANES - BLOCKED) * each, bed.succeeded()
    began = time.monotonic()
    bed.queue("resume")
    bed.succeeded_reach(before + wanted)
    seconds = time.monotonic() - began
    waiting = len(bed.wire.want("GET", "/api/jobs/lanes")["items"])
    if bed.count("job_outcomes") != wanted or (blocked and not waiting):
        raise RuntimeError(f"void: {bed.count('job_outcomes')} of {wanted}, {waiting} lanes shut")
    bed.stop()
    return {"rate": wanted / seconds}


def b4(s):
    print(f"\n### B4: {LANES:,} lanes, {BLOCKED} of them shut\n")
    results = {"all open": [], f"{BLOCKED} shut": []}
    if s.peers:
        results["pg-boss, key_strict_fifo"] = []
    for i in range(s.rounds):
        results["all open"].append(burn_lanes(s, f"b4a{i}", 0))
        results[f"{BLOCKED} shut"].append(burn_lanes(s, f"b4b{i}", BLOCKED))
        if s.peers:
            said = s.peers.run("pgboss", "fifo", s.lane_jobs * LANES, LANES)[-1]
            if said["lost"] or said["twice"]:
                raise RuntimeError(f"void: {said}")
            results["pg-boss, key_strict_fifo"].append(said)
    print("| | jobs/s |\n| --- | --- |")
    for name, rounds in results.items():
        print(f"| {name} | {spread([r['rate'] for r in rounds], 0)} |")
    print()
    opened, shut = results["all open"], results[f"{BLOCKED} shut"]
    gate("open lanes beside shut ones; goal 0.98", median_ratio(shut, opened), 0.95)
    if s.peers:
        gate("lanes against pg-boss by key",
             median_ratio(opened, results["pg-boss, key_strict_fifo"]), 3)
    return results


def b5(s):
    """One server, and its limit changes many times in one burn-down: of whole ones, eight pairs of
    1,000 against 999 gave 0.82 to 1.39. Limits by key are of release 2: here the queue's."""
    count = s.limit_jobs
    print(f"\n### B5: {count:,} jobs a round, 40 at once in every other window of "
          f"{s.limit_window_s * 1000:.0f} ms\n")
    windows = {1000: [], 40: []}
    for i in range(s.rounds):
        bed = Bed(s.build, s.pg, s.folder, f"b5x{i}")
        bed.queue("pause")
        bed.bulk(count, {"kind": "noop", "payload": {}})
        bed.prepare()
        bed.at_once(1000)
        bed.queue("resume")
        for limit in itertools.cycle([1000, 40, 40, 1000]):
            bed.at_once(limit)
            time.sleep(s.limit_window_s / 8)
            before = look(bed)
            time.sleep(s.limit_window_s)
            after = look(bed)
            if after["jobs"] > count * 0.98:
                break  # what is left is too little for a window
            windows[limit].append({k: after[k] - before[k] for k in after})
        bed.idle()
        if bed.count("job_outcomes where state = 9") != count:
            raise RuntimeError(f"void: {bed.count('job_outcomes')} of {count}")
        bed.stop()
    print("| at once | windows | jobs/s | in a commit | CPU per job, µs | PostgreSQL's |\n"
          "| --- | --- | --- | --- | --- | --- |")
    rates = {}
    for limit, each in windows.items():
        whole = {k: sum(w[k] for w in each) for k in each[0]}
        rates[limit] = whole["jobs"] / whole["s"]
        print(f"| {limit:,} | {len(each)} | {rates[limit]:,.0f} "
              f"({spread([w['jobs'] / w['s'] for w in each], 0)}) | "
              f"{whole['jobs'] / max(whole['commits'], 1):.0f} | "
              f"{whole['cpu_s'] * 1e6 / whole['jobs']:.1f} | "
              f"{whole['pg_cpu_s'] * 1e6 / whole['jobs']:.1f} |")
    print()
    gate("40 at once against 1,000; goal 0.97", rates[40] / rates[1000], 0.95)
    return windows


def look(bed):
    return {"jobs": bed.succeeded(), "commits": bed.level("vaidepix_journal_commits_total", '"ok"'),
            "cpu_s": cpu_seconds([bed.server.pid]), "pg_cpu_s": cpu_seconds(bed.pg.processes()),
            "s": time.monotonic()}


def b11(s):
    """Measured only (jobs.md: a gate of release 2)."""
    count = s.jobs * 9 // 10
    print(f"\n### B11: one user owns {count:,} jobs, {OTHERS} others put in {OTHERS_EACH} each\n")
    bed = Bed(s.build, s.pg, s.folder, "b11")
    others = [Wire(bed.server.port, Caller(bed.server.port).register(f"outra{n}").token)
              for n in range(OTHERS)]
    waits = {"idle": others_wait(bed, others, "idle")}
    bed.queue("pause")
    bed.bulk(count, {"kind": "noop", "payload": {}})
    bed.prepare()
    bed.queue("resume")
    waits["beside it"] = others_wait(bed, others, "beside")
    left = count + 2 * OTHERS * OTHERS_EACH - bed.count("job_outcomes")
    bed.idle()
    bed.stop()
    print("| others' jobs, from created to started | p50 ms | p95 ms | max ms |\n"
          "| --- | --- | --- | --- |")
    for name, w in waits.items():
        print(f"| {name} | {w['p50']:.2f} | {w['p95']:.2f} | {w['max']:.2f} |")
    print(f"\nWhen the last of them had been put in, {left:,} jobs were still open.\n")
    if left <= 0:
        raise RuntimeError("void: the large user had ended before the others")
    ratio = waits["beside it"]["p95"] / waits["idle"]["p95"]
    print(f"- p95 of the others beside it against idle: {ratio:.2f} × (gate of release 2: 1.5)")
    return waits


def others_wait(bed, others, tag):
    def put(wire):
        for _ in range(OTHERS_EACH):
            wire.want("POST", "/api/jobs", {"kind": "noop", "payload": {}, "tags": [tag]})
            time.sleep(0.01)
    threads = [threading.Thread(target=put, args=(w,)) for w in others]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wanted, end = len(others) * OTHERS_EACH, time.monotonic() + 60
    query = ("select o.started_at - j.created_at from jobs j join job_outcomes o"
             f" on o.job_id = j.id where j.tags like '%{tag}%'")
    while len(rows := bed.pg.query(bed.name, query)) < wanted:
        if time.monotonic() > end:
            raise RuntimeError(f"void: {len(rows)} of {wanted} of the others ended")
        time.sleep(0.05)
    ms = sorted(int(r[0]) / 1e3 for r in rows)
    return {**summary(ms), "p50": statistics.median(ms), "p95": ms[int(0.95 * len(ms))]}
