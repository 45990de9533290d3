#!/usr/bin/env python3
"""Sends what /openapi.json allows and what it forbids, and judges every answer by it.

  properties.py --binary build/dev/app/vaidepix [--database sqlite|postgres] [--seed N]
                [--requests 20000]

First every example of the document, which has to be answered as it says; then requests that are
drawn from the schemas: bounds, wrong types, missing members, ids of others and of nobody, odd
texts, huge numbers, wrong methods. One client at a time, so that a seed draws the same sequence;
ids and times are the server's, and differ. Ends with SIGTERM and `vaidepix verify`.
"""
import argparse
import collections
import http.client
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import urllib.parse
import uuid

from bed import require
from database import Postgres, Sqlite
from drawing import HUGE, ODD_TEXTS, Drawer
from server import Server

try:
    from examples import Examples
    from judge import Answer, Judge, Request
    from openapi import METHODS, Document
except ModuleNotFoundError as why:
    print(f"not on this machine (scripts/bootstrap installs it): {why}", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") else 77)

PASSWORD = "uma senha boa"
DRAIN_LIMIT_S = 60
SHOWN_MAX = 20       # findings that are printed in full
REMEMBERED_MAX = 60  # ids of a kind
REPLAY_AFTER = 25    # requests between a keyed one and its repetition
# Each hashes a password, which is slow on purpose: they come less often.
SLOW = {"register", "login", "changePassword", "resetPassword", "deleteMe"}
# They end the session that asks, or the user: a guest asks them.
ENDING = {"logout", "logoutAll", "changePassword", "deleteMe", "revokeSession", "refresh"}
# Who may see them is nobody's alone.
SHARED = {"share", "shared_expense", "user"}
# What no request of this script can bring to success, and why.
OUT_OF_REACH = {
    "resetPassword": "the token is in a mail",
    "adminUnblock": "nobody is throttled here",
    **{name: "no lane is shut here" for name in
       ("pauseLane", "resumeLane", "skipLaneHead", "retryLaneHead")},
    **{name: "no job is dead here" for name in ("redriveDeadLetters", "discardDeadLetters")},
    **{name: "needs a worker's token, which is none of a user" for name in
       ("joinWorkers", "leaseJobs", "beat", "completeJob", "failJob", "snoozeJob", "logJob",
        "leaveWorkers", "setWorkerState")},
    **{name: "what these jobs are in is over at once" for name in
       ("patchJob", "parkJob", "releaseJob", "redriveJob", "discardJob", "runJobNow")},
}


class Actor:
    def __init__(self, name):
        self.name, self.token, self.cookie, self.email = name, None, None, None
        self.ids = collections.defaultdict(list)

    def remember(self, kind, value):
        known = self.ids[kind]
        if value not in known:
            known.append(value)
            del known[:-REMEMBERED_MAX]


class Run:
    def __init__(self, server, seed):
        self.server, self.chance = server, random.Random(seed)
        self.wire = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.document = Document(server.get("/openapi.json")[1])
        self.ana, self.admin, self.guest = Actor("ana"), Actor("admin"), Actor("guest")
        self.stranger, self.asking = Actor("stranger"), self.ana
        self.judge = Judge(self.document, lambda kind, value: self.asking.remember(kind, value))
        self.drawer = Drawer(self.document, self.chance, self.id_of,
                             lambda: [self.ana.email, self.stranger.email])
        self.sent = collections.Counter()
        self.done = collections.Counter()
        self.statuses = collections.Counter()
        self.findings, self.replays = [], collections.deque()
        self.borrowed = False  # an id that is not the actor's own went into the request

    # -- sending ----------------------------------------------------------------------------------

    def exchange(self, asked, opened=False):
        """`opened`: of an answer that does not end, the first line."""
        headers = dict(asked.headers)
        if asked.body is not None:
            headers.setdefault("Content-Type", "application/json")
        self.wire.request(asked.method, asked.target, asked.body, headers)
        got = self.wire.getresponse()
        answer = Answer(got.status, got.headers, got.readline() if opened else got.read())
        if opened:
            self.wire.close()
        return answer

    def ask(self, asked, actor, opened=False):
        """Sends, judges, counts; the answer, or None when there was none."""
        self.asking = actor
        try:
            got = self.exchange(asked, opened)
        except (OSError, http.client.HTTPException) as why:
            self.wire.close()
            self.found(asked, None, [f"no answer: {type(why).__name__} {why}"])
            return None
        self.statuses[got.status] += 1
        if asked.operation is not None:
            self.sent[asked.operation.id] += 1
            self.done[asked.operation.id] += got.status < 300
        self.found(asked, got, self.judge.faults(asked, got))
        for name in ("X-Next-Cursor",):
            if name in got.headers:
                actor.remember("cursor", got.headers[name])
        if "Set-Cookie" in got.headers:
            actor.cookie = got.headers["Set-Cookie"].partition(";")[0]
        if asked.operation is not None and asked.operation.id == "putMe" and got.status == 200:
            actor.email = json.loads(got.body)["email"]
        return got

    def found(self, asked, got, faults):
        if not faults:
            return
        self.findings.append((asked, faults))
        if len(self.findings) <= SHOWN_MAX:
            print(f"FOUND after {sum(self.statuses.values())} requests: {'; '.join(faults)}")
            print(f"  {asked.line()}")
            print(f"  {got.told() if got else '(no answer)'}", flush=True)

    def headers(self, actor):
        made = {}
        if actor is not None and actor.token:
            made["Authorization"] = f"Bearer {actor.token}"
        if actor is self.guest and actor.cookie:
            made["Cookie"] = actor.cookie
        return made

    def enter(self, actor, path="/api/auth/register", **body):
        """Registers or logs in; not judged, only done."""
        actor.email = body.get("email") or actor.email or f"{actor.name}.{uuid.uuid4().hex[:12]}" \
            "@example.com"
        body = {"name": "Pessoa", "email": actor.email, "password": PASSWORD, **body}
        got = self.exchange(Request("POST", path, {}, json.dumps(body).encode()))
        if got.status != 200:
            raise RuntimeError(f"{path}: {got.told()}")
        actor.token = json.loads(got.body)["access_token"]
        actor.cookie = got.headers.get("Set-Cookie", "").partition(";")[0] or None
        actor.ids.pop("session", None)
        actor.ids["myself"] = [json.loads(got.body)["user"]["id"]]

    # -- drawing ----------------------------------------------------------------------------------

    def id_of(self, kind):
        draw = self.chance.random()
        own = self.asking.ids[kind]
        if self.asking is self.admin and self.drawer.often(0.7):
            own = self.ana.ids[kind] or own  # whom an operator looks at
        if own and draw < 0.8:
            return self.chance.choice(own)
        self.borrowed = True
        if self.stranger.ids[kind] and draw < 0.9:
            return self.chance.choice(self.stranger.ids[kind])
        return self.chance.choice(["nenhum", "x" * 64, "1", "-1", "0", self.chance.choice(
            ODD_TEXTS)[:16], str(uuid.UUID(int=self.chance.getrandbits(128))),
            "v1", "0193a5b8-0000-7000-8000-000000000001"])

    def actor_for(self, operation):
        if operation.id in ENDING or operation.by_cookie:
            return self.guest
        if operation.id == "listSessions" and self.drawer.often(0.5):
            return self.guest
        if operation.id == "createSharedExpense" and self.drawer.often(0.5):
            return self.stranger
        return self.admin if operation.for_admins else self.ana

    def query_of(self, operation, asked):
        """The pairs of the query; may break one of them."""
        pairs = []
        told = [p for p in operation.parameters if p["in"] == "query"]
        bad = self.chance.choice(told) if told and self.drawer.often(0.12) else None
        for p in told:
            wanted = p.get("required") or self.drawer.often(0.35)
            if p is bad:
                if p.get("required") and self.drawer.often(0.4):
                    asked.never_done, asked.sound = f"{p['name']} is missing", False
                    continue
                if self.spoil_query(p, pairs, asked):
                    continue
            if wanted:
                value = self.drawer.value(p["schema"])
                many = value if isinstance(value, list) else [value]
                pairs += [(p["name"], as_text(v)) for v in many]
                if self.document.resolved(p["schema"]).get("x-cursor"):
                    asked.sound = False
        return pairs

    def spoil_query(self, parameter, pairs, asked):
        told = self.document.resolved(parameter["schema"])
        kinds = told.get("type")
        if kinds in ("integer", "boolean") or "enum" in told or told.get("x-date"):
            bad = self.chance.choice(["", "abc", "1.5", "0x10", " ", "٣", "null", *map(str, HUGE)])
        elif kinds == "string" and "maxLength" in told and not told.get("pattern"):
            bad = "x" * (told["maxLength"] + 1)
        else:
            return False
        pairs.append((parameter["name"], bad))
        asked.never_done, asked.sound = f"{parameter['name']} is {bad[:40]!r}", False
        return True

    def headers_of(self, operation, asked, actor):
        asked.headers.update(self.headers(actor))
        if not operation.open and not operation.by_cookie and self.drawer.often(0.05):
            bad = self.chance.choice([None, "Basic YTpi", "Bearer", "Bearer a.b.c",
                                      asked.headers.get("Authorization", "x")[:-3] + "abc"])
            asked.headers.pop("Authorization", None)
            if bad is not None:
                asked.headers["Authorization"] = bad
            asked.statuses = {401, 403}
        elif operation.for_admins and self.drawer.often(0.05):
            asked.headers.update(self.headers(self.ana))
            asked.statuses = {403}
        if self.drawer.often(0.2):
            asked.headers["X-Request-ID"] = f"r-{self.chance.getrandbits(40):x}"
        if operation.takes("Idempotency-Key") and self.drawer.often(0.5):
            asked.headers["Idempotency-Key"] = f"k{self.chance.getrandbits(48):x}"
            if self.drawer.often(0.05):
                asked.headers["Idempotency-Key"] = "k" * self.chance.choice([65, 500])
                asked.never_done = asked.never_done or "the key is too long"
                asked.sound = False
        if operation.takes("If-Match") and self.drawer.often(0.1):
            asked.headers["If-Match"] = '"nobody-made-this"'
            asked.never_done = asked.never_done or "If-Match is stale"

    def body_of(self, operation, asked, actor):
        if operation.body is None:
            if self.drawer.often(0.03):
                asked.body = b"{}"
            return
        schema = self.document.resolved(operation.body)
        asked.sound = asked.sound and "x-rules" not in schema
        value = self.drawer.value(operation.body)
        if self.drawer.often(0.7):  # around what is known to work
            good = [e["value"] for e in operation.examples.values() if "x-status" not in e]
            if good:
                value = self.around(self.chance.choice(good), schema)
        if actor is self.guest and isinstance(value, dict) and self.drawer.often(0.5):
            value.update({k: PASSWORD for k in ("password", "current_password") if k in value})
        draw = self.chance.random()
        if draw < 0.25:
            bad = self.drawer.broken(value, operation.body)
            if bad is not None:
                value, asked.sound = bad, False
                asked.never_done = asked.never_done or "the body is not of the declared form"
        asked.body = json.dumps(value, ensure_ascii=self.drawer.often(0.5)).encode()
        if draw > 0.97:
            asked.body, asked.sound = self.drawer.broken_text(asked.body), False
            if operation.body_required or asked.body.strip():
                asked.never_done = asked.never_done or "the body is no object"

    def around(self, example, schema):
        """The example with ids that are there, and some members drawn anew."""
        made = self.settled(example, schema)
        for key, inner in schema.get("properties", {}).items():
            if self.drawer.often(0.15):
                made[key] = self.drawer.value(inner)
        return made

    def settled(self, value, schema):
        """The value with ids that are there in place of those that only stand for one."""
        told = self.document.resolved(schema)
        if isinstance(value, str):
            for choice in [told, *map(self.document.resolved, told.get("anyOf", []))]:
                if "x-resource" in choice:
                    return self.id_of(choice["x-resource"])
            return value
        if isinstance(value, dict):
            inner = told.get("properties", {})
            members = {k: self.settled(v, inner.get(k, {})) for k, v in value.items()}
            # Of the objects whose members the document leaves open.
            return {k: self.id_of(k[:-3].removeprefix("to_")) if k not in inner and
                    k.endswith("_id") else v for k, v in members.items()}
        if isinstance(value, list):
            return [self.settled(v, told.get("items", {})) for v in value]
        return value

    def draw(self, operation, actor):
        self.asking, self.borrowed = actor, False
        asked = Request(operation.method, "", {}, operation=operation, sound=True)
        path = operation.path
        for p in operation.parameters:
            if p["in"] == "path":
                value = self.drawer.value(p["schema"])
                path = path.replace(f"{{{p['name']}}}", urllib.parse.quote(value, safe=""))
                kind = self.document.resolved(p["schema"]).get("x-resource", "")
                if value in self.stranger.ids[kind] and actor in (self.ana, self.guest) \
                        and kind not in SHARED:
                    asked.never_done = "what is asked for is somebody else's"
        if path != "/" and self.drawer.often(0.05):
            path += "/"
        self.body_of(operation, asked, actor)
        query = urllib.parse.urlencode(self.query_of(operation, asked))
        asked.target = f"{path}?{query}" if query else path
        self.headers_of(operation, asked, actor)
        return asked

    def fits_another(self, path):
        parts = path.split("/")
        return any(other != path and other.count("/") == path.count("/") and
                   all(there == here or there.startswith("{")
                       for here, there in zip(parts, other.split("/")))
                   for other in self.document.whole["paths"])

    def draw_nonsense(self):
        """A method that the path has not, or a path that is none."""
        asked = Request("GET", "/", self.headers(self.ana))
        path = self.chance.choice(list(self.document.whole["paths"]))
        has = {m.upper() for m in METHODS if m in self.document.whole["paths"][path]}
        if self.drawer.often(0.7):
            asked.method = self.chance.choice(sorted({m.upper() for m in METHODS} - has))
            asked.target = path.replace("{", "").replace("}", "")
            # Another template may fit the same path: /notifications/{id}.
            asked.statuses = {405} if "{" not in path else {404, 405, 422}
            if self.fits_another(path):
                asked.statuses = {400, 404, 405, 422}
        else:
            asked.target = self.chance.choice([path.rstrip("/") + "/nada/disto", "/api/nada",
                                               "/%00", "/api/%ff", "//", "/api/accounts/%2e%2e/x"])
            asked.statuses = {404}
        return asked

    # -- the run ----------------------------------------------------------------------------------

    def people(self):
        """The administrator is made by the command line, which wants the database for itself."""
        self.enter(self.admin)
        self.wire.close()
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        assert code == 0, self.server.log()
        code, text = self.server.run("users", "grant-admin", self.admin.email)
        assert code == 0, text
        self.server.start()
        self.wire = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        for actor in (self.ana, self.stranger, self.guest):
            self.enter(actor)
        # Shut out, let in and made an administrator as it comes: nobody who asks for anything.
        clerk = Actor("clerk")
        self.enter(clerk)
        self.admin.remember("administered", clerk.ids["myself"][0])

    def random_requests(self, count):
        weights = [0.03 if o.id in SLOW else 0.0 if o.streams else 1.0
                   for o in self.document.operations]
        for number in range(count):
            if self.drawer.often(0.02):
                self.ask(self.draw_nonsense(), self.ana)
                continue
            if self.replays and self.replays[0][0] <= number:
                self.repeat(*self.replays.popleft()[1:])
                continue
            operation = self.chance.choices(self.document.operations, weights)[0]
            actor = self.actor_for(operation)
            asked = self.draw(operation, actor)
            got = self.ask(asked, actor)
            if got is None:
                continue
            if operation.takes("If-None-Match") and "ETag" in got.headers \
                    and self.drawer.often(0.1):
                asked.headers["If-None-Match"], asked.statuses = got.headers["ETag"], {304}
                self.ask(asked, actor)
            if "Idempotency-Key" in asked.headers and got.status < 300:
                self.replays.append((number + REPLAY_AFTER, asked, got, actor))
            if got.status == 200 and operation.id in ENDING and not operation.by_cookie:
                self.enter(self.guest, name="Convidada", email=f"g{number}.{uuid.uuid4().hex[:8]}"
                           "@example.com")

    def repeat(self, asked, first, actor):
        """The same request under the same key: the same answer, byte for byte, and no effect."""
        again = self.ask(asked, actor)
        if again is None or again.status in (401, 403):
            return
        faults = []
        if (again.status, again.body) != (first.status, first.body):
            faults.append(f"the key was answered with {first.told()} before")
        if again.headers.get("Idempotent-Replayed") != "true":
            faults.append("no Idempotent-Replayed")
        self.found(asked, again, faults)

    def end(self):
        self.wire.close()
        code, _ = self.server.terminate(DRAIN_LIMIT_S)
        if code != 0:
            self.findings.append((None, [f"exit code {code} after SIGTERM"]))
        code, text = self.server.run("verify", timeout=600)
        if code != 0:
            self.findings.append((None, [f"verify: {code} {text}"]))
        self.findings += [(None, [line]) for line in self.server.complaints()]
        for asked, faults in self.findings:
            if asked is None:
                print(f"FOUND: {'; '.join(faults)}")

    def report(self, seconds, requests):
        total = sum(self.statuses.values())
        names = [o.id for o in self.document.operations]
        never = [n for n in names if not self.done[n] and n not in OUT_OF_REACH]
        print(f"{total} requests of {len(names)} operations in {seconds:.0f} s; "
              f"{len(self.findings)} findings")
        print("  " + ", ".join(f"{s}: {n}" for s, n in sorted(self.statuses.items())))
        print(f"  never done: {', '.join(never) or 'none'}")
        classes = collections.Counter()
        for asked, faults in self.findings:
            name = asked.operation.name if asked and asked.operation else ""
            classes[f"{name} {faults[0].partition(' with ')[0][:110]}"] += 1
        for text, count in classes.most_common(60):
            print(f"  {count:5} x {text}")
        if requests >= 1000 and len(never) * 10 > len(names):
            print("VACUOUS: too many operations were never done")
            return 1
        return 1 if self.findings else 0


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def main():
    told = argparse.ArgumentParser(description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--binary", required=True, type=lambda p: pathlib.Path(p).resolve())
    told.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    told.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    told.add_argument("--requests", type=int, default=20_000)
    told.add_argument("--keep", action="store_true", help="the folder with log and database")
    arguments = told.parse_args()
    require(postgres=arguments.database == "postgres")
    print(f"seed {arguments.seed}, {arguments.requests} requests, {arguments.database}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="properties."))
    folder.chmod(0o755)
    database = Postgres(folder) if arguments.database == "postgres" else Sqlite(folder)
    if arguments.database == "postgres":
        database.create()
    server = Server(arguments.binary, folder, database.url, {"USE_REFRESH_TOKENS": "1"})
    try:
        server.start()
        run = Run(server, arguments.seed)
        began = time.monotonic()
        run.people()
        Examples(run).execute()
        run.random_requests(arguments.requests)
        run.end()
        code = run.report(time.monotonic() - began, arguments.requests)
    finally:
        server.kill()
        database.close()
        if arguments.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"seed {arguments.seed}: {'FAILED' if code else 'passed'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
