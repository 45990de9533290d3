#!/usr/bin/env python3
"""What leaves the house: the weekly report as a mail, webhooks, the stream of notifications.

  outbound.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import email
import email.header
import threading
import time
import unittest
from datetime import datetime, timedelta, timezone

from bed import ClusterCase, begin
from database import Sqlite
from jobs import Client, until
from people import MailSink
from server import Server
from sharing import Stream

BINARY = None
DRAIN_LIMIT_S = 40
ZONE = timezone(timedelta(hours=-3))  # America/Sao_Paulo, since 2019


def today():
    return datetime.now(ZONE).date()


class Sink(MailSink):
    """Says what it is told to, or holds the connection until it is let go."""

    def __init__(self, port=0):
        self.says, self.free = b"250 kept", threading.Event()
        self.free.set()
        super().__init__(port)

    def verdict(self):
        self.free.wait()
        return self.says

    def converse(self, wire):
        try:
            super().converse(wire)
        except OSError:
            pass  # the server was killed meanwhile

    def close(self):
        self.free.set()
        super().close()


class Owner(Client):
    """A user with rules."""

    def rule(self, kind, conditions, actions, name="Resumo da semana"):
        return self.want("POST", "/api/automations", {
            "name": name, "type": kind, "conditions": conditions, "actions": actions})["id"]

    def weekly(self, **actions):
        return self.rule("weekly_report", {"day_of_week": today().weekday()}, actions)

    def shown(self, rule):
        return self.want("GET", f"/api/automations/{rule}")

    def failures(self):
        return [n["metadata"]["code"] for n in self.want("GET", "/api/notifications")
                if n["type"] == "automation_failed"]

    def post(self, kind, amount, days_ago):
        category = next(c for c in sorted(self.want("GET", "/api/categories"),
                                          key=lambda c: c["name"]) if c["type"] == kind)
        day = today() - timedelta(days=days_ago)
        self.want("POST", "/api/transactions", {
            "type": kind, "account_id": self.account, "category_id": category["id"],
            "amount_cents": amount, "description": "x", "date": day.isoformat()})
        return category["name"]


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.database = self.cluster or Sqlite(self.folder)
        self.sink = Sink()
        self.addCleanup(lambda: self.sink.close())
        self.server = Server(BINARY, self.folder, self.database.url, {
            "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.sink.port),
            "SMTP_FROM": "conta@vaidepix.example", "FRONTEND_URL": "https://app.example",
            "WEBHOOK_SECRET": "a secret of sixteen bytes"})
        self.addCleanup(self.server.kill)
        self.server.start()
        self.ana = Owner(self.server, "ana")
        self.root = Client(self.server, "root")
        self.server.terminate(DRAIN_LIMIT_S)
        code, text = self.server.run("users", "grant-admin", self.root.email)
        self.assertEqual(code, 0, text)
        self.server.start()

    def tearDown(self):
        self.sink.free.set()
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, said = self.server.run("verify")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.server.complaints(), [])

    def run_now(self, schedule):
        """Of the system, by hand; its job, when it has ended. A start makes it first."""
        def begun():
            status, said = self.root.ask("POST", f"/api/schedules/{schedule}/run-now",
                                         {"reason": "of a test"})
            return said if status == 201 else None
        job = until(begun)["id"]
        self.root.ends(job)
        return self.root.want("GET", f"/api/jobs/{job}")["result"]

    def deliveries(self):
        """Jobs that deliver, newest first."""
        return self.root.want("GET", "/api/jobs?kind=deliver&limit=100")["items"]

    def delivered_as(self, state):
        return until(lambda: [j for j in self.deliveries() if j["state"] == "succeeded" and
                              j["result"]["state"] == state])

    def counted(self, way, result):
        return self.server.metrics()[
            f'vaidepix_deliveries_total{{result="{result}",way="{way}"}}']

    # -- the weekly report ------------------------------------------------------------------------

    def test_the_weekly_report(self):
        income = self.ana.post("income", 300_000, 7)
        self.ana.post("income", 1, 0)  # of today: not a whole day
        self.ana.post("expense", 1, 8)  # too old
        spent = self.ana.post("expense", 123_456, 1)
        rule = self.ana.weekly()
        other = self.ana.rule("weekly_report", {"day_of_week": (today().weekday() + 1) % 7}, {})
        self.assertEqual(self.run_now("weekly_reports"), {"rules": 2, "made": 1, "refused": 0})
        mail = email.message_from_bytes(self.sink.mail(1))
        self.assertEqual(mail["To"], "<ana@example.com>")
        first, last = today() - timedelta(days=7), today() - timedelta(days=1)
        span = f"{first:%d/%m/%Y} a {last:%d/%m/%Y}"
        subject = str(email.header.make_header(email.header.decode_header(mail["Subject"])))
        self.assertEqual(subject, f"Resumo da semana: {span}")
        text = mail.get_payload(decode=True).decode()
        self.assertIn(f"De {span}:\n\nReceitas: R$ 3.000,00\nDespesas: R$ 1.234,56\n"
                      "Saldo: R$ 1.765,44\n", text)
        self.assertIn(f"Maiores despesas:\n1. {spent}: R$ 1.234,56\n\n", text)
        self.assertNotIn(income, text)
        self.delivered_as("delivered")
        until(lambda: self.counted("mail", "delivered") == 1)
        self.assertIsNotNone(self.ana.shown(rule)["last_run"])
        self.assertIsNone(self.ana.shown(other)["last_run"])
        # Once for each rule and day, whoever runs it again.
        self.assertEqual(self.run_now("weekly_reports")["made"], 0)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.run_now("weekly_reports")["made"], 0)
        self.assertEqual(len(self.deliveries()), 1)
        self.assertEqual(len(self.sink.mails), 1)

    def test_a_mail_that_the_server_holds_is_in_doubt_after_kill_9(self):
        rule = self.ana.weekly()
        self.sink.free.clear()
        self.run_now("weekly_reports")
        self.sink.mail(1)  # it has the whole mail, and has not answered
        self.server.kill()
        self.sink.free.set()
        self.server.start()
        until(lambda: self.ana.failures())
        self.assertEqual(self.ana.failures(), ["DELIVERY_IN_DOUBT"])
        self.assertEqual(self.ana.shown(rule)["last_error"], "DELIVERY_IN_DOUBT")
        self.delivered_as("unknown")
        for _ in range(2):
            self.run_now("weekly_reports")
            self.run_now("deliveries")
        time.sleep(1)
        self.assertEqual(len(self.sink.mails), 1)
        self.assertEqual(self.ana.failures(), ["DELIVERY_IN_DOUBT"])
        self.assertEqual(self.counted("mail", "unknown"), 1)

    def test_a_mail_that_is_refused_is_shown(self):
        rule = self.ana.weekly(destination_email="casa@example.com")
        self.sink.says = b"550 nobody here"
        self.run_now("weekly_reports")
        until(lambda: self.ana.failures())
        self.assertEqual(self.ana.failures(), ["MAIL_REFUSED"])
        self.assertEqual(self.ana.shown(rule)["last_error"], "MAIL_REFUSED")
        self.delivered_as("failed")
        self.assertIn(b"To: <casa@example.com>", self.sink.mail(1))

    def test_while_the_mail_server_is_away_a_mail_waits(self):
        port = self.sink.port
        self.sink.close()
        self.ana.weekly()
        self.run_now("weekly_reports")
        job = until(lambda: [j for j in self.deliveries() if j["state"] == "retrying"])[0]["id"]
        self.assertEqual(self.ana.failures(), [])
        # Its job is lost: the next search finds it.
        self.root.want("POST", f"/api/jobs/{job}/cancel", {"reason": "of a test"})
        until(lambda: self.root.state(job) == "cancelled")
        self.sink = Sink(port)
        self.assertEqual(self.run_now("deliveries"), {"open": 1})
        self.sink.mail(1)
        self.delivered_as("delivered")
        self.assertEqual(self.run_now("deliveries"), {"open": 0})

    # -- webhooks ---------------------------------------------------------------------------------

    def hook(self, url):
        return self.ana.rule("webhook", {"events": ["transaction_created"]}, {"url": url}, "Aviso")

    def test_no_webhook_reaches_our_own_network(self):
        rule = self.hook(f"https://127.0.0.1:{self.sink.port}/")
        for amount in (1, 2, 3):
            self.ana.post("income", amount, 0)
        until(lambda: len(self.deliveries()) == 3 and
              all(j["state"] == "succeeded" for j in self.deliveries()))
        for job in self.deliveries():
            self.assertEqual(job["result"], {"state": "failed", "code": "WEBHOOK_ADDRESS"})
        self.assertEqual(self.ana.shown(rule)["last_error"], "WEBHOOK_ADDRESS")
        self.assertEqual(self.ana.failures(), ["WEBHOOK_ADDRESS"])  # told once
        self.assertEqual(self.counted("webhook", "failed"), 3)

    def test_a_secret_that_is_not_set_switches_them_off(self):
        self.server.terminate(DRAIN_LIMIT_S)
        del self.server.settings["WEBHOOK_SECRET"]
        self.server.start()
        rule = self.hook("https://hooks.example.com/x")
        self.ana.post("income", 1, 0)
        until(lambda: self.ana.failures())
        self.assertEqual(self.ana.failures(), ["WEBHOOK_OFF"])
        self.assertEqual(self.ana.shown(rule)["last_error"], "WEBHOOK_OFF")

    # -- the stream -------------------------------------------------------------------------------

    def test_notifications_are_streamed_and_resumed(self):
        path = "/api/notifications/stream"
        ben = Owner(self.server, "ben")
        self.ana.share(100, invited_email=ben.email)  # before: not in the stream
        live = Stream(ben, path=path)
        self.addCleanup(live.close)
        self.assertEqual((live.status, live.headers["content-type"]), (200, "text/event-stream"))
        for n in range(3):
            self.ana.share(200 + n, invited_email=ben.email)
        events = live.wait(3)
        listed = ben.want("GET", "/api/notifications?limit=3")
        self.assertEqual([e for _, e in events],
                         [{"type": "notification_new", "data": n} for n in reversed(listed)])
        self.assertEqual([i for i, _ in events], [n["id"] for n in reversed(listed)])
        again = Stream(ben, last=events[0][0], by_query=True, path=path)
        self.addCleanup(again.close)
        self.assertEqual(again.wait(2), events[1:])
        self.assertNotIn(ben.token, self.server.log())


class OnSqlite(Case):
    """All of the cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


del Case

if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
