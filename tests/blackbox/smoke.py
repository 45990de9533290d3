#!/usr/bin/env python3
"""Faults one at a time, each with the answer that the contract promises.

  smoke.py --binary build/dev/app/vaidepix [name of a case ...]
"""
import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import threading
import time
import unittest

from bed import ClusterCase, begin
from checker import Checker
from client import Caller, Connection
from database import Sqlite
from history import History
from proxy import TO_DATABASE, TO_SERVER, Proxy
from server import Server, StartFailed
from workload import World

BINARY = None
DRAIN_LIMIT_S = 40
ANSWER_S = 12  # the request deadline is 9 s


class Case(ClusterCase):
    """A folder, a server, a world that nobody moves unless the case does."""
    postgres = False

    def setUp(self):
        super().setUp()
        self.server = self.world = None
        self.history = History()
        self.addCleanup(self.clean)

    def clean(self):
        if self.world:
            self.world.end()
            self.wire.close()
        if self.server:
            self.server.kill()

    def begin(self, folder=None, **settings):
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(folder or self.folder)
        url = self.database.url
        if self.postgres:
            self.proxy = Proxy(self.cluster.port)
            self.addCleanup(self.proxy.close)
            url = self.cluster.url_at(self.proxy.port)
        self.server = Server(BINARY, self.folder, url, settings)
        self.server.start()
        self.world = World(self.server, self.history, random.Random(5), users=1, clients=4)
        self.user = self.world.users[0]
        self.wire = Connection(self.server, self.user.token)
        self.caller = Caller(self.history, self.wire)

    def post(self, connection=None, amount=2):
        """One attempt to post an income."""
        op = self.world.operation(self.user, "smoke", "create", "POST", "/api/transactions", None)
        op.body = {"date": "2026-03-15", "account_id": self.user.accounts[0],
                   "category_id": self.user.categories[0], "type": "income",
                   "amount_cents": amount, "description": f"op{op.number}"}
        attempt = self.caller.attempt(op, connection)
        op.closed = True
        return attempt

    def until(self, wanted, limit, act):
        """Acts until it answers `wanted`; the last attempt."""
        end = time.monotonic() + limit
        while True:
            got = act()
            if got.status == wanted or time.monotonic() > end:
                self.assertEqual(got.status, wanted, got)
                return got
            time.sleep(0.05)

    def refused(self, got, code):
        self.assertEqual((got.status, got.code), (503, code), got)
        self.assertIn("Retry-After", got.headers)
        self.assertLess(got.end - got.begin, ANSWER_S)

    def read(self):
        got = self.wire.exchange("GET", f"/api/accounts/{self.user.accounts[0]}")
        self.assertEqual(got.status, 200, got)

    def health(self):
        return self.server.get("/health")[1]

    def load(self):
        self.world.start()
        self.world.gate.open()

    def small_disk(self, size):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"cannot mount a tmpfs: {mounted.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        return disk

    def full_and_back(self, disk):
        self.assertEqual(self.post().status, 200)
        ballast = disk / "ballast"
        with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as out:
            while True:
                out.write(b"x" * 65536)
        got = self.until(503, 60, self.post)
        self.refused(got, "DB_UNAVAILABLE")
        self.read()
        ballast.unlink()
        self.until(200, 20, self.post)
        self.sound()

    def sound(self, stop=True):
        """Nothing lost, nothing doubled; the server ends in order; verify agrees."""
        self.world.gate.close()
        if stop:
            code, seconds = self.server.terminate(DRAIN_LIMIT_S)
            self.assertEqual(code, 0, f"after {seconds:.1f} s:\n{self.server.log()[-3000:]}")
        self.database.quiet()
        code, text = self.server.run("verify")
        self.assertEqual(code, 0, text)
        checker = Checker(self.history.snapshot(), self.database.tables())
        self.assertEqual(checker.check(), [])
        self.assertEqual(self.history.faults, [])
        self.assertEqual(self.server.complaints(), [])
        return checker

    # -- for both databases -----------------------------------------------------------------------

    def stop_under_load(self):
        self.begin()
        self.load()
        idle = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(20)]
        time.sleep(1)
        since = str(self.folder / "sound.json")
        for _ in range(2):  # the whole ledger and then what is new, of one moment each
            code, text = self.server.run("verify", "--since", since)
            self.assertEqual(code, 0, text)
        time.sleep(0.5)
        code, seconds = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, f"after {seconds:.1f} s:\n{self.server.log()[-3000:]}")
        self.assertLess(seconds, 15, "idle connections must not hold the drain up")
        for connection in idle:
            connection.close()
        self.server.start()
        checker = self.sound()
        self.assertGreater(checker.counts()[0], 50)
        code, text = self.server.run("verify", "--since", since)
        self.assertEqual(code, 0, text)

    def batch_at_the_limit_of_a_category(self):
        """The item that is too much is refused, and nothing else."""
        self.begin()
        wide = [a for a in self.user.accounts if a not in self.user.floored]
        full, other = self.user.categories[:2]
        op = self.world.operation(self.user, "smoke", "batch", "POST",
                                  "/api/transactions/batch", None)
        op.body = {"atomic": False, "items": [
            {"date": "2026-03-15", "account_id": account, "category_id": category,
             "type": "expense", "amount_cents": amount, "description": f"op{op.number}.{i}"}
            for i, (account, category, amount) in enumerate(
                [(wide[0], full, 999_999_999_999_999), (wide[1], full, 1), (wide[1], other, 1)])]}
        got = self.caller.attempt(op)
        op.closed = True
        self.assertEqual(got.status, 200, got)
        results = json.loads(got.body)["results"]
        self.assertEqual([r["status"] for r in results], [200, 422, 200], results)
        self.assertEqual(results[1]["error"]["code"], "TX_BALANCE_LIMIT")
        self.sound()


