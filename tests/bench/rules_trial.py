"""Recurring rules that are all due on one morning: each is posted once, how fast against the plain
journal, and what a reader feels meanwhile."""
import json
import time
from concurrent.futures import ThreadPoolExecutor

import bare_database
import http_bench
from bystander import Sampler, day, felt_for, reader
from http_bench import cpu_seconds
from jobs_bed import Bed, Wire, gate
from jobs_bench import batches

NAME = "Mesada da bancada"
MOST_OF_ONE = 200  # base::limits::automations_per_user_max
DAY_US = 86_400_000_000
CLIENTS = 8


def rules(s):
    count = s.users * s.rules_each
    if s.rules_each > MOST_OF_ONE:
        raise RuntimeError(f"a user has at most {MOST_OF_ONE} rules: take more users")
    print(f"\n### {count:,} recurring rules of {s.users:,} users, due on one morning\n", flush=True)
    bed = Bed(s.build, s.pg, s.folder, "rules",
              {"APP_TIMEZONE": "UTC", "SYSTEM_SCHEDULES": s.system_schedules})
    try:
        measure(s, bed, count)
        bed.server.stop()
        bed.server.verify()
    finally:
        if bed.server.process.poll() is None:
            bed.server.kill()
    s.pg.query("postgres", "drop database rules with (force)")


def measure(s, bed, count):
    if s.concurrency:
        bed.at_once(s.concurrency)
    tomorrow = day(1)
    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as crowd:
        homes = list(crowd.map(lambda n: household(bed.server.port, n, s.rules_each, tomorrow),
                               range(s.users)))
    made_s = time.monotonic() - began
    reach(bed, f"schedules where kind = 'recurring_transaction' and name = '{NAME}'", count)
    followed_s = time.monotonic() - began
    bed.idle()
    print(f"Made over HTTP in {made_s:.0f} s; their schedules were all there "
          f"{followed_s - made_s:.1f} s later.\n", flush=True)
    prepare(bed)
    token = reader(bed.server.port)
    idle = felt_for(bed.server.port, token, s.sample_s)
    plain = single_postings(s, bed, [(bed.token, bed.posting("plain"))])
    same_books = single_postings(s, bed, homes)
    batched = batches(bed, s.batched)
    bed.server.stop()
    if day(1) != tomorrow:
        raise RuntimeError("void: midnight (UTC) came while the rules were made")
    to_today(bed, tomorrow)
    prepare(bed)
    bed.restart()
    found = morning(bed, token, count)
    tell(s, count, idle, (plain, same_books, batched), found)


def household(port, number, rules_each, first_day):
    """A user with rules that post an income each day: no balance can refuse it. Its token, and
    the same posting as a request."""
    name = f"regra{number}"
    wire = Wire(port)
    wire.headers["Authorization"] = "Bearer " + patiently(wire, "POST", "/api/auth/register", {
        "name": name, "email": f"{name}@bench.example", "password": "uma senha boa"})[
            "access_token"]
    account = patiently(wire, "GET", "/api/accounts")[0]["id"]
    category = patiently(wire, "GET", "/api/categories?type_filter=income")[0]["id"]
    rule = json.dumps({
        "name": NAME, "type": "recurring_transaction",
        "conditions": {"trigger": "schedule", "frequency": "daily", "start_date": first_day},
        "actions": {"type": "income", "amount_cents": 1250, "account_id": account,
                    "category_id": category}})
    for _ in range(rules_each):
        patiently(wire, "POST", "/api/automations", rule)
    wire.wire.close()
    return wire.headers["Authorization"].removeprefix("Bearer "), {
        "date": day(), "account_id": account, "category_id": category, "type": "income",
        "amount_cents": 1250, "description": "plain"}


def prepare(bed):
    """Not what is empty: of that PostgreSQL would take for known that it stays so."""
    tables = [r[0] for r in bed.pg.query(bed.name, "select relname from pg_stat_user_tables "
                                         "where n_live_tup > 0 order by 1")]
    bed.pg.query(bed.name, f"vacuum analyze {', '.join(tables)}")
    bed.pg.query(bed.name, "checkpoint")


def patiently(wire, method, path, body=None):
    """503: overloaded, without effect."""
    for _ in range(2000):
        status, content = wire.ask(method, path, body)
        if status != 503:
            break
        time.sleep(0.05)
    if status >= 300:
        raise RuntimeError(f"{method} {path}: {status} {content[:300]!r}")
    return json.loads(content)


def reach(bed, what, count, patience=120):
    """As long as it grows; `patience` seconds without any growth are too many."""
    last, since = -1, time.monotonic()
    while (now := bed.count(what)) < count:
        if now != last:
            last, since = now, time.monotonic()
        if time.monotonic() - since > patience:
            raise RuntimeError(f"{now} of {count} {what}")
        time.sleep(0.5)


