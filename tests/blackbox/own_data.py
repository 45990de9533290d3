#!/usr/bin/env python3
"""A user's data as a whole, over the wire: exports judged by the real programs, and devices that
tell each other what they have.

  own_data.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import csv
import io
import json
import random
import threading
import time
import unittest
import uuid

from bed import ClusterCase, begin
from books import Books, centavos
from client import Connection
from database import Sqlite
from journal import Journal
from server import Server

BINARY = None
SEED = 20
DRAIN_LIMIT_S = 40
SECTIONS = ("transactions", "accounts", "categories", "envelopes", "goals")
AGAIN_LIMIT_S = 10  # what server_time lies before the answer


def plain(text):
    """A CSV text without the apostrophe that keeps spreadsheets from computing it."""
    return text[1:] if text.startswith("'") else text


def another(books):
    """The same user on a connection of their own."""
    twin = Books.__new__(Books)
    twin.server, twin.chance, twin.texts = books.server, random.Random(SEED), {}
    twin.wire = Connection(books.server, books.wire.token)
    twin.id, twin.email = books.id, books.email
    return twin


class Device:
    """What a device knows, from what it was told since."""

    def __init__(self, books, case):
        self.books, self.case = books, case
        self.known = {name: {} for name in SECTIONS}
        self.since = "1970-01-01T00:00:00Z"
        self.told = 0

    def sync(self):
        answer = self.books.ask("GET", f"/api/me/sync?since={self.since}", key=None)
        for name in SECTIONS:
            ids = [item["id"] for item in answer[name]]
            self.case.assertEqual(len(ids), len(set(ids)), f"{name}: told twice in one answer")
            gone = answer["deleted"][name]
            self.case.assertEqual(set(ids) & set(gone), set(), f"{name}: there and gone")
            self.told += len(ids) + len(gone)
            self.known[name].update((item["id"], item) for item in answer[name])
            for one in gone:
                self.known[name].pop(one, None)
        self.since = answer["server_time"]
        return answer

    def check(self):
        """Knows what the server knows."""
        whole = self.books.ask("GET", "/api/me/data", key=None)
        for name in SECTIONS:
            self.case.assertEqual(self.known[name], {i["id"]: i for i in whole[name]}, name)


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, database.url)
        self.addCleanup(self.server.kill)
        self.server.start()
        self.books = self.user()

    def user(self):
        books = Books(self.server, random.Random(SEED))
        self.addCleanup(books.wire.close)
        return books

    def raw(self, path):
        got = self.books.wire.exchange("GET", path)
        self.assertEqual(got.status, 200, got)
        return got.body

    def end(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        for command in ("verify", "reconcile"):
            code, text = self.server.run(command)
            self.assertEqual(code, 0, text)
        self.assertEqual(self.server.complaints(), [])

    # -- exports ----------------------------------------------------------------------------------

    def test_exports(self):
        """The journal, the table and all that is kept say what the API says."""
        self.books.fill()
        made = self.books.ask("POST", "/api/schedules", {
            "name": "aluguel", "kind": "noop", "rule": {"cron": "0 9 1 * *"}}, key=None, wanted=201)
        kept = json.loads(self.raw("/api/privacy/export"))
        self.assertEqual([s for s in kept["schedules"] if s["kind"] == "noop"], [made])
        self.books.names = {a["id"]: a["name"] for a in kept["accounts"]}
        self.kept_is_whole(kept)
        self.journal_is_whole(kept)
        self.table_is_whole(kept)
        self.end()

    def kept_is_whole(self, kept):
        mine = self.books.balances()
        self.assertEqual({a["id"]: centavos(a["balance_str"]) for a in kept["accounts"]}, mine)
        self.assertEqual([a["is_active"] for a in kept["accounts"]].count(False), 1)
        self.assertEqual([c["is_active"] for c in kept["categories"]].count(False), 1)
        sums, last = {}, {}
        order = [(e["commit"]["shard"], e["commit"]["seq"]) for e in kept["ledger_entries"]]
        self.assertEqual(order, sorted(order))
        for entry in kept["ledger_entries"]:
            account, amount = entry["account_id"], centavos(entry["amount_str"])
            last[account] = last.get(account, 0) + amount
            self.assertEqual(last[account], centavos(entry["balance_after_str"]))
            sums[entry["transaction_id"]] = sums.get(entry["transaction_id"], 0) + amount
        self.assertEqual(sum(last.values()), 0)
        for account, balance in mine.items():
            self.assertEqual(last.get(account, 0), balance)
        ids = {t["id"] for t in kept["transactions"]}
        self.assertEqual(set(sums), ids)
        self.assertGreater(sum(1 for t in kept["transactions"] if t["deleted_at"]), 10)
        self.assertIn("opening", {t["type"] for t in kept["transactions"]})
        self.assertTrue(all(t["transfer_transaction_id"] in ids for t in kept["transactions"]
                            if t["type"] == "transfer"))
        self.assertEqual(kept["user"]["id"], self.books.id)
        self.assertEqual([s["current"] for s in kept["sessions"]], [True])
        self.assertNotIn("hash", json.dumps([kept["user"], kept["sessions"]]))

    def journal_is_whole(self, kept):
        file = self.folder / "ana.journal"
        file.write_bytes(self.raw("/api/reports/export?format=hledger&months=1"))
        journal = Journal(file)
        journal.hledger("check")
        journal.hledger("check", "--strict")
        journal.ledger("bal", "--strict", "--pedantic")
        found = journal.balances_of_hledger()
        self.assertEqual(found, journal.balances_of_ledger())
        for account, balance in self.books.balances().items():
            self.assertEqual(found.get(journal.ids[account], 0), balance, account)
        self.assertEqual({t["id"] for t in kept["transactions"]} - set(journal.texts),
                         {t["id"] for t in kept["transactions"]
                          if t["type"] == "transfer" and t["description"].rfind(" ← ") > 0})
        # By the command line, of the snapshot: the same journal.
        code, out = self.server.run("export", "--user", self.books.id, "--format", "hledger",
                                    "--output", str(self.folder / "cli.journal"))
        self.assertEqual((code, out), (0, ""))
        self.assertEqual((self.folder / "cli.journal").read_bytes(), file.read_bytes())

    def table_is_whole(self, kept):
        text = self.raw("/api/reports/export?format=csv&months=24").decode()
        self.assertTrue(text.startswith(
            "Data,Tipo,Valor (R$),Descrição,Categoria,Conta,Tags,ID\r\n"), text[:100])
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        listed = json.loads(self.raw("/api/reports/export?months=24"))["data"]["transactions"]
        self.assertEqual([plain(r["ID"]) for r in rows], [t["id"] for t in listed])
        names = {m["id"]: m["name"] for m in kept["accounts"] + kept["categories"]}
        live = {t["id"]: t for t in kept["transactions"]
                if not t["deleted_at"] and t["type"] not in ("opening", "adjustment")}
        self.assertEqual({t["id"] for t in listed}, set(live))
        for row, item in zip(rows, listed):
            whole = live[item["id"]]
            self.assertEqual(centavos(row["Valor (R$)"]), centavos(whole["amount_str"]))
            self.assertEqual(row["Tipo"], whole["type"])
            self.assertEqual(plain(row["Descrição"]), whole["description"])
            self.assertEqual(plain(row["Categoria"]), names[whole["category_id"]])
            self.assertEqual(plain(row["Conta"]), names[whole["account_id"]])
            self.assertEqual(plain(row["Tags"]), ", ".join(whole["tags"]))
            for value in row.values():
                self.assertNotIn(value[:1], ("=", "+", "-", "@"))
            self.assertEqual({n: whole[n] for n in item if n != "amount"},
                             {n: v for n, v in item.items() if n != "amount"})

    def test_exports_under_load(self):
        """An export beside a server that posts and opens accounts is one moment of it."""
        self.books.ask("POST", "/api/accounts", {"name": "Primeira", "type": "cash"})
        over, done = threading.Event(), []

        def work(number):
            mine = another(self.books)
            chance = random.Random(number)
            category = mine.ask("GET", "/api/categories")[0]["id"]
            accounts = [a["id"] for a in mine.ask("GET", "/api/accounts")]
            while not over.is_set():
                if chance.random() < 0.2:
                    made = mine.ask("POST", "/api/accounts", {
                        "name": uuid.uuid4().hex, "type": "cash",
                        "balance": chance.choice([0, 5])})
                    accounts.append(made["id"])
                mine.post(accounts[-1], category, "income", 700, "carga")
                mine.post(accounts[-1], category, "transfer", 3, "vai",
                          to_account_id=accounts[-2])
                done.append(1)
            mine.wire.close()

        clients = [threading.Thread(target=work, args=(n,)) for n in range(3)]
        for client in clients:
            client.start()
        try:
            during = 0
            for moment in range(6):
                began = len(done)
                file = self.folder / f"{moment}.journal"
                file.write_bytes(self.raw("/api/reports/export?format=hledger"))
                during += len(done) - began
                Journal(file).hledger("check", "--strict")
                entries = json.loads(self.raw("/api/privacy/export"))["ledger_entries"]
                self.assertEqual(sum(centavos(e["amount_str"]) for e in entries), 0)
        finally:
            over.set()
            for client in clients:
                client.join()
        self.assertGreater(during, 0, "nothing was posted while it was read")
        self.end()

    # -- two devices ------------------------------------------------------------------------------

    def step(self, books, chance, made):
        """One change of any kind."""
        accounts = [a["id"] for a in books.ask("GET", "/api/accounts", key=None)]
        categories = [c["id"] for c in books.ask("GET", "/api/categories", key=None)]
        kind = chance.choice(["post", "post", "post", "edit", "delete", "restore", "account",
                              "rename", "close", "category", "archive", "goal", "envelope", "add",
                              "remove", "hold", "merge"])
        text = uuid.uuid4().hex
        if kind == "post":
            account, other = chance.sample(accounts, 2)
            way = chance.choice(["income", "expense", "transfer"])
            got = books.wire.exchange("POST", "/api/transactions", json.dumps({
                "date": "2026-03-15", "account_id": account, "category_id": categories[0],
                "type": way, "amount_cents": chance.randint(1, 99), "description": text,
                **({"to_account_id": other} if way == "transfer" else {})}).encode(), text)
            self.assertIn(got.status, (200, 404, 422), got)
            if got.status == 200:
                made["transactions"].append(json.loads(got.body)["id"])
        elif kind in ("edit", "delete", "restore") and made["transactions"]:
            one = chance.choice(made["transactions"])
            method, path, body = {
                "edit": ("PUT", "", {"amount_cents": chance.randint(1, 99),
                                     "account_id": chance.choice(accounts)}),
                "delete": ("DELETE", "", None), "restore": ("POST", "/restore", None)}[kind]
            if kind == "edit" and chance.random() < 0.5:
                body = {"description": text}
            self.wish(books, method, f"/api/transactions/{one}{path}", body)
        elif kind == "account" or len(accounts) < 4:
            self.wish(books, "POST", "/api/accounts", {"name": text, "type": "cash",
                                                       "balance": chance.choice([0, 7.5])})
        elif kind == "rename":
            self.wish(books, "PUT", f"/api/accounts/{chance.choice(accounts)}",
                      chance.choice([{"name": text}, {"balance": chance.randint(0, 9)}]))
        elif kind == "close":
            self.wish(books, "DELETE", f"/api/accounts/{chance.choice(accounts)}")
        elif kind == "category" or len(categories) < 4:
            self.wish(books, "POST", "/api/categories", {"name": text, "type": "income",
                                                         "color": "#ef4444", "icon": "x"})
        elif kind == "archive":
            self.wish(books, "DELETE", f"/api/categories/{chance.choice(categories)}")
        elif kind == "goal":
            self.wish(books, "POST", "/api/goals", {
                "name": text, "target_amount_cents": 1000, "target_date": "2027-12-31",
                "category": "c", "priority": "low"})
        elif kind == "envelope":
            self.wish(books, "POST", "/api/envelopes", {"name": text, "balance": 50})
        elif kind in ("add", "remove"):
            what = chance.choice(["goals", "envelopes"])
            rows = books.ask("GET", f"/api/{what}", key=None)
            if rows:
                path = f"/api/{what}/{chance.choice(rows)['id']}"
                if kind == "remove":
                    self.wish(books, "DELETE", path)
                elif what == "goals":
                    self.wish(books, "POST", path + "/add-value", {"amount_cents": 3})
                else:
                    self.wish(books, "POST", path + "/add-value?amount=3")
        elif kind == "hold":
            account = chance.choice(accounts)
            got = self.wish(books, "POST", f"/api/accounts/{account}/holds",
                            {"amount_cents": 1, "description": text})
            if got and chance.random() < 0.5:
                self.wish(books, "POST", f"/api/holds/{got['id']}/void")
        elif kind == "merge":
            self.wish(books, "POST", "/api/me/data", {
                "goals": [{"id": f"g-{text}", "name": text, "targetAmountCents": 9,
                           "dueDate": "2027-01-01", "category": "c", "priority": "high"}],
                "accounts": [{"id": f"a-{text}", "name": text, "type": "cash", "balance": 1},
                             {"id": chance.choice(accounts), "name": f"m {text}"}],
                "envelopes": [{"id": f"e-{text}", "name": text, "balance": 5}]})
        made["steps"] += 1

    def wish(self, books, method, path, body=None):
        """What may be refused because another device was faster."""
        content = json.dumps(body).encode() if body is not None else b""
        got = books.wire.exchange(method, path, content, uuid.uuid4().hex)
        self.assertIn(got.status, (200, 400, 404, 422), (method, path, body, got))
        return json.loads(got.body) if got.status == 200 else None

    def test_two_devices(self):
        """What one changes or deletes the other sees: one at a time, and all at once."""
        chance = random.Random(SEED)
        device, made = Device(self.books, self), {"transactions": [], "steps": 0}
        device.sync()
        device.check()
        first = another(self.books)
        self.addCleanup(first.wire.close)
        for _ in range(150):
            self.step(first, chance, made)
            device.sync()
        device.check()

        over = threading.Event()

        def work(number):
            mine, mind = another(self.books), random.Random(number)
            own = {"transactions": list(made["transactions"]), "steps": 0}
            while not over.is_set():
                self.step(mine, mind, own)
            made["steps"] += own["steps"]
            mine.wire.close()

        clients = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for client in clients:
            client.start()
        rounds, end = 0, time.monotonic() + 8
        try:
            while time.monotonic() < end:
                device.sync()
                rounds += 1
        finally:
            over.set()
            for client in clients:
                client.join()
        device.sync()
        device.check()
        self.assertGreater(rounds, 5)
        self.assertGreater(made["steps"], 200)

        # When nothing changes nothing is told, and what was told is not told again for ever.
        time.sleep(AGAIN_LIMIT_S + 1)
        device.sync()
        told = device.told
        device.sync()
        self.assertEqual(device.told, told)
        device.check()
        self.end()

    # -- what a device sends ----------------------------------------------------------------------

    def test_merge(self):
        """One commit and one answer for each key, whatever happens in between."""
        body = {"accounts": [{"id": f"conta-{n}", "name": f"Conta {n}", "type": "cash",
                              "balance": f"{n}.0{n % 10}"} for n in range(196)],
                "categories": [{"id": f"cat-{n}", "name": f"Cat {n}", "type": "expense",
                                "color": "#ef4444", "icon": "x"} for n in range(480)],
                "envelopes": [{"id": f"env-{n}", "name": f"Env {n}", "balance": n}
                              for n in range(200)],
                "goals": [{"id": f"meta-{n}", "name": f"Meta {n}", "targetAmountCents": 1000,
                           "currentAmountCents": n, "dueDate": "2027-01-01", "category": "c",
                           "priority": "low"} for n in range(200)]}
        content = json.dumps(body).encode()
        answers, threads = [], []

        def send():
            mine = Connection(self.server, self.books.wire.token)
            answers.append(mine.exchange("POST", "/api/me/data", content, "inteiro"))
            mine.close()

        for _ in range(4):
            threads.append(threading.Thread(target=send))
            threads[-1].start()
        for thread in threads:
            thread.join()
        self.assertEqual({a.status for a in answers}, {200}, [a.body[:300] for a in answers])
        self.assertEqual(len({a.body for a in answers}), 1)
        made = json.loads(answers[0].body)
        self.assertEqual(made["skipped"], [])
        self.server.kill()
        self.server.start()
        again = self.books.wire.exchange("POST", "/api/me/data", content, "inteiro")
        self.assertEqual(again.headers.get("Idempotent-Replayed"), "true")
        self.assertEqual(again.body, answers[0].body)
        whole = self.books.ask("GET", "/api/me/data", key=None)
        for name in SECTIONS:
            self.assertEqual({i["id"]: i for i in whole[name]}, {i["id"]: i for i in made[name]})
        self.assertEqual(len(whole["accounts"]), 200)
        entries = self.books.ask("GET", "/api/accounts/conta-7/entries", key=None)["items"]
        self.assertEqual([centavos(e["amount_str"]) for e in entries], [707])
        # The snapshot comes back: nothing to do, and nothing is done.
        back = self.books.ask("PUT", "/api/me/data", whole)
        self.assertEqual({n: back[n] for n in SECTIONS}, {n: whole[n] for n in SECTIONS})
        # Deleted ones stay deleted.
        self.books.ask("DELETE", "/api/accounts/conta-3")
        self.books.ask("DELETE", "/api/categories/cat-3")
        self.books.ask("DELETE", "/api/envelopes/env-3")
        self.books.ask("DELETE", "/api/goals/meta-3")
        old = self.books.ask("POST", "/api/me/sync", body)
        self.assertEqual({(s["section"], s["id"], s["reason"]) for s in old["skipped"]},
                         {("accounts", "conta-3", "deleted"), ("categories", "cat-3", "deleted"),
                          ("envelopes", "env-3", "deleted"), ("goals", "meta-3", "deleted")})
        # An account and a category are of one kind for ever.
        odd = self.books.ask("POST", "/api/me/data", {
            "accounts": [{"id": "cat-1", "name": "n", "type": "cash"}],
            "categories": [{"id": "conta-1", "name": "n", "type": "income", "color": "#ef4444",
                            "icon": "x"}]})
        self.assertEqual([s["reason"] for s in odd["skipped"]], ["id_in_use"] * 2)
        # A goal and an envelope may have one id, and each has its own movements.
        twin = self.books.ask("POST", "/api/me/data", {"envelopes": [
            {"id": "meta-1", "name": "n", "balance": 1}]})
        self.assertEqual(twin["skipped"], [])
        # An edit of the balance is an adjustment, and a refusal refuses all.
        self.books.ask("POST", "/api/me/data", {"accounts": [
            {"id": "conta-7", "name": "Sete", "balance": 1}]})
        entries = self.books.ask("GET", "/api/accounts/conta-7/entries", key=None)["items"]
        self.assertEqual([centavos(e["amount_str"]) for e in entries], [-607, 707])
        self.books.ask("POST", "/api/me/data", {
            "accounts": [{"id": "conta-8", "name": "Oito!"}],
            "goals": [{"id": "meta-8", "currentAmountCents": 1001}]}, wanted=422)
        self.assertEqual(self.books.ask("GET", "/api/accounts/conta-8", key=None)["name"],
                         "Conta 8")
        self.end()

    def test_ids_of_others(self):
        """Ids that two users choose at the same time are of one of them, and stay whole."""
        users = [self.books, self.user(), self.user()]
        names = ["ana", "bia", "cid"]
        taken, lock = {}, threading.Lock()

        def send(who):
            mine = another(users[who])
            for round_ in range(40):
                body = {"goals": [{"id": f"g{round_}", "name": names[who], "targetAmountCents": 9,
                                   "currentAmountCents": who, "dueDate": "2027-01-01",
                                   "category": "c", "priority": "low"}],
                        "envelopes": [{"id": f"e{round_}", "name": names[who], "balance": who}],
                        "accounts": [{"id": f"a{round_}", "name": names[who], "type": "cash"}]}
                while True:
                    got = mine.wire.exchange("POST", "/api/me/data", json.dumps(body).encode(),
                                             uuid.uuid4().hex)
                    if got.status == 200:
                        break
                    # Met at the database: asked again it is known whose it is.
                    with lock:
                        taken.setdefault(got.status, []).append(got.body)
                    self.assertEqual(json.loads(got.body)["code"], "OVERLOADED", got)
            mine.wire.close()

        threads = [threading.Thread(target=send, args=(who,)) for who in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(set(taken) - {503}, set(), taken)
        found = {name: {} for name in ("goals", "envelopes", "accounts")}
        for who, user in enumerate(users):
            whole = user.ask("GET", "/api/me/data", key=None)
            for name, all_of in found.items():
                for item in whole[name]:
                    if item["id"][1:].isdigit():
                        self.assertEqual(item["name"], names[who], (name, item))
                        self.assertNotIn(item["id"], all_of)
                        all_of[item["id"]] = who
        for name, all_of in found.items():
            self.assertEqual(set(all_of), {f"{name[0]}{n}" for n in range(40)}, name)
        self.end()


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


if __name__ == "__main__":
    BINARY = begin(__doc__, "hledger", "ledger")
    unittest.main(verbosity=2)
