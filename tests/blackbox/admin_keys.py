#!/usr/bin/env python3
"""The operator's changes under an Idempotency-Key, also in recovery mode and after a crash.

  admin_keys.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import time
import unittest

from bed import ClusterCase, begin
from database import Sqlite
from people import Browser
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40
REASON = {"reason": "restore de 12/11"}
OPERATIONS = [("/api/admin/ledger/verify", {}, {"account_id": "x"}),
              ("/api/admin/reconcile", {}, {"scope": "balances"}),
              ("/api/admin/snapshots", REASON, {"reason": "outra razão"}),
              ("/api/admin/ledger/backfill", dict(REASON, dry_run=False), REASON),
              ("/api/admin/ledger/sync", dict(REASON, dry_run=False), REASON)]


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.server = Server(BINARY, self.folder, (self.cluster or Sqlite(self.folder)).url)
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana = Browser(self.server)
        self.assertEqual(self.ana.register(), 200)
        self.assertEqual(self.server.terminate(DRAIN_LIMIT_S)[0], 0)
        code, text = self.server.run("users", "grant-admin", "ana@example.com")
        self.assertEqual(code, 0, text)

    def audited(self):
        return [(row["action"], row["reason"])
                for row in self.ana.wanted("GET", "/api/admin/audit")["items"]]

    def once(self, path, body, other, key):
        first = self.ana.ask("POST", path + "?wait_s=8", body, key=key)
        self.assertEqual(first[0], 200, first)
        self.assertIsNone(first[2].get("Idempotent-Replayed"))
        lines = self.audited()
        again = self.ana.ask("POST", path + "?wait_s=8", body, key=key)
        self.assertEqual(again[:2], first[:2])
        self.assertEqual(again[2]["Idempotent-Replayed"], "true")
        self.assertEqual(self.audited(), lines)
        status, answer, _ = self.ana.ask("POST", path + "?wait_s=8", other, key=key)
        self.assertEqual((status, answer["code"]), (400, "IDEMPOTENCY_KEY_REUSED"))
        return first

    def test_each_is_done_once(self):
        self.server.start()
        done = {path: self.once(path, body, other, "k1") for path, body, other in OPERATIONS}
        # One key in several scopes: each has its own answer.
        kept = self.ana.wanted("GET", "/api/idempotency/k1")["results"]
        self.assertEqual(sorted(r["endpoint"] for r in kept),
                         sorted("POST " + path for path, *_ in OPERATIONS))
        self.server.kill()
        self.server.start()
        for path, body, _ in OPERATIONS:
            again = self.ana.ask("POST", path + "?wait_s=8", body, key="k1")
            self.assertEqual(again[:2], done[path][:2])
            self.assertEqual(again[2]["Idempotent-Replayed"], "true")
        self.assertEqual({action for action, _ in self.audited()}, {"snapshots.compute"})
        self.end()

    def test_recovery_mode_ends_once(self):
        self.server.start(settings={"RECOVERY_MODE": "1"})
        self.assertEqual(self.ana.login("outra senha"), 401)
        self.assertEqual(self.ana.login(), 200)
        self.ana.wanted("GET", "/api/accounts")  # with the token of that login
        self.assertEqual(self.ana.ask("POST", "/api/envelopes", {"name": "x"})[1]["code"],
                         "RECOVERY_MODE")
        finish = "/api/admin/recovery/finish"
        operations = {path.rsplit("/", 1)[1]: (path, body, other)
                      for path, body, other in OPERATIONS}
        for step in ("verify", "backfill", "snapshots", "reconcile"):  # as in the playbook
            status, refused, _ = self.ana.ask("POST", finish, REASON, key="k2")
            self.assertEqual((status, refused["code"]), (409, "RECOVERY_CHECK_MISSING"))
            self.assertIn(f"passo {step} da", refused["detail"])
            self.once(*operations[step], "k2")
        self.once(finish, REASON, dict(REASON, force=True), "k2")
        self.assertEqual([a for a, _ in self.audited()], ["recovery.finish", "snapshots.compute"])
        self.ana.wanted("POST", "/api/accounts", {"name": "Caixa", "type": "cash"})
        self.end()

    def test_the_database_is_told(self):
        self.server.start()
        told = self.ana.wanted("GET", "/api/admin/database")
        self.assertEqual(told["state"], "connected")
        self.assertFalse(told["read_only"])
        self.assertGreater(told["size_bytes"], 0)
        self.assertEqual(told["schema"]["current"], told["schema"]["expected"])
        self.assertEqual(told["pool"]["read"]["broken"], 0)
        self.assertGreaterEqual(told["pool"]["journal"]["max"], 1)
        if not self.cluster:
            self.assertEqual(told["adapter"], "sqlite")
            self.assertEqual(told["file"]["page_bytes"] * told["file"]["pages"],
                             told["size_bytes"])
            self.assertGreater(told["free_bytes"], 0)
            self.assertIsNone(told["connections"])
            return self.end()
        self.assertEqual((told["adapter"], told["file"]), ("postgres", None))
        self.assertGreater(told["connections"]["in_use"], 1)
        self.assertEqual(told["long_transactions"], [])
        self.cluster.stop("immediate")
        try:
            for _ in range(100):
                told = self.ana.wanted("GET", "/api/admin/database")
                if told["version"] is None and told["state"].startswith("error: "):
                    break
                time.sleep(0.05)
            self.assertEqual([told[k] for k in ("version", "read_only", "size_bytes",
                                                "connections", "long_transactions")], [None] * 5)
            self.assertTrue(told["state"].startswith("error: "), told)
            self.assertEqual(told["adapter"], "postgres")
        finally:
            self.cluster.start()
        self.server.wait_ready(30)
        self.assertEqual(self.ana.wanted("GET", "/api/admin/database")["state"], "connected")
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        return None

    def end(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, text = self.server.run("verify")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.server.complaints(), [])


class OnSqlite(Case):
    """Both cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
