"""B3, B7 and B10: when a job starts, what a kill loses, and 100,000 schedules of one second."""
import json
import random
import statistics
import threading
import time

import http_bench
from http_bench import cpu_seconds
from jobs_bed import WORKER, Bed, Wire, gate, share, summary


def b3(s):
    print("\n### B3: acknowledged → started\n")
    bed = Bed(s.build, s.pg, s.folder, "b3")
    burnt = getattr(s, "burnt", 10_000)
    results = {"ours, idle": starts(bed, s.singles, "idle")}
    stop, fed = threading.Event(), [0]

    def feed():
        wire = Wire(bed.server.port, bed.token)
        began = time.monotonic()
        while not stop.is_set():
            if fed[0] < (time.monotonic() - began) * burnt / 2:
                bed.bulk(100, {"kind": "noop", "payload": {}}, wire)
                fed[0] += 100
            else:
                time.sleep(0.001)
    feeder = threading.Thread(target=feed)
    feeder.start()
    began = time.monotonic()
    try:
        results["ours, loaded"] = starts(bed, s.singles, "loaded")
    finally:
        stop.set()
        feeder.join()
    loaded_rate = fed[0] / (time.monotonic() - began)
    results["ours, to a pull worker (lease answered)"] = pull(bed, s.singles)
    bed.stop()
    if s.peers:
        results["graphile-worker, idle (default settings)"] = s.peers.run(
            "graphile", "latency", s.singles)[-1]
    print("| | jobs | p50 ms | p99 ms | max ms |\n| --- | --- | --- | --- | --- |")
    for name, r in results.items():
        print(f"| {name} | {r['jobs']} | {r['p50']:.2f} | {r['p99']:.2f} | {r['max']:.2f} |")
        if "whole" in r:
            w = r["whole"]
            print(f"| – the same from the sending of the request | {w['jobs']} | {w['p50']:.2f} "
                  f"| {w['p99']:.2f} | {w['max']:.2f} |")
    print(f"\nLoad beside it: {loaded_rate:.0f} jobs/s in requests of 100 (asked for "
          f"{burnt / 2:.0f}). A start before the answer arrived counts as 0.\n")
    gate("p99 idle; aim 3", results["ours, idle"]["p99"], 10, False, " ms")
    gate("p99 loaded", results["ours, loaded"]["p99"], 25, False, " ms")
    gate("p99 to a pull worker", results["ours, to a pull worker (lease answered)"]["p99"], 10,
         False, " ms")
    if s.peers:
        peer = results["graphile-worker, idle (default settings)"]["p50"]
        gate("p50 idle against graphile-worker", results["ours, idle"]["p50"] / peer, 0.8, False)
    return results


def starts(bed, count, tag):
    """The description of the waits of single jobs, found again by their tag and order."""
    sent, heard = [], []
    wish = json.dumps({"kind": "noop", "payload": {}, "tags": [tag]})
    for _ in range(count):
        sent.append(time.time() * 1e6)
        bed.wire.want("POST", "/api/jobs", wish)
        heard.append(time.time() * 1e6)
        time.sleep(0.01)
    time.sleep(1)
    rows = bed.pg.query(bed.name, "select o.started_at from jobs j join job_outcomes o on "
                        f"o.job_id = j.id where j.tags like '%{tag}%' order by j.id")
    if len(rows) != count:
        raise RuntimeError(f"void: {len(rows)} of {count} ended")
    whole = summary([(int(r[0]) - at) / 1e3 for r, at in zip(rows, sent)])
    return {**summary([max(0.0, (int(r[0]) - at) / 1e3) for r, at in zip(rows, heard)]),
            "whole": whole}


def pull(bed, count):
    heard, got, ready = {}, {}, threading.Event()

    def work():
        wire = Wire(bed.server.port, WORKER)
        me = wire.want("POST", "/api/workers", {"name": "bench", "kinds": ["bench.pull"],
                                                "slots": 1})["worker"]
        ready.set()
        while len(got) < count:
            said = wire.want("POST", f"/api/workers/{me}/lease", {"max": 1, "wait_s": 5})
            at = time.time() * 1e6
            for job in (said or {"jobs": []})["jobs"]:
                got[job["id"]] = at
                wire.want("POST", f"/api/workers/{me}/jobs/{job['id']}/complete",
                          {"lease": job["lease"], "result": {}})
        wire.want("DELETE", f"/api/workers/{me}")
    worker = threading.Thread(target=work)
    worker.start()
    ready.wait(10)
    time.sleep(0.2)
    for _ in range(count):
        job = bed.wire.want("POST", "/api/jobs", '{"kind": "bench.pull", "payload": {}}')["id"]
        heard[job] = time.time() * 1e6
        time.sleep(0.015)
    worker.join(60)
    if set(heard) != set(got):
        raise RuntimeError(f"void: {len(got)} of {count} leased")
    return summary([max(0.0, (got[j] - at) / 1e3) for j, at in heard.items()])


