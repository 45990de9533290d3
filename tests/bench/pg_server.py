"""A PostgreSQL of our own in a folder: unix socket only, durable, ended with the `with` block."""
import os
import pathlib
import pwd
import subprocess
from decimal import Decimal

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
USER = "postgres"  # the server refuses root
SETTINGS = {"listen_addresses": "''", "max_connections": "300", "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on", "shared_buffers": "256MB", "max_wal_size": "4GB",
            "checkpoint_timeout": "15min"}


class PgServer:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"

    def __enter__(self):
        self.folder.mkdir()
        if os.geteuid() == 0:
            user = pwd.getpwnam(USER)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self._run("initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8",
                  "--locale=C", "--no-instructions")
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"unix_socket_directories = '{self.folder}'\n")
            conf.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
        self._run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "start")
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def url(self, database):
        return f"postgresql:///{database}?host={self.folder}&user={USER}"

    def create_database(self, name):
        self._run("createdb", "-h", self.folder, "-U", USER, name)

    def query(self, database, statement):
        """Rows of text cells."""
        command = [str(BIN / "psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", "-F", "\t", "-c", statement,
                   self.url(database)]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
        return [line.split("\t") for line in said.stdout.splitlines()]

    def number(self, database, statement):
        """Whole, however long: an id has more digits than a float."""
        return int(Decimal(self.query(database, statement)[0][0] or 0))

    def processes(self):
        """Of the server and its sessions that are there now."""
        head = int((self.data / "postmaster.pid").read_text().split()[0])
        listed = pathlib.Path(f"/proc/{head}/task/{head}/children").read_text().split()
        return [head, *map(int, listed)]

    def settings(self):
        chosen = ", ".join(f"{n} {v}" for n, v in SETTINGS.items() if n != "listen_addresses")
        return f"PostgreSQL shared by all contestants, unix socket, {chosen}"

    def _run(self, program, *arguments):
        as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"]
        command = [*(as_user if os.geteuid() == 0 else []), BIN / program, *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
