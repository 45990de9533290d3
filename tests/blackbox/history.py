"""What clients asked and what they were answered: the only witness that the checker believes."""
import dataclasses
import itertools
import json
import re
import threading
import time

PINNED = {"TX_INSUFFICIENT_BALANCE", "TX_ACCOUNT_CLOSED", "TX_BALANCE_LIMIT"}
MARK = re.compile(r"\bop(\d+)(?:\.(\d+))?\b")

IDENTITY = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}")

ACKNOWLEDGED, REFUSED, ABSENT, UNKNOWN = "acknowledged", "refused", "absent", "unknown"


@dataclasses.dataclass
class Attempt:
    """One request on the wire. No status and `sent`: whether it was done is unknown."""
    begin: float
    end: float = None
    status: int = None
    body: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)
    sent: bool = True
    error: str = ""

    @property
    def code(self):
        try:
            return json.loads(self.body).get("code", "") if self.status >= 400 else ""
        except (ValueError, AttributeError):
            return "?"

    @property
    def final(self):
        """A retry would not change this answer."""
        if self.status is None or self.status >= 500 or self.status == 429:
            return False
        return not (self.status == 409 and self.code == "IDEMPOTENCY_IN_FLIGHT")

    @property
    def harmless(self):
        """The contract says that this attempt did nothing (and it may be tried again)."""
        return not self.sent or self.status in (409, 429, 503)


class Operation:
    """One intention of a client: one key, one body, as many attempts as it takes."""

    def __init__(self, number, user, client, kind, method, path, body, key):
        self.number, self.user, self.client, self.kind = number, user, client, kind
        self.method, self.path, self.body, self.key = method, path, body, key
        self.attempts = []
        self.closed = False  # the client is done with it, with a final answer or without

    @property
    def endpoint(self):
        """The scope of its key: method and route template."""
        return f"{self.method} {IDENTITY.sub('/{id}', self.path)}"

    @property
    def wire_body(self):
        return b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()

    @property
    def begin(self):
        return self.attempts[0].begin

    def final_attempts(self):
        return [a for a in self.attempts if a.final]

    def answer(self):
        """The first final answer, or None."""
        finals = self.final_attempts()
        return min(finals, key=lambda a: a.end) if finals else None

    def outcome(self):
        finals = self.final_attempts()
        if any(a.status == 200 for a in finals):
            return ACKNOWLEDGED
        if finals:
            return REFUSED
        return ABSENT if all(a.harmless for a in self.attempts) else UNKNOWN

    def pinned(self):
        answer = self.answer()
        return answer is not None and answer.status == 422 and answer.code in PINNED


class History:
    """Any thread. Keeps everything in memory and writes it as JSON lines when asked."""

    def __init__(self):
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.operations = {}  # by number
        self.faults = []  # what a client itself saw that must not be: (name, text)
        self.began = time.monotonic()

    def number(self):
        return next(self._numbers)

    def add(self, operation):
        with self._lock:
            self.operations[operation.number] = operation
        return operation

    def fault(self, name, text):
        with self._lock:
            self.faults.append((name, text))

    def snapshot(self):
        """A list that may be walked while clients go on."""
        with self._lock:
            return list(self.operations.values())

    def write(self, path):
        with open(path, "w", encoding="utf-8") as out:
            for op in sorted(self.snapshot(), key=lambda o: o.number):
                out.write(json.dumps({
                    "op": op.number, "user": op.user, "client": op.client, "kind": op.kind,
                    "method": op.method, "path": op.path, "body": op.body, "key": op.key,
                    "outcome": op.outcome() if op.attempts else "never sent",
                    "attempts": [{
                        "begin": round(a.begin - self.began, 6),
                        "end": None if a.end is None else round(a.end - self.began, 6),
                        "status": a.status, "sent": a.sent, "error": a.error,
                        "headers": a.headers, "body": a.body.decode(errors="replace"),
                    } for a in op.attempts]}, ensure_ascii=False) + "\n")
