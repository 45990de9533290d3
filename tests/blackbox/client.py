"""A client on one keep-alive connection that asks again, under the same key, until it knows."""
import http.client
import json
import random
import socket
import time

from history import Attempt

ANSWER_LIMIT_S = 20  # the server promises an answer after 9 s
KNOWS_LIMIT_S = 120
KEPT_HEADERS = ("Idempotent-Replayed", "Retry-After", "X-Next-Cursor", "X-Request-ID")
WANTED = {200: None, 400: None, 404: None, 409: {"IDEMPOTENCY_IN_FLIGHT"}, 422: None,
          503: {"DB_UNAVAILABLE", "DB_READ_ONLY", "OVERLOADED", "SHUTTING_DOWN",
               "SHARD_STOPPED"},  # a server that lost its shards; others would log an alarm
          504: {"OUTCOME_UNKNOWN"}}


class Connection:
    """Confined to one thread. Follows the server to its new port after a restart."""

    def __init__(self, server, token=None):
        self.server, self.token = server, token
        self.port, self.http = 0, None

    def close(self):
        if self.http is not None:
            self.http.close()
        self.http = None

    def exchange(self, method, path, body=b"", key=None, hangs_up=False):
        """One attempt, finished: answered, or lost with `error` saying how."""
        attempt = Attempt(begin=time.monotonic(), sent=False)
        headers = {"Content-Type": "application/json"} if body else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        try:
            port = self.server.port
            if self.http is None or port != self.port:
                self.close()
                if port == 0:
                    raise ConnectionRefusedError("the server is down")
                self.port = port
                self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_LIMIT_S)
                self.http.connect()
            attempt.sent = True
            self.http.request(method, path, body=body or None, headers=headers)
            if hangs_up:
                raise ConnectionAbortedError("hung up before the answer")
            answer = self.http.getresponse()
            content = answer.read()
            attempt.headers = {n: answer.headers[n] for n in KEPT_HEADERS if n in answer.headers}
            attempt.body, attempt.status = content, answer.status
            attempt.end = time.monotonic()
            if answer.will_close:
                self.close()
        except (OSError, http.client.HTTPException) as why:
            attempt.end = time.monotonic()
            slow = isinstance(why, (socket.timeout, TimeoutError)) and attempt.sent
            attempt.error = "no answer in time" if slow else f"{type(why).__name__}: {why}"
            self.close()
        return attempt


class Caller:
    """Performs operations and judges each single answer by the contract."""

    def __init__(self, history, connection, chance=None):
        self.history, self.connection = history, connection
        self.chance = chance or random.Random(0)

    def attempt(self, op, connection=None, hangs_up=False):
        """One request of `op`, recorded while it runs."""
        attempt = Attempt(begin=time.monotonic())
        op.attempts.append(attempt)
        got = (connection or self.connection).exchange(op.method, op.path, op.wire_body, op.key,
                                                       hangs_up)
        # `sent` first: whoever looks in between sees an attempt whose fate is unknown.
        attempt.sent, attempt.error, attempt.headers = got.sent, got.error, got.headers
        attempt.body, attempt.end = got.body, got.end
        attempt.status = got.status
        self.judge(op, attempt)
        return attempt

    def judge(self, op, attempt):
        if attempt.error == "no answer in time":
            self.history.fault("hang", f"op{op.number}: no answer in {ANSWER_LIMIT_S} s")
        if attempt.status is None:
            return
        wanted = WANTED.get(attempt.status, set())
        if wanted is not None and attempt.code not in wanted:
            self.history.fault("unexpected answer", f"op{op.number} {op.method} {op.path}: "
                               f"{attempt.status} {attempt.body[:300]!r}")
        if attempt.status in (409, 503) and "Retry-After" not in attempt.headers:
            self.history.fault("no Retry-After", f"op{op.number}: {attempt.status}")
        if "Idempotent-Replayed" in attempt.headers and attempt.status >= 500:
            self.history.fault("unexpected replay", f"op{op.number}: {attempt.status}")

    def perform(self, op, gives_up=0.0):
        """Asks until the answer is final; gives up after a failed attempt with that chance."""
        end = time.monotonic() + KNOWS_LIMIT_S
        while True:
            attempt = self.attempt(op)
            if attempt.final:
                break
            if self.chance.random() < gives_up:
                break
            if time.monotonic() > end:
                self.history.fault("starved", f"op{op.number}: no final answer in "
                                   f"{KNOWS_LIMIT_S} s, last {attempt.status} {attempt.error}")
                break
            time.sleep(self.chance.uniform(0.005, 0.08))
        op.closed = True
        return op.answer()

    def read(self, path, limit=60):
        """A GET that is repeated until it is answered with 200 or 404; (status, parsed body)."""
        end = time.monotonic() + limit
        while True:
            got = self.connection.exchange("GET", path)
            if got.status in (200, 404):
                return got.status, json.loads(got.body)
            if got.error == "no answer in time":
                self.history.fault("hang", f"GET {path}: no answer in {ANSWER_LIMIT_S} s")
            if got.status is not None and got.status != 503:
                self.history.fault("unexpected answer",
                                   f"GET {path}: {got.status} {got.body[:300]!r}")
                return got.status, None
            if time.monotonic() > end:
                self.history.fault("starved", f"GET {path}: {got.status} {got.error}")
                return None, None
            time.sleep(0.03)
