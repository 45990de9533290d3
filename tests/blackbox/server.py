"""One real `vaidepix serve` process: start, ready, kill -9, SIGTERM, restart; its log and exit."""
import copy
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time

STARTED = re.compile(rb"^Vai de Pix .* on http://[^:]+:(\d+) ")
COMPLAINT = re.compile(
    rb"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|invariant|terminate called",
    re.I)
ALARM = re.compile(rb"\bCRITICAL\b|\bERROR\b")
START_LIMIT_S = 60


class StartFailed(Exception):
    """The process ended before it was ready; `code` is its exit code, `text` its output."""

    def __init__(self, code, text):
        super().__init__(f"the server ended with {code} before it was ready:\n{text}")
        self.code, self.text = code, text


class Server:
    """Not thread-safe, except that clients may read `port` at any time (0: it is down)."""

    def __init__(self, binary, folder, database_url, settings=None):
        self.binary = str(binary)
        self.folder = pathlib.Path(folder)
        self.settings = dict(settings or {})
        self.environment = {
            "PATH": os.environ.get("PATH", ""), "DATABASE_URL": database_url,
            "HOST": "127.0.0.1", "PORT": "0", "NODE_ID": "blackbox",
            "SECRET_KEY": "k" * 48, "ACCESS_TOKEN_EXPIRE_MINUTES": "1440",
            "RATE_LIMIT_ENABLED": "0",  # all clients of a test come from one address
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.identity = {}  # user and group of the process, for Popen
        self.port = 0
        self.process = None
        self.starts = 0
        self.log_paths = []
        self.forgiven = set()  # logs of servers that have lost their shards to another

    def run(self, *arguments, timeout=120):
        """Another command of the same binary on the same database; (exit code, output)."""
        done = subprocess.run([self.binary, *arguments], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout, check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def launch(self, crash_point=None, settings=None):
        """Starts the process and does not wait."""
        assert not self.running(), "one process at a time"
        self.starts += 1
        log = self.folder / f"server-{self.starts:03d}.log"
        self.log_paths.append(log)
        environment = dict(self.environment, **self.settings, **(settings or {}))
        if crash_point:
            environment["VAIDEPIX_CRASH_POINT"] = crash_point
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [self.binary, "serve"], cwd=self.folder, env=environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                **self.identity)

    def start(self, crash_point=None, settings=None, limit=START_LIMIT_S):
        """Starts and waits until it is ready; the seconds that took. Raises StartFailed."""
        began = time.monotonic()
        self.launch(crash_point, settings)
        self.wait_started(limit)
        self.wait_ready(limit)
        return time.monotonic() - began

    def wait_started(self, limit=START_LIMIT_S):
        """Until it listens."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            for line in self.log_paths[-1].read_bytes().splitlines():
                found = STARTED.match(line)
                if found:
                    self.port = int(found.group(1))
                    return
            code = self.process.poll()
            if code is not None:
                raise StartFailed(code, self.log())
            time.sleep(0.01)
        raise StartFailed(None, self.log())

    def wait_ready(self, limit=START_LIMIT_S):
        """Until /health/ready says so; the seconds that took."""
        began = time.monotonic()
        answer = None
        while time.monotonic() < began + limit:
            code = self.process.poll()
            if code is not None:
                self.port = 0
                raise StartFailed(code, self.log())
            try:
                status, answer = self.get("/health/ready")
                if status == 200:
                    return time.monotonic() - began
            except OSError as why:
                answer = why
            except http.client.HTTPException as why:
                answer = why
            time.sleep(0.02)
        raise TimeoutError(f"not ready after {limit} s, last answer: {answer}")

    def get(self, path, timeout=15):
        """(status, parsed body) of an open path."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def metrics(self):
        """{series: value} of /metrics."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("GET", "/metrics")
            lines = connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {series: float(value) for series, value in pairs}

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def freeze(self):
        """SIGSTOP; waits until all threads stand still: on a busy machine that takes a while."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def step_aside(self):
        """Freezes the process and hands it over as a server of its own; this one may start anew."""
        former = copy.copy(self)
        former.freeze()
        self.forgiven.add(self.log_paths[-1])
        self.process, self.port = None, 0
        return former

    def kill(self):
        """kill -9; waits for the end."""
        if self.process is None:
            return
        self.process.kill()
        self.wait_dead(30)

    def wait_dead(self, limit):
        """The exit code, or None when it still runs after `limit` seconds."""
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        self.port = 0
        self.process = None
        return code

    def terminate(self, limit):
        """SIGTERM; (exit code or None when it did not end in time, seconds)."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.wait_dead(limit)
        return code, time.monotonic() - began

    def log(self):
        return self.log_paths[-1].read_text(errors="replace")

    def complaints(self):
        """Lines of all logs in which a sanitizer, a broken invariant or an alarm speaks."""
        found = []
        for path in self.log_paths:
            for line in path.read_bytes().splitlines():
                alarm = path not in self.forgiven and ALARM.search(line)
                if alarm or COMPLAINT.search(line):
                    found.append(f"{path.name}: {line.decode(errors='replace')}")
        return found
