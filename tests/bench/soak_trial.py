"""B17: half of what the server can do for an hour and longer. Does anything creep: the p99 of reads
and of what is put in, the memory of the process, the bytes that a job leaves in the tables?

What has ended is kept for seven days, which is compiled in (scheduler/retention.hpp): nothing goes
during a soak, tables grow with every job, and what is compared is their growth for each job. The
memory of the server has to stay although the tables grow."""
import json
import os
import shutil
import statistics
import time
import urllib.request

import http_bench
from bystander import memory, reader
from jobs_bed import Bed, gate, share
from paced_load import PacedLoad, request

NOOPS = 14  # and a job that posts to each list
LISTS = ("/api/jobs?limit=20", "/api/transactions?limit=20", "/api/queues")
TICKING = 3  # schedules, each every second
FINISHED = 'vaidepix_jobs_finished_total{state="succeeded"} '
DRIFT_MAX = 5  # %
FREE_GB_MIN = 4  # for WAL, and for the others on this disk
SIZES = ("select relname, pg_total_relation_size(relid), n_dead_tup from pg_stat_user_tables "
         "where schemaname = 'public'")
LUA = """local all, at = {{}}, 0
function init()
{each}
end
function request()
  at = at % #all + 1
  return all[at]
end
"""


def b17(s):
    print(f"\n### B17: {s.soak_minutes:g} minutes at half of the capacity\n", flush=True)
    bed = Bed(s.build, s.pg, s.folder, "b17")
    try:
        asked = mixture(bed)
        rate = s.soak_rate or calibrate(s, bed, asked) / 2
        rows, audit = soak(s, bed, asked, rate)
        bed.server.stop()
        bed.server.verify()  # unsound: void
    finally:
        if bed.server.process.poll() is None:
            bed.server.kill()
        s.pg.query("postgres", f"drop database {bed.name} with (force)")  # it is large
    drift = judge(rows, audit)
    for row in rows[1:-1]:
        del row["tables"]  # forty names each
    return {"rate": rate, "samples": rows, "audit": audit, "drift_%": drift}


