#!/usr/bin/env python3
"""Which test shows which statement of the API contract.

  conformance.py --check                     every named test exists, and the document is current
  conformance.py --results <junit.xml> ...   every named program passed: writes the document
  conformance.py --draft                     writes it without a run, and the document says so

The statements stand in contract/*.txt, in our own words; README.md says how. The programs are those
of tests/CMakeLists.txt and tests/blackbox/CMakeLists.txt. Exit status: 0 fine, 1 something is
named that does not exist, did not pass or differs, 2 wrong use.
"""
import argparse
import ast
import collections
import dataclasses
import itertools
import pathlib
import re
import sys
import xml.etree.ElementTree

DOCUMENT = pathlib.PurePath("docs/API-CONFORMANCE.md")
RECORDS = pathlib.PurePath("tests/conformance/contract")
WITHOUT_TEST = ("missing", "not yet")
SUITE_BEGINS = {"BOOST_AUTO_TEST_SUITE", "BOOST_FIXTURE_TEST_SUITE"}
CASE_NAME_AT = {"BOOST_AUTO_TEST_CASE": 0, "BOOST_FIXTURE_TEST_CASE": 0,
                "BOOST_DATA_TEST_CASE": 0, "BOOST_DATA_TEST_CASE_F": 1,
                "BOOST_AUTO_TEST_CASE_TEMPLATE": 0, "BOOST_FIXTURE_TEST_CASE_TEMPLATE": 0}
MACRO = re.compile(r"^[ \t]*(BOOST_\w*TEST_(?:SUITE|CASE)\w*)\s*\(([^;{)]*)", re.MULTILINE)


class Wrong(Exception):
    """What a person has to mend, as text."""


@dataclasses.dataclass
class Statement:
    where: str    # file:line
    text: str
    tests: list   # as written, with braces
    state: str    # "shown", "missing", "not yet"
    reason: str = ""


# -- records --------------------------------------------------------------------------------------

def read_records(root):
    """{section: [Statement]}, in the order of the files."""
    sections = {}
    files = sorted((root / RECORDS).glob("*.txt"))
    if not files:
        raise Wrong(f"{RECORDS}: there are no records")
    for file in files:
        read_file(file, file.relative_to(root).as_posix(), sections)
    return sections


def read_file(file, name, sections):
    statements = last = None
    for number, line in enumerate(file.read_text().splitlines(), 1):
        where = f"{name}:{number}"
        if not line.strip() or line.startswith("# "):
            continue
        if line.startswith("## "):
            finish(last)
            last, statements = None, sections.setdefault(line[3:].strip(), [])
        elif line.startswith("- ") and statements is not None:
            finish(last)
            last = Statement(where, line[2:].strip(), [], "shown")
            statements.append(last)
        elif line.startswith("  ") and last is not None:
            read_answer(line.strip(), last, where)
        else:
            raise Wrong(f"{where}: is no section, statement, test or reason")
    finish(last)


def read_answer(line, statement, where):
    kind, colon, reason = line.partition(": ")
    if colon and kind in WITHOUT_TEST:
        statement.state, statement.reason = kind, reason.strip()
    elif re.fullmatch(r"[\w{},]+/[\w.{},/]+", line):
        statement.tests.append(line)
    else:
        raise Wrong(f"{where}: '{line}' is no test and no reason")


def finish(statement):
    if statement is None:
        return
    if bool(statement.tests) == (statement.state != "shown"):
        raise Wrong(f"{statement.where}: needs a test or a reason why there is none, and not both")


def expanded(name):
    """"a_{b,c}/d" -> ["a_b/d", "a_c/d"]"""
    parts = [p[1:-1].split(",") if p.startswith("{") else [p]
             for p in re.split(r"(\{[^}]*\})", name)]
    return ["".join(choice) for choice in itertools.product(*parts)]


# -- what there is --------------------------------------------------------------------------------

