"""Requests at a fixed rate, whether answers come soon or late, from a process of its own: who
measures beside it does not wait for its interpreter. Callers that wait for their answer before
they ask again (wrk) ask less when the server is slow, and hide it."""
import json
import multiprocessing
import re
import select
import socket
import time
from array import array
from collections import Counter, deque

ID = re.compile(rb'"id": ?"([0-9a-f-]{36})"')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
EPOCH_MS = 1_577_836_800_000  # base/id.cpp: 2020-01-01T00:00:00Z
END_S = 30  # for what is on its way when it is told to end


def request(name, token, method, path, body=None):
    """(name, bytes); several may have one name and are measured together."""
    text = "" if body is None else json.dumps(body)
    return name, (f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
                  f"Content-Type: application/json\r\nContent-Length: {len(text.encode())}\r\n\r\n"
                  f"{text}").encode()


def key_of(text):
    """The key of the database behind an id (base/id.cpp)."""
    bits = int(text.replace(b"-", b""), 16)
    high, low = bits >> 64, bits & (1 << 64) - 1
    return ((high >> 16) - EPOCH_MS) << 20 | (high & 0xfff) << 8 | low >> 54 & 0xff


class PacedLoad:
    """`requests` in turn, `rate` a second. The ids in the answers to those whose names are in
    `kept` go to a file, a key on each line."""

    def __init__(self, port, requests, rate, connections=32, kept=(), kept_in="/dev/null"):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(
            target=feed, args=(theirs, port, requests, rate, connections, kept, kept_in),
            daemon=True)
        self.process.start()
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """What is on its way is given up, unless it has ended."""
        self.process.kill()
        self.process.join()

    def take(self, word="take"):
        """Since the last time: {"ms": milliseconds of each name, "refused": statuses,
        "behind": requests that wait for a connection}."""
        self.pipe.send(word)
        said = self.pipe.recv()
        if isinstance(said, str):
            raise RuntimeError(f"void: the load ended: {said}")
        return said

    def end(self):
        """When all that was asked is answered."""
        last = self.take("end")
        self.process.join()
        return last


def feed(pipe, *how):
    try:
        Feed(pipe, *how).run()
    except Exception as e:  # whoever asks next is told
        pipe.recv()
        pipe.send(f"{type(e).__name__}: {e}")


class Feed:
    def __init__(self, pipe, port, requests, rate, connections, kept, kept_in):
        self.pipe, self.requests, self.rate, self.kept = pipe, requests, rate, frozenset(kept)
        self.file = open(kept_in, "w", encoding="ascii", buffering=1 << 20)
        self.poll = select.epoll()
        self.poll.register(pipe.fileno(), select.EPOLLIN)
        self.free, self.open, self.waiting = deque(), {}, deque()
        self.sockets, self.asked, self.over = {}, 0, False
        for _ in range(connections):
            wire = socket.create_connection(("127.0.0.1", port), timeout=30)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets[wire.fileno()] = wire
            self.poll.register(wire.fileno(), select.EPOLLIN)
            self.free.append(wire.fileno())  # first in, first out: none is idle for long
        self.forget()

    def forget(self):
        self.ms = {name: array("d") for name, _ in self.requests}
        self.refused = Counter()

    def run(self):
        self.began = time.monotonic()
        while not self.over:
            now = time.monotonic()
            self.fall_due(now)
            while self.waiting and self.free:
                self.ask(self.waiting.popleft())
            next_at = self.began + (self.asked + 1) / self.rate
            ready = self.poll.poll(1 if self.waiting else max(0, next_at - now))
            for fd in (fd for fd, _ in ready if fd != self.pipe.fileno()):
                self.hear(fd)
            if self.pipe.poll():  # last: at the end it hears all itself
                self.obey(self.pipe.recv())

    def fall_due(self, now):
        """A request counts from here, though no connection may be free for it. What this process
        itself comes late for does not count: that is not the server's."""
        for turn in range(self.asked, int((now - self.began) * self.rate)):
            self.waiting.append((turn, now))
            self.asked += 1

    def ask(self, due):
        turn, since = due
        name, content = self.requests[turn % len(self.requests)]
        fd = self.free.popleft()
        self.open[fd] = [name, since, b""]
        self.sockets[fd].sendall(content)

    def hear(self, fd):
        got = self.sockets[fd].recv(1 << 18)
        if not got or fd not in self.open:
            raise RuntimeError("the server closed a connection")
        one = self.open[fd]
        one[2] += got
        head, end, body = one[2].partition(b"\r\n\r\n")
        if not end or len(body) < int(LENGTH.search(head)[1]):
            return
        name, since, _ = self.open.pop(fd)
        self.free.append(fd)
        status = int(head[9:12])
        if status >= 300:
            self.refused[status] += 1
            return
        self.ms[name].append(1e3 * (time.monotonic() - since))
        if name in self.kept:
            self.file.write(f"{key_of(ID.search(body)[1])}\n")

    def obey(self, word):
        if word == "end":
            self.over = True
            until = time.monotonic() + END_S
            while self.open or self.waiting:
                while self.waiting and self.free:
                    self.ask(self.waiting.popleft())
                for fd, _ in self.poll.poll(1):
                    self.hear(fd)
                if time.monotonic() > until:
                    raise RuntimeError(f"{len(self.open)} requests were not answered")
            self.file.close()
        self.pipe.send({"ms": self.ms, "refused": dict(self.refused),
                        "behind": len(self.waiting)})
        self.forget()
