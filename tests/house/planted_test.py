"""Plants one violation per rule in a small copy of the tree: every house check must find it.

A check that cannot fail protects nothing. Each test starts from a tree that the check accepts, so
what it finds is what was planted.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
CLEAN_HEADER = "#pragma once\n\nnamespace base {\n\nint one();\n\n} // namespace base\n"


class Planted(unittest.TestCase):
    check = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="vaidepix-house-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        shutil.copy(PROJECT / ".clang-format", self.root)
        self.write("base/one.hpp", CLEAN_HEADER)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_check(self):
        return subprocess.run([sys.executable, str(PROJECT / ".ci" / self.check), str(self.root)],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def accepts(self, name=None, text=""):
        if name:
            self.write(name, text)
        run = self.run_check()
        self.assertEqual(run.returncode, 0, run.stdout)

    def finds(self, name, text, *expected):
        self.accepts()
        self.write(name, text)
        run = self.run_check()
        self.assertEqual(run.returncode, 1, run.stdout)
        for words in (name, *expected):
            self.assertIn(words, run.stdout)


class Layers(Planted):
    check = "check_layers.py"

    def test_upward(self):
        self.finds("base/a.hpp", '#include "ledger/b.hpp"\n', "a.hpp:1", "layer 0", "layer 1")

    def test_neighbour(self):
        self.finds("ledger/a.hpp", '\n#include "scheduler/b.hpp"\n', "a.hpp:2", "must not see")

    def test_neighbours_on_top(self):
        self.finds("http/a.cpp", '#include "actors/b.hpp"\n', "must not see actors/")

    def test_foreign_library_away_from_home(self):
        for library in ("caf/actor.hpp", "httplib.h", "libpq-fe.h", "sqlite3.h", "sodium.h",
                        "rapidjson/document.h", "spdlog/spdlog.h", "prometheus/counter.h",
                        "CLI/CLI.hpp", "date/tz.h", "jwt.h", "crypt.h", "curl/curl.h",
                        "boost/asio.hpp", "boost/asio/awaitable.hpp"):
            with self.subTest(library):
                self.finds("ledger/a.cpp", f"#include <{library}>\n", library, "has its home in")
                self.write("ledger/a.cpp", "")

    def test_foreign_library_without_home(self):
        self.finds("app/a.cpp", "#include <zlib/zlib.hpp>\n", "without a home")

    def test_adapter_behind_the_port(self):
        self.finds("actors/a.cpp", '#include "storage/sqlite/s.hpp"\n', "only storage/(port")

    def test_sideways_port_only_for_the_gateway(self):
        self.accepts("actors/gateway.hpp", '#include "http/backend.hpp"\n')
        self.finds("actors/journal_actor.cpp", '#include "http/backend.hpp"\n', "must not see")

    def test_metrics_port_for_storage_but_not_its_exporter(self):
        self.accepts("storage/a.cpp", '#include "observability/metrics.hpp"\n')
        self.finds("storage/b.cpp", '#include "observability/exporter.hpp"\n', "must not see")

    def test_own_header_in_brackets_or_without_folder(self):
        self.finds("base/a.cpp", "#include <base/one.hpp>\n", "in quotes")
        self.write("base/a.cpp", "")
        self.finds("base/b.cpp", '#include "one.hpp"\n', "from the top folder")

    def test_homes_and_standard_headers_are_accepted(self):
        self.accepts("storage/postgres/a.cpp", '#include "storage/port.hpp"\n'
                     "#include <boost/asio/awaitable.hpp>\n#include <libpq-fe.h>\n"
                     "#include <sys/socket.h>\n#include <vector>\n#include <fmt/core.h>\n")


class Ratchet(Planted):
    check = "ratchet.py"

    def test_long_file(self):
        self.accepts("base/a.cpp", "\n" * 500)
        self.finds("base/b.cpp", "\n" * 501, "501 lines")

    def test_wide_line(self):
        self.accepts("base/a.cpp", "// " + "é" * 97 + "\n")
        self.finds("base/b.cpp", "\n// " + "x" * 98 + "\n", "b.cpp:2", "101 columns")

    def test_banned_names(self):
        for name in ("base/util.hpp", "base/string_utils.cpp", "http/helpers/a.cpp",
                     "ledger/account_manager.hpp", "tests/misc.cpp", "common/a.md"):
            with self.subTest(name):
                self.finds(name, "", "names no thing")
                (self.root / name).unlink()

    def test_unfinished(self):
        self.accepts("base/a.cpp", "// TODO(#12) later\n")
        self.finds("base/b.cpp", "int a; // TODO later\n", "b.cpp:1", "names its issue")
        self.write("base/b.cpp", "")
        self.finds("base/c.cpp", "\n// FIXME\n", "c.cpp:2", "FIXME")


class Format(Planted):
    check = "check_format"

    def test_layout(self):
        self.finds("base/a.cpp", "int  main( ){return 0;}\n", "a.cpp:1")


class Headers(Planted):
    check = "check_headers.py"

    def test_missing_include(self):
        self.finds("ledger/a.hpp", "#pragma once\nstd::string name();\n", "string")

    def test_missing_guard(self):
        self.finds("base/a.hpp", "struct a {};\n", "redefinition")


if __name__ == "__main__":
    unittest.main()
