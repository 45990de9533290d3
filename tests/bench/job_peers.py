"""graphile-worker and pg-boss, installed with npm into a folder of their own, on our PostgreSQL."""
import json
import os
import pathlib
import shutil
import subprocess
import threading

SOURCES = pathlib.Path(__file__).resolve().parent / "peers"


class Peers:
    """Says in `missing` why there are none; a bench without peers says so in its report."""

    def __init__(self, pg, folder):
        self.pg, self.missing, self.made = pg, "", 0
        self.folder = pathlib.Path(os.environ.get("VAIDEPIX_BENCH_PEERS", folder / "peers"))
        self.folder.mkdir(exist_ok=True)
        for source in SOURCES.iterdir():
            shutil.copy(source, self.folder)
        try:
            if not (self.folder / "node_modules").is_dir():
                subprocess.run(["npm", "install", "--no-audit", "--no-fund"], cwd=self.folder,
                               check=True, capture_output=True, text=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as e:
            self.missing = f"npm could not install them: {e}"
            return
        modules = self.folder / "node_modules"
        self.node = str(modules / "node/bin/node")
        if not os.path.exists(self.node):
            self.node = str(modules / ".bin/node")
        self.versions = ", ".join(
            f"{name} {json.loads((modules / name / 'package.json').read_text())['version']}"
            for name in ("node", "graphile-worker", "pg-boss"))

    def run(self, peer, what, *more, patience=120, beside=None):
        """In a new database, which is dropped afterwards; what the peer says, as lines of JSON.
        `beside` is called with the name of the database when the peer has begun."""
        self.made += 1
        name = f"peer{self.made}"
        self.pg.create_database(name)
        if beside:
            threading.Thread(target=beside, args=(name,)).start()
        try:
            done = subprocess.run(
                [self.node, f"{peer}.mjs", self.pg.url(name).replace("?host=", "?host="), what,
                 *map(str, more)], cwd=self.folder, capture_output=True, text=True,
                timeout=patience, check=False)
            if done.returncode:
                raise RuntimeError(f"{peer} {what}: {done.stderr[-2000:]}")
            return [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "{"]
        finally:
            self.pg.query("postgres", f"drop database {name} with (force)")
