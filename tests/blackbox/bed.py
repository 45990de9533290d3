"""What the scripts of this folder begin with: command line, folder and cluster of their cases."""
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from database import Postgres


class ClusterCase(unittest.TestCase):
    """A folder for each case; a cluster for the class, unless it wants none."""
    postgres = True
    cluster = None

    @classmethod
    def setUpClass(cls):
        cls.base = pathlib.Path(tempfile.mkdtemp(prefix=f"{pathlib.Path(sys.argv[0]).stem}."))
        cls.base.chmod(0o755)
        if cls.postgres:
            cls.cluster = Postgres(cls.base)

    @classmethod
    def tearDownClass(cls):
        if cls.cluster:
            cls.cluster.close()
        shutil.rmtree(cls.base, ignore_errors=True)

    def setUp(self):
        self.folder = self.base / self._testMethodName
        self.folder.mkdir()


def require(*programs, postgres=True):
    """Ends the script when something is missing: a failure in CI, elsewhere a skip."""
    missing = [p for p in programs if not shutil.which(p)]
    if postgres and not Postgres.available():
        missing.append("PostgreSQL 15")
    if missing:
        print(f"not on this machine (scripts/bootstrap installs it): {missing}", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 77)


def begin(usage, *programs, on_postgres=(), postgres=None):
    """The binary of the command line, which is left for unittest without it; and all that is
    needed is there. A cluster, and `on_postgres`: for cases "OnPostgres", or as `postgres` says."""
    if "--binary" not in sys.argv:
        sys.exit(usage)
    at = sys.argv.index("--binary")
    binary = pathlib.Path(sys.argv[at + 1]).resolve()
    del sys.argv[at:at + 2]
    if postgres is None:
        postgres = any("OnPostgres" in a for a in sys.argv[1:])
    require(*programs, *(on_postgres if postgres else ()), postgres=postgres)
    return binary
