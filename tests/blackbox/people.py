#!/usr/bin/env python3
"""What users have beside their books, over the wire: sessions, forgotten passwords, envelopes.

  people.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import base64
import email
import http.client
import json
import random
import re
import socket
import threading
import unittest
import urllib.parse

from bed import ClusterCase, begin
from books import Books
from database import Sqlite
from server import Server

BINARY = None
# The first commit of such a server is that of the client.
QUIET = {"SYSTEM_SCHEDULES": "0"}
PASSWORD = "uma senha boa"
DRAIN_LIMIT_S = 40


class MailSink:
    """A mail server on loopback that keeps what it is sent."""

    def __init__(self, port=0):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.mails, self.came = [], threading.Condition()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as wire:
                self.converse(wire)

    def converse(self, wire):
        def say(text):
            wire.write(text + b"\r\n")
            wire.flush()

        say(b"220 sink")
        while line := wire.readline():
            word = line.strip().upper()
            if word == b"DATA":
                say(b"354 go on")
                lines = []
                while (text := wire.readline()) not in (b".\r\n", b""):
                    lines.append(text)
                with self.came:
                    self.mails.append(b"".join(lines))
                    self.came.notify_all()
                say(self.verdict())
            elif word == b"QUIT":
                return say(b"221 bye")
            else:
                say(b"250 fine")

    def verdict(self):
        return b"250 kept"

    def mail(self, number):
        with self.came:
            assert self.came.wait_for(lambda: len(self.mails) >= number, 60), "no mail came"
            return self.mails[number - 1]


class Browser:
    """Keeps the cookie and the access token, as a web app does."""

    def __init__(self, server):
        self.server, self.token, self.cookie = server, None, None

    def ask(self, method, path, body=None, key=None, token=None, cookie=None, match=None):
        headers = {"Content-Type": "application/json"}
        if token or self.token:
            headers["Authorization"] = f"Bearer {token or self.token}"
        if cookie or self.cookie:
            headers["Cookie"] = f"theme=dark; refresh_token={cookie or self.cookie}"
        if key:
            headers["Idempotency-Key"] = key
        if match:
            headers["If-Match"] = match
        wire = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            wire.request(method, path, json.dumps(body).encode() if body is not None else None,
                         headers)
            answer = wire.getresponse()
            content = json.loads(answer.read() or b"null")
        finally:
            wire.close()
        return answer.status, content, answer.headers

    def wanted(self, method, path, body=None, **more):
        status, content, _ = self.ask(method, path, body, **more)
        if status != 200:
            raise AssertionError(f"{method} {path}: {status} {content}")
        return content

    def enter(self, path, body=None, cookie=None):
        """A call that answers with a token; its status."""
        status, content, headers = self.ask("POST", path, body, cookie=cookie)
        if status == 200:
            self.token = content["access_token"]
            found = re.match(r"refresh_token=([^;]+); HttpOnly; SameSite=Lax; Path=/",
                             headers.get("Set-Cookie", ""))
            if found:
                self.cookie = found.group(1)
        return status

    def register(self):
        return self.enter("/api/auth/register", {"name": "Ana", "email": "ana@example.com",
                                                 "password": PASSWORD})

    def login(self, password=PASSWORD):
        return self.enter("/api/auth/login", {"email": "ana@example.com", "password": password})


def life_s(token):
    """How long an access token is good for."""
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims["exp"] - claims["iat"]


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.sink = MailSink()
        self.addCleanup(self.sink.close)
        self.server = Server(BINARY, self.folder, self.database.url, {
            "USE_REFRESH_TOKENS": "1", "REFRESH_REUSE_GRACE_SECONDS": "0",
            "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.sink.port),
            "SMTP_FROM": "conta@vaidepix.example", "FRONTEND_URL": "https://app.example"})
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana = Browser(self.server)
        self.assertEqual(self.ana.register(), 200)

    def end(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, text = self.server.run("verify")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.server.complaints(), [])

    def me(self, token=None):
        return self.ana.ask("GET", "/api/auth/me", token=token)[0]

    def test_sessions(self):
        """Tokens rotate, survive a crash, and a stolen one ends its family."""
        first = self.ana.cookie
        self.assertEqual(life_s(self.ana.token), 600)  # whatever life it has without refresh
        self.assertEqual(self.ana.enter("/api/auth/refresh"), 200)
        self.assertEqual(life_s(self.ana.token), 600)
        self.assertNotEqual(self.ana.cookie, first)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.me(), 200)
        self.assertEqual(self.ana.enter("/api/auth/refresh"), 200)
        other = Browser(self.server)
        self.assertEqual(other.login(), 200)
        sessions = self.ana.wanted("GET", "/api/auth/sessions")
        self.assertEqual(sorted(s["current"] for s in sessions), [False, True])

        kept, token = self.ana.cookie, self.ana.token
        status, answer, headers = self.ana.ask("POST", "/api/auth/refresh", cookie=first)
        self.assertEqual((status, answer["code"]), (401, "REFRESH_REUSED"))
        self.assertIn("Max-Age=0", headers["Set-Cookie"])
        self.assertEqual(self.me(token), 401)  # at once
        self.assertEqual(self.ana.ask("POST", "/api/auth/refresh", cookie=kept)[0], 401)
        self.assertEqual(self.me(other.token), 200)

        self.assertEqual(self.ana.login(), 200)
        self.ana.wanted("POST", "/api/auth/logout")
        self.assertEqual(self.me(), 401)
        other.wanted("POST", "/api/auth/logout-all")
        self.assertEqual(self.me(other.token), 401)
        self.end()

    def broken_off(self, point, address):
        """Ends the server at this point of a registration; whether it happened."""
        self.server.kill()
        self.server.start(crash_point=point, settings=QUIET)
        with self.assertRaises((OSError, http.client.HTTPException)):
            Browser(self.server).enter("/api/auth/register", {
                "name": "Bia", "email": address, "password": PASSWORD})
        self.assertIsNotNone(self.server.wait_dead(30))
        self.server.start()
        person = Browser(self.server)
        status = person.enter("/api/auth/login", {"email": address, "password": PASSWORD})
        if status == 401:  # nothing of it is there: the address is free
            self.assertEqual(person.enter("/api/auth/register", {
                "name": "Bia", "email": address, "password": PASSWORD}), 200)
        else:
            self.assertEqual(status, 200)
            self.assertEqual(len(person.wanted("GET", "/api/auth/sessions")), 2)
        self.assertEqual(len(person.wanted("GET", "/api/accounts")), 4)
        self.assertEqual(len(person.wanted("GET", "/api/categories")), 15)
        return status == 200

    def test_a_registration_that_breaks_off(self):
        """User, accounts, categories and session are there, or nothing is."""
        happened = {point: self.broken_off(point, f"bia{n}@example.com") for n, point in
                    enumerate(("handed_over", "batch_sent", "committed"))}
        self.assertEqual((happened["handed_over"], happened["committed"]), (False, True))
        self.end()

    def test_forgotten_password(self):
        status, answer, _ = self.ana.ask("POST", "/api/auth/forgot-password",
                                         {"email": "nobody@example.com"})
        self.assertEqual(status, 200)
        self.assertEqual(self.ana.wanted("POST", "/api/auth/forgot-password",
                                         {"email": "Ana@example.com"}), answer)
        mail = email.message_from_bytes(self.sink.mail(1))
        self.assertEqual(mail["To"], "<ana@example.com>")
        text = mail.get_payload(decode=True).decode()
        link = re.search(r"https://app\.example/auth/reset-password\?\S+", text).group(0)
        token = urllib.parse.parse_qs(urllib.parse.urlparse(link).query)["token"][0]
        self.ana.wanted("POST", "/api/auth/reset-password",
                        {"token": token, "new_password": "outra senha"})
        self.assertEqual(self.me(), 401)
        self.assertEqual(self.ana.login(), 401)
        self.assertEqual(self.ana.login("outra senha"), 200)
        self.assertEqual(self.ana.ask("POST", "/api/auth/reset-password",
                                      {"token": token, "new_password": "mais uma senha"})[0], 400)
        self.assertEqual(len(self.sink.mails), 1)
        self.end()

    def together(self, calls):
        """What all of them answer; they are made at once."""
        answers, ready = [None] * len(calls), threading.Barrier(len(calls))

        def work(n):
            ready.wait()
            answers[n] = calls[n]()

        threads = [threading.Thread(target=work, args=(n,)) for n in range(len(calls))]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return answers

    def test_many_on_one_tag(self):
        """All have seen the same: one change is done, and the others are told so."""
        category = self.ana.wanted("GET", "/api/categories")[0]["id"]
        for path in (f"/api/categories/{category}", "/api/auth/me"):
            seen = self.ana.ask("GET", path)[2]["ETag"]
            answers = self.together([
                lambda n=n: self.ana.ask("PUT", path, {"name": f"Nome {n}"}, match=seen)
                for n in range(8)])
            done = [a for a in answers if a[0] == 200]
            self.assertEqual(len(done), 1, answers)
            self.assertEqual({(status, told["code"]) for status, told, _ in answers
                              if status != 200}, {(409, "VERSION_CONFLICT")})
            _, now, headers = self.ana.ask("GET", path)
            self.assertEqual(now, done[0][1])
            tag = done[0][2]["ETag"]
            self.assertEqual(headers["ETag"].partition(";")[0] + '"', tag)
            self.ana.wanted("PUT", path, {"name": "Nome"}, match=tag)
            self.assertEqual(self.ana.ask("PUT", path, {"name": "Outro"}, match=tag)[0], 409)
        self.end()

    def test_many_for_one_address(self):
        people = [self.ana]
        for n in range(3):
            people.append(Browser(self.server))
            self.assertEqual(people[-1].enter("/api/auth/register", {
                "name": "Pessoa", "email": f"p{n}@example.com", "password": PASSWORD}), 200)
        wish = {"email": "nova@example.com"}
        answers = self.together([lambda p=p: p.ask("PUT", "/api/auth/me", wish, key="mudei")
                                 for p in people])
        self.assertEqual(sorted(a[0] for a in answers), [200, 400, 400, 400])
        self.assertEqual({told["code"] for status, told, _ in answers if status != 200},
                         {"EMAIL_IN_USE"})
        for person, (status, told, _) in zip(people, answers):
            again, same, headers = person.ask("PUT", "/api/auth/me", wish, key="mudei")
            self.assertEqual(again, status)
            if status == 200:
                self.assertEqual(same, told)
                self.assertEqual(headers["Idempotent-Replayed"], "true")
        self.end()

    def test_the_end_of_an_account(self):
        """The person is gone, and the ledger is what it was; an archived category takes nothing."""
        books = self.other()
        books.fill()
        accounts = books.ask("GET", "/api/accounts", key=None)
        kinds = books.ask("GET", "/api/categories", key=None)
        books.ask("DELETE", f"/api/categories/{kinds[0]['id']}")
        refused = books.ask("POST", "/api/transactions", {
            "date": "2026-03-15", "account_id": accounts[-1]["id"], "category_id": kinds[0]["id"],
            "type": kinds[0]["type"], "amount_cents": 1, "description": "x"}, wanted=404)
        self.assertEqual(refused["code"], "TX_CATEGORY_NOT_FOUND")
        before = self.ledger_rows()
        self.assertGreater(len(before), 300)
        gone = books.ask("POST", "/api/privacy/delete-account", {"password": "correct horse"},
                         key=None)
        self.assertEqual(gone["message"], "Conta excluída com sucesso. Seus dados foram "
                         "anonimizados; o histórico contábil é mantido para fins de auditoria.")
        self.assertEqual(books.wire.exchange("GET", "/api/accounts").status, 401)
        self.assertEqual(self.ledger_rows(), before)
        self.end()
        self.assertEqual(self.ledger_rows(), before)

    def test_one_fault_after_the_other(self):
        """All faults at once, mended one by one: which is said; what a transfer answers."""
        books = self.other()
        origin, target = (a["id"] for a in books.ask("GET", "/api/accounts", key=None)[:2])
        category = books.ask("GET", "/api/categories", key=None)[0]["id"]
        wish = {"date": "2026-03-15", "account_id": "x", "category_id": "x", "type": "foo",
                "amount_cents": 701, "description": " ", "to_account_id": origin}
        for status, code, mended in (
                (400, "TX_VALIDATION_INVALID_TYPE", {"type": "transfer"}),
                (400, "TX_VALIDATION_DESCRIPTION", {"description": "vai"}),
                (404, "ACCOUNT_NOT_FOUND", {"account_id": origin}),
                (404, "TX_CATEGORY_NOT_FOUND", {"category_id": category}),
                (400, "TX_TRANSFER_SAME_ACCOUNT", {"to_account_id": "x"}),
                (404, "TX_TRANSFER_TO_ACCOUNT", {"to_account_id": target}),
                (422, "TX_INSUFFICIENT_BALANCE", {"amount_cents": 700})):
            refused = books.ask("POST", "/api/transactions", wish, wanted=status)
            self.assertEqual(refused["code"], code)
            wish.update(mended)
        books.ask("PUT", f"/api/accounts/{origin}", {"balance": 7})
        names = {a["id"]: a["name"] for a in books.ask("GET", "/api/accounts", key=None)}
        made = books.ask("POST", "/api/transactions", wish, key="k")
        self.assertEqual((made["account_id"], made["amount_str"], made["description"]),
                         (origin, "7.00", f"vai → {names[target]}"))
        other = books.ask("GET", f"/api/transactions/{made['transfer_transaction_id']}",
                          key=None)
        self.assertEqual((other["account_id"], other["description"],
                          other["transfer_transaction_id"]),
                         (target, f"vai ← {names[origin]}", made["id"]))
        # The key comes before the type.
        self.assertEqual(books.ask("POST", "/api/transactions", dict(wish, type="foo"), key="k",
                                   wanted=400)["code"], "IDEMPOTENCY_KEY_REUSED")
        self.end()

    def other(self):
        """Somebody else, with books."""
        books = Books(self.server, random.Random(20))
        self.addCleanup(books.wire.close)
        return books

    def ledger_rows(self):
        """Every entry, from the tables."""
        return sorted(self.database.tables()["ledger_entries"], key=str)

    def test_many_at_one_envelope(self):
        """Each wish is sent many times at once: one effect, and one answer for each key."""
        accounts = self.ana.wanted("GET", "/api/accounts")
        envelope = self.ana.wanted("POST", "/api/envelopes", {"name": "Reserva"})["id"]
        goal = self.ana.wanted("POST", "/api/goals", {
            "name": "Viagem", "target_amount_cents": 1000, "target_date": "2027-12-31",
            "category": "lazer", "priority": "low"})["id"]
        wishes = [("POST", f"/api/envelopes/{envelope}/add-value?amount={n}", None, f"k{n}")
                  for n in range(1, 61)]
        wishes += [("POST", f"/api/goals/{goal}/add-value", {"amount_cents": 10}, f"g{n}")
                   for n in range(60)]
        answers, lock = {}, threading.Lock()

        def send(mine):
            for method, path, body, key in mine:
                got = self.ana.ask(method, path, body, key=key)
                with lock:
                    answers.setdefault(key, []).append(got[:2])

        threads = [threading.Thread(target=send, args=(wishes[i % 5::2] + wishes[i % 5 + 1::2],))
                   for i in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        send(wishes)
        for key, got in answers.items():
            self.assertEqual(got[0][0], 200, (key, got))
            self.assertEqual([g for g in got if g != got[0]], [], key)
        self.server.kill()
        self.server.start()
        balance = self.ana.wanted("GET", f"/api/envelopes/{envelope}")["balance"]
        self.assertEqual(balance, sum(range(1, 61)))
        self.assertEqual(self.ana.wanted("GET", f"/api/goals/{goal}")["current_amount"], 6)
        self.assertEqual(self.ana.ask("POST", f"/api/envelopes/{envelope}/withdraw-value"
                                              f"?amount={balance + 1}")[0], 400)
        self.assertEqual(self.ana.wanted("GET", "/api/accounts"), accounts)  # not their money
        self.end()


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