def mixture(bed):
    """(name, token, method, path, body), the seldom ones spread. The reader's own transactions do
    not become more: a page says how many there are. Jobs are counted up to 10,000 only, which the
    first quarter has to reach."""
    quiet = reader(bed.server.port)
    noop = ("enqueue", bed.token, "POST", "/api/jobs", {"kind": "noop", "payload": {}})
    post = ("enqueue", bed.token, "POST", "/api/jobs",
            {"kind": "post_transaction", "payload": bed.posting("soak")})
    reads = [(f"GET {path}", quiet if "transactions" in path else bed.token, "GET", path, None)
             for path in LISTS]
    mixed = []
    for n, read in enumerate(reads):
        here = NOOPS * (n + 1) // len(reads) - NOOPS * n // len(reads)
        mixed += [noop] * (here // 2) + [read] + [noop] * (here - here // 2) + [post]
    return mixed


def calibrate(s, bed, asked):
    """Requests a second that are answered and whose jobs have ended; the best of the rounds."""
    each = "\n".join(
        f'  all[#all + 1] = wrk.format("{method}", "{path}", {{["Content-Type"] = '
        f'"application/json", ["Authorization"] = "Bearer {token}"}}, '
        f"[[{'' if body is None else json.dumps(body)}]])"
        for _, token, method, path, body in asked)
    script = s.folder / "soak.lua"
    script.write_text(LUA.format(each=each))
    load = http_bench.Contestant("mixture", bed.server.port, [bed.server.pid], str(script), "/")
    part = sum(name == "enqueue" for name, *_ in asked) / len(asked)
    found = []
    for _ in range(2):
        before, began = bed.count("jobs"), time.monotonic()
        r = load.load(64, s.seconds)
        bed.idle()
        if r["refused"] or r["errors"]:
            raise RuntimeError(f"void: {r}")
        found.append((bed.count("jobs") - before) / (time.monotonic() - began) / part)
    print(f"Capacity, 64 callers, until all their jobs had ended: "
          f"{', '.join(f'{f:.0f}' for f in found)} requests/s; {100 * part:.0f} % are jobs, "
          f"{100 * len(LISTS) / len(asked):.0f} % jobs that post.\n")
    return max(found)


def soak(s, bed, asked, rate):
    bed.server.stop()  # pages that the calibration has filled would hide what grows
    bed.prepare()
    bed.restart()
    kept = s.folder / "soak.keys"
    before = finished(bed)
    # What the calibration left is not of the soak.
    since = bed.pg.number(bed.name, "select coalesce(max(id), 0) from jobs")
    ticking = [bed.wire.want("POST", "/api/schedules", {
        "name": f"soak{n}", "kind": "noop", "payload": {}, "reason": "of a bench",
        "rule": {"every_s": 1, "anchor": "2026-01-01T00:00:00Z"}})["id"] for n in range(TICKING)]
    print(f"{rate:.0f} requests/s and {TICKING} schedules that tick every second; jobs are kept "
          "for seven days, so none is pruned meanwhile.\n\n"
          "| minute | requests/s | GET p50, p99 ms | enqueue p50, p99 ms | refused | resident MiB "
          "| finished | bytes per job | dead tuples | load |\n| " + "--- | " * 10)
    requests = [request(*one) for one in asked]
    with PacedLoad(bed.server.port, requests, rate, 64, ("enqueue",), kept) as load:
        began = time.monotonic()
        rows = [sample(bed, before, began, None)]
        count = max(4, round(60 * s.soak_minutes / s.soak_sample_s))
        for n in range(1, count + 1):
            time.sleep(max(0.0, began + n * s.soak_sample_s - time.monotonic()))
            rows.append(sample(bed, before, began, load.take()))
            tell(rows[-2], rows[-1])
            enough_disk(s, rows, count - n)
        last = load.end()
    for one in ticking:
        bed.wire.want("POST", f"/api/schedules/{one}/pause", {"reason": "of a bench"})
    bed.idle()
    return rows, {"refused_at_the_end": sum(last["refused"].values()), **audited(bed, kept, since)}


def finished(bed):
    """A count(*) would read the table, and disturb what is measured."""
    with urllib.request.urlopen(f"http://127.0.0.1:{bed.server.port}/metrics", timeout=30) as said:
        line = next(li for li in said.read().decode().split("\n") if li.startswith(FINISHED))
    return int(float(line[len(FINISHED):]))


def sample(bed, before, began, took):
    tables = {r[0]: (int(r[1]), int(r[2])) for r in bed.pg.query(bed.name, SIZES)}
    one = {"minute": (time.monotonic() - began) / 60, "finished": finished(bed) - before,
           "resident_mib": memory(bed.server.pid, "VmRSS"), "load": os.getloadavg()[0],
           "tables": {t: size for t, (size, _) in tables.items()},
           "bytes": sum(size for size, _ in tables.values()),
           "dead": sum(dead for _, dead in tables.values())}
    if took is not None:
        one |= {"refused": sum(took["refused"].values()), "behind": took["behind"]}
        reads = [t for name, ms in took["ms"].items() if name.startswith("GET") for t in ms]
        for name, ms in {**took["ms"], "GET": reads}.items():
            if not ms:
                raise RuntimeError(f"void: no {name} was answered, {one['refused']} refused, "
                                   f"{one['behind']} not asked yet")
            one[name] = {"count": len(ms), "p50": share(ms, .5), "p99": share(ms, .99)}
    return one


def tell(last, one):
    seconds = 60 * (one["minute"] - last["minute"])
    per_job = per(last, one)
    get, put = one["GET"], one["enqueue"]
    print(f"| {one['minute']:.1f} | {(get['count'] + put['count']) / seconds:.0f} "
          f"| {get['p50']:.2f}, {get['p99']:.2f} | {put['p50']:.2f}, {put['p99']:.2f} "
          f"| {one['refused']} | {one['resident_mib']:.0f} | {one['finished']:,} "
          f"| {per_job:.0f} | {one['dead']:,} | {one['load']:.2f} |", flush=True)


def per(first, last):
    """Bytes of the tables for each job that ended between two samples."""
    return (last["bytes"] - first["bytes"]) / max(1, last["finished"] - first["finished"])


def enough_disk(s, rows, to_come):
    """A full disk ends the others' work too."""
    free = shutil.disk_usage(s.folder).free
    grown = (rows[-1]["bytes"] - rows[0]["bytes"]) / (len(rows) - 1)
    if len(rows) > 3 and free - to_come * grown < FREE_GB_MIN << 30:
        raise RuntimeError(f"void: {free >> 20} MiB are free, {to_come} samples to come, each "
                           f"{int(grown) >> 20} MiB: take less (BENCH_SOAK_RATE)")


def audited(bed, kept, since):
    """By the ids that were acknowledged, one by one."""
    bed.pg.query(bed.name, "create table acknowledged (id bigint)")
    bed.pg.query(bed.name, f"\\copy acknowledged from '{kept}'")
    ours, number = f"id > {since}", bed.count
    posts = number(f"jobs where {ours} and kind = 'post_transaction'")
    once = number(f"(select job_id from job_postings where job_id > {since} group by job_id "
                  "having count(*) = 1) x")
    ticks = bed.pg.query(bed.name, "select count(*), count(job_id), sum(wanted) from (select "
                         "schedule_id, job_id, case when lag(at) over w is null then 1 else "
                         "(at - lag(at) over w) / 1000000 end as wanted from schedule_ticks "
                         "where ended_as <> 4 window w as (partition by schedule_id order by at)) "
                         "x")[0]
    settled, with_job, wanted = (int(float(cell or 0)) for cell in ticks)
    return {
        "acknowledged": number("acknowledged"),
        "jobs": number(f"jobs where {ours}"),
        "lost": number("acknowledged a left join job_outcomes o on o.job_id = a.id "
                       "where o.state is distinct from 9"),
        "twice": number("(select id from acknowledged group by id having count(*) > 1) x"),
        "unfinished": number(f"jobs where {ours} and not exists (select from job_outcomes o "
                             "where o.job_id = jobs.id)"),
        "ticks": settled,
        "ticks_without_job": wanted - with_job,
        # Each is acknowledged or of a schedule.
        "unknown": number(f"jobs where {ours} and schedule_id is null") - number("acknowledged"),
        "posts": posts, "not_posted_once": posts - once}


def judge(rows, audit):
    """The first quarter warms up. A fall is no creeping."""
    taken = rows[1:]
    quarter = len(taken) // 4
    second, last = taken[quarter:2 * quarter], taken[-quarter:]

    def rise(of):
        return 100 * (statistics.median(map(of, last)) / statistics.median(map(of, second)) - 1)
    grown = [per(rows[quarter], rows[2 * quarter]), per(rows[-1 - quarter], rows[-1])]
    rises = {"p99 of a GET": rise(lambda r: r["GET"]["p99"]),
             "p99 of an enqueue": rise(lambda r: r["enqueue"]["p99"]),
             "resident memory": rise(lambda r: r["resident_mib"]),
             "bytes in the tables per finished job": 100 * (grown[1] / grown[0] - 1)}
    first = rows[quarter]["tables"]
    jobs = max(1, rows[-1]["finished"] - rows[quarter]["finished"])
    sizes = sorted(((size - first.get(t, 0)) / jobs, t) for t, size in rows[-1]["tables"].items())
    print("\nBytes per job after the first quarter: "
          + ", ".join(f"`{t}` {size:.0f}" for size, t in reversed(sizes) if size >= 1)
          + f". Most dead tuples {max(r['dead'] for r in rows):,}.\n\n"
          + f"{audit['acknowledged']:,} jobs acknowledged, {audit['ticks']:,} ticks, "
          f"{audit['posts']:,} jobs that post.\n")
    for what, value in rises.items():
        gate(f"{what}, median of the last quarter against the second", value, DRIFT_MAX, False,
             " %")
    gate("requests refused", sum(r["refused"] for r in taken) + audit["refused_at_the_end"], 0,
         False)
    for what in ("lost", "twice", "unfinished", "unknown"):
        gate(f"jobs {what}", abs(audit[what]), 0, False)
    gate("ticks without a job", audit["ticks_without_job"], 0, False)
    gate("jobs that did not post exactly once", audit["not_posted_once"], 0, False)
    return rises
