#!/usr/bin/env python3
"""Drives a mixed load against the real server, breaks it at random, and audits every posting.

  torture.py --binary build/dev/app/vaidepix --database both --minutes 10 [--seed 7]

The seed is printed first and last. It draws the worlds, loads and faults again; how threads
interleave it cannot repeat. Exit 0: nothing found. Exit 1: something was found, and the folder with
logs, history and database is kept. Exit 2: wrong use.
"""
import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback

from audit import Audit
from checker import Checker
from database import Postgres, Sqlite
from history import History
from justice import Justice
from nemesis import DRAIN_LIMIT_S, Nemesis
from proxy import Proxy
from server import Server
from sightings import Sightings
from workload import World

OPERATIONS_MAX = 7_000  # then a fresh database: an audit walks everything
SHOWN = 12
QUIET_LOOKS = 6


def told(totals):
    names = ("acknowledged", "refused", "not taken", "unknown and done", "unknown and not done",
             "cut off and found done", "cut off and done by a retry")
    return ", ".join(f"{n} {name}" for n, name in zip(totals, names))


class Found(Exception):
    """[(name, text)]"""


class Campaign:
    """One database from its birth to its last audit."""

    def __init__(self, options, name, folder, cluster, chance):
        self.options, self.chance, self.folder = options, chance, folder
        folder.mkdir()
        self.proxy = None
        if cluster:
            cluster.create()
            self.proxy = Proxy(cluster.port)
        self.database = cluster or Sqlite(folder)
        url = cluster.url_at(self.proxy.port) if cluster else self.database.url
        self.name, self.history = name, History()
        self.server = Server(options.binary, folder, url, self.draw_settings())
        self.nemesis = Nemesis(self.server, self.database, self.proxy, chance, self.audit_dead)
        self.world = None
        self.totals = [0] * 7
        self.audits = self.replayed = self.asked = 0
        self.sightings = Sightings()

    def draw_settings(self):
        draw = self.chance.choice
        settings = {"SHARDS": draw(("1", "4", "16")), "ACCOUNTS_IDLE_SECONDS": draw(("1", "600")),
                    "JOURNAL_BATCH_MAX": draw(("1", "7", "1000", "1000")),
                    "HTTP_THREADS": draw(("4", "64", "64")), "READ_CONNECTIONS": draw(("1", "4")),
                    "JOURNAL_QUEUE_MAX": draw(("3", "20000", "20000"))}
        if self.chance.random() < 0.3:  # so short that commands expire at every stage
            settings.update(REQUEST_DEADLINE_MS="300", IDEMPOTENCY_WAIT_MS="200")
        if self.proxy:
            settings["JOURNALS"] = draw(("1", "2")) if settings["SHARDS"] != "1" else "1"
        return settings

    def say(self, text):
        print(f"{self.name} {text}", flush=True)

    # -- audits -----------------------------------------------------------------------------------

    def judge(self, findings):
        findings = list(findings) + self.history.faults + self.nemesis.findings
        findings += [("log", line) for line in self.server.complaints()]
        if findings:
            raise Found(findings)

    def check_tables(self):
        checker = Checker(self.history.snapshot(), self.database.tables())
        self.judge(checker.check())
        self.totals = checker.counts()
        self.audits += 1
        return checker

    def audit_dead(self):
        """Straight after a death: what was acknowledged until now must be there."""
        if self.world is None:
            return
        code, text = self.server.run("verify")
        if code != 0:
            self.judge([("verify", f"exit {code}:\n{text}")])
        self.check_tables()

    def audit_alive(self):
        """Clients stand still: tables, answers and keys."""
        self.world.gate.close()
        self.sightings.look(self.name, self.server)
        for _ in range(QUIET_LOOKS):
            checker = self.check_tables()
            audit = Audit(self.world, self.chance)
            findings = audit.check(checker)
            if self.database.commits() == len(checker.tables["ledger_commits"]):
                self.judge(findings)
                self.replayed += audit.replayed
                self.asked += audit.asked
                return
            # A request that nobody waits for was still at work; replays would do it every time.
            time.sleep(1)
        self.judge([("never quiet", "commits go on although no client asks for anything")])

    # -- the run ----------------------------------------------------------------------------------

    def run(self, rounds, end):
        try:
            if self.chance.random() < 0.5:
                self.nemesis.strike("kill_at_start")  # also in the middle of the migration
            else:
                self.server.start()
            self.world = World(self.server, self.history, self.chance,
                               users=self.chance.randint(2, 4), clients=self.chance.randint(2, 5))
            self.world.start()
            done = 0
            while done < rounds and time.monotonic() < end:
                self.round(done)
                done += 1
                if len(self.history.operations) > OPERATIONS_MAX:
                    break
            self.finish()
            return done
        finally:
            if self.world:
                self.world.end()
            self.server.kill()
            if self.proxy:
                self.proxy.close()

    def round(self, number):
        before = len(self.history.operations)
        self.world.gate.open()
        fault = self.nemesis.draw()
        self.nemesis.strike(fault)
        self.nemesis.wait(0.3, 1.2)
        self.audit_alive()
        self.say(f"round {number}: {self.nemesis.said}; ready after {self.nemesis.recovery_s:.2f} "
                 f"s; {len(self.history.operations) - before} operations, in all "
                 f"{told(self.totals)}")

    def finish(self):
        self.world.end()
        code, seconds = self.server.terminate(DRAIN_LIMIT_S)
        if code != 0:
            self.judge([("exit code", f"SIGTERM at rest: {code} after {seconds:.1f} s\n"
                         f"{self.server.log()[-2000:]}")])
        self.database.quiet()
        self.audit_dead()
        justice = Justice(self.check_tables())
        self.judge(justice.check())
        self.say(f"{justice.judged} decisions judged")


