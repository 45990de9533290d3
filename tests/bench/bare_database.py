"""The database of a bench, read and written past the program while no server runs on it. The guards
that keep a ledger from being written anew are off for what is written here: `vaidepix verify`
refuses such a ledger."""
import sqlite3
import subprocess
import time

from pg_server import BIN


class Pg:
    """The user of the url has to be a superuser."""
    name = "PostgreSQL"

    def __init__(self, url):
        self.url = url

    def rows(self, query):
        """Rows of text cells."""
        said = self._psql("-F", "\t", "-c", query)
        return [line.split("\t") for line in said.splitlines()]

    def columns(self, table):
        return [r[0] for r in self.rows(
            "select column_name from information_schema.columns where table_schema = 'public' "
            f"and table_name = '{table}' order by ordinal_position")]

    def write(self, statements):
        """One session; of what is a begin and its commit, all or nothing."""
        self._psql("-f", "-", said="set session_replication_role = replica;\n"
                   "set synchronous_commit = off;\n" + ";\n".join(statements) + ";\n")

    def settle(self):
        self._psql("-c", "vacuum analyze")
        self._psql("-c", "checkpoint")

    def timed(self, query, kept):
        """Seconds of a query whose rows go into a table of the session, or to nobody."""
        end = f"create temp table kept as {query}" if kept else query
        now = "extract(epoch from clock_timestamp())"
        return float(self._psql("-o", "/dev/null", "-v", "FETCH_COUNT=1000", "-f", "-", said=(
            f"select {now} as a \\gset\n{end};\n\\o\nselect {now} - :a;\n")))

    def _psql(self, *words, said=None):
        command = [str(BIN / "psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", *words, self.url]
        done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr[:1000]}")
        return done.stdout


class Sqlite:
    name = "SQLite"

    def __init__(self, url):
        self.path = url.removeprefix("sqlite:///")

    def rows(self, query):
        with self._open() as base:
            return [[str(cell) for cell in row] for row in base.execute(query)]

    def columns(self, table):
        return [r[0] for r in self.rows(f"select name from pragma_table_info('{table}')")]

    def write(self, statements):
        guards = self.rows("select name, sql from sqlite_master where type = 'trigger'")
        off = [f"drop trigger {name}" for name, _ in guards]
        with self._open() as base:
            base.executescript("pragma synchronous = off;\npragma cache_size = -400000;\n")
            for statement in [*off, *statements, *(sql for _, sql in guards)]:
                base.execute(statement)

    def settle(self):
        with self._open() as base:
            base.execute("pragma wal_checkpoint(truncate)").fetchall()

    def timed(self, query, kept):
        with self._open() as base:
            begun = time.monotonic()
            if kept:
                base.execute(f"create temp table kept as {query}")
            else:
                for _ in base.execute(query):
                    pass
            return time.monotonic() - begun

    def _open(self):
        return Closing(sqlite3.connect(self.path, isolation_level=None))


class Closing:
    """The `with` of sqlite3 ends a transaction, and leaves the file open."""

    def __init__(self, base):
        self.base = base

    def __enter__(self):
        return self.base

    def __exit__(self, *_):
        self.base.close()


def of(url):
    return Sqlite(url) if url.startswith("sqlite:") else Pg(url)
