#!/usr/bin/env python3
"""A backup came back in part: the operator's way out, typed as docs/OPERATIONS.md says (playbook
sections 8, 9 and 13), judged by the answers that the API gave before the loss.

  restore.py --binary build/dev/app/vaidepix OnSqlite|OnPostgres[.case] ...
"""
import contextlib
import json
import random
import re
import sqlite3
import threading
import unittest

from bed import ClusterCase, begin
from books import Books
from client import Connection
from database import Sqlite
from server import Server

BINARY = None
SEED = 7
WHY = ("--reason", "restore parcial")
DAYS = ("2025-12-31", "2026-02-28", "2026-03-14")


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        self.servers = []
        self.addCleanup(lambda: [s.kill() for s in self.servers])
        if self.cluster:
            self.cluster.create()
            self.server = self.new_server(self.cluster.url)
        else:
            self.file = Sqlite(self.folder).path
            self.server = self.new_server(Sqlite(self.folder).url)

    def new_server(self, url):
        self.servers.append(Server(BINARY, self.folder, url))
        return self.servers[-1]

    def sql(self, *statements):
        """Behind the server's back; the first row of the last one."""
        if self.cluster:
            return self.cluster.query(*statements)
        with contextlib.closing(sqlite3.connect(self.file, timeout=30)) as db:
            for statement in statements:
                row = db.execute(statement).fetchone()
            db.commit()
            return "|".join(str(v) for v in row) if row else ""

    def without_triggers(self, table, *statements):
        if self.cluster:
            return self.sql("begin", f"alter table {table} disable trigger user", *statements,
                            f"alter table {table} enable trigger user", "commit")
        names = [f"{table}_no_{what}" for what in ("update", "delete")]
        again = [self.sql(f"select sql from sqlite_master where name = '{n}'") for n in names]
        return self.sql(*[f"drop trigger {n}" for n in names], *statements, *again)

    def run_it(self, wanted, *arguments):
        code, out = self.server.run(*arguments)
        self.assertEqual(code, wanted, f"{arguments}: {out}")
        return out

    # -- the loss ---------------------------------------------------------------------------------

    def filled_and_cut(self):
        """Two users' books; what the second wrote, and all that the first wrote late, is lost."""
        self.server.start()
        first = Books(self.server, random.Random(SEED))
        first.fill()
        second = Books(self.server, random.Random(SEED + 1))
        second.fill()
        category = first.ask("GET", "/api/categories")[0]["id"]
        accounts = [a["id"] for a in first.ask("GET", "/api/accounts")]
        cut = self.sql("select max(commit_id) from ledger_entries e join accounts a"
                       " on a.id = e.account_id where a.user_id ="
                       " (select id from users order by created_at limit 1)")
        for i in range(20):
            late = first.post(accounts[i % 5 + 3], category, "expense", 10 + i, "tarde")
            if i % 4 == 0:
                first.ask("DELETE", f"/api/transactions/{late}")
            if i % 4 == 1:
                first.ask("PUT", f"/api/transactions/{late}",
                          {"amount_cents": 3, "date": "2026-01-05"})
        for books in (first, second):
            self.addCleanup(books.wire.close)
            books.names = {a["id"]: a["name"] for a in books.ask("GET", "/api/accounts")}
        before = [self.balances(b) for b in (first, second)]
        if not self.cluster:  # the file is the server's
            self.run_it(4, "doctor")
        self.assertEqual(self.server.terminate(40)[0], 0, self.server.log()[-2000:])
        shard, seq = int(cut) >> 48, int(cut) & (1 << 48) - 1
        late = f"(commit_id > {cut} and commit_id >> 48 = {shard})"
        other = f"commit_id >> 48 <> {shard}"
        self.without_triggers("ledger_entries",
                              f"delete from ledger_entries where {late} or {other}")
        self.without_triggers("ledger_commits", "delete from ledger_commits"
                              f" where (shard = {shard} and seq > {seq}) or shard <> {shard}")
        return first, second, before

    def balances(self, books):
        found = {"now": books.balances()}
        for day in DAYS:
            found[day] = books.balances(at=day, basis="effective")
        return found

    def sound(self):
        self.run_it(0, "verify")
        self.run_it(0, "doctor")
        self.run_it(0, "reconcile")

    def moved_to_another_database(self):
        """Nothing of what came back is left out of an export, and it makes a sound ledger."""
        file = self.folder / "all.jsonl"
        self.run_it(0, "export", "--all", "--output", str(file))
        folder = self.folder / "other"
        folder.mkdir()
        other = self.new_server(Sqlite(folder).url)
        code, out = other.run("import", "--file", str(file))
        self.assertEqual(code, 0, out)
        code, out = other.run("verify")
        self.assertEqual(code, 0, out)

    # -- the way out ------------------------------------------------------------------------------

    def test_without_a_server(self):
        first, second, before = self.filled_and_cut()
        said = self.run_it(1, "doctor")
        for line in (r"PROBLEMA +§8 +Ledger inconsistente: \d+ transações sem entradas",
                     r"PROBLEMA +§9 +Saldo divergente: \d+ contas", "backfill-ledger",
                     "sync-balance"):
            self.assertRegex(said, line)
        self.assertEqual(json.loads(self.run_it(1, "doctor", "--json"))["ok"], False)
        entries = self.sql("select count(*) from ledger_entries")

        self.run_it(1, "sync-balance", "--all", "--dry-run", *WHY)
        self.run_it(0, "sync-balance", "--all", *WHY)
        self.assertEqual(self.sql("select count(*) from ledger_entries"), entries)
        planned = re.search(r"(\d+) entries would be created", self.run_it(
            1, "backfill-ledger", "--dry-run", *WHY))[1]
        self.assertEqual(self.sql("select count(*) from ledger_entries"), entries)
        made = re.search(r"(\d+) entries created", self.run_it(0, "backfill-ledger", *WHY))[1]
        self.assertEqual(planned, made)
        self.assertEqual(self.sql("select count(*) from ledger_entries"),
                         str(int(entries) + int(made)))
        self.assertIn(" 0 entries created", self.run_it(0, "backfill-ledger", *WHY))
        self.assertIn(" 0 changed", self.run_it(0, "sync-balance", "--all", *WHY))
        self.sound()
        self.moved_to_another_database()
        self.assertNotEqual(self.sql("select count(*) from audit_log"), "0")
        self.assertEqual(self.sql("select count(*) from audit_log where reason <> 'restore parcial'"
                                  " or actor not like 'cli:%'"), "0")

        self.run_it(0, "users", "grant-admin", first.email.lower())
        self.server.start()
        for books in (first, second):
            books.wire = self.wire_of(books)
        self.the_loss_is_accepted(first, mended=True)
        for books, then in zip((first, second), before):
            self.assertEqual(self.balances(books), then)
            category = books.ask("GET", "/api/categories")[0]["id"]
            books.post(list(books.names)[4], category, "income", 5, "segue a vida")
        self.assertEqual(self.server.terminate(40)[0], 0)
        self.sound()

    def the_loss_is_accepted(self, admin, mended):
        """The server remembers commits that the restore does not have: clients only read."""
        self.assertTrue(admin.ask("GET", "/api/admin/recovery", key=None)["active"])
        account = list(admin.names)[4]
        refused = admin.ask("POST", "/api/transactions", {
            "date": DAYS[0], "account_id": account, "type": "income", "amount_cents": 1,
            "category_id": admin.ask("GET", "/api/categories")[0]["id"], "description": "cedo"},
                            wanted=503)
        self.assertEqual(refused["code"], "RECOVERY_MODE")
        finish = ("POST", "/api/admin/recovery/finish", {"reason": "perda aceita"})
        self.refused(admin, finish, "RECOVERY_CHECK_MISSING", "verify")
        self.assertEqual(self.violations(), 0)
        found = self.checked(admin, "ledger/verify")
        self.assertEqual(found["ok"], mended, found)
        self.assertEqual(self.violations() > 0, not mended)
        if mended:
            self.refused(admin, finish, "RECOVERY_CHECK_MISSING", "backfill")
            again = admin.ask("POST", "/api/admin/ledger/backfill",
                              {"reason": "restore parcial", "dry_run": False})
            self.assertEqual((again["created"], again["next_cursor"]), (0, None))
            self.refused(admin, finish, "RECOVERY_CHECK_MISSING", "snapshots")
        done = self.checked(admin, "snapshots", reason="depois do restore")
        self.assertEqual(done["snapshots_created_or_updated"], 0)  # accounts of this month
        if mended:
            self.refused(admin, finish, "RECOVERY_CHECK_MISSING", "reconcile")
        self.assertEqual(self.checked(admin, "reconcile")["divergences"], 0)
        if not mended:
            self.refused(admin, finish, "RECOVERY_CHECK_FAILED", "verify")
            finish[2]["force"] = True
        admin.ask(*finish)
        lines = admin.ask("GET", "/api/admin/audit?limit=2", key=None)["items"]
        self.assertEqual([line["action"] for line in lines],
                         ["recovery.finish", "snapshots.compute"])

    def refused(self, admin, finish, code, step):
        got = admin.ask(*finish, wanted=409)
        self.assertEqual(got["code"], code)
        self.assertIn(f"passo {step} da", got["detail"])

    def violations(self):
        """What vaidepix_ledger_invariant_violations_total counts, of all invariants."""
        return sum(value for name, value in self.server.metrics().items()
                   if name.startswith("vaidepix_ledger_invariant_violations_total"))

    def checked(self, admin, path, **body):
        """The result of a check; who does not want to wait asks for its run."""
        got = admin.wire.exchange("POST", f"/api/admin/{path}?wait_s=0", json.dumps(body).encode())
        self.assertIn(got.status, (200, 202), got)
        job = json.loads(got.body).get("job_id")
        if job is None:
            return json.loads(got.body)
        for _ in range(20):
            run = admin.ask("GET", f"/api/admin/checks/{job}?wait_s=8", key=None)
            if run["state"] != "running":
                self.assertEqual(run["state"], "done", run)
                return run["result"]
        self.fail(f"{path} does not end: {run}")

    def wire_of(self, books):
        wire = Connection(self.server, books.wire.token)
        self.addCleanup(wire.close)
        return wire

    def test_through_the_server_while_clients_post(self):
        first, second, before = self.filled_and_cut()
        # Before any writing: a posting on a balance row of another day would leave a gap.
        self.run_it(0, "sync-balance", "--all", *WHY)
        self.run_it(0, "users", "grant-admin", first.email.lower())
        self.server.start()
        url = f"http://127.0.0.1:{self.server.port}"
        through = ("--url", url, *WHY)
        for books in (first, second):
            books.wire = self.wire_of(books)
        self.server.environment["VAIDEPIX_TOKEN"] = second.wire.token
        self.assertIn("ADMIN_REQUIRED", self.run_it(4, "backfill-ledger", *through))
        self.server.environment["VAIDEPIX_TOKEN"] = first.wire.token
        said = self.run_it(4, "backfill-ledger", *WHY)
        self.assertIn("--url", said)

        # Recovery mode is there for corrections; then clients write again, and the rest goes on.
        self.run_it(0, "sync-balance", list(first.names)[4], *through)
        self.the_loss_is_accepted(first, mended=False)
        over, posted, wrong = threading.Event(), [0], []

        def post():
            try:
                mine = Books.__new__(Books)
                mine.server, mine.chance, mine.texts = self.server, random.Random(1), {}
                mine.wire = Connection(self.server, second.wire.token)
                category = mine.ask("GET", "/api/categories")[0]["id"]
                while not over.is_set():
                    mine.post(list(second.names)[4], category, "income", 1, "carga")
                    posted[0] += 1
                mine.wire.close()
            except Exception as e:  # pylint: disable=broad-except
                wrong.append(repr(e))

        client = threading.Thread(target=post)
        client.start()
        try:
            self.run_it(1, "backfill-ledger", "--dry-run", *through)
            self.run_it(0, "backfill-ledger", *through)
            self.assertIn('"created":0', self.run_it(0, "backfill-ledger", *through))
            self.run_it(0, "sync-balance", list(second.names)[4], *through)
        finally:
            over.set()
            client.join()
        self.assertEqual(wrong, [])
        self.assertGreater(posted[0], 0)
        before[1]["now"][list(second.names)[4]] += posted[0]
        self.assertEqual(first.balances(), before[0]["now"])
        self.assertEqual(second.balances(), before[1]["now"])
        log = first.ask("GET", "/api/admin/audit?action=ledger.backfill", key=None)
        self.assertEqual({i["actor"] for i in log["items"]}, {first.id})
        self.assertEqual(self.server.terminate(40)[0], 0)
        told = ("recovery.commits_lost", "ledger.invariant_violated")  # before the repair
        self.assertEqual([c for c in self.server.complaints() if not any(t in c for t in told)],
                         [])
        self.sound()


class OnSqlite(Case):
    pass


class OnPostgres(Case):
    postgres = True


if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
