#!/usr/bin/env python3
"""Many at once: one key in ten hands, thousands of idle and slow clients, a flood above capacity.

  crowd.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import contextlib
import http.client
import json
import pathlib
import random
import resource
import socket
import threading
import time
import unittest

from bed import ClusterCase, begin
from database import Sqlite
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40
ANSWER_LIMIT_S = 20  # nobody waits longer; what is measured is no matter of this test
KEYS, HANDS = 100, 10
IDLE, SLOW, HEALTHY, OUTSIDE = 2000, 100, 8, 200
GROWTH_MAX_KB = 48 * 1024  # from one flood to the next


def connect(port):
    wire = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_LIMIT_S)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return wire


def answer(wire):
    """(status, headers, body) of the next answer; None when the connection ends before one."""
    got = http.client.HTTPResponse(wire)
    try:
        got.begin()
        return got.status, got.headers, got.read()
    except (http.client.HTTPException, ConnectionError):
        return None
    finally:
        got.close()


class Client:
    """A user's connection that is kept; confined to one thread."""

    def __init__(self, port, token):
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_LIMIT_S)
        self.token = token

    def ask(self, method, path, body=None, key=None):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        self.wire.request(method, path, json.dumps(body) if body is not None else None, headers)
        got = self.wire.getresponse()
        return got.status, got.read(), got.headers

    def wanted(self, path):
        status, body, headers = self.ask("GET", path)
        assert status == 200, (path, status, body)
        return json.loads(body), headers

    def close(self):
        self.wire.close()


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)

    def begin(self, **settings):
        self.server = Server(BINARY, self.folder, self.database.url, settings)
        self.addCleanup(self.server.kill)
        self.server.start()
        first = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=ANSWER_LIMIT_S)
        first.request("POST", "/api/auth/register", json.dumps(
            {"name": "Ana", "email": "ana@example.com", "password": "uma senha boa"}),
            {"Content-Type": "application/json"})
        self.token = json.loads(first.getresponse().read())["access_token"]
        first.close()
        self.ana = self.client()
        self.account = self.ana.wanted("/api/accounts")[0][0]["id"]
        self.category = self.ana.wanted("/api/categories")[0][0]["id"]

    def client(self):
        made = Client(self.server.port, self.token)
        self.addCleanup(made.close)
        return made

    def income(self, cents, number):
        return {"date": "2026-03-15", "account_id": self.account, "category_id": self.category,
                "type": "income", "amount_cents": cents, "description": f"op{number}"}

    def books(self):
        """(balance in cents, entries, transactions) of the account."""
        account = self.ana.wanted(f"/api/accounts/{self.account}")[0]
        _, headers = self.ana.wanted(f"/api/transactions?count=true&account_id={self.account}")
        return (round(float(account["balance_str"]) * 100), account["version"],
                int(headers["X-Total-Count"]))

    def end(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, text = self.server.run("verify")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.server.complaints(), [])

    def together(self, count, act):
        """act(i) on so many threads; what they raise is raised here."""
        faults = []

        def run(i):
            try:
                act(i)
            except Exception as why:  # pylint: disable=broad-except
                faults.append(f"thread {i}: {why!r}")

        threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(faults, [])

    # -- keys -------------------------------------------------------------------------------------

    def test_one_key_in_ten_hands(self):
        """1,000 posts on one account, each of 100 keys ten times: 100 effects, one answer a key."""
        self.begin()
        barrier, lock, answers = threading.Barrier(KEYS), threading.Lock(), {}

        def send(i):
            wire = Client(self.server.port, self.token)
            for step in range(HANDS):
                number = (i // HANDS + step * HANDS) % KEYS  # ten threads share it, at this moment
                barrier.wait(ANSWER_LIMIT_S * 3)
                status, body, headers = wire.ask("POST", "/api/transactions",
                                                 self.income(number + 1, number), f"k{number}")
                with lock:
                    answers.setdefault(number, []).append(
                        (status, body, headers.get("Idempotent-Replayed")))
            wire.close()

        self.together(KEYS, send)
        self.assertEqual(sum(map(len, answers.values())), KEYS * HANDS)
        for number, got in answers.items():
            self.assertEqual(len(got), HANDS)
            self.assertEqual({(status, body) for status, body, _ in got},
                             {(200, got[0][1])}, f"k{number}")
            self.assertEqual(sum(replayed is None for _, _, replayed in got), 1, f"k{number}")
        wanted = (KEYS * (KEYS + 1) // 2, KEYS, KEYS)
        self.assertEqual(self.books(), wanted)
        self.server.kill()
        self.server.start()
        self.ana = self.client()
        for number, got in answers.items():
            status, body, headers = self.ana.ask("POST", "/api/transactions",
                                                 self.income(number + 1, number), f"k{number}")
            self.assertEqual((status, body), got[0][:2])
            self.assertEqual(headers["Idempotent-Replayed"], "true")
        self.assertEqual(self.books(), wanted)
        self.end()

    # -- connections ------------------------------------------------------------------------------

    def memory_kb(self):
        status = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def served(self, clients, numbers):
        """Healthy clients read and post, all at once."""
        def act(i):
            client = clients[i]
            self.assertEqual(client.ask("GET", "/api/accounts")[0], 200)
            number = next(numbers)
            self.assertEqual(client.ask("POST", "/api/transactions", self.income(1, number),
                                        f"h{number}")[0], 200)
        self.together(len(clients), act)

    def flood(self):
        """Connections above the bound: each is told so and closed."""
        outside = [connect(self.server.port) for _ in range(OUTSIDE)]
        for wire in outside:
            wire.sendall(b"GET /api/accounts HTTP/1.1\r\nHost: x\r\n\r\n")
        for wire in outside:
            got = answer(wire)
            self.assertIsNotNone(got)
            status, headers, body = got
            self.assertEqual((status, json.loads(body)["code"]), (503, "OVERLOADED"))
            self.assertEqual(headers["Retry-After"], "1")
            self.assertEqual(headers["Connection"], "close")
            wire.close()

    def test_idle_and_slow_clients_and_a_flood(self):
        """Who is inside is served, whoever else hangs on; who is outside is told so at once."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if hard < IDLE + 1000:
            self.skipTest(f"{hard} descriptors are too few")
        # The connection of the test's own questions is one more.
        self.begin(MAX_CONNECTIONS=str(IDLE + SLOW + HEALTHY + 1), HTTP_THREADS="8")
        idle = []
        self.addCleanup(lambda: [wire.close() for wire in idle])
        for _ in range(IDLE):
            wire = connect(self.server.port)
            wire.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            idle.append(wire)
        self.assertEqual({answer(wire)[0] for wire in idle}, {200})
        slow = [connect(self.server.port) for _ in range(SLOW)]
        self.addCleanup(lambda: [wire.close() for wire in slow])
        healthy = [self.client() for _ in range(HEALTHY)]
        numbers = iter(range(10 ** 6))
        self.served(healthy, numbers)

        # One byte a second; half of them in the head of a request, half in its body.
        heads = [b"GET /api/accounts HTTP/1.1\r\nHost: x\r\nX-Padding: ", b"POST /api/transactions "
                 b"HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"]
        for i, wire in enumerate(slow):
            wire.sendall(heads[i % 2])
        before = None
        for second in range(14):  # a head has 10 s, and trickling bytes buy no time
            for wire in slow:
                with contextlib.suppress(OSError):  # ended by now
                    wire.sendall(b"x")
            self.served(healthy, numbers)
            if second < 8:  # later slow ones have made room
                self.flood()
            if second == 3:
                before = self.memory_kb()
            time.sleep(0.9)
        self.assertLess(self.memory_kb() - before, GROWTH_MAX_KB)
        for i, wire in enumerate(slow):
            if i % 2 == 0:
                got = answer(wire)
                self.assertTrue(got is None or got[0] == 408, got)
        for wire in random.Random(1).sample(idle, 50):  # they are still there
            wire.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(answer(wire)[0], 200)
        posted = next(numbers)  # so many numbers were taken
        self.assertEqual(self.books(), (posted, posted, posted))
        for wire in slow + idle:
            wire.close()
        self.end()

    def test_a_flood_of_posts(self):
        """Above the bound of the journal: 503 and nothing done; the key goes through later."""
        self.begin(JOURNAL_QUEUE_MAX="1", JOURNAL_BATCH_MAX="1")
        lock, refused, done = threading.Lock(), [], []
        barrier = threading.Barrier(64)

        def send(i):
            wire = Client(self.server.port, self.token)
            barrier.wait(ANSWER_LIMIT_S)
            for step in range(6):
                number = i * 6 + step
                status, body, headers = wire.ask("POST", "/api/transactions",
                                                 self.income(1, number), f"f{number}")
                with lock:
                    (done if status == 200 else refused).append(number)
                if status != 200:
                    self.assertEqual((status, json.loads(body)["code"]), (503, "OVERLOADED"))
                    self.assertEqual(headers["Retry-After"], "1")
                self.assertEqual(wire.ask("GET", "/api/accounts")[0], 200)  # reads go on
            wire.close()

        self.together(64, send)
        self.assertTrue(done and refused, (len(done), len(refused)))  # else it was no flood
        self.assertEqual(self.books(), (len(done),) * 3)
        for number in refused:
            self.assertEqual(self.ana.ask("POST", "/api/transactions", self.income(1, number),
                                          f"f{number}")[0], 200)
        self.assertEqual(self.books(), (len(done) + len(refused),) * 3)
        self.end()


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
