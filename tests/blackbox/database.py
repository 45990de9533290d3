"""The databases under test: one SQLite file, or a PostgreSQL cluster of our own with fsync on."""
import contextlib
import csv
import io
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

from keys import id_of

POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
POSTGRES_USER = "postgres"  # the server refuses root

# Every table that the checker looks at, with its columns; blobs come as hex.
TABLES = {
    "users": "id, email",
    "accounts": "id, user_id, role, name, floor, active",
    "balances": "account_id, balance, version",
    "ledger_commits": "shard, seq, epoch, hex:prev_hash, hex:hash, entries, booked_at, node",
    "ledger_entries": "account_id, version, amount, balance_after, transaction_id, commit_id, "
                      "posting, effective_day, position",
    "transactions": "id, user_id, account_id, category_id, type, direction, amount, description, "
                    "partner_id, deleted_at",
    "idempotency": "user_id, endpoint, scope_key, status, body",
}
TEXT = {"email", "role", "name", "node", "description", "endpoint", "scope_key", "body",
        "prev_hash", "hash"}
IDS = {"id", "user_id", "account_id", "category_id", "transaction_id", "partner_id"}
TYPES = {1: "income", 2: "expense", 3: "transfer", 4: "opening", 5: "adjustment"}


def as_domain(tables):
    """Keys become ids, codes words, and an entry carries what its commit record says."""
    booked = {(c["shard"], c["seq"]): c["booked_at"] for c in tables["ledger_commits"]}
    for rows in tables.values():
        for row in rows:
            for name in IDS & row.keys():
                if row[name] is not None:
                    row[name] = id_of(row[name])
    for entry in tables["ledger_entries"]:
        commit, posting = entry.pop("commit_id"), entry["posting"]
        entry["shard"], entry["seq"] = commit >> 48, commit & (1 << 48) - 1
        entry["posting"], entry["reversal"] = posting >> 2, posting & 1
        entry["booked_at"] = booked.get((entry["shard"], entry["seq"]))
    for transaction in tables["transactions"]:
        transaction["type"] = TYPES[transaction["type"]]
    return tables


def columns_of(table):
    return [c.strip().removeprefix("hex:") for c in TABLES[table].split(",")]


class Sqlite:
    name = "sqlite"

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "ledger.db"
        self.url = f"sqlite:///{self.path}"  # an absolute path: four slashes

    def tables(self):
        """All rows of one snapshot, also while a server runs."""
        with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as db:
            db.row_factory = sqlite3.Row
            db.execute("begin")
            found = {}
            for table, columns in TABLES.items():
                sql = re.sub(r"hex:(\w+)", r"lower(hex(\1)) as \1", columns)
                found[table] = [dict(r) for r in db.execute(f"select {sql} from {table}")]
            return as_domain(found)

    def commits(self):
        with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as db:
            return db.execute("select count(*) from ledger_commits").fetchone()[0]

    def execute(self, change):
        """What somebody does to the tables from outside."""
        with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as db:
            db.execute(change)
            db.commit()

    def quiet(self):
        """Nothing of a dead server works here any more."""

    def close(self):
        pass


