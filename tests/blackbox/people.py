#!/usr/bin/env python3
"""What users have beside their books, over the wire: sessions, forgotten passwords, envelopes.

  people.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import email
import http.client
import json
import re
import socket
import sys
import threading
import unittest
import urllib.parse

from bed import ClusterCase, command_line, require
from database import Sqlite
from server import Server

BINARY = None
PASSWORD = "uma senha boa"
DRAIN_LIMIT_S = 40


class MailSink:
    """A mail server on loopback that keeps what it is sent."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
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
                say(b"250 kept")
            elif word == b"QUIT":
                return say(b"221 bye")
            else:
                say(b"250 fine")

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
        self.assertEqual(self.ana.enter("/api/auth/refresh"), 200)
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

    def test_many_at_one_envelope(self):
        """Each wish is sent many times at once: one effect, and one answer for each key."""
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
        self.end()


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


if __name__ == "__main__":
    BINARY, arguments = command_line(__doc__)
    require(postgres=any("OnPostgres" in a for a in arguments))
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
