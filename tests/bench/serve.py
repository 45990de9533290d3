"""One `vaidepix serve` of the bench: release build, a port of its own, warnings only."""
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

LISTENS = re.compile(rb" on http://[^:]+:(\d+) ")


class Serve:
    def __init__(self, build, folder, database_url, more=None):
        self.binary = str(build / "app/vaidepix")
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.script = self.token = ""
        self.environment = {
            "PATH": os.environ["PATH"], "DATABASE_URL": database_url, "HOST": "127.0.0.1",
            "PORT": "0", "NODE_ID": "bench", "SECRET_KEY": "k" * 48, "LOG_LEVEL": "WARNING",
            "RATE_LIMIT_ENABLED": "0",
            "ACCESS_TOKEN_EXPIRE_MINUTES": "600", **(more or {})}
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.binary, "serve"], cwd=self.folder,
                                        env=self.environment, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        self.port = 0
        while not self.port:  # a line of the log may come first
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("vaidepix serve did not start; its message is above")
            found = LISTENS.search(line)
            self.port = int(found.group(1)) if found else 0
        # Read to the end: a full pipe would hold up whoever writes the log.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self._wait_ready()

    def _wait_ready(self):
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5)
                return
            except urllib.error.HTTPError:
                time.sleep(0.05)
        raise RuntimeError("vaidepix serve does not become ready")

    def run(self, *words):
        """A command of the program on the same database, while no server runs."""
        subprocess.run([self.binary, *words], cwd=self.folder, env=self.environment, check=True,
                       stdout=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def verify(self):
        print("\n`vaidepix verify`:\n\n```", flush=True)
        subprocess.run([self.binary, "verify"], cwd=self.folder, env=self.environment, check=True)
        print("```", flush=True)