class Programs:
    """The programs of ctest, and the tests that each of them runs."""

    def __init__(self, root):
        self.boost, self.python, self.known = {}, {}, {}
        tests = root / "tests"
        text = without_comments(tests / "CMakeLists.txt")
        for body in each_call(text, "house_test"):
            words = body.split()
            globs = after(words, "GLOB", ("DEPS", "LABEL", "TIMEOUT"))
            if "contract_cases" in after(words, "DEPS", ("GLOB", "LABEL", "TIMEOUT")):
                globs.append("contract/*_contract_test.cpp")
            self.boost[words[0]] = [f for g in globs for f in sorted(tests.glob(g))]
        text = without_comments(tests / "blackbox/CMakeLists.txt")
        for function in ("blackbox_test", "schema_test"):
            for body in each_call(text, function):
                words = body.split()
                if words[1].endswith(".py"):
                    self.python[f"blackbox_{words[0]}"] = (tests / "blackbox" / words[1], words[2:])

    def fault_of(self, name):
        """Why there is no such test, or None."""
        program, _, test = name.partition("/")
        if program not in self.boost and program not in self.python:
            return f"there is no program {program}"
        if program not in self.known:
            if program in self.boost:
                self.known[program] = {c for f in self.boost[program] for c in boost_cases(f)}
            else:
                self.known[program] = python_cases(*self.python[program])
        if test not in self.known[program]:
            return f"{program} has no test {test}"
        return None


def without_comments(file):
    return re.sub(r"#.*", "", file.read_text())


def each_call(text, function):
    """The arguments of every call, those in a foreach once for each of its values."""
    loops = [(m.start(), m.end(), m[1], m[2].split(), m[3]) for m in re.finditer(
        r"foreach\((\w+) ([^)]*)\)(.*?)endforeach\(\)", text, re.DOTALL)]
    flat = text
    for begin, end, variable, values, body in reversed(loops):
        flat = flat[:begin] + "".join(body.replace("${" + variable + "}", v)
                                      for v in values) + flat[end:]
    for call in re.finditer(r"(?<!function\()\b" + function + r"\(([^()]*)\)", flat):
        if "${" not in call[1].split()[0]:
            yield call[1]


def after(words, keyword, others):
    if keyword not in words:
        return []
    return list(itertools.takewhile(lambda w: w not in others, words[words.index(keyword) + 1:]))


def boost_cases(file):
    """"suite/case" of a source file."""
    suites, found = [], set()
    for macro, arguments in MACRO.findall(file.read_text()):
        names = [a.strip() for a in arguments.split(",")]
        if macro == "BOOST_AUTO_TEST_SUITE_END":
            if suites:
                suites.pop()
        elif macro in SUITE_BEGINS:
            suites.append(names[0])
        elif macro in CASE_NAME_AT and "unit_test::disabled" not in arguments:
            found.add("/".join([*suites, names[CASE_NAME_AT[macro]]]))
    return found


def python_cases(file, arguments):
    """"Class.method" of what the program runs with these arguments: of a script without test
    cases every method."""
    classes = {n.name: n for n in ast.parse(file.read_text()).body if isinstance(n, ast.ClassDef)}

    def bases(name):
        """The class and those that it comes from, in this file."""
        found = [name]
        for base in classes[name].bases:
            if isinstance(base, ast.Name) and base.id in classes:
                found += bases(base.id)
        return found

    def methods(name):
        return [m.name for m in classes[name].body if isinstance(m, ast.FunctionDef)]

    tested = [c for c in classes if any(m.startswith("test") for b in bases(c) for m in methods(b))]
    if not tested:
        return {f"{c}.{m}" for c in classes for m in methods(c)}
    named = [c for c in tested if c in arguments]
    found = set()
    for leaf in named or tested:
        for owner in bases(leaf):
            found |= {f"{c}.{m}" for m in methods(owner) if m.startswith("test")
                      for c in (leaf, owner)}
    return found


# -- the run --------------------------------------------------------------------------------------