def single_postings(s, bed, callers):
    """Of all callers in turn, each with its token and its posting."""
    script = http_bench.write_turns(s.folder, "plain", "/api/transactions", callers)
    load = http_bench.Contestant("plain", bed.server.port, [bed.server.pid], script,
                                 "/api/transactions")
    said = load.load(256, s.seconds)
    if said["refused"] or said["errors"]:
        raise RuntimeError(f"void: {said}")
    return said["rate"]


def to_today(bed, tomorrow):
    """What was made is a day older. Nothing has run: there are no ticks that would know better."""
    if bed.count("automation_runs"):
        raise RuntimeError("void: a rule has run before its morning")
    base = bare_database.of(bed.pg.url(bed.name))
    base.write([
        f"update automations set conditions = replace(conditions, '{tomorrow}', '{day()}'),"
        f" created_at = created_at - {DAY_US}, next_run = next_run - {DAY_US}",
        f"update schedules set rule = replace(rule, '{tomorrow}', '{day()}'),"
        f" watermark = watermark - {DAY_US}, next_at = next_at - {DAY_US}"
        " where kind = 'recurring_transaction'"])
    due = bed.count("schedules where kind = 'recurring_transaction' and next_at <= "
                    "extract(epoch from now()) * 1000000 and position('" + day() + "' in rule) > 0")
    wanted = bed.count("automations")
    if due != wanted:
        raise RuntimeError(f"void: {due} of {wanted} rules are due")


def morning(bed, token, count):
    """From the moment when the server is ready."""
    cpu, pg_cpu = cpu_seconds([bed.server.pid]), cpu_seconds(bed.pg.processes())
    began, at = time.monotonic(), time.time()
    reads = Sampler(bed.server.port, token)
    reads.start()
    try:
        reach(bed, "automation_runs", count)
        whole = time.monotonic() - began
    finally:
        reads.over.set()
    felt = reads.end()
    bed.idle()
    cpu, pg_cpu = cpu_seconds([bed.server.pid]) - cpu, cpu_seconds(bed.pg.processes()) - pg_cpu
    first, last = (int(n) for n in bed.pg.query(
        bed.name, "select min(at), max(at) from automation_runs where how = 0")[0])
    return {
        "whole": whole, "cpu": cpu, "pg_cpu": pg_cpu,
        "felt": felt, "reads": len(reads.seconds), "refused": reads.user.refused,
        "first": first / 1e6 - at, "rate": (count - 1) / max(1e-6, (last - first) / 1e6),
        "posted": bed.count("automation_runs where how = 0"),
        "pairs": bed.count("(select distinct transaction_id from automation_runs"
                           " where how = 0) x"),
        "booked": bed.count(f"transactions where description = '{NAME}'"),
        "ended": bed.count("job_outcomes o join jobs j on j.id = o.job_id where o.state = 9 "
                           "and j.kind = 'recurring_transaction'"),
        "dead": bed.count("job_rest where state = 8")}


def tell(s, count, idle, rivals, found):
    plain, same_books, batched = rivals
    print(f"| | per second |\n| --- | --- |\n"
          f"| postings of rules, from the first to the last | {found['rate']:.0f} |\n"
          f"| POST /api/transactions, 256 connections, {s.seconds} s, the same books "
          f"| {same_books:.0f} |\n| the same on one hot account | {plain:.0f} |\n"
          f"| POST /api/transactions/batch of 400, two clients | {batched:.0f} |\n")
    print("| GET of one reader | p50 ms | p99 ms |\n| --- | --- | --- |\n"
          "| idle | {:.1f} | {:.1f} |\n| meanwhile ({} reads) | {:.1f} | {:.1f} |\n".format(
              *idle, found["reads"], *found["felt"]))
    width = s.concurrency or "as the product has it"
    print(f"Concurrency of the queue: {width}. All had run {found['whole']:.1f} s after the server "
          f"was ready; the first posting is of {found['first']:+.2f} s. CPU of the server "
          f"{found['cpu']:.1f} s, of PostgreSQL {found['pg_cpu']:.1f} s. Reads that were "
          f"answered 503 and sent again: {found['refused']}. Against batches: "
          f"{found['rate'] / batched:.2f} ×. "
          f"{found['posted']:,} runs posted, {found['pairs']:,} different transactions, "
          f"{found['booked']:,} transactions of that name, {found['ended']:,} jobs succeeded, "
          f"{found['dead']} dead.\n")
    wrong = sum(abs(found[n] - count) for n in ("posted", "pairs", "booked", "ended"))
    gate("rules that were not posted exactly once", wrong + found["dead"], 0, False)
    gate("postings/s of rules against single postings to the same books",
         found["rate"] / same_books, 0.5, True, " ×")
    gate("the same against one hot account", found["rate"] / plain, 0.5, True, " ×")
    gate("p99 of a GET meanwhile against idle", found["felt"][1] / idle[1], 3, False, " ×")
