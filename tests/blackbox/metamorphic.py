#!/usr/bin/env python3
"""One session, run twice with a difference that must make none: the same answers word by word, the
same balances, the same entries.

  metamorphic.py --binary build/dev/app/vaidepix [--seed N] [--steps N] [Metamorphic.test_...]
"""
import argparse
import json
import os
import pathlib
import random
import sys
import unittest

from bed import ClusterCase, require
from database import Sqlite
from server import Server
from session import Session

OPTIONS = None
SINCE = 20_600  # a day of 2026; entries of later ones are dated by the clock


def as_text(answer):
    """Cursors carry ids; that there is one was compared, and so is what stands behind it."""
    method, path, *rest = answer
    return json.dumps([method, path.split("&cursor=")[0], *rest], ensure_ascii=False)


class Run:
    """A session on a server of its own; `moves` are done to the server at steps drawn by seed."""

    def __init__(self, case, kind, settings=None):
        self.case, self.kind, self.settings = case, kind, dict(settings or {}, SHARDS="3")
        self.server, self.database = None, None
        self.place(kind)
        self.server.start()
        self.session = Session(self.server, random.Random(OPTIONS.seed))

    def place(self, kind):
        """A server, not started, on a new database."""
        folder = self.case.folder / f"run{next(self.case.numbers)}"
        folder.mkdir()
        if kind == "postgres":
            cluster = self.case.cluster
            cluster.create()
            self.database, name = cluster, cluster.database
            self.tables = lambda: self.of(cluster, name)
            url = cluster.url
        else:
            self.database = Sqlite(folder)
            self.tables = self.database.tables
            url = self.database.url
        self.kind = kind
        self.server = Server(OPTIONS.binary, folder, url, self.settings)
        self.server.environment.update(self.settings)
        self.case.addCleanup(self.server.kill)

    @staticmethod
    def of(cluster, name):
        now, cluster.database = cluster.database, name
        try:
            return cluster.tables()
        finally:
            cluster.database = now

    def stop(self):
        self.case.assertEqual(self.server.terminate(40)[0], 0, self.server.log()[-2000:])
        self.case.assertEqual(self.server.complaints(), [])

    def restart(self):
        self.stop()
        self.server.start()

    def killed(self):
        """Between two requests: everything that was answered is there."""
        self.server.kill()
        if self.kind == "postgres":
            self.database.quiet()
        self.server.start()

    def move(self):
        """By export and import into the other database, made for the purpose."""
        self.stop()
        file = self.server.folder / "all.jsonl"
        code, out = self.server.run("export", "--all", "--output", str(file))
        self.case.assertEqual((code, out), (0, ""))
        self.place("sqlite" if self.kind == "postgres" else "postgres")
        code, out = self.server.run("import", "--file", str(file))
        self.case.assertEqual(code, 0, out)
        self.server.start()
        self.session.wire.server = self.server

    def perform(self, moves=()):
        """moves: {step: what is done to the server before it}."""
        moves = dict(moves)
        for step in range(OPTIONS.steps):
            if step in moves:
                moves[step](self)
            self.session.step()
        self.session.look()
        self.session.wire.close()
        self.stop()
        for command in ("verify", "reconcile"):
            code, out = self.server.run(command)
            self.case.assertEqual(code, 0, out)
        return self

    def entries(self):
        """Of the tables, without the commit: a restart puts an empty one between."""
        plain = self.session.names.plain
        names = ("account_id", "version", "amount", "balance_after", "transaction_id", "position",
                 "posting", "reversal")
        return sorted((*(plain(e[n]) for n in names), min(e["effective_day"], SINCE))
                      for e in self.tables()["ledger_entries"])

    def balances(self):
        plain = self.session.names.plain
        return sorted((plain(b["account_id"]), b["balance"], b["version"])
                      for b in self.tables()["balances"])


class Metamorphic(ClusterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.numbers = iter(range(1000))

    def setUp(self):
        super().setUp()
        print(f"seed {OPTIONS.seed}, {OPTIONS.steps} steps", file=sys.stderr, flush=True)

    def same(self, one, other):
        pairs = zip(one.session.answers, other.session.answers)
        for number, (left, right) in enumerate(pairs):
            left, right = as_text(left), as_text(right)
            if left != right:
                at = len(os.path.commonprefix([left, right]))
                around = slice(max(0, at - 200), at + 100)
                self.fail(f"answer {number}: {left[:150]}\none:   …{left[around]}\n"
                          f"other: …{right[around]}")
        self.assertEqual(len(one.session.answers), len(other.session.answers))
        self.assertEqual(one.balances(), other.balances())
        self.assertEqual(one.entries(), other.entries())
        # It was worth comparing: money moved, and most kinds of answers came.
        self.assertGreater(len(one.entries()), OPTIONS.steps)
        statuses = {a[2] for a in one.session.answers}
        self.assertLessEqual({200, 400, 404, 422}, statuses)
        self.assertIn("true", {a[3] for a in one.session.answers})

    def plan(self, what, times):
        """`times` steps, drawn apart from the session's own chance."""
        chance = random.Random(OPTIONS.seed + 1)
        return {step: what for step in chance.sample(range(1, OPTIONS.steps), times)}

    def test_sqlite_and_postgres(self):
        self.same(Run(self, "sqlite").perform(), Run(self, "postgres").perform())

    def test_moved_half_way(self):
        """Exported, imported into the other kind, continued; from each side."""
        half = OPTIONS.steps // 2
        whole = Run(self, "sqlite").perform()
        self.same(whole, Run(self, "sqlite").perform({half: Run.move}))
        self.same(whole, Run(self, "postgres").perform({half: Run.move}))

    def test_restarts_and_small_batches(self):
        whole = Run(self, "sqlite", {"JOURNAL_BATCH_MAX": "1000"}).perform()
        other = Run(self, "sqlite", {"JOURNAL_BATCH_MAX": "1"}).perform(
            {**self.plan(Run.killed, 6), **self.plan(Run.restart, 3)})
        self.same(whole, other)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--steps", type=int, default=250)
    OPTIONS, arguments = parser.parse_known_args()
    OPTIONS.binary = OPTIONS.binary.resolve()
    require()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
