#!/usr/bin/env python3
"""Books leave the server and come back: export for hledger, ledger and spreadsheets, and the whole
database from SQLite to PostgreSQL and back, judged by the real programs.

  exports.py --binary build/dev/app/vaidepix FromSqlite|FromPostgres[.case] ...
"""
import csv
import hashlib
import io
import json
import random
import re
import subprocess
import threading
import unittest
import uuid

from bed import ClusterCase, begin
from books import MOST, Books, centavos
from client import Connection
from database import Sqlite
from dump_file import aged, lines_in, ruled, scheduled, sealed
from journal import UTF8, Journal
from server import Server

BINARY = None
SEED = 20


class Case(ClusterCase):
    """One cluster for the class; each database of a case is a new one."""
    source = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.numbers = iter(range(1000))

    def setUp(self):
        super().setUp()
        self.servers = []
        self.addCleanup(lambda: [s.kill() for s in self.servers])

    def new_server(self, kind, **settings):
        """A server, not started, on a database that does not exist yet or is empty."""
        if kind == "postgres":
            self.cluster.create()
            url = self.cluster.url
        else:
            folder = self.folder / f"db{next(self.numbers)}"
            folder.mkdir()
            url = Sqlite(folder).url
        server = Server(BINARY, self.folder, url, settings)
        server.environment.update(settings)
        self.servers.append(server)
        return server

    def other(self):
        return "postgres" if self.source == "sqlite" else "sqlite"

    def filled(self, **settings):
        server = self.new_server(self.source, **settings)
        server.start()
        books = Books(server, random.Random(SEED))
        self.addCleanup(books.wire.close)
        books.fill()
        books.learn(self.lines_of(server, books))
        return server, books

    def export(self, server, *arguments):
        """The bytes of an export to a file, which nobody else may read."""
        file = self.folder / f"export{next(self.numbers)}"
        code, out = server.run("export", *arguments, "--output", str(file))
        self.assertEqual((code, out), (0, ""))
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        return file.read_bytes()

    def lines_of(self, server, books):
        whole = self.export(server, "--user", books.email, "--format", "jsonl")
        return [json.loads(line) for line in whole.split(b"\n") if line]

    def load(self, server, content):
        """(exit code, output) of an import."""
        file = self.folder / f"import{next(self.numbers)}"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return server.run("import", "--file", str(file))

    def verified(self, server):
        code, out = server.run("verify")
        self.assertEqual(code, 0, out)
        code, out = server.run("reconcile")
        self.assertEqual(code, 0, out)
        return int(re.search(r"^(\d+) checked, 0 divergences$", out, re.M)[1])

    def stop(self, server):
        self.assertEqual(server.terminate(40)[0], 0, server.log()[-2000:])
        self.assertEqual(server.complaints(), [])

    # -- one user ---------------------------------------------------------------------------------

    def test_journal(self):
        """Both programs accept it, and say what the API says: now, and on both clocks."""
        server, books = self.filled()
        file = self.folder / "ana.journal"
        code, out = server.run("export", "--user", books.id, "--format", "hledger", "--output",
                               str(file))
        self.assertEqual((code, out), (0, ""))
        journal = Journal(file)
        journal.hledger("check")
        journal.hledger("check", "--strict")
        journal.ledger("bal", "--strict", "--pedantic")
        mine = books.balances()
        by_hledger, by_ledger = journal.balances_of_hledger(), journal.balances_of_ledger()
        self.assertEqual(by_hledger, by_ledger)
        self.assertEqual(sum(by_hledger.values()), 0)
        for account, balance in mine.items():
            self.assertEqual(by_hledger.get(journal.ids[account], 0), balance, account)
        self.assertEqual(max(mine.values()), MOST)
        effective = 0
        for day, after in (("2025-12-31", "2026-01-01"), ("2026-02-28", "2026-03-01"),
                           ("2026-03-14", "2026-03-15")):
            then = books.balances(at=day, basis="effective")
            by_hledger = journal.balances_of_hledger("--date2", "-e", after)
            for account, balance in then.items():
                self.assertEqual(by_hledger.get(journal.ids[account], 0), balance, (day, account))
                effective += balance != mine[account]
        self.assertGreater(effective, 10, "the two clocks never differed: nothing was compared")
        # Names and texts are the clients', to the letter, and no two accounts share a name.
        self.assertEqual(len(set(journal.ids.values())), len(books.all_names))
        self.assertEqual({i: journal.names[n] for i, n in journal.ids.items()}, books.all_names)
        self.assertGreater(len(journal.texts), 80)
        for one, text in journal.texts.items():
            self.assertEqual(text, books.texts[one], one)
        self.assertEqual(self.tagged(journal, "comida"), self.tagged_by_api(books, "comida"))
        self.stop(server)
        self.a_wrong_balance_is_noticed(journal)

    def tagged(self, journal, tag):
        found = journal.ledger("reg", f"%{tag}", "--format", "%(tag('vdp-transaction'))\n")
        return {line for line in found.split("\n") if line}

    def tagged_by_api(self, books, tag):
        found = books.ask("GET", f"/api/transactions?limit=100&tag={tag}")
        return {t["id"] for t in found}

    def a_wrong_balance_is_noticed(self, journal):
        """The assertions at the end assert."""
        text = journal.path.read_text(encoding="utf-8")
        head, zero, tail = text.rpartition("0.00 BRL = ")
        amount, rest = tail.split(" BRL", 1)
        wrong = self.folder / "wrong.journal"
        wrong.write_text(f"{head}{zero}{'1' if amount[0] == '0' else '0'}{amount[1:]} BRL{rest}",
                         encoding="utf-8")
        for command in (["hledger", "-f", wrong, "check"], ["ledger", "-f", wrong, "bal"]):
            done = subprocess.run(command, env=UTF8, capture_output=True, check=False)
            self.assertNotEqual(done.returncode, 0, command)

    def test_csv(self):
        server, books = self.filled()
        whole = self.export(server, "--user", books.email.upper(), "--format", "csv").decode()
        rows = list(csv.DictReader(io.StringIO(whole, newline=""), strict=True))
        mine = books.balances()
        sums = dict.fromkeys(mine, 0)
        for row in rows:
            if not row["deleted_at"]:
                sums[row["account_id"]] += centavos(row["amount"])
            for field in ("id", "account", "category", "description", "tags"):
                self.assertNotRegex(row[field], r"\A[=+\-@\t\r＝＋－＠]", field)
        self.assertEqual(sums, mine)

        def plain(text):
            return text.removeprefix("'")
        self.assertEqual({r["id"]: plain(r["description"]) for r in rows}, books.texts)
        self.assertEqual({r["account_id"]: plain(r["account"]) for r in rows},
                         {a: books.names[a] for a in {r["account_id"] for r in rows}})
        self.assertTrue(any(r["description"].startswith("'") for r in rows))
        self.assertEqual(whole.count("\r\n"), len(rows) + 1)
        self.stop(server)

    def test_json_lines_of_a_user(self):
        server, books = self.filled()
        whole = self.export(server, "--user", books.email, "--format", "jsonl")
        self.assertNotIn(b"password", whole)
        *lines, end = lines_in(whole)
        self.assertEqual(json.loads(end)["sha256"],
                         hashlib.sha256("".join(lines).encode()).hexdigest())
        sums = {}
        for line in map(json.loads, lines):
            if line["kind"] == "entry":
                sums[line["account_id"]] = sums.get(line["account_id"], 0) + line["amount_cents"]
        for account, balance in books.balances().items():
            self.assertEqual(sums.get(account, 0), balance)
        code, out = self.load(self.new_server("sqlite"), whole)
        self.assertEqual(code, 4)
        self.assertIn("FILE_PARTIAL", out)
        for arguments in (["--user", "nobody@example.org", "--format", "csv"],
                          ["--user", "no-such-id", "--format", "hledger"]):
            self.assertEqual(server.run("export", *arguments)[0], 1)
        for arguments in ([], ["--all", "--user", "x", "--format", "csv"], ["--user", "x"],
                          ["--all", "--format", "csv"], ["--user", "x", "--format", "xml"]):
            self.assertEqual(server.run("export", *arguments)[0], 2, arguments)

    # -- the whole database -----------------------------------------------------------------------

    def test_there_and_back(self):
        """Other database, and home again: same bytes, sound, and the server goes on."""
        server, books = self.filled(SHARDS="5")
        key = uuid.uuid4().hex
        body = {"date": "2026-03-15", "account_id": books.accounts()[0],
                "category_id": books.ask("GET", "/api/categories")[0]["id"], "type": "income",
                "amount_cents": 5, "description": "uma vez"}
        first = books.ask("POST", "/api/transactions", body, key)
        held = body["account_id"]
        books.ask("PUT", f"/api/accounts/{held}", {"ceiling": 9000000})
        for cents in (7, 9):
            books.ask("POST", f"/api/accounts/{held}/holds",
                      {"amount_cents": cents, "description": f"reserva {cents}"})
        hold = books.ask("GET", f"/api/accounts/{held}/holds")["items"][0]["id"]
        books.ask("POST", f"/api/holds/{hold}/void", {})
        account, holds = (books.ask("GET", f"/api/accounts/{held}{part}")
                          for part in ("", "/holds"))
        self.assertEqual([h["status"] for h in holds["items"]], ["voided", "open"])
        goal = books.ask("POST", "/api/goals", {
            "name": "Viagem", "target_amount_cents": 10000, "target_date": "2027-12-31",
            "category": "lazer", "priority": "high"})["id"]
        books.ask("POST", f"/api/goals/{goal}/add-value", {"amount_cents": 700})
        envelope = books.ask("POST", "/api/envelopes", {"name": "Reserva", "balance": 50})["id"]
        books.ask("POST", f"/api/envelopes/{envelope}/withdraw-value?amount=20", None)
        books.ask("POST", "/api/automations", {"name": "Arredondar", "type": "round_up",
                                               "conditions": {"envelope_id": envelope},
                                               "actions": {}})
        planned = [books.ask("GET", f"/api/{what}")
                   for what in ("goals", "envelopes", "automations")]
        self.assertEqual(planned[0][0]["current_amount"], 7)
        self.assertEqual(planned[1][0]["balance"], 30)
        mine = books.balances()
        beside = self.export(server, "--all")  # the server runs
        self.stop(server)
        whole = self.export(server, "--all", "--format", "jsonl")
        self.assertEqual(whole, beside)
        whole = scheduled(ruled(whole), books.id)

        abroad = self.new_server(self.other())
        code, out = self.load(abroad, whole)
        self.assertEqual(code, 0, out)
        self.assertEqual(self.export(abroad, "--all"), whole)
        self.verified(abroad)
        home = self.new_server(self.source)
        self.assertEqual(self.load(home, self.export(abroad, "--all"))[0], 0)
        self.assertEqual(self.export(home, "--all"), whole)
        self.verified(home)

        abroad.start()
        books.wire.server = abroad
        self.assertEqual(books.balances(), mine)
        self.assertEqual(books.ask("GET", f"/api/accounts/{held}"), account)
        self.assertEqual(books.ask("GET", f"/api/accounts/{held}/holds"), holds)
        self.assertEqual(planned, [books.ask("GET", f"/api/{what}")
                                   for what in ("goals", "envelopes", "automations")])
        again = books.wire.exchange("POST", "/api/transactions", json.dumps(body).encode(), key)
        self.assertEqual(again.headers.get("Idempotent-Replayed"), "true")
        self.assertEqual(json.loads(again.body), first)
        books.post(body["account_id"], body["category_id"], "income", 7, "e segue")
        mine[body["account_id"]] += 7
        self.assertEqual(books.balances(), mine)
        self.stop(abroad)
        self.verified(abroad)
        code, out = self.load(abroad, whole)
        self.assertEqual(code, 4)
        self.assertIn("DATABASE_NOT_EMPTY", out)
        self.verified(abroad)

    def test_what_follows_from_entries(self):
        """Snapshots and balances by effective day are in no dump, and there after the import."""
        server, books = self.filled()
        busy, category = books.accounts()[6], books.ask("GET", "/api/categories")[0]["id"]
        for _ in range(2):
            books.ask("POST", "/api/transactions/batch", {"items": [
                {"date": f"2026-03-{n % 28 + 1:02}", "account_id": busy, "category_id": category,
                 "type": "income", "amount_cents": n, "description": f"muitas {n}"}
                for n in range(1, 1001)]})
        days = ("2025-12-31", "2026-02-28", "2026-03-14", "2026-03-31")
        mine = [books.balances(at=day, basis="effective") for day in days]
        now = books.balances()
        self.stop(server)
        whole = aged(lines_in(self.export(server, "--all")), 100)
        abroad = self.new_server(self.other())
        code, out = self.load(abroad, whole)
        self.assertEqual(code, 0, out)
        # All of it was booked 100 days ago, so at least 3 months have ended since.
        made = re.search(r"(\d+) snapshots of ([34]) months, balances .* of (\d+) accounts", out)
        self.assertIsNotNone(made, out)
        accounts = len(books.names)
        self.assertEqual(int(made[1]), accounts * int(made[2]))
        self.assertEqual(int(made[3]), 2)  # the busy account and its category
        self.assertGreaterEqual(self.verified(abroad), int(made[1]) + accounts)
        self.assertEqual(self.export(abroad, "--all").decode(), whole)
        abroad.start()
        books.wire.server = abroad
        self.assertEqual([books.balances(at=day, basis="effective") for day in days], mine)
        self.assertEqual(books.balances(), now)
        self.stop(abroad)

    def test_refusals(self):
        """Each with its reason, and without a trace: the true file goes into the same database."""
        server, _ = self.filled(SHARDS="3")
        self.stop(server)
        whole = self.export(server, "--all")
        lines = lines_in(whole)
        target = self.new_server(self.other())

        def refused(content, code, text):
            got, out = self.load(target, content)
            self.assertEqual(got, 4, out)
            self.assertIn(code, out)
            self.assertIn(text, out)
            self.assertIn("nothing was imported", out)

        refused(b"", "FILE_DAMAGED", "empty")
        refused(b"\x7fELF", "FILE_DAMAGED", "cut off")
        refused("{}\n", "FILE_DAMAGED", "kind")
        refused(whole[:-1], "FILE_DAMAGED", "cut off")
        refused("".join(lines[:-1]), "FILE_DAMAGED", "cut off")
        for part in (0.2, 0.5, 0.9):
            refused(whole[:int(len(whole) * part)], "FILE_DAMAGED", "cut off")
        refused(whole + b"\n", "FILE_DAMAGED", "behind the trailer")
        newer = json.loads(lines[0])
        newer["version"], newer["more"] = newer["version"] + 1, [1]
        refused(json.dumps(newer) + "\n" + "".join(lines[1:]), "FILE_NEWER", "newer program")

        def at(kind, wanted=lambda line: True):
            return next(i for i, line in enumerate(lines)
                        if line.startswith(f'{{"kind":"{kind}"') and wanted(json.loads(line)))

        def altered(kind, seal, change, wanted=lambda line: True):
            i = at(kind, wanted)
            line = json.loads(lines[i])
            change(line)
            text = json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n"
            self.assertNotEqual(text, lines[i])
            mine = lines[:i] + [text] + lines[i + 1:]
            return sealed(mine) if seal else "".join(mine)

        def more(name):
            return lambda line: line.update({name: line[name] + 1})

        refused(altered("transaction", False, lambda t: t.update(description="outra")),
                "FILE_DAMAGED", "it was altered")
        refused(altered("entry", True, more("amount_cents")), "FILE_DAMAGED", "hash of commit")
        refused(altered("commit", True, more("epoch")), "FILE_DAMAGED", "hash of commit")
        refused(altered("account", True, more("balance_cents"), lambda a: a["version"] > 0),
                "FILE_DAMAGED", "do not give the file again")
        entry = at("entry")
        refused(sealed(lines[:entry] + lines[entry + 1:]), "FILE_DAMAGED", "out of order")
        last = at("transaction")
        refused(sealed(lines[:last] + lines[last + 1:]), "FILE_DAMAGED", "counts")
        self.assertEqual(self.load(target, whole)[0], 0)
        self.assertEqual(self.export(target, "--all"), whole)
        self.verified(target)

    def test_killed_import(self):
        """kill -9 in the middle leaves no row."""
        server, books = self.filled()
        # Several times as many rows as the import holds before it writes them.
        account, category = books.accounts()[6], books.ask("GET", "/api/categories")[0]["id"]
        for _ in range(3):
            books.ask("POST", "/api/transactions/batch", {"items": [
                {"date": "2026-03-15", "account_id": account, "category_id": category,
                 "type": "income", "amount_cents": n, "description": f"muitas {n}"}
                for n in range(1, 1001)]})
        self.stop(server)
        whole = self.export(server, "--all")
        for kind in ("sqlite", "postgres"):
            target = self.new_server(kind)
            importing = subprocess.Popen(
                [BINARY, "import", "--file", "-"], cwd=self.folder, env=target.environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            # More than the pipe and the batch in memory hold: some of it was written by then.
            written = importing.stdin.write(whole[:-100])
            importing.stdin.flush()
            self.assertGreater(written, 300_000)
            importing.kill()
            importing.communicate()
            if kind == "postgres":
                self.cluster.quiet()
            self.assertEqual(self.load(target, whole)[0], 0)
            self.verified(target)

    def test_under_load(self):
        """An export beside a server that posts is one moment of it: sound, and to be imported."""
        server, books = self.filled()
        over = threading.Event()
        posted = []

        def post():
            mine = Books.__new__(Books)
            mine.server, mine.chance, mine.texts = server, random.Random(1), {}
            mine.wire = Connection(server, books.wire.token)
            category = mine.ask("GET", "/api/categories")[0]["id"]
            while not over.is_set():
                posted.append(mine.post(books.accounts()[0], category, "income", 1, "carga"))
            mine.wire.close()

        clients = [threading.Thread(target=post) for _ in range(3)]
        for client in clients:
            client.start()
        try:
            moments, during = [], []
            for _ in range(4):
                began = len(posted)
                moments.append(self.export(server, "--all"))
                during.append(len(posted) - began)
            journal = self.folder / "busy.journal"
            self.assertEqual(server.run("export", "--user", books.email, "--format", "hledger",
                                        "--output", str(journal)), (0, ""))
        finally:
            over.set()
            for client in clients:
                client.join()
        self.assertTrue(any(during), "nothing was posted while it was read")
        Journal(journal).hledger("check", "--strict")  # balances and entries are of one moment
        self.stop(server)
        for moment in moments[:2]:
            target = self.new_server("sqlite")
            code, out = self.load(target, moment)
            self.assertEqual(code, 0, out)
            self.verified(target)


class FromSqlite(Case):
    source = "sqlite"


class FromPostgres(Case):
    source = "postgres"


if __name__ == "__main__":
    BINARY = begin(__doc__, "hledger", "ledger", postgres=True)
    unittest.main(verbosity=2)
