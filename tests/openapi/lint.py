#!/usr/bin/env python3
"""Lints /openapi.json as the real server gives it, and proves that the linter finds faults.

  lint.py --binary build/dev/app/vaidepix --work build/dev/tests/openapi

`--work` keeps the installed linter between runs; package-lock.json says what is installed.
"""
import argparse
import copy
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "blackbox"))

from server import Server  # noqa: E402

SOURCES = ("package.json", "package-lock.json", ".npmrc", "lint.js")


def install(work):
    """The pinned packages through npm, unless just these are there."""
    work.mkdir(parents=True, exist_ok=True)
    mark = work / "installed"
    wanted = b"".join((HERE / name).read_bytes() for name in SOURCES[:3])
    for name in SOURCES:
        shutil.copy(HERE / name, work / name)
    if mark.is_file() and mark.read_bytes() == wanted:
        return
    mark.unlink(missing_ok=True)
    subprocess.run(["npm", "ci"], cwd=work, check=True, stdin=subprocess.DEVNULL)
    mark.write_bytes(wanted)


def served(binary):
    """The document of a server that runs for a moment."""
    with tempfile.TemporaryDirectory(prefix="lint.") as folder:
        server = Server(binary, folder, f"sqlite:///{folder}/lint.db")
        try:
            server.start()
            status, whole = server.get("/openapi.json")
        finally:
            server.kill()
    assert status == 200, whole
    return whole


def lint(work, whole):
    """(exit status, what the linter says)."""
    file = work / "openapi.json"
    file.write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")
    done = subprocess.run(["node", "lint.js", file.name], cwd=work, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                          check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def planted(whole):
    """(name, document): each breaks one rule that the linter has to know."""
    def broken(change):
        made = copy.deepcopy(whole)
        change(made)
        return made

    account = "/api/accounts/{id}"
    yield "no-unresolved-refs", broken(lambda d: d["components"]["schemas"].pop("Account"))
    yield "path-parameters-defined", broken(lambda d: d["paths"][account]["parameters"].pop(0))
    yield "operation-operationId-unique", broken(
        lambda d: d["paths"][account]["get"].update(operationId="putAccount"))
    yield "struct", broken(lambda d: d["components"]["schemas"]["Account"].update(type="thing"))
    yield "no-unused-components", broken(
        lambda d: d["components"]["schemas"].update(Nobody={"type": "string"}))
    yield "security-defined", broken(lambda d: d["components"].pop("securitySchemes"))


def main():
    told = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    told.add_argument("--binary", required=True, type=lambda p: pathlib.Path(p).resolve())
    told.add_argument("--work", required=True, type=lambda p: pathlib.Path(p).resolve())
    arguments = told.parse_args()
    missing = [p for p in ("node", "npm") if not shutil.which(p)]
    if missing:
        print(f"not on this machine (scripts/bootstrap installs it): {missing}", file=sys.stderr)
        return 1 if os.environ.get("CI") else 77
    install(arguments.work)
    whole = served(arguments.binary)
    code, text = lint(arguments.work, whole)
    print(text)
    for rule, document in planted(whole):
        found, said = lint(arguments.work, document)
        if found == 0 or rule not in said:
            print(f"the linter did not find what breaks {rule}:\n{said}")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
