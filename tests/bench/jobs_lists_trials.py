"""B13: lists of many jobs on both databases, and a bulk redrive. B14 and B16: postings over HTTP on
SQLite, and what clients see while the server is restarted."""
import json
import socket
import threading
import time
import uuid
from http.client import HTTPException

import http_bench
from http_bench import spread
from jobs_bed import Bed, Wire, gate
from serve import Serve

PAGES = {
    "newest": "/api/jobs?limit=100", "of a state": "/api/jobs?state=succeeded&limit=100",
    "that sleep": "/api/jobs?state=scheduled&limit=100",
    "of a kind": "/api/jobs?kind=noop&limit=100", "of a queue": "/api/jobs?queue=default&limit=100",
    "with a tag": "/api/jobs?tag=seldom&limit=100",
    "of an hour": "/api/jobs?created_from=2026-01-01T00:00:00Z&limit=100",
    "dead": "/api/jobs?state=dead&limit=100", "dead letters": "/api/jobs/dead-letters",
    "queues": "/api/queues", "stats": "/api/jobs/stats"}
LOOKS = 20


def b13(s):
    results = {}
    for kind in s.databases:
        print(f"\n### B13: lists with {s.listed:,} jobs, {kind}\n")
        bed = Bed(s.build, s.pg, s.folder, f"b13{kind}", sqlite=kind == "sqlite")
        noop = {"kind": "noop", "payload": {}}
        bed.bulk(50, {**noop, "tags": ["seldom"]})
        part = 200_000
        for at in range(0, s.listed - s.redriven, part):
            bed.queue("pause")
            bed.bulk(min(part, s.listed - s.redriven - at), noop)
            bed.queue("resume")
            bed.idle()
        bed.bulk(1000, {**noop, "run_at": "2027-12-01T00:00:00Z"})
        bed.bulk(s.redriven, {"kind": "post_transaction", "payload": {
            **bed.posting("b13"), "category_id": "nenhuma"}})
        bed.idle()
        slowest = {}
        print("| list | p50 ms | max ms |\n| --- | --- | --- |")
        for name, path in PAGES.items():
            took = []
            for _ in range(LOOKS):
                began = time.monotonic()
                bed.wire.want("GET", path)
                took.append(1e3 * (time.monotonic() - began))
            took.sort()
            slowest[name] = took[-1]
            print(f"| {name} | {took[LOOKS // 2]:.1f} | {took[-1]:.1f} |")
        print()
        gate(f"slowest list, {kind}", max(slowest.values()), 200, False, " ms")
        results[kind] = {"lists": slowest, **redrive(bed, s.redriven)}
        gate(f"slowest list during the redrive, {kind}", results[kind]["meanwhile_ms"], 200, False,
             " ms")
        bed.stop()
    return results


def redrive(bed, count):
    """Of all dead ones, which die again: the category is still not there."""
    began = time.monotonic()
    seen = bed.wire.want("POST", "/api/jobs/actions", {
        "action": "redrive", "filter": {"state": "dead"}, "preview": True})
    if seen["count"] != count:
        raise RuntimeError(f"void: {seen['count']} of {count} are dead")
    job = bed.wire.want("POST", "/api/jobs/actions", {"token": seen["token"],
                                                      "reason": "of a bench"})["job"]["id"]
    taken, slowest = time.monotonic() - began, 0.0
    while bed.wire.want("GET", f"/api/jobs/{job}")["state"] != "succeeded":
        one = time.monotonic()
        bed.wire.want("GET", PAGES["newest"])
        slowest = max(slowest, 1e3 * (time.monotonic() - one))
        if time.monotonic() - began > 300:
            raise RuntimeError("void: the redrive does not end")
    acted = time.monotonic() - began
    bed.idle()
    print(f"\nRedrive of {count:,}: taken in after {1e3 * taken:.0f} ms, all acted on after "
          f"{acted:.1f} s, all had run again after {time.monotonic() - began:.1f} s; slowest list "
          f"meanwhile {slowest:.0f} ms.\n")
    return {"redrive_s": acted, "meanwhile_ms": slowest}


def b14(s):
    print("\n### B14: SQLite, 64 connections\n")
    server = Serve(s.build, s.folder / "b14", f"sqlite:///{s.folder}/b14.db",
                   {"SYSTEM_SCHEDULES": "0"})
    token, account, category = http_bench.register(server.port)
    script = http_bench.write_script(s.folder, "b14", http_bench.posting(account, category), token)
    load = http_bench.Contestant("sqlite", server.port, [server.pid], script, "/api/transactions")
    rounds = [load.load(64, s.seconds) for _ in range(s.rounds)]
    if any(r["refused"] or r["errors"] for r in rounds):
        raise RuntimeError(f"void: {rounds}")
    server.stop()
    print(f"POST /api/transactions: {spread([r['rate'] for r in rounds], 0)}/s, p99 "
          f"{spread([r['p99'] for r in rounds])} ms\n")
    gate("postings/s over HTTP", sorted(r["rate"] for r in rounds)[len(rounds) // 2], 5000)
    return rounds


def b16(s):
    """Eight clients put keyed jobs in; whoever is refused asks again under its key, and whoever
    meets the end of a connection that was idle. Any other answer is void."""
    print("\n### B16: restart under load\n")
    bed = Bed(s.build, s.pg, s.folder, "b16", {"PORT": str(free_port())})
    over, seen, faults = threading.Event(), [], []
    clients = [threading.Thread(target=steadily, args=(bed, over, seen, faults))
               for _ in range(8)]
    for c in clients:
        c.start()
    gaps = []
    for _ in range(s.restarts):
        time.sleep(2)
        began = time.monotonic()
        bed.server.stop()
        stopped = time.monotonic() - began
        bed.restart()
        gaps.append((stopped, time.monotonic() - began))
    time.sleep(2)
    over.set()
    for c in clients:
        c.join()
    bed.idle()
    ids = [i for i, _, _ in seen]
    lost = len(ids) - bed.count("jobs")
    words = sorted({word for _, words, _ in seen for word in words})
    longest = max(t for _, _, t in seen)
    if faults or len(set(ids)) != len(ids):
        raise RuntimeError(f"void: {faults[:2]} {len(ids) - len(set(ids))} ids twice")
    print(f"{len(ids):,} jobs over {s.restarts} restarts; a stop took "
          f"{max(g[0] for g in gaps):.2f} s, stop and start {max(g[1] for g in gaps):.2f} s. "
          f"Clients saw, and asked again: {', '.join(words)}.\n")
    gate("longest wait of a client for its answer, retries included", longest, 2, False, " s")
    gate("jobs acknowledged and not there, or there and not acknowledged", abs(lost), 0, False)
    bed.stop()
    return {"gaps": gaps, "jobs": len(ids), "longest_s": longest, "seen": words}


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


def steadily(bed, over, seen, faults):
    wire = None
    while not over.is_set():
        key, words, began = str(uuid.uuid4()), [], time.monotonic()
        while True:
            try:
                if wire is None:
                    wire = Wire(bed.server.port, bed.token)
                status, said = wire.ask("POST", "/api/jobs", '{"kind": "noop", "payload": {}}', key)
                if status in (200, 201):
                    seen.append((json.loads(said)["id"], words, time.monotonic() - began))
                    break
                if status != 503:
                    faults.append(f"{status} {said[:200]!r}")
                    return
                words.append("503")
            except ConnectionRefusedError:
                wire = None
                words.append("refused")
            except (OSError, HTTPException) as e:
                wire = None
                words.append(type(e).__name__)
            time.sleep(0.02)
        time.sleep(0.0005)
