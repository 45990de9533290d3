#!/usr/bin/env python3
"""Compiles every pure header alone: check_headers.py [root]; the compiler is $CXX or g++.

A pure header needs no flags of a foreign library, so this also shows when one lost its purity.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

from source_files import source_files

PURE = re.compile(r"(base|ledger|scheduler|exchange)/.*|storage/(port|bulk)\.hpp"
                  r"|http/(backend|request)\.hpp|observability/(metrics|log)\.hpp")


def compile_alone(root, header):
    command = [os.environ.get("CXX", "g++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra",
               "-Werror", "-I", ".", "-x", "c++", "-"]
    # Included twice: the second time proves the guard.
    text = f'#include "{header}"\n#include "{header}"\n'
    run = subprocess.run(command, cwd=root, input=text, text=True, capture_output=True)
    return header, run.returncode, run.stderr


def main(root):
    headers = [f for f in source_files(root, ".hpp") if PURE.fullmatch(f)]
    if not headers:
        print("no pure headers found, so nothing would be checked")
        return 1
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda h: compile_alone(root, h), headers))
    broken = [r for r in results if r[1] != 0]
    for header, _, errors in broken:
        print(f"{header}: does not compile alone\n{errors}")
    print(f"{len(headers)} headers, {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