def b7(s):
    print(f"\n### B7: kill -9, {s.live:,} live jobs, {s.kills} kills\n")
    bed = Bed(s.build, s.pg, s.folder, "b7")
    chance = random.Random(7)
    asleep = bed.bulk(s.live, {"kind": "noop", "payload": {}, "run_at": "2027-12-01T00:00:00Z"})
    acknowledged, firsts, readies = [], [], []
    post = {"kind": "post_transaction", "payload": bed.posting("b7")}
    posts = 0
    for _ in range(s.kills):
        before = bed.pg.number(bed.name, "select coalesce(max(id), 0) from jobs")
        bed.queue("pause")
        acknowledged += bed.bulk(400, post)
        acknowledged += bed.bulk(s.each_kill, {"kind": "noop", "payload": {}})
        posts += 400
        bed.queue("resume")
        time.sleep(chance.uniform(0, 0.3))
        bed.server.kill()
        open_jobs = len(acknowledged) - bed.count("job_outcomes")
        began = time.time() * 1e6
        bed.restart()
        readies.append(time.time() - began / 1e6)
        if open_jobs <= 0:
            continue  # all had ended: nothing to be first
        first = 0
        while not first:
            time.sleep(0.02)  # and by the primary key: it must not take the core from who starts
            first = bed.pg.number(bed.name, "select coalesce(min(ended_at), 0) from job_outcomes "
                                  f"where job_id > {before} and ended_at > {began:.0f}")
        firsts.append((first - began) / 1e6)
        bed.outcomes_reach(len(acknowledged))  # what is alive stays what was said
    bed.outcomes_reach(len(acknowledged))
    time.sleep(1)
    jobs = bed.count("jobs")
    wanted = len(asleep) + len(acknowledged)
    lost = wanted - jobs + len(acknowledged) - bed.count("job_outcomes where state = 9")
    pairs = bed.count("(select job_id from job_postings group by job_id having count(*) = 1) x")
    made = bed.count("transactions where description = 'b7'")
    doubled = abs(made - posts) + abs(pairs - posts)
    print(f"Start → first outcome: {len(firsts)} restarts with open jobs, median "
          f"{statistics.median(firsts):.3f} s, max {max(firsts):.3f} s; ready for HTTP after "
          f"{statistics.median(readies):.3f} s (max {max(readies):.3f}). {len(acknowledged):,} "
          f"jobs acknowledged and ended, {made:,} transactions of {posts:,} jobs that post.\n")
    bed.server.stop()
    bed.server.verify()
    s.pg.query("postgres", "drop database b7 with (force)")
    gate("seconds from start to the first outcome, worst", max(firsts), 1.0, False, " s")
    gate("jobs lost", lost, 0, False)
    gate("jobs doubled", doubled, 0, False)
    return {"first_outcome_s": firsts, "ready_s": readies, "lost": lost, "doubled": doubled}


def b10(s):
    print(f"\n### B10: {s.schedules:,} user schedules due in one second\n")
    bed = Bed(s.build, s.pg, s.folder, "b10")
    anchor = int(time.time()) + 20 + s.schedules // 5000
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(anchor))
    bed.wire.want("POST", "/api/schedules", {
        "name": "bench", "kind": "noop", "payload": {}, "reason": "of a bench",
        "rule": {"every_s": 86400, "anchor": text}})
    bed.server.stop()
    columns = bed.pg.query(bed.name, "select string_agg(column_name, ', ') from "
                           "information_schema.columns where table_name = 'schedules' "
                           "and column_name <> 'id'")[0][0]
    bed.pg.query(bed.name, f"insert into schedules (id, {columns}) select id - n, {columns} "
                 f"from schedules, generate_series(1, {s.schedules - 1}) n")
    bed.prepare()
    bed.restart()
    made = bed.count("schedules")
    if time.time() > anchor - 2:
        raise RuntimeError("void: the schedules were not there in time")
    cpu = cpu_seconds([bed.server.pid])
    time.sleep(anchor - time.time())
    bed.outcomes_reach(made, 300)
    time.sleep(1)
    cpu = cpu_seconds([bed.server.pid]) - cpu
    late = [(int(r[0]) - anchor * 1e6) / 1e6 for r in bed.pg.query(
        bed.name, "select o.started_at from jobs j join job_outcomes o on o.job_id = j.id "
        "where j.schedule_id is not null")]
    ticks = bed.count("schedule_ticks where job_id is not null")
    once = bed.count("(select schedule_id from jobs group by schedule_id having count(*) = 1) x")
    bed.stop()
    if not ticks == once == len(late) == made:
        print(f"**void**: {made} schedules, {ticks} ticks, {once} with one job, {len(late)} ended")
    edges = [0, .5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 1e9]
    print(f"{made:,} schedules, copied in the database from one that was made over HTTP, while no "
          f"server ran; {cpu:.1f} CPU s of the server. Lateness of the start of their jobs:\n")
    print("| up to s | jobs |\n| --- | --- |")
    for low, high in zip(edges, edges[1:]):
        n = sum(low <= x < high for x in late)
        if n:
            print(f"| {high if high < 1e9 else '> 30'} | {n:,} |")
    print(f"\np50 {share(late, .5):.2f} s, p99 {share(late, .99):.2f} s, max {max(late):.2f} s\n")
    gate("schedules that did not run exactly once", made - once, 0, False)
    gate("all within", max(late), 30, False, " s")
    gate("schedules", made, s.schedules)
    return {"schedules": made, "p50_s": share(late, .5), "p99_s": share(late, .99),
            "max_s": max(late), "exactly_once": once}
