#!/usr/bin/env python3
"""Sizes, names and leftovers: ratchet.py [root]. What is over a limit may shrink, never grow."""
import pathlib
import re
import sys

from source_files import source_files

LINES_MAX = 500
COLUMNS_MAX = 100
# Files that are longer and may be: a table, generated, or waiting to be split. Path: lines today.
LONG_FILES = {}
BANNED_NAME = re.compile(r"(^|[_-])(utils?|helpers?|managers?|misc|commons?)($|[_-])")
UNFINISHED = [(re.compile(r"\bFIXME\b"), "FIXME does not reach main"),
              (re.compile(r"\bTODO\b(?!\(#\d+\))"), "a TODO names its issue: TODO(#12)")]
CXX = (".cpp", ".hpp")
CMAKE = (".cmake", "CMakeLists.txt")
CODE = (*CXX, *CMAKE, ".py", ".sql", ".sh")
OURSELVES = (".ci/ratchet.py", "tests/house/")  # they must spell the words out


def faults_of(file, text):
    for part in pathlib.PurePath(file).parts:
        if BANNED_NAME.search(part.split(".")[0].lower()):
            yield 0, f"'{part}' names no thing; say what it holds"
    is_script = file.startswith(("scripts/", ".ci/"))
    if not file.endswith(CODE) and not is_script:
        return
    lines = text.splitlines()
    limit = LONG_FILES.get(file, LINES_MAX)
    if len(lines) > limit:
        yield limit + 1, f"{len(lines)} lines, at most {limit}: split it"
    for number, line in enumerate(lines, 1):
        # C++ code is the formatter's: what it leaves longer is a literal. Comments it never breaks.
        counted = "//" in line if file.endswith(CXX) else not file.endswith(CMAKE)
        if len(line) > COLUMNS_MAX and counted and "://" not in line:
            yield number, f"{len(line)} columns, at most {COLUMNS_MAX}"
        for pattern, rule in UNFINISHED:
            if pattern.search(line) and not file.startswith(OURSELVES):
                yield number, rule


def main(root):
    faults = 0
    for file in source_files(root):
        for number, rule in faults_of(file, (root / file).read_text(errors="replace")):
            faults += 1
            print(f"{file}:{number}: {rule}")
    for file, lines in LONG_FILES.items():
        path = root / file
        if not path.is_file() or len(path.read_text().splitlines()) < lines:
            faults += 1
            print(f"{file}: shrank below {lines} lines; lower its entry in LONG_FILES")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
