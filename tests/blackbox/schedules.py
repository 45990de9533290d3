#!/usr/bin/env python3
"""Schedules over the wire: each tick one job, through kill -9; pauses, previews, backfill.

  schedules.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

from bed import ClusterCase, begin
from database import Sqlite
from jobs import Client, until
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40


def instant(seconds=0):
    at = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Planner(Client):
    """A user with schedules; may be told the schedules of all, when an administrator."""

    def plan(self, rule, status=201, key=None, **more):
        wish = {"name": "plano", "kind": "noop", "rule": rule, **more}
        return self.want("POST", "/api/schedules", wish, status, key)

    def every(self, anchor, seconds=1, **more):
        return self.plan({"every_s": seconds, "anchor": anchor}, reason="of a test", **more)

    def shown(self, schedule):
        return self.want("GET", f"/api/schedules/{schedule}")

    def act(self, schedule, what, status=200, key=None, **more):
        return self.want("POST", f"/api/schedules/{schedule}/{what}",
                         {"reason": "of a test", **more}, status, key)

    def all_of(self, path):
        items, cursor = [], None
        while True:
            page = self.want("GET", f"{path}{'&' if '?' in path else '?'}limit=100" +
                             (f"&cursor={cursor}" if cursor else ""))
            items += page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return items

    def ticks(self, schedule):
        return self.all_of(f"/api/schedules/{schedule}/ticks")


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, self.database.url)
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana = Planner(self.server, "ana")
        self.root = Planner(self.server, "root")
        self.server.terminate(DRAIN_LIMIT_S)
        code, text = self.server.run("users", "grant-admin", self.root.email)
        self.assertEqual(code, 0, text)
        self.server.start()

    def tearDown(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.server.complaints(), [])

    def test_each_tick_posts_once_through_kill_9(self):
        self.ana.income(1_000_000)
        before = self.ana.balance()
        made = self.root.every(instant(2), kind="post_transaction", user=self.ana.id,
                               payload=self.ana.posting(7), misfire="all", end={"count": 15})
        for _ in range(4):
            time.sleep(2.3)
            self.server.kill()
            self.server.start()
        until(lambda: self.root.shown(made["id"])["state"] == "ended")
        until(lambda: self.root.shown(made["id"])["unfinished"] == 0)
        ticks = self.root.ticks(made["id"])
        self.assertEqual([t["result"] for t in ticks], ["ran"] * 15)
        at = [t["at"] for t in ticks]
        self.assertEqual(len(set(at)), 15)
        self.assertEqual(at, sorted(at, reverse=True))
        jobs = {t["job"] for t in ticks}
        self.assertEqual(len(jobs), 15)
        listed = self.ana.all_of(f"/api/jobs?schedule={made['id']}")
        self.assertEqual({j["id"] for j in listed}, jobs)
        self.assertEqual({j["state"] for j in listed}, {"succeeded"})
        self.assertEqual(self.ana.balance(), before - 15 * 7)

    def test_a_crowd_that_is_due_in_one_second(self):
        at = instant(12)

        def make(n):
            return self.root.every(at, seconds=3600, user=self.ana.id, name=f"plano {n}",
                                   misfire="all")["id"]

        with ThreadPoolExecutor(16) as pool:
            made = list(pool.map(make, range(300)))
        self.assertLess(instant(), at)
        until(lambda: all(s["settled_to"] >= at for s in self.ana.all_of("/api/schedules")))
        for schedule in made[::25]:
            self.assertEqual([(t["at"], t["result"]) for t in self.ana.ticks(schedule)],
                             [(at, "ran")])
        jobs = self.ana.all_of("/api/jobs")
        self.assertEqual(sorted(j["schedule"] for j in jobs), sorted(made))

    def test_what_is_paused_rests(self):
        made = self.root.every(instant(1), user=self.ana.id)["id"]
        until(lambda: self.ana.ticks(made))
        paused = self.ana.act(made, "pause")
        self.assertEqual((paused["state"], paused["paused"]["reason"], paused["next_at"]),
                         ("paused", "of a test", None))
        seen = len(self.ana.ticks(made))
        time.sleep(2.5)
        self.server.kill()
        self.server.start()
        self.assertEqual(len(self.ana.ticks(made)), seen)
        self.ana.act(made, "resume", skip_missed=True)
        until(lambda: len(self.ana.ticks(made)) > seen)
        self.assertEqual({t["result"] for t in self.ana.ticks(made)}, {"ran"})
        self.ana.want("DELETE", f"/api/schedules/{made}", None, 204)
        self.assertEqual(self.ana.ask("GET", f"/api/schedules/{made}")[0], 404)
        self.assertTrue(self.ana.ticks(made))  # they are kept
        self.assertEqual(self.ana.want("GET", "/api/schedules")["items"], [])

    def test_a_year_is_seen_before_it_comes(self):
        rent = self.ana.plan({"calendar": {"freq": "monthly", "start": "2027-01-31T09:00"}},
                             zone="America/Sao_Paulo", misfire="all")
        seen = self.ana.want("GET", f"/api/schedules/{rent['id']}/preview?n=3")
        self.assertEqual([(t["at"], t["local"], t["note"]) for t in seen["ticks"]], [
            ("2027-01-31T12:00:00Z", "2027-01-31T09:00:00-03:00", None),
            ("2027-02-28T12:00:00Z", "2027-02-28T09:00:00-03:00", "day 31 clamped to 28"),
            ("2027-03-31T12:00:00Z", "2027-03-31T09:00:00-03:00", None)])
        unsaved = self.ana.want("POST", "/api/schedules/preview", {
            "rule": {"cron": "30 2 * * *"}, "zone": "America/New_York", "n": 100})
        self.assertEqual(len(unsaved["ticks"]), 100)
        status, said = self.ana.ask("POST", "/api/schedules", {
            "name": "nunca", "kind": "noop", "rule": {"cron": "0 0 30 2 *"}})
        self.assertEqual((status, said["code"]), (422, "BAD_RULE"))

    def test_the_command_line(self):
        made = self.ana.plan({"cron": "0 0 1 1 *"}, zone="UTC")["id"]

        def run(*arguments, status=0):
            self.server.environment["VAIDEPIX_TOKEN"] = self.ana.token
            code, text = self.server.run("schedules", *arguments, "--url",
                                         f"http://127.0.0.1:{self.server.port}")
            self.assertEqual(code, status, text)
            return text

        self.assertIn(made, run("list"))
        self.assertIn("-01-01T00:00:00Z", run("preview", made, "--limit", "2"))
        run("pause", made, "--reason", "a trip")
        self.assertIn("paused", run("list"))
        run("resume", made, "--reason", "back home")
        job = run("run-now", made, "--reason", "once more").split()[-1]
        self.ana.ends(job)
        self.assertIn("manual", run("ticks", made))
        run("get", "nowhere", status=4)

    def test_by_hand_and_for_the_past(self):
        made = self.ana.plan({"cron": "0 * * * *"}, key="p1")["id"]
        self.assertEqual(self.ana.plan({"cron": "0 * * * *"}, key="p1")["id"], made)
        first = self.ana.act(made, "run-now", 201, key="r1")["id"]
        self.assertEqual(self.ana.act(made, "run-now", 201, key="r1")["id"], first)
        self.ana.ends(first)
        day = datetime.now(timezone.utc).replace(minute=30) - timedelta(days=1)
        span = {"from": day.strftime("%Y-%m-%dT%H:%M:00Z"),
                "to": (day + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:00Z")}
        preview = self.ana.act(made, "backfill", **span)
        self.assertEqual((preview["count"], preview["existing"]), (5, 0))
        self.ana.act(made, "backfill", **span, token=preview["token"])
        self.assertEqual([t["result"] for t in self.ana.ticks(made)], ["manual"] + ["ran"] * 5)
        again = self.ana.act(made, "backfill", **span)
        self.assertEqual((again["count"], again["existing"]), (0, 5))
        until(lambda: self.ana.shown(made)["unfinished"] == 0)
        bob = Planner(self.server, "bob")
        self.assertEqual(bob.ask("POST", f"/api/schedules/{made}/run-now", {})[0], 404)


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
