"""Plants what conformance.py has to find in a small tree that it accepts.

A check that cannot fail protects nothing: each case starts from a tree that is fine.
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent / "conformance.py"
RECORDS = """## 1 Things
- A thing has a name
  http_test/things/a_name
  unit_base/made/with_a_fixture
  contract_{sqlite,pg}/stored/in_rows
- A thing is shared
  blackbox_sharing_{sqlite,pg}/Case.test_shared
- A thing is drawn
  blackbox_drawn/Run.draw
- A thing flies
  not yet: wings
"""
TREE = {
    "tests/CMakeLists.txt": """foreach(folder base ledger)
  house_test(unit_${folder} LABEL unit GLOB unit/${folder}/*_test.cpp DEPS ${folder})
endforeach()
house_test(contract_sqlite LABEL c TIMEOUT 9 GLOB contract/sqlite/*.cpp DEPS contract_cases)
house_test(contract_pg LABEL c GLOB contract/postgres/*.cpp DEPS contract_cases storage)
house_test(http_test LABEL http GLOB http/*_test.cpp DEPS http)
""",
    "tests/blackbox/CMakeLists.txt": """function(blackbox_test name script timeout)
endfunction()
blackbox_test(sharing_sqlite sharing.py 300 ${server} OnSqlite)
blackbox_test(sharing_pg sharing.py 300 ${server} OnPostgres)
blackbox_test(drawn drawn.py 300 ${server})
""",
    "tests/http/things_test.cpp": """BOOST_AUTO_TEST_SUITE(things)
BOOST_AUTO_TEST_CASE(a_name) {}
// BOOST_AUTO_TEST_CASE(in_a_comment) {}
BOOST_AUTO_TEST_CASE(switched_off, *boost::unit_test::disabled()) {}
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(others)
BOOST_DATA_TEST_CASE(drawn,
                     bdata::make(std::vector<int>{1}), c) {}
BOOST_AUTO_TEST_SUITE_END()
""",
    "tests/unit/base/made_test.cpp": """BOOST_FIXTURE_TEST_SUITE(made, bed)
BOOST_FIXTURE_TEST_CASE(with_a_fixture, other) {}
BOOST_AUTO_TEST_SUITE_END()
""",
    "tests/contract/row_contract_test.cpp":
        """BOOST_AUTO_TEST_SUITE(stored, *boost::unit_test::precondition(runs))
BOOST_AUTO_TEST_CASE(in_rows) {}
BOOST_AUTO_TEST_SUITE_END()
""",
    "tests/blackbox/sharing.py": """class Case(ClusterCase):
    def test_shared(self): pass
class OnSqlite(Case):
    def test_alone(self): pass
class OnPostgres(Case):
    pass
""",
    "tests/blackbox/drawn.py": "class Run:\n    def draw(self): pass\n",
    "tests/conformance/contract/1.txt": RECORDS,
    "docs/OTHER.md": "",
}
PROGRAMS = ("http_test", "unit_base", "contract_sqlite", "contract_pg", "blackbox_sharing_sqlite",
            "blackbox_sharing_pg", "blackbox_drawn")


class Planted(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="vaidepix-conformance-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name, text in TREE.items():
            self.write(name, text)
        self.done(0, "--draft")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def done(self, status, *arguments):
        ran = subprocess.run([sys.executable, str(SCRIPT), "--root", str(self.root), *arguments],
                             text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             check=False)
        self.assertEqual(ran.returncode, status, ran.stdout)
        return ran.stdout

    def results(self, **other):
        cases = "".join(f'<testcase name="{p}" status="{other.get(p, "run")}"></testcase>'
                        for p in PROGRAMS if other.get(p) != "absent")
        return self.write("results.xml", f"<testsuite>{cases}</testsuite>")

    def names(self, name):
        """Named instead of the first test, and looked for."""
        self.write("tests/conformance/contract/1.txt",
                   RECORDS.replace("http_test/things/a_name", name))
        return self.done(1, "--check")

    def test_a_name_that_does_not_exist(self):
        self.done(0, "--check")
        for name in ("http_test/things/a_nam", "http_test/thing/a_name", "http_tests/things/a_name",
                     "http_test/others/a_name", "http_test/things/in_a_comment",
                     "http_test/things/switched_off", "unit_ledger/made/with_a_fixture",
                     "contract_{sqlite,mysql}/stored/in_rows", "blackbox_drawn/Run.drew",
                     "blackbox_sharing_pg/OnSqlite.test_alone",
                     "blackbox_sharing_sqlite/Case.test_share"):
            with self.subTest(name):
                self.assertIn("1.txt:2: ", self.names(name))

    def test_names_that_do(self):
        for name in ("http_test/others/drawn", "blackbox_sharing_sqlite/OnSqlite.test_alone",
                     "blackbox_sharing_pg/OnPostgres.test_shared"):
            with self.subTest(name):
                self.assertIn("is not what the records say", self.names(name))
                self.done(0, "--draft")
                self.done(0, "--check")

    def test_a_record_that_says_nothing_or_too_much(self):
        for line, words in (("- Nothing\n", "needs a test or a reason"),
                            ("- Both\n  http_test/things/a_name\n  missing: x\n", "and not both"),
                            ("- No reason\n  missing: \n  whatever\n", "is no test"),
                            ("loose\n", "is no section")):
            with self.subTest(line):
                self.write("tests/conformance/contract/1.txt", RECORDS + line)
                self.assertIn(words, self.done(1, "--check"))

    def test_a_document_that_differs(self):
        document = self.root / "docs/API-CONFORMANCE.md"
        text = document.read_text()
        self.assertIn("| 4 | 3 | 0 | 1 |", text)
        document.write_text(text.replace("a_name", "another"))
        self.assertIn("API-CONFORMANCE.md", self.done(1, "--check"))
        document.unlink()
        self.done(1, "--check")

    def test_a_run(self):
        document = self.root / "docs/API-CONFORMANCE.md"
        draft = document.read_text()
        for how in ("fail", "notrun", "disabled", "absent"):
            with self.subTest(how):
                said = self.done(1, "--results", self.results(contract_pg=how))
                self.assertIn("contract_pg/stored/in_rows: its program", said)
                self.assertEqual(document.read_text(), draft)
        self.done(0, "--results", self.results())
        self.assertNotIn("draft", document.read_text())
        self.done(0, "--check")
        self.done(1, "--results", str(self.root / "none.xml"))


if __name__ == "__main__":
    unittest.main()