class OnSqlite(Case):
    def test_stop_under_load(self):
        self.stop_under_load()

    def test_batch_at_the_limit_of_a_category(self):
        self.batch_at_the_limit_of_a_category()

    def test_the_file_of_sound_commits(self):
        self.begin()
        file = self.folder / "sound.json"
        for content, code in (("{}", "FILE_DAMAGED"), (None, "FILE_UNREADABLE")):
            if content is None:
                file.unlink()
                file.mkdir()
            else:
                file.write_text(content)
            status, text = self.server.run("verify", "--since", str(file))
            self.assertEqual(status, 4, text)
            self.assertIn(code, text)
        file.rmdir()
        self.assertEqual(self.server.run("verify", "--since", str(file))[0], 0)
        known = json.loads(file.read_text())
        self.assertGreater(len(known["heads"]), 0)
        file.write_text(json.dumps({**known, "installation": "another"}))
        status, text = self.server.run("verify", "--since", str(file))
        self.assertEqual(status, 4, text)
        self.assertIn("FILE_FOREIGN", text)
        known["heads"][0]["hash"] = "0" * 64
        file.write_text(json.dumps(known))
        status, text = self.server.run("verify", "--since", str(file))
        self.assertEqual(status, 1, text)
        self.assertIn("is not the commit that was sound before", text)
        self.assertEqual(json.loads(file.read_text()), known, "moved on although unsound")
        self.assertEqual(self.server.run("verify", "--account", "none")[0], 4)
        self.sound()

    def test_second_server_is_refused(self):
        self.begin()
        second = Server(BINARY, self.folder, self.database.url)
        second.starts = 500  # a log of its own
        with self.assertRaises(StartFailed) as refused:
            second.start()
        self.assertEqual(refused.exception.code, 3)
        self.assertIn("in use by another process", refused.exception.text)
        self.assertIn(str(self.server.process.pid), refused.exception.text)
        code, text = self.server.run("reconcile")
        self.assertEqual(code, 3, text)
        self.assertIn("in use by another process", text)
        code, text = self.server.run("verify")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.post().status, 200)
        self.sound()

    def test_slow_clients_hold_nobody(self):
        self.begin(HTTP_THREADS="4")
        head = (f"POST /api/transactions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                f"{self.user.token}\r\nContent-Type: application/json\r\n"
                "Content-Length: 400\r\n\r\n{").encode()
        slow = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(60)]
        for i, connection in enumerate(slow):
            connection.sendall(head[:20 + i * 5] if i % 2 else head)
        began = time.monotonic()
        for _ in range(20):
            self.assertEqual(self.post().status, 200)
        self.assertLess(time.monotonic() - began, 5)
        for connection in slow:
            connection.close()
        self.sound()

    def test_more_connections_than_threads(self):
        self.begin(HTTP_THREADS="4")
        wires = [Connection(self.server, self.user.token) for _ in range(150)]
        for wire in wires:
            got = wire.exchange("GET", "/health/live")
            self.assertEqual(got.status, 200, got)
            self.addCleanup(wire.close)
        attempts = []
        threads = [threading.Thread(target=lambda w=w: attempts.append(self.post(w)))
                   for w in wires]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([a.status for a in attempts], [200] * len(wires),
                         [a for a in attempts if a.status != 200][:3])
        self.assertEqual(self.sound().counts()[0], len(wires) + len(self.setup_operations()))

    def setup_operations(self):
        return [o for o in self.history.snapshot() if o.client == "setup"]

    def test_read_only_file(self):
        """Root writes everywhere, so the server runs as somebody else."""
        if os.geteuid() != 0:
            self.skipTest("needs root, to start the server as nobody")
        self.begin()
        self.assertEqual(self.post().status, 200)
        self.assertEqual(self.server.terminate(DRAIN_LIMIT_S)[0], 0)
        for path in self.folder.glob("ledger.db*"):
            path.chmod(0o444)
        self.folder.chmod(0o755)
        self.server.identity = {"user": 65534, "group": 65534, "extra_groups": []}
        with self.assertRaises(StartFailed) as refused:
            self.server.start()
        self.assertIn(refused.exception.code, (3, 4))
        self.assertRegex(refused.exception.text, "read.?only|Permission denied")
        self.server.identity = {}
        self.server.start()
        self.sound()

    def test_disk_full(self):
        disk = self.small_disk("6m")
        self.begin(folder=disk)
        self.full_and_back(disk)


