"""A loopback TCP proxy in front of PostgreSQL that cuts after so many bytes, or holds them back."""
import contextlib
import re
import socket
import threading

TO_DATABASE, TO_SERVER = "to the database", "to the server"
# The statement of the commit record, in the message that binds it. A writer prepares it in several
# forms, by number of rows: commit_insert, commit_insert/1 …
COMMIT = re.compile(rb"\0commit_insert(?:/\d+)?\0")


class Aim:
    """At the next commit on any connection: after `count` bytes of it (to the database) or of its
    answer (to the server), that connection is cut, or held back until release()."""

    def __init__(self, direction, count, cuts):
        self.direction, self.left, self.cuts = direction, count, cuts
        self.pair = None
        self.struck, self.released = threading.Event(), threading.Event()

    def release(self):
        self.released.set()


class Proxy:
    """Any thread may arm a fault; each connection has a thread per direction."""

    def __init__(self, target_port):
        self.target_port = target_port
        self._lock = threading.Lock()
        self._pairs = set()
        self._left = {TO_DATABASE: None, TO_SERVER: None}  # bytes until the cut
        self._flowing = {TO_DATABASE: threading.Event(), TO_SERVER: threading.Event()}
        for event in self._flowing.values():
            event.set()
        self._refusing = False
        self._aim, self._aims = None, []  # the one that waits for its commit; all until heal()
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    # -- faults -----------------------------------------------------------------------------------

    def cut_after(self, direction, count):
        """All connections end after `count` more bytes in this direction."""
        with self._lock:
            self._left[direction] = count

    def aim(self, direction, count, cuts=True):
        with self._lock:
            self._aim = Aim(direction, count, cuts)
            self._aims.append(self._aim)
            return self._aim

    def cut_now(self):
        self._cut()

    def stall(self, direction):
        self._flowing[direction].clear()

    def refuse(self, yes=True):
        """New connections are closed at once."""
        self._refusing = yes

    def heal(self):
        with self._lock:
            self._left = {TO_DATABASE: None, TO_SERVER: None}
            self._aim, aims = None, self._aims
            self._aims = []
        for aim in aims:
            aim.release()
        self._refusing = False
        for event in self._flowing.values():
            event.set()

    def close(self):
        self.heal()
        self._listener.close()
        self._cut()

    # -- pumps ------------------------------------------------------------------------------------

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._refusing:
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self.target_port), timeout=10)
                far.settimeout(None)
            except OSError:
                near.close()
                continue
            for s in (near, far):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = near, far
            with self._lock:
                self._pairs.add(pair)
            for source, sink, direction in ((near, far, TO_DATABASE), (far, near, TO_SERVER)):
                threading.Thread(target=self._pump, daemon=True,
                                 args=(source, sink, direction, pair)).start()

    def _pump(self, source, sink, direction, pair):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if not data:
                    break
                self._flowing[direction].wait()
                aim, kept = self._struck(data, direction, pair)
                if aim:
                    if kept:
                        sink.sendall(data[:kept])
                    aim.struck.set()
                    if aim.cuts:
                        break
                    aim.released.wait()
                    data = data[kept:]
                data, last = self._counted(data, direction)
                if data:
                    sink.sendall(data)
                if last:
                    self._cut()
                    return
        self._drop(pair)

    def _struck(self, data, direction, pair):
        """(the aim that ends within these bytes, how many of them still pass) or (None, 0)"""
        with self._lock:
            aim = self._aim
            if aim is None or aim.struck.is_set():
                return None, 0
            commit = COMMIT.search(data) if direction == TO_DATABASE else None
            if aim.pair is None and commit:
                aim.pair = pair
                if aim.direction == TO_DATABASE:
                    aim.left += commit.start()
            if aim.pair is not pair or aim.direction != direction:
                return None, 0
            if aim.left < len(data):
                self._aim = None
                return aim, aim.left
            aim.left -= len(data)
            return None, 0

    def _counted(self, data, direction):
        """(what of it passes, whether the cut comes behind it)"""
        with self._lock:
            left = self._left[direction]
            last = left is not None and left <= len(data)
            if left is not None:
                data = data[:left]
                self._left[direction] = None if last else left - len(data)
            return data, last

    def _cut(self):
        with self._lock:
            pairs = list(self._pairs)
            self.cuts += 1
        for pair in pairs:
            self._drop(pair)

    def _drop(self, pair):
        with self._lock:
            self._pairs.discard(pair)
        for s in pair:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)  # wakes the other pump
            s.close()
