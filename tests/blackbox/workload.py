"""The world that the clients live in: users, their accounts, and the gate of the load."""
import json
import random
import threading
import uuid

from client import Caller, Connection
from customer import Customer
from history import Operation

MOST_KNOWN = 60  # transactions that a user's clients pick from


class Gate:
    """Lets clients through one operation at a time; closing waits until all stand still."""

    def __init__(self):
        self._condition = threading.Condition()
        self._open, self._inside, self._over = False, 0, False

    def enter(self):
        with self._condition:
            self._condition.wait_for(lambda: self._open or self._over)
            if self._over:
                return False
            self._inside += 1
            return True

    def leave(self):
        with self._condition:
            self._inside -= 1
            self._condition.notify_all()

    def open(self):
        with self._condition:
            self._open = True
            self._condition.notify_all()

    def close(self, limit=180):
        with self._condition:
            self._open = False
            if not self._condition.wait_for(lambda: self._inside == 0, limit):
                raise TimeoutError(f"{self._inside} clients do not come to an end")

    def end(self):
        with self._condition:
            self._over = True
            self._condition.notify_all()


class User:
    """What the clients of one user know together."""

    def __init__(self, name):
        self.name, self.email = name, f"{name}-{uuid.uuid4().hex[:8]}@example.org"
        self.id = self.token = None
        self.lock = threading.Lock()
        self.accounts, self.floored, self.closed, self.categories = [], [], [], []
        self.known = []  # [(transaction id, type)], the newest last

    def learn(self, transaction):
        with self.lock:
            self.known.append((transaction["id"], transaction["type"]))
            del self.known[:-MOST_KNOWN]

    def pick(self, chance, count=1):
        with self.lock:
            return chance.sample(self.known, min(count, len(self.known)))


class World:
    """Users with their accounts; the set-up is part of the history like everything else."""

    def __init__(self, server, history, chance, users=3, clients=3):
        self.server, self.history, self.gate = server, history, Gate()
        self.users = [self._register(f"user{i}", chance) for i in range(users)]
        self.clients = [Customer(self, user, n, random.Random(chance.getrandbits(64)))
                        for user in self.users for n in range(clients)]

    def _register(self, name, chance):
        user = User(name)
        caller = Caller(self.history, Connection(self.server), chance)
        op = self.operation(user, "setup", "register", "POST", "/api/auth/register",
                            {"name": name, "email": user.email, "password": "correct horse"},
                            keyed=False)
        answer = caller.perform(op)
        if answer is None or answer.status != 200:
            raise RuntimeError(f"cannot register: {op.attempts[-1]}")
        made = json.loads(answer.body)
        caller.connection.close()
        user.token, user.id = made["access_token"], made["user"]["id"]
        caller = Caller(self.history, Connection(self.server, user.token), chance)
        user.accounts = [a["id"] for a in caller.read("/api/accounts")[1]]
        user.categories = [c["id"] for c in caller.read("/api/categories")[1]][:6]
        for floor, opening in ((0, 500), (-100, 0), (20, 300)):
            made = self._account(caller, user, "setup", opening, floor)
            user.floored.append(made["id"])
        closed = self._account(caller, user, "setup", 0, None)
        op = self.operation(user, "setup", "close", "DELETE", f"/api/accounts/{closed['id']}",
                            None)
        caller.perform(op)
        user.closed.append(closed["id"])
        caller.connection.close()
        return user

    def _account(self, caller, user, client, opening, floor):
        op = self.operation(user, client, "account", "POST", "/api/accounts", None)
        op.body = {"name": f"op{op.number}", "type": "checking", "balance": opening}
        if floor is not None:
            op.body["floor"] = floor
        answer = caller.perform(op)
        return json.loads(answer.body)

    def operation(self, user, client, kind, method, path, body, keyed=True):
        number = self.history.number()
        key = f"key-{number}-{uuid.uuid4().hex[:12]}" if keyed else None
        return self.history.add(
            Operation(number, user.name, client, kind, method, path, body, key))

    def start(self):
        for client in self.clients:
            client.start()

    def end(self):
        self.gate.end()
        for client in self.clients:
            if client.ident is not None:
                client.join(60)
            client.caller.connection.close()
            client.second.close()
