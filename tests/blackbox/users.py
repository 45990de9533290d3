#!/usr/bin/env python3
"""What administrators do to users, over the wire: roles, in and out, sessions, starter members.

  users.py --binary build/dev/app/vaidepix [OnSqlite|OnPostgres]
"""
import threading
import unittest

from bed import ClusterCase, begin
from database import Sqlite
from people import PASSWORD, Browser
from server import Server

BINARY = None
DRAIN_LIMIT_S = 40
REASON = {"reason": "pedido 7"}


class Person(Browser):
    def __init__(self, server, name):
        super().__init__(server)
        self.email = f"{name}@example.com"
        self.id = None

    def register(self):
        wish = {"name": "Pessoa", "email": self.email, "password": PASSWORD}
        status = self.enter("/api/auth/register", wish)
        self.id = self.wanted("GET", "/api/auth/me")["id"]
        return status

    def login(self, password=PASSWORD):
        return self.enter("/api/auth/login", {"email": self.email, "password": password})


class Case(ClusterCase):
    postgres = False

    def setUp(self):
        super().setUp()
        if self.postgres:
            self.cluster.create()
        self.server = Server(BINARY, self.folder, (self.cluster or Sqlite(self.folder)).url,
                             {"USE_REFRESH_TOKENS": "1"})
        self.addCleanup(self.server.kill)
        self.server.start()
        self.root, self.ana, self.bia = (Person(self.server, n) for n in ("root", "ana", "bia"))
        for person in (self.root, self.ana, self.bia):
            self.assertEqual(person.register(), 200)
        self.assertEqual(self.server.terminate(DRAIN_LIMIT_S)[0], 0)
        # Addresses are kept in lower case, whatever is typed.
        code, text = self.server.run("users", "grant-admin", "Root@Example.com")
        self.assertEqual(code, 0, text)
        self.server.start()

    def act(self, person, what, wanted=200, by=None, key=None):
        path = f"/api/admin/users/{person.id}/{what}"
        status, answer, headers = (by or self.root).ask("POST", path, REASON, key=key)
        self.assertEqual(status, wanted, answer)
        return answer, headers

    def role(self, person, role, wanted=200, by=None):
        status, answer, headers = (by or self.root).ask(
            "PUT", f"/api/admin/users/{person.id}/role", {"role": role, **REASON})
        self.assertEqual(status, wanted, answer)
        return answer, headers

    def me(self, person, token=None):
        return person.ask("GET", "/api/auth/me", token=token)[0]

    def audited(self, by=None):
        """Actions, oldest first."""
        rows = (by or self.root).wanted("GET", "/api/admin/audit?limit=100")["items"]
        for row in rows:
            self.assertEqual(row["reason"], REASON["reason"])
        return [(row["action"], row["target"], row["actor"]) for row in reversed(rows)]

    def end(self):
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        self.assertEqual(code, 0, self.server.log()[-3000:])
        code, text = self.server.run("verify")
        self.assertEqual(code, 0, text)
        code, text = self.server.run("doctor")  # the chain of the audit log
        self.assertEqual(code, 0, text)
        self.assertEqual(self.server.complaints(), [])

    def test_out_and_in_again(self):
        """Tokens and cookie work no more, also after a crash; a new login is what brings back."""
        token, cookie = self.ana.token, self.ana.cookie
        told, _ = self.act(self.ana, "deactivate", key="k1")
        self.assertEqual((told["id"], told["is_active"]), (self.ana.id, False))
        self.assertEqual(self.me(self.ana), 401)  # at once
        self.assertEqual(self.ana.ask("POST", "/api/auth/refresh")[0], 401)
        self.assertEqual(self.ana.login(), 400)
        self.assertEqual(self.me(self.bia), 200)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.me(self.ana, token), 401)
        again, headers = self.act(self.ana, "deactivate", key="k1")
        self.assertEqual((again, headers["Idempotent-Replayed"]), (told, "true"))
        self.act(self.ana, "deactivate")  # nothing is left to change: no line
        told, _ = self.act(self.ana, "activate")
        self.assertEqual(told["is_active"], True)
        self.assertEqual(self.me(self.ana, token), 401)
        self.assertEqual(self.ana.ask("POST", "/api/auth/refresh", cookie=cookie)[0], 401)
        self.assertEqual(self.ana.login(), 200)
        self.ana.wanted("POST", "/api/accounts", {"name": "Caixa", "type": "cash"})

        other = Person(self.server, "ana")
        self.assertEqual(other.login(), 200)
        told, _ = self.act(self.ana, "revoke-sessions")
        self.assertEqual(told, {"user_id": self.ana.id, "sessions_revoked": 2})
        self.assertEqual([self.me(p) for p in (self.ana, other)], [401, 401])
        self.assertEqual(self.ana.login(), 200)
        self.assertEqual(self.audited(), [
            (action, self.ana.id, self.root.id)
            for action in ("user.deactivate", "user.activate", "user.revoke_sessions")])
        self.assertEqual(self.ana.ask("GET", "/api/admin/audit")[1]["code"], "ADMIN_REQUIRED")
        self.end()

    def test_an_administrator_is_left(self):
        for refused in (self.role(self.root, "user", 409),
                        self.act(self.root, "deactivate", 409)):
            self.assertEqual(refused[0]["code"], "LAST_ADMIN")
            self.assertIsNone(refused[1]["Retry-After"])
        self.assertEqual(self.role(self.ana, "admin")[0]["role"], "admin")
        self.assertEqual(self.audited(self.ana), [("user.role", self.ana.id, self.root.id)])
        # Both at once, each by the other or by themselves: one is left, every time.
        for _ in range(5):
            answers, ready = [None, None], threading.Barrier(2)

            def work(n, pair=(self.root, self.ana)):
                ready.wait()
                answers[n] = pair[n].ask("PUT", f"/api/admin/users/{pair[n].id}/role",
                                         {"role": "user", **REASON})
            threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            self.assertEqual(sorted(a[0] for a in answers), [200, 409], answers)
            left, gone = (self.ana, self.root) if answers[0][0] == 200 else (self.root, self.ana)
            self.assertEqual(self.role(gone, "admin", by=left)[0]["role"], "admin")
        self.act(self.ana, "deactivate")
        self.role(self.root, "user", 409)  # the other one does not count
        self.act(self.ana, "activate")
        self.assertEqual(self.ana.login(), 200)
        self.act(self.root, "deactivate", key="own")  # of oneself
        self.assertEqual(self.me(self.root), 401)
        self.assertEqual(len(self.audited(self.ana)), 1 + 5 * 2 + 3)
        self.end()

    def test_what_a_book_begins_with(self):
        wanted = [[{k: row[k] for k in row if k not in ("id", "created_at", "updated_at")}
                   for row in self.ana.wanted("GET", path)]
                  for path in ("/api/accounts", "/api/categories")]
        nothing = {"user_id": self.ana.id, "accounts_created": 0, "categories_created": 0}
        own = f"/api/users/{self.ana.id}/seed-default-data"
        self.assertEqual(self.ana.wanted("POST", own), nothing)
        for path in ("/api/accounts", "/api/categories"):
            for row in self.ana.wanted("GET", path):
                self.ana.wanted("DELETE", f"{path}/{row['id']}")
        made = dict(nothing, accounts_created=4, categories_created=15)
        # By the administrator, while the user is out.
        self.act(self.ana, "deactivate")
        self.assertEqual(self.act(self.ana, "seed-defaults")[0], made)
        self.assertEqual(self.act(self.ana, "seed-defaults")[0], nothing)
        self.act(self.ana, "activate")
        self.assertEqual(self.ana.login(), 200)

        def there():
            return [[{k: row[k] for k in row if k not in ("id", "created_at", "updated_at")}
                     for row in self.ana.wanted("GET", path)]
                    for path in ("/api/accounts", "/api/categories")]
        self.assertEqual(there(), wanted)
        # By herself, only what is lacking; many at once, and a crash in between.
        for row in self.ana.wanted("GET", "/api/accounts"):
            self.ana.wanted("DELETE", f"/api/accounts/{row['id']}")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.ana.wanted("POST", own)))
                   for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(a["accounts_created"] for a in answers), [0, 0, 0, 0, 0, 4])
        self.assertEqual({a["categories_created"] for a in answers}, {0})
        self.server.kill()
        self.server.start()
        self.assertEqual(there(), wanted)
        accounts = self.ana.wanted("GET", "/api/accounts")
        category = next(c for c in self.ana.wanted("GET", "/api/categories")
                        if c["type"] == "income")
        self.ana.wanted("POST", "/api/transactions", {
            "date": "2026-03-15", "account_id": accounts[0]["id"], "category_id": category["id"],
            "type": "income", "amount_cents": 700, "description": "salário"})
        status, told, _ = self.bia.ask("POST", own, REASON)
        self.assertEqual((status, told["code"]), (404, "USER_NOT_FOUND"))
        self.assertEqual([a for a, *_ in self.audited()],
                         ["user.deactivate", "user.seed_defaults", "user.activate"])
        self.end()

    def test_in_recovery_mode(self):
        """Clients only read; whoever has to be shut out is."""
        self.assertEqual(self.server.terminate(DRAIN_LIMIT_S)[0], 0)
        self.server.start(settings={"RECOVERY_MODE": "1"})
        own = f"/api/users/{self.ana.id}/seed-default-data"
        self.assertEqual(self.ana.ask("POST", own)[1]["code"], "RECOVERY_MODE")
        self.act(self.ana, "deactivate")
        self.assertEqual(self.me(self.ana), 401)
        self.act(self.ana, "activate")
        self.assertEqual(self.me(self.ana), 401)
        self.end()


class OnSqlite(Case):
    """All cases."""


class OnPostgres(Case):
    """The same."""
    postgres = True


if __name__ == "__main__":
    BINARY = begin(__doc__)
    unittest.main(verbosity=2)