class OnPostgres(Case):
    postgres = True

    def test_stop_under_load(self):
        self.stop_under_load()

    def test_batch_at_the_limit_of_a_category(self):
        self.batch_at_the_limit_of_a_category()

    def test_read_only(self):
        self.begin()
        self.assertEqual(self.post().status, 200)
        self.cluster.query("alter system set default_transaction_read_only = on")
        self.cluster.query("select pg_reload_conf()")
        self.addCleanup(self.writable)
        self.refused(self.until(503, 20, self.post), "DB_READ_ONLY")
        self.read()
        self.eventually("read_only")
        self.writable()
        self.until(200, 20, self.post)
        self.eventually("connected")
        self.sound()

    def writable(self):
        self.cluster.query("set default_transaction_read_only = off",
                           "alter system reset default_transaction_read_only",
                           "select pg_reload_conf()")

    def eventually(self, database, limit=15):
        end = time.monotonic() + limit
        while self.health()["database"] != database:
            self.assertLess(time.monotonic(), end, self.health())
            time.sleep(0.1)

    def test_commit_in_doubt(self):
        """The client waits a moment longer, and hears the truth."""
        self.begin()
        self.assertEqual(self.post().status, 200)
        resolved = 'vaidepix_journal_in_doubt_resolved_total{outcome="%s"}'
        for direction, count, outcome in ((TO_SERVER, 0, "applied"), (TO_DATABASE, 40, "absent")):
            aim = self.proxy.aim(direction, count)
            got = self.post()
            self.assertEqual(got.status, 200, got)
            self.assertTrue(aim.struck.is_set(), direction)
            self.assertEqual(self.server.metrics()[resolved % outcome], 1, outcome)
        self.sound()

    def test_database_away(self):
        self.begin()
        self.assertEqual(self.post().status, 200)
        self.cluster.stop("immediate")
        try:
            self.refused(self.until(503, 30, self.post), "DB_UNAVAILABLE")
            self.refused(self.post(), "DB_UNAVAILABLE")
            got = self.wire.exchange("GET", "/api/transactions")
            self.refused(got, "DB_UNAVAILABLE")
            health = self.health()
            self.assertEqual(health["status"], "degraded", health)
            self.assertTrue(health["database"].startswith("error: "), health)
            self.assertEqual(self.server.get("/health/ready")[0], 503)
            self.assertEqual(self.server.get("/health/live")[0], 200)
        finally:
            self.cluster.start()
        self.until(200, 30, self.post)
        self.server.wait_ready(20)
        self.sound()

    def test_stop_while_database_is_away(self):
        self.begin()
        self.load()
        time.sleep(0.7)
        self.cluster.stop("immediate")
        try:
            time.sleep(0.5)
            code, seconds = self.server.terminate(DRAIN_LIMIT_S)
            self.assertEqual(code, 0, f"after {seconds:.1f} s:\n{self.server.log()[-3000:]}")
            with self.assertRaises(StartFailed) as refused:
                self.server.start()
            self.assertEqual(refused.exception.code, 3, refused.exception.text)
        finally:
            self.cluster.start()
        self.server.start()
        self.sound()

    def test_disk_full(self):
        disk = self.small_disk("16m")
        space = disk / "space"
        space.mkdir()
        shutil.chown(space, "postgres", "postgres")
        self.cluster.query(f"create tablespace small location '{space}'")
        self.cluster.options = "tablespace small"
        try:
            self.begin()
        finally:
            self.cluster.options = ""
        self.full_and_back(disk)
        self.cluster.query(f"drop database {self.cluster.database} with (force)",
                           database="postgres")
        self.cluster.query("drop tablespace small", database="postgres")


if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
