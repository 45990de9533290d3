#!/usr/bin/env python3
"""Shared expenses and the activity feed, over the wire.

  sharing.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import http.client
import json
import random
import socket
import threading
import time
import unittest
import uuid

from bed import ClusterCase, begin
from database import Sqlite
from server import Server

BINARY = None
PATIENCE_S = 30
DRAIN_LIMIT_S = 40


class Person:
    def __init__(self, server, name):
        self.server, self.name, self.email, self.token = server, name, f"{name}@example.com", None
        made = self.want("POST", "/api/auth/register",
                         {"name": name, "email": self.email, "password": "uma senha boa"})
        self.token, self.id = made["access_token"], made["user"]["id"]
        accounts = self.want("GET", "/api/accounts")
        self.account = accounts[0]["id"]
        self.category = min((c for c in self.want("GET", "/api/categories")
                             if c["type"] == "expense"), key=lambda c: (c["created_at"], c["id"]))

    def ask(self, method, path, body=None, key=None):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        wire = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            wire.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = wire.getresponse()
            content = answer.read()
        finally:
            wire.close()
        return answer.status, json.loads(content) if content else None

    def want(self, method, path, body=None, status=200, key=None):
        got, content = self.ask(method, path, body, key)
        if got != status:
            raise AssertionError(f"{method} {path}: {got} {content}")
        return content

    def balance(self):
        found = self.want("GET", f"/api/accounts/{self.account}")["balance_str"]
        return int(found.replace(".", ""))

    def share(self, total, **more):
        return self.want("POST", "/api/shared-expenses",
                         {"total_cents": total, "description": "Pizza", **more})

    def pending(self):
        return self.want("GET", "/api/shared-expenses/pending")

    def model(self):
        return self.want("GET", "/api/shared-expenses/read-model")

    def feed(self, query=""):
        return self.want("GET", "/api/activity-feed" + query)


class Stream:
    """An EventSource that only keeps what it is told."""

    def __init__(self, person, last=None, by_query=False, path="/api/activity-feed/stream"):
        self.events, self.came, self.retry_ms = [], threading.Condition(), None
        self.wire = socket.create_connection(("127.0.0.1", person.server.port), PATIENCE_S)
        target = path + (f"?token={person.token}" if by_query else "")
        head = [f"GET {target} HTTP/1.1", "Host: x", "Accept: text/event-stream"]
        if not by_query:
            head.append(f"Authorization: Bearer {person.token}")
        if last:
            head.append(f"Last-Event-ID: {last}")
        self.wire.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        self.text = self.wire.makefile("r", encoding="utf-8", newline="")
        self.status = int(self.text.readline().split()[1])
        self.headers = {}
        while (line := self.text.readline().rstrip("\r\n")):
            name, value = line.split(": ", 1)
            self.headers[name.lower()] = value
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        event = {}
        for line in self.text:
            line = line.rstrip("\n")
            if line:
                name, _, value = line.partition(":")
                event[name] = value.strip()
                continue
            with self.came:
                if "retry" in event:
                    self.retry_ms = int(event["retry"])
                if "data" in event:
                    self.events.append((event["id"], json.loads(event["data"])))
                self.came.notify_all()
            event = {}
        with self.came:
            self.events.append(None)  # the end
            self.came.notify_all()

    def wait(self, number):
        with self.came:
            assert self.came.wait_for(lambda: len(self.events) >= number, PATIENCE_S), self.events
            return list(self.events)

    def close(self):
        self.wire.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.text.close()
        self.wire.close()


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.server = Server(BINARY, self.folder, self.database.url, {})
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana, self.ben, self.eva = (Person(self.server, n) for n in ("ana", "ben", "eva"))

    def end(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, text = self.server.run("verify")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.server.complaints(), [])

    def test_splits_are_exact(self):
        ana, ben, eva = self.ana, self.ben, self.eva
        ana.share(1001, participants=[{"email": ben.email}, {"user_id": eva.id}])
        self.assertEqual(ana.balance(), -(1001 - 2 * 333))
        ana.share(1000, split_type="percentage", participants=[
            {"email": ben.email, "percentage": 33.33}, {"email": eva.email, "percentage": 33.33},
            {"user_id": ana.id, "percentage": 33.34}])
        ana.share(700, split_type="custom", participants=[
            {"email": ben.email, "amount": 250}, {"email": eva.email, "amount": 450}])
        self.assertEqual(ana.balance(), -335 - (1000 - 333 - 333))
        amounts = [sorted(round(p["amount"] * 100) for p in e["participants"])
                   for e in ana.model()["expenses"]]
        self.assertEqual(amounts, [[0, 250, 450], [333, 333, 334], [333, 333, 335]])
        self.assertEqual([s["amount_str"] for s in ben.pending()], ["2.50", "3.33", "3.33"])
        chance = random.Random(7)
        for _ in range(20):
            cuts = sorted(chance.randrange(0, 10_001) for _ in range(2))
            parts = [cuts[0], cuts[1] - cuts[0], 10_000 - cuts[1]]
            total = chance.randrange(1, 10**13)
            ana.share(total, split_type="percentage", participants=[
                {"email": p.email, "percentage": f"{part / 100:.2f}"}
                for p, part in zip((ben, eva, ana), parts)],
                account_id=ana.want("POST", "/api/accounts",
                                    {"name": "x", "type": "checking", "balance": 0})["id"])
            shares = {p["user_id"]: round(p["amount"] * 100)
                      for p in ana.model()["expenses"][0]["participants"]}
            expected = [total * parts[0] // 10_000, total * parts[1] // 10_000]
            self.assertEqual(shares[ben.id], expected[0])
            self.assertEqual(shares[eva.id], expected[1])
            self.assertEqual(shares[ana.id], total - sum(expected))

    def test_what_cannot_be_shared(self):
        ana, ben = self.ana, self.ben

        def refused(status, **more):
            got, content = ana.ask("POST", "/api/shared-expenses",
                                   {"total_cents": 100, "description": "x", **more})
            self.assertEqual(got, status, content)
            return content

        refused(422)
        refused(422, participants=[])
        refused(400, invited_email=ana.email)
        refused(400, invited_email="ninguem@example.com")
        refused(400, participants=[{"email": ben.email}, {"user_id": ben.id}])
        refused(422, participants=[{"email": ben.email, "percentage": 99}], split_type="percentage")
        refused(422, participants=[{"email": ben.email, "amount": 99}], split_type="custom")
        refused(422, participants=[{"email": ben.email, "amount": 101}], split_type="custom")
        refused(422, participants=[{}])
        refused(422, participants=[7])
        refused(404, invited_email=ben.email, account_id="nowhere")
        refused(404, invited_email=ben.email, category_id="nowhere")
        self.assertEqual(ana.balance(), 0)
        self.assertEqual(ben.pending(), [])
        self.assertEqual(ana.feed(), [])

    def test_answers_and_who_may_see_them(self):
        ana, ben, eva = self.ana, self.ben, self.eva
        made = ana.share(1000, invited_email=ben.email)
        self.assertEqual((made["status"], made["amount_str"]), ("active", "10.00"))
        (share,) = ben.pending()
        path = f"/api/shared-expenses/shares/{share['id']}"
        ben.want("PATCH", path, {"action": "maybe"}, status=400)
        for stranger in (ana, eva):
            stranger.want("PATCH", path, {"action": "accept"}, status=404)
        eva.want("GET", path + "/events", status=404)
        eva.want("GET", f"/api/shared-expenses/{made['id']}/full-details", status=404)
        eva.want("DELETE", f"/api/shared-expenses/{made['id']}", status=404)
        ben.want("DELETE", f"/api/shared-expenses/{made['id']}", status=403)
        self.assertEqual(ana.model()["expenses"][0]["status"], "pending")
        key = str(uuid.uuid4())
        first = ben.want("PATCH", path, {"action": "accept"}, key=key)
        self.assertEqual(first["status"], "accepted")
        self.assertEqual(ben.want("PATCH", path, {"action": "accept"}, key=key), first)
        ben.want("PATCH", path, {"action": "reject"}, status=400)
        self.assertEqual([e["action"] for e in ana.want("GET", path + "/events")],
                         ["created", "accepted"])
        self.assertEqual(ana.model()["expenses"][0]["status"], "settled")
        self.assertEqual(ben.model()["totals"]["settled_count"], 1)
        self.assertEqual(eva.model()["expenses"], [])
        whole = ben.want("GET", f"/api/shared-expenses/{made['id']}/full-details")
        self.assertEqual([len(whole[n]) for n in ("shares", "events")], [2, 3])
        self.assertEqual(ben.balance(), 0)

    def test_a_share_is_rejected(self):
        ana, ben = self.ana, self.ben
        made = ana.share(1000, invited_email=ben.email)
        (share,) = ben.pending()
        path = f"/api/shared-expenses/shares/{share['id']}"
        key = str(uuid.uuid4())
        answer = ben.want("PATCH", path, {"action": "reject"}, key=key)
        self.assertEqual(answer["status"], "rejected")
        self.assertIsNotNone(answer["responded_at"])
        self.assertEqual(ben.want("PATCH", path, {"action": "reject"}, key=key), answer)
        for late in ("accept", "reject"):
            self.assertEqual(ben.want("PATCH", path, {"action": late}, status=400)["code"],
                             "SHARE_ANSWERED")
        self.assertEqual(ben.pending(), [])
        self.assertEqual([e["action"] for e in ana.want("GET", path + "/events")],
                         ["created", "rejected"])
        (expense,) = ana.model()["expenses"]
        self.assertEqual((expense["id"], expense["status"]), (made["id"], "pending"))
        self.assertEqual({p["user_id"]: (p["share_status"], p["paid"])
                          for p in expense["participants"]},
                         {ana.id: ("accepted", True), ben.id: ("rejected", False)})
        for person in (ana, ben):
            self.assertEqual(person.feed("?limit=1")[0]["type"], "share_rejected")
            self.assertEqual(person.want("GET", "/api/me/data")["sharedExpenses"],
                             person.model()["expenses"])
        self.assertEqual((ana.balance(), ben.balance()), (-500, 0))
        self.end()

    def test_without_a_place(self):
        """What the creator pays needs an active account and a category of expense."""
        ana, ben = self.ana, self.ben
        wish = {"total_cents": 100, "description": "x", "invited_email": ben.email}
        for category in ana.want("GET", "/api/categories"):
            if category["type"] == "expense":
                ana.want("DELETE", f"/api/categories/{category['id']}")
        self.assertEqual(ana.want("POST", "/api/shared-expenses", wish, status=400)["detail"],
                         "Nenhuma categoria de despesa para registrar a despesa")
        for account in ana.want("GET", "/api/accounts"):
            ana.want("DELETE", f"/api/accounts/{account['id']}")
        self.assertEqual(ana.want("POST", "/api/shared-expenses", wish, status=400)["detail"],
                         "Nenhuma conta ativa para registrar a despesa")
        self.assertEqual((ben.pending(), ana.feed(), ana.model()["expenses"]), ([], [], []))
        self.end()

    def test_the_automatic_transaction_is_replaced_and_taken_back(self):
        ana, ben = self.ana, self.ben
        made = ana.share(1000, invited_email=ben.email)
        self.assertEqual(ana.balance(), -500)
        (automatic,) = ana.want("GET", "/api/transactions")
        self.assertEqual((automatic["account_id"], automatic["category_id"]),
                         (ana.account, ana.category["id"]))  # the oldest ones
        body = {"date": "2026-01-02", "account_id": ana.account,
                "category_id": ana.category["id"], "type": "expense", "amount_cents": 700,
                "description": "De verdade", "shared_expense_id": made["id"]}
        key = str(uuid.uuid4())
        posted = ana.want("POST", "/api/transactions", body, key=key)
        self.assertEqual(posted["shared_expense_id"], made["id"])
        self.assertEqual(ana.want("POST", "/api/transactions", body, key=key), posted)
        self.assertEqual(ana.balance(), -700)
        ana.want("POST", "/api/transactions", body)  # there is nothing left to replace
        self.assertEqual(ana.balance(), -1400)
        self.eva.want("POST", "/api/transactions",
                      {**body, "account_id": self.eva.account,
                       "category_id": self.eva.category["id"]}, status=404)
        ana.want("DELETE", f"/api/shared-expenses/{made['id']}", status=204)
        self.assertEqual(ana.balance(), -1400)

        other = ana.share(600, invited_email=ben.email)
        self.assertEqual(ana.balance(), -1700)
        (share,) = ben.pending()
        ana.want("DELETE", f"/api/shared-expenses/{other['id']}", status=204)
        ana.want("DELETE", f"/api/shared-expenses/{other['id']}", status=404)
        self.assertEqual(ana.balance(), -1400)
        self.assertEqual(ben.pending(), [])
        ben.want("PATCH", f"/api/shared-expenses/shares/{share['id']}", {"action": "accept"},
                 status=400)
        self.assertEqual([e["status"] for e in ana.model()["expenses"]], ["cancelled"] * 2)

    def test_many_hands(self):
        """Repeated creates and cancels at once: one effect for each key, and sound books."""
        ana, ben = self.ana, self.ben
        keys = [str(uuid.uuid4()) for _ in range(12)]
        made, failures = {k: set() for k in keys}, []

        def work(seed):
            chance = random.Random(seed)
            for _ in range(24):
                key = chance.choice(keys)
                status, content = ana.ask("POST", "/api/shared-expenses",
                                          {"total_cents": 100, "description": "x",
                                           "invited_email": ben.email}, key)
                if status != 200:
                    failures.append((status, content))
                else:
                    made[key].add(content["id"])
                    if chance.random() < 0.3:
                        status, content = ana.ask("DELETE",
                                                  f"/api/shared-expenses/{content['id']}")
                        if status not in (204, 404):
                            failures.append((status, content))

        hands = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for h in hands:
            h.start()
        for h in hands:
            h.join()
        self.assertEqual(failures, [])
        used = [ids for ids in made.values() if ids]
        self.assertTrue(all(len(ids) == 1 for ids in used), made)
        expenses = ana.model()["expenses"]
        self.assertEqual(len(expenses), len(used))
        standing = sum(e["status"] != "cancelled" for e in expenses)
        self.assertEqual(ana.balance(), -50 * standing)
        self.end()

    def test_the_feed(self):
        ana, ben = self.ana, self.ben
        for n in range(3):
            ana.share(100 + n, invited_email=ben.email)
        items = ben.feed()
        self.assertEqual([i["type"] for i in items], ["share_received"] * 3)
        self.assertEqual([i["metadata"]["amount_cents"] for i in items], [51, 50, 50])
        self.assertEqual(ben.feed("?limit=1&skip=1"), items[1:2])
        self.assertEqual(ben.want("GET", "/api/activity-feed/unread-count"), {"count": 3})
        one = ben.want("PATCH", f"/api/activity-feed/{items[1]['id']}/read")
        self.assertTrue(one["is_read"])
        ana.want("PATCH", f"/api/activity-feed/{items[1]['id']}/read", status=404)
        self.assertEqual(ben.want("PATCH", "/api/activity-feed/read-all"), {"marked": 2})
        self.assertEqual(ben.want("GET", "/api/activity-feed/unread-count"), {"count": 0})
        self.assertEqual(ana.want("GET", "/api/activity-feed/unread-count"), {"count": 3})
        told = ben.want("GET", "/api/notifications")
        self.assertEqual({n["type"] for n in told}, {"expense_share_pending"})

    def test_the_stream(self):
        ana, ben = self.ana, self.ben
        ana.share(100, invited_email=ben.email)  # before: not in the stream
        live = Stream(ben)
        self.addCleanup(live.close)
        self.assertEqual((live.status, live.headers["content-type"]), (200, "text/event-stream"))
        self.assertNotIn("content-length", live.headers)
        for n in range(3):
            ana.share(200 + n, invited_email=ben.email)
        events = live.wait(3)
        self.assertEqual(live.retry_ms, 3000)
        amounts = [e["data"]["metadata"]["amount_cents"] for _, e in events]
        self.assertEqual(amounts, [100, 100, 101])
        self.assertEqual([i for i, _ in events], [i["id"] for i in reversed(ben.feed("?limit=3"))])
        again = Stream(ben, last=events[0][0], by_query=True)
        self.addCleanup(again.close)
        self.assertEqual(again.wait(2), events[1:])
        other = Stream(ana)  # only one's own
        self.addCleanup(other.close)
        ana.share(300, invited_email=self.eva.email)
        self.assertEqual(other.wait(1)[0][1]["data"]["type"], "share_sent")
        time.sleep(2.5)
        self.assertEqual(len(live.wait(3)), 3)
        nobody = Stream(Nobody(self.server))
        self.assertEqual(nobody.status, 401)
        nobody.close()
        self.assertNotIn(ben.token, self.server.log())
        self.end()
        self.assertIsNone(live.wait(4)[3])  # the stop ends it


class Nobody:
    def __init__(self, server):
        self.server, self.token = server, "a.b.c"


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
