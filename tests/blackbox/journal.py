"""A journal as its lines say it, and as the real hledger and ledger read it."""
import csv
import io
import os
import re
import subprocess
import urllib.parse

from books import centavos

UTF8 = dict(os.environ, LC_ALL="C.UTF-8")


class Journal:
    """What stands in a journal, read by nothing but its lines."""

    def __init__(self, path):
        self.path, self.ids, self.names, self.texts = path, {}, {}, {}
        name = description = None
        ids, raw = [], None
        for line in path.read_text(encoding="utf-8").split("\n"):
            if len(line.encode()) >= 4096:
                raise AssertionError("ledger cuts a line at 4096 bytes")
            if line.startswith("account "):
                name = line.removeprefix("account ")
            elif line.startswith("    ; vdp-id: "):
                self.ids[urllib.parse.unquote(line[14:])] = name
                self.names[name] = name.split(":", 1)[1]
            elif line.startswith("    ; vdp-name: "):
                self.names[name] = urllib.parse.unquote(line[16:])
            elif re.match(r"\d{4}-", line):
                description, ids, raw = line.partition(") ")[2], [], None
            elif line.startswith("    ; vdp-transaction: "):
                ids.append(urllib.parse.unquote(line[23:]))
                self.texts.setdefault(ids[0], description)
            elif line.startswith("    ; vdp-text: "):
                self.texts[ids[0]] = urllib.parse.unquote(line[16:])

    def hledger(self, *arguments):
        return run(["hledger", "-f", self.path, *arguments])

    def ledger(self, *arguments):
        return run(["ledger", "--args-only", "-f", self.path, *arguments])

    def balances_of_hledger(self, *options):
        rows = list(csv.reader(io.StringIO(
            self.hledger("bal", "--flat", "-E", "-N", "-O", "csv", *options))))
        return {row[0]: centavos(row[1]) for row in rows[1:]}

    def balances_of_ledger(self, *options):
        found = self.ledger("bal", "--flat", "-E", "--no-total", "--balance-format",
                            "%(account)\x01%(scrub(display_total))\n", *options)
        rows = [line.split("\x01") for line in found.split("\n") if line]
        return {name: centavos(amount) for name, amount in rows}


def run(command):
    done = subprocess.run(command, env=UTF8, capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=120, check=False)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stderr.decode()[:2000]}")
    return done.stdout.decode()
