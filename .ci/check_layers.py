#!/usr/bin/env python3
"""Checks who may include whom: check_layers.py [root]. The rules are the tables below."""
import pathlib
import re
import sys

from source_files import source_files

# A folder includes itself and lower layers; two folders of one layer never include each other.
LAYER = {"base": 0, "ledger": 1, "scheduler": 1, "storage": 2, "observability": 2,
         "exchange": 2, "audit": 3, "actors": 3, "http": 3, "config": 3, "app": 4}
# Sideways steps, allowed by file: both are pure ports.
SIDEWAYS = [(r"actors/(gateway|system)\.[hc]pp", r"http/(backend|request)\.hpp"),
            (r"actors/(job_.*|lock_.*|schedule_.*|tick_write|live_job|system)\.[hc]pp",
             r"http/((job|worker|lock|schedule)_backend|job_event_source|job_dry_run)\.hpp"),
            (r"storage/", r"observability/(metrics|log)\.hpp")]
# Doors: whoever is not named here sees only these files of the folder.
DOOR = {"storage": (r"storage/|app/",
                    r"storage/(port|job_port|lock_port|projection|bulk|head_memory"
                    r"|crash_recorder)\.hpp")}
# Every foreign library has one home. The last line is what everybody may use.
HOME = [(r"caf/.*", r"actors/|app/"), (r"sqlite3\.h", r"storage/sqlite/"),
        (r"libpq-fe\.h|libpq/.*|postgres\w*\.h", r"storage/postgres/"),
        (r"httplib\.h", r"http/server"), (r"boost/asio.*", r"storage/|app/"),
        (r"(prometheus|spdlog)/.*", r"observability/"), (r"(CLI|date)/.*", r"config/"),
        (r"rapidjson/.*", r"base/json\.cpp"), (r"curl/.*", r"http/outbound/"),
        (r"sodium(\.h|/.*)", r"base/(sha256|random)\.cpp|http/auth/|"
         r"http/outbound/(smtp_client|webhook_signature)\.cpp|http/server/validator\.cpp"),
        (r"(jwt|crypt)\.h", r"http/auth/"), (r"zlib\.h", r"http/server/content_coding\.cpp"),
        (r"[a-z0-9_]+(\.h)?|fmt/.*|boost/(system|assert|config|core)[/.].*"
         r"|(sys|net|netinet|arpa|linux)/\w+\.h", r"")]
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def broken_rule(file, kind, target):
    """The text of the rule that `file` breaks by including `target`, or None."""
    here, there = file.split("/")[0], target.split("/")[0]
    if kind == "<" and there not in LAYER:
        for library, home in HOME:
            if re.fullmatch(library, target):
                return None if re.match(home, file) else f"<{target}> has its home in {home}"
        return f"<{target}> is a library without a home in {pathlib.Path(__file__).name}"
    if kind == "<" or there not in LAYER or "/" not in target:
        return f'"{target}": our own headers are written in quotes and from the top folder'
    if any(re.match(a, file) and re.fullmatch(b, target) for a, b in SIDEWAYS):
        return None
    if here != there and LAYER[here] <= LAYER[there]:
        return f"{here}/ (layer {LAYER[here]}) must not see {there}/ (layer {LAYER[there]})"
    insiders, door = DOOR.get(there, ("", ""))
    if not re.match(insiders, file) and not re.fullmatch(door, target):
        return f"{here}/ sees of {there}/ only {door}"
    return None


def main(root):
    faults = 0
    for file in source_files(root, ".hpp", ".cpp"):
        if file.split("/")[0] not in LAYER:  # tests may see everything
            continue
        for number, line in enumerate((root / file).read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            rule = found and broken_rule(file, *found.groups())
            if rule:
                faults += 1
                print(f"{file}:{number}: {line.strip()}\n    {rule}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
