"""Monthly snapshots and reconciliation of many accounts: rate beside a plain aggregate of the same
rows in SQL, memory, progress."""
import threading
from datetime import datetime, timedelta, timezone

import bare_database
from bystander import Caller, Sampler, felt_for, forget_peak, hold_by_hand, memory, run_schedule
from jobs_bed import gate
from serve import Serve
from user_copies import copy_users

ACCOUNTS_EACH = 100
ENTRIES_EACH = 2
AGGREGATE = "select account_id, sum(amount) from ledger_entries group by account_id"
# The job, and whether the limit beside it keeps its rows too.
JOBS = (("monthly_balance_snapshots", True), ("reconcile_snapshots", False),
        ("reconcile_balances", False))
MORE = {"APP_TIMEZONE": "UTC", "SYSTEM_SCHEDULES": "1"}


def snapshots(s):
    for kind in s.databases:
        growth = []
        for count in s.accounts:
            name = f"snapshots{count}"
            if kind == "postgres":
                s.pg.create_database(name)
            url = s.pg.url(name) if kind == "postgres" else f"sqlite:///{s.folder}/{name}.db"
            growth.append(measure(s, f"{name}-{kind}", url, count))
            if kind == "postgres":
                s.pg.query("postgres", f"drop database {name} with (force)")
            else:
                (s.folder / f"{name}.db").unlink()
        if len(growth) > 1:
            gate(f"MiB that the peak of the process grows by, from {s.accounts[0]:,} to "
                 f"{s.accounts[-1]:,} accounts, {kind}", growth[-1] - growth[0], 64, False, " MiB")


def measure(s, name, url, count):
    """The highest peak of the process in MiB, over what was resident before."""
    base = bare_database.of(url)
    users = max(1, count // ACCOUNTS_EACH)
    server = Serve(s.build, s.folder / name, url, MORE)
    try:
        root = Caller(server.port).register("root")
        model = template(server.port, min(count, ACCOUNTS_EACH))
    finally:
        server.stop()
    server.run("users", "grant-admin", "root@bench.example")
    base.write(a_month_ago())
    if users > 1:
        copy_users(base, users - 1, "email like 'model%'")
    money = int(base.rows("select count(*) from accounts where role = 'money'")[0][0])
    balances = int(base.rows("select count(*) from balances")[0][0])
    entries = int(base.rows("select count(*) from ledger_entries")[0][0])
    print(f"\n### {base.name}: {money:,} accounts of {users:,} users, {entries:,} entries behind "
          f"{balances:,} balances\n", flush=True)
    server.start()
    try:
        root.port = server.port
        seen = watch(server, root, model, s.sample_s)
    finally:
        server.stop()
    wanted = {"monthly_balance_snapshots": money, "reconcile_snapshots": money,
              "reconcile_balances": balances}
    tell(base, seen, wanted)
    return max(j["peak"] for j in seen["jobs"].values()) - seen["resident"]


def template(port, accounts):
    """A user whose accounts have ENTRIES_EACH entries each; its token."""
    user = Caller(port).register("model")
    mine = [a["id"] for a in user.ask("GET", "/api/accounts")][:accounts]
    mine += [user.ask("POST", "/api/accounts", {"name": f"Conta {n}", "type": "checking",
                                                "balance": 0})["id"]
             for n in range(accounts - len(mine))]
    category = next(c["id"] for c in user.ask("GET", "/api/categories") if c["type"] == "income")
    items = [{"type": "income", "amount_cents": 1000 + n, "account_id": a, "category_id": category,
              "description": "Depósito", "date": datetime.now(timezone.utc).isoformat()}
             for n in range(ENTRIES_EACH) for a in mine]
    made = user.ask("POST", "/api/transactions/batch", {"items": items})
    if made["failed"]:
        raise RuntimeError(made["results"][:3])
    return user.token


def a_month_ago():
    """A snapshot goes by the time of booking: what was booked today was so in the last month."""
    now = datetime.now(timezone.utc)
    back = int((now - (now.replace(day=1) - timedelta(days=10))) / timedelta(microseconds=1))
    return [f"update ledger_commits set booked_at = booked_at - {back}",
            f"update accounts set created_at = created_at - {back}",
            f"update users set created_at = created_at - {back}"]


def watch(server, root, token, sample_s):
    hold_by_hand(root, "ledger_audit", *(name for name, _ in JOBS))
    idle = felt_for(server.port, token, sample_s)
    seen = {"idle": idle, "resident": memory(server.pid, "VmRSS"), "jobs": {}}
    for name, _ in JOBS:
        forget_peak(server.pid)
        reads = Sampler(server.port, token)
        resident = Resident(server.pid)
        reads.start()
        resident.start()
        try:
            took, result, progress = run_schedule(root, name)
        finally:
            resident.end()
            felt = reads.end()
        seen["jobs"][name] = {"took": took, "result": result, "progress": len(progress),
                              "peak": memory(server.pid, "VmHWM"), "usual": resident.usual(),
                              "felt": felt}
    return seen


class Resident(threading.Thread):
    """What is resident, ten times a second."""

    def __init__(self, pid):
        super().__init__()
        self.pid, self.over, self.seen = pid, threading.Event(), [memory(pid, "VmRSS")]

    def run(self):
        while not self.over.wait(0.1):
            self.seen.append(memory(self.pid, "VmRSS"))

    def end(self):
        self.over.set()
        self.join()

    def usual(self):
        return sorted(self.seen)[len(self.seen) // 2]


def tell(base, seen, wanted):
    print("| | seconds | accounts/s | plain SQL, seconds | × | resident MiB, peak | values of "
          "progress | GET p50 / p99 ms |\n|---|---|---|---|---|---|---|---|")
    print("| idle | | | | | {:.0f} | | {:.1f} / {:.1f} |".format(seen["resident"], *seen["idle"]))
    for name, kept in JOBS:
        j, limit = seen["jobs"][name], base.timed(AGGREGATE, kept)
        print(f"| `{name}` | {j['took']:.2f} | {wanted[name] / j['took']:.0f} | {limit:.2f} "
              f"| {j['took'] / limit:.1f} | {j['usual']:.0f}, {j['peak']:.0f} | {j['progress']} "
              "| {:.1f} / {:.1f} |".format(*j["felt"]))
    print(f"\nPlain SQL: `{AGGREGATE}`, for the snapshots into a temporary table. Results: "
          + ", ".join(f"`{j['result']}`" for j in seen["jobs"].values()) + ".\n", flush=True)
    made = int(base.rows("select count(*) from monthly_snapshots where version > 0")[0][0])
    # The four accounts of the administrator have no entries.
    gate("snapshots with entries", made, wanted["monthly_balance_snapshots"] - 4)
    for name, j in seen["jobs"].items():
        gate(f"values of progress that were seen of {name}", j["progress"], 2)