def outcomes(files):
    """{program: "passed" or what happened}"""
    found = {}
    for file in files:
        try:
            cases = xml.etree.ElementTree.parse(file).getroot().iter("testcase")
        except (OSError, xml.etree.ElementTree.ParseError) as why:
            raise Wrong(f"{file}: {why}") from why
        for case in cases:
            status = case.get("status")
            fine = status == "run" and case.find("failure") is None
            skipped = status in ("notrun", "disabled") or case.find("skipped") is not None
            found[case.get("name")] = "was skipped" if skipped else "passed" if fine else "failed"
    return found


# -- the document ---------------------------------------------------------------------------------

PROVEN = ("Written by `scripts/conformance` from the results of a run of `scripts/test` in which "
          "each of the {} programs that are named here passed.")
DRAFT = ("**A draft**: the tests of the {} programs that are named here exist; no run of them was "
         "read. `scripts/conformance` writes the document after one.")


def document_of(sections, introduction):
    statements = [s for of in sections.values() for s in of]
    count = collections.Counter(s.state for s in statements)
    programs = {n.partition("/")[0] for s in statements for t in s.tests for n in expanded(t)}
    tests = {n for s in statements for t in s.tests for n in expanded(t)}
    out = ["# What shows that the API keeps its contract", "",
           introduction.format(len(programs)), "",
           "The statements are those of the HTTP part of the contract, in our own words; they and "
           "the names stand in `tests/conformance/contract/`.", "",
           "| statements | shown by tests | missing | not yet built, left to later work |",
           "|---|---|---|---|",
           f"| {len(statements)} | {count['shown']} | {count['missing']} | {count['not yet']} |",
           "",
           f"{len(tests)} tests are named. `a_{{b,c}}` stands for `a_b` and `a_c`."]
    for section, of in sections.items():
        out += ["", f"## §{section}", "", "| statement | tests | state |", "|---|---|---|"]
        for s in of:
            tests_of = "<br>".join(f"`{t}`" for t in s.tests) or "–"
            state = "shown" if s.state == "shown" else f"**{s.state}**: {cell(s.reason)}"
            out.append(f"| {cell(s.text)} | {tests_of} | {state} |")
    return "\n".join(out) + "\n"


def cell(text):
    return text.replace("|", "\\|")


# -- all of it ------------------------------------------------------------------------------------

def run(root, results, check, introduction):
    sections = read_records(root)
    programs, faults, ended = Programs(root), [], outcomes(results)
    for s in (s for of in sections.values() for s in of):
        for name in (n for t in s.tests for n in expanded(t)):
            fault = programs.fault_of(name)
            if fault:
                faults.append(f"{s.where}: {fault}")
            elif results:
                how = ended.get(name.partition("/")[0], "is in no results file")
                if how != "passed":
                    faults.append(f"{s.where}: {name}: its program {how}")
    if faults:
        raise Wrong("\n".join(faults))
    path = root / DOCUMENT
    if not check:
        path.write_text(document_of(sections, introduction))
        return
    accepted = [document_of(sections, text) for text in (PROVEN, DRAFT)]
    if not path.is_file() or path.read_text() not in accepted:
        raise Wrong(f"{DOCUMENT}: is not what the records say; run the tests, then "
                    "scripts/conformance")


def main():
    told = argparse.ArgumentParser(description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--root", type=pathlib.Path,
                      default=pathlib.Path(__file__).resolve().parents[2])
    told.add_argument("--results", type=pathlib.Path, nargs="+", default=[])
    told.add_argument("--check", action="store_true")
    told.add_argument("--draft", action="store_true")
    arguments = told.parse_args()
    if bool(arguments.results) + arguments.check + arguments.draft != 1:
        told.error("one of --check, --draft and --results")
    try:
        run(arguments.root, arguments.results, arguments.check,
            PROVEN if arguments.results else DRAFT)
    except Wrong as why:
        print(why)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