class Torture:
    def __init__(self, options):
        self.options, self.totals = options, [0] * 7
        self.sightings = Sightings()
        self.campaigns = self.rounds = self.on_postgres = 0
        self.audits = self.replayed = self.asked = 0
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="torture."))
        self.folder.chmod(0o755)

    def run(self):
        kinds = ["sqlite", "postgres"] if self.options.database == "both" \
            else [self.options.database]
        cluster = None
        if "postgres" in kinds:
            if not Postgres.available():
                print("no PostgreSQL 15 server on this machine", file=sys.stderr)
                return 77
            cluster = Postgres(self.folder)
        end = time.monotonic() + self.options.minutes * 60 if self.options.minutes else 1e18
        try:
            left = self.options.rounds or sys.maxsize
            while left > 0 and time.monotonic() < end:
                kind = kinds[self.campaigns % len(kinds)]
                left -= self.campaign(kind, cluster if kind == "postgres" else None,
                                      min(left, self.options.campaign), end)
        finally:
            if cluster:
                cluster.close()
        return self.report()

    def campaign(self, kind, cluster, rounds, end):
        number = self.campaigns
        self.campaigns += 1
        chance = random.Random(f"{self.options.seed}/{kind}/{number}")
        name = f"{kind}/{number}"
        folder = self.folder / f"{number:03d}-{kind}"
        campaign = Campaign(self.options, name, folder, cluster, chance)
        try:
            done = campaign.run(rounds, end)
        except BaseException as why:
            self.keep(campaign, why)
            raise
        self.rounds += done
        self.on_postgres += done if cluster else 0
        self.totals = [a + b for a, b in zip(self.totals, campaign.totals)]
        self.audits += campaign.audits
        self.replayed += campaign.replayed
        self.asked += campaign.asked
        self.sightings.add(campaign.sightings)
        shutil.rmtree(folder)
        return max(done, 1)

    def keep(self, campaign, why):
        """Everything that explains the finding goes into the campaign's folder."""
        campaign.history.write(campaign.folder / "history.jsonl")
        findings = why.args[0] if isinstance(why, Found) else \
            [("harness", "".join(traceback.format_exception(why)))] + campaign.history.faults + \
            campaign.nemesis.findings
        with open(campaign.folder / "findings.txt", "w", encoding="utf-8") as out:
            for name, text in findings:
                out.write(f"{name}: {text}\n")
        print(f"FOUND in {campaign.name}, after {campaign.nemesis.said}: {len(findings)} findings")
        for name, text in findings[:SHOWN]:
            print(f"  {name}: {text[:700]}")
        print(f"  settings {campaign.server.settings}\n  kept: {campaign.folder}", flush=True)

    def report(self):
        print(f"{self.campaigns} campaigns, {self.rounds} rounds, {self.audits} audits: "
              f"{told(self.totals)}; {self.asked} keys asked, {self.replayed} replayed")
        print(f"seen: {self.sightings.text()}")
        unknown = sum(self.totals[3:])
        if self.totals[0] < 100 * self.rounds ** 0.5 or (self.rounds >= 5 and unknown == 0):
            print("VACUOUS: too few acknowledged or unknown operations to prove anything")
            return 1
        doubts = self.sightings.total("in doubt, applied"), self.sightings.total("in doubt, absent")
        if self.on_postgres >= 25 and 0 in doubts:
            print("VACUOUS: no commit was in doubt and applied, or none in doubt and absent")
            return 1
        shutil.rmtree(self.folder)
        return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--minutes", type=float, help="how long")
    parser.add_argument("--rounds", type=int, help="how many faults, instead of --minutes")
    parser.add_argument("--campaign", type=int, default=10, help="rounds on one database")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 9))
    options = parser.parse_args()
    if not options.minutes and not options.rounds:
        parser.error("--minutes or --rounds")
    options.binary = options.binary.resolve()
    print(f"seed {options.seed}", flush=True)
    torture = Torture(options)
    code = 1
    try:
        code = torture.run()
    except Found:
        pass
    except Exception:
        traceback.print_exc()
    print(f"seed {options.seed}: {'nothing found' if code == 0 else 'FAILED'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
