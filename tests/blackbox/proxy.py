"""A loopback TCP proxy in front of PostgreSQL that cuts after so many bytes, or holds them back."""
import contextlib
import socket
import threading

TO_DATABASE, TO_SERVER = "to the database", "to the server"


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
        self.cuts = 0
        self.passed = {TO_DATABASE: 0, TO_SERVER: 0}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    # -- faults -----------------------------------------------------------------------------------

    def cut_after(self, direction, count):
        """All connections end after `count` more bytes in this direction."""
        with self._lock:
            self._left[direction] = count

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
            with self._lock:
                self._pairs.add((near, far))
            for source, sink, direction in ((near, far, TO_DATABASE), (far, near, TO_SERVER)):
                threading.Thread(target=self._pump, daemon=True,
                                 args=(source, sink, direction, (near, far))).start()

    def _pump(self, source, sink, direction, pair):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if not data:
                    break
                self._flowing[direction].wait()
                with self._lock:
                    left = self._left[direction]
                    last = left is not None and left <= len(data)
                    if left is not None:
                        data = data[:left]
                        self._left[direction] = None if last else left - len(data)
                    self.passed[direction] += len(data)
                if data:
                    sink.sendall(data)
                if last:
                    self._cut()
                    return
        self._drop(pair)

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
