"""B4, B5 and B11: lanes of which some are shut, a limit, and one user who owns nearly everything.
"""
import statistics
import threading
import time

from bystander import Caller
from http_bench import spread
from jobs_bed import Bed, Wire, burn, gate, median_ratio, summary

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
    """Limits by key are of release 2: here the whole queue's."""
    print(f"\n### B5: {s.jobs:,} jobs with and without a limit of 40 at once\n")
    results = {1000: [], 40: []}
    for i in range(s.rounds):
        for limit, rounds in results.items():
            bed = Bed(s.build, s.pg, s.folder, f"b5x{limit}x{i}")
            bed.wire.want("PUT", "/api/queues/default", {"concurrency": limit,
                                                         "reason": "of a bench"})
            rounds.append(burn(bed, s.jobs, {"kind": "noop", "payload": {}}))
            bed.stop()
    print("| at once | jobs/s |\n| --- | --- |")
    for limit, rounds in results.items():
        print(f"| {limit:,} | {spread([r['rate'] for r in rounds], 0)} |")
    print()
    gate("40 at once against 1,000; goal 0.97", median_ratio(results[40], results[1000]), 0.95)
    return results


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