class Postgres:
    """One cluster; each campaign gets a database of its own in it. Not thread-safe."""
    name = "postgres"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "cluster"
        self.folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder, POSTGRES_USER, POSTGRES_USER)
            self.folder.parent.chmod(0o755)
        with socket.socket() as s:  # the port is free again in a moment, and ours
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.process = None
        self.database = None
        self.databases = 0
        self.options = ""  # behind "create database"
        self._command("initdb", "-D", "data", "-U", POSTGRES_USER, "-A", "trust", "-E", "UTF8",
                      "--locale=C", "--no-sync", "--no-instructions")
        with open(self.folder / "data/postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\n"
                       f"unix_socket_directories = '{self.folder}'\nfsync = on\n"
                       "max_connections = 60\nshared_buffers = 64MB\nmax_wal_size = 1GB\n"
                       "log_line_prefix = '%m [%p] '\nautovacuum_naptime = 10s\n")
        self.start()

    @staticmethod
    def available():
        if not (POSTGRES_BIN / "postgres").exists():
            return False
        try:
            return os.geteuid() != 0 or bool(pwd.getpwnam(POSTGRES_USER))
        except KeyError:
            return False

    def _identity(self):
        if os.geteuid() != 0:
            return {}
        user = pwd.getpwnam(POSTGRES_USER)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _command(self, program, *arguments):
        with open(self.folder / "log", "ab") as log:
            subprocess.run([POSTGRES_BIN / program, *arguments], cwd=self.folder, stdout=log,
                           stderr=log, stdin=subprocess.DEVNULL, check=True, **self._identity())

    # -- life -------------------------------------------------------------------------------------

    def start(self, limit=60):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [POSTGRES_BIN / "postgres", "-D", "data"], cwd=self.folder, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, **self._identity())
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self._psql("postgres", "select 1").returncode == 0:
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended at its start, see {self.folder}/log")
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL does not answer")

    def stop(self, mode):
        """mode: fast (sessions are ended in order) or immediate (as after a power cut)."""
        self.process.send_signal(signal.SIGINT if mode == "fast" else signal.SIGQUIT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(60)
        self.process = None

    def close(self):
        if self.process is not None:
            self.stop("immediate")

    # -- databases --------------------------------------------------------------------------------

    def create(self):
        self.databases += 1
        self.database = f"campaign_{self.databases}"
        self.query(f"create database {self.database} {self.options}",
                   database="postgres")

    def url_at(self, port):
        return (f"postgresql://{POSTGRES_USER}@127.0.0.1:{port}/{self.database}"
                "?sslmode=disable&gssencmode=disable&connect_timeout=5")

    @property
    def url(self):
        return self.url_at(self.port)

    def _psql(self, database, *statements):
        command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder),
                   "-p", str(self.port), "-U", POSTGRES_USER, "-d", database]
        for statement in statements:
            command += ["-c", statement]
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False,
                              timeout=120)

    def query(self, *statements, database=None):
        done = self._psql(database or self.database or "postgres", *statements)
        if done.returncode != 0:
            raise RuntimeError(f"{statements}: {done.stderr.decode()}")
        return done.stdout.decode().strip()

    def tables(self):
        statements = ["begin isolation level repeatable read"]
        for table, columns in TABLES.items():
            sql = re.sub(r"hex:(\w+)", r"encode(\1, 'hex') as \1", columns)
            statements.append(f"copy (select {sql} from {table}) to stdout (format csv)")
            statements.append("select E'\\x01'")
        done = self._psql(self.database, *statements)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        found = {}
        parts = done.stdout.decode().split("\x01\n")
        for table, part in zip(TABLES, parts):
            names = columns_of(table)
            found[table] = [
                {n: v if n in TEXT else (int(v) if v else None) for n, v in zip(names, row)}
                for row in csv.reader(io.StringIO(part))]
        return as_domain(found)

    def execute(self, change):
        """What somebody does to the tables from outside."""
        self.query(change)

    def commits(self):
        return int(self.query("select count(*) from ledger_commits"))

    def quiet(self, limit=30):
        """Waits until no backend of a dead server works here any more."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if not self.backends():
                return
            time.sleep(0.02)
        raise RuntimeError(f"backends of a dead server are still there: {self.backends()}")

    # -- backends ---------------------------------------------------------------------------------

    def backends(self):
        found = self.query("select pid from pg_stat_activity where datname = current_database() "
                           "and pid <> pg_backend_pid() and backend_type = 'client backend'")
        return [int(p) for p in found.split()]

    def terminate(self, pid):
        self.query(f"select pg_terminate_backend({pid})", database="postgres")

    def kill_backend(self, pid):
        """kill -9 of one backend: the postmaster restarts all of them."""
        os.kill(pid, signal.SIGKILL)

    def wait_up(self, limit=60):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self._psql("postgres", "select 1").returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL does not come back")
