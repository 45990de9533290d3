"""The examples of the document, sent in a sensible order: each is answered as it says."""
import json
import urllib.parse

from judge import Request

# The last calls of a user: they end sessions or change the password.
LAST = ["changePassword", "deleteMe"]
FIRST = ["register", "login"]
INVITED = "bia.lima@example.com"


class Examples:
    """`run`: who sends and judges (properties.Run)."""

    def __init__(self, run):
        self.run = run
        self.made = {}  # (actor, kind): the first id that an example has made

    def execute(self):
        """For ana all of them; for the stranger what makes things, so that they are there."""
        run = self.run
        self.phase(run.ana, self.named(FIRST))
        self.phase(run.admin, self.lists())
        self.phase(run.stranger, self.lists() + self.makers(), only_good=True)
        for phase in (self.lists(), self.makers(), self.changes(), self.reads(), self.rest(),
                      self.named(LAST)):
            self.phase(run.ana, phase)
        self.streams()
        run.enter(run.ana, "/api/auth/login", password="outra senha boa")

    def operations(self):
        return [o for o in self.run.document.operations if not o.streams]

    def named(self, names):
        return [o for name in names for o in self.operations() if o.id == name]

    def lists(self):
        return [o for o in self.operations() if o.method == "GET" and "{" not in o.path]

    def makers(self):
        return [o for o in self.operations() if o.method == "POST" and "{" not in o.path
                and o.id not in FIRST + LAST]

    def changes(self):
        return [o for o in self.operations() if "{" in o.path and o.body
                and o.method in ("POST", "PUT", "PATCH")]

    def reads(self):
        return [o for o in self.operations() if o.method == "GET" and "{" in o.path]

    def rest(self):
        done = {o.id for phase in (self.named(FIRST + LAST), self.lists(), self.makers(),
                                   self.changes(), self.reads()) for o in phase}
        return [o for o in self.operations() if o.id not in done]

    def phase(self, actor, operations, only_good=False):
        for operation in operations:
            sender = self.run.admin if operation.for_admins else actor
            if operation.method == "GET":
                if self.has_ids(operation, sender) and not self.needs_query(operation):
                    self.send(operation, sender, None, {200, 202, 204})
                continue
            for example in operation.examples.values():
                if only_good and ("x-status" in example or operation.open):
                    continue
                good = {s for s in operation.responses if s < 300}
                wanted = {example["x-status"]} if "x-status" in example else good
                self.send(operation, sender, example["value"], wanted)
                if only_good:
                    break

    def streams(self):
        """They do not end: what comes first is looked at. The token may stand in the query."""
        run = self.run
        for operation in (o for o in run.document.operations if o.streams):
            actor = run.admin if operation.path.startswith("/api/admin/") else run.ana
            asked = Request("GET", operation.path, {}, operation=operation, statuses={403})
            run.ask(asked, actor)
            headers = run.headers(actor)
            for target, told in ((operation.path, headers),
                                 (f"{operation.path}?token={actor.token}", {})):
                asked = Request("GET", target, told, operation=operation, statuses={200})
                run.ask(asked, actor, opened=True)

    def has_ids(self, operation, actor):
        return all(self.id_of(actor, self.kind_of(p)) or p.get("example")
                   for p in operation.parameters if p["in"] == "path")

    def id_of(self, actor, kind):
        """One that an example has made, or any; None when there is none."""
        return self.made.get((actor.name, kind)) or next(iter(actor.ids[kind]), None)

    def kind_of(self, parameter):
        return self.run.document.resolved(parameter["schema"]).get("x-resource", "")

    @staticmethod
    def needs_query(operation):
        return any(p["in"] == "query" and p.get("required") for p in operation.parameters)

    def send(self, operation, actor, value, wanted):
        run, document = self.run, self.run.document
        run.asking = actor
        path = operation.path
        for p in operation.parameters:
            if p["in"] == "path":
                # What is no id of a resource says what would do.
                chosen = self.id_of(actor, self.kind_of(p)) or p.get("example")
                if chosen is None:
                    return run.found(Request(operation.method, path, {}, operation=operation),
                                     None, [f"no example makes what {operation.name} wants"])
                path = path.replace(f"{{{p['name']}}}", urllib.parse.quote(chosen, safe=""))
        asked = Request(operation.method, path, run.headers(actor), operation=operation,
                        statuses=wanted)
        if value is not None:
            known = self.first_ids(value, operation.body, actor)
            text = json.dumps(known)
            if actor is run.stranger:  # who invites ana, where ana invites somebody else
                text = text.replace(INVITED, run.ana.email)
            asked.body = text.encode()
        got = run.ask(asked, actor)
        if got is None or got.status not in (200, 201) or operation.method != "POST":
            return
        told = json.loads(got.body)
        if operation.id in FIRST:
            actor.token, actor.email = told["access_token"], told["user"]["email"]
            actor.ids["myself"] = [told["user"]["id"]]
        elif "{" not in operation.path and "id" in told:
            self.remember(operation, actor, told["id"], got.status)

    def remember(self, operation, actor, made, status):
        content = operation.responses[status]["content"]["application/json"]
        schema = self.run.document.resolved(content["schema"])
        if "anyOf" in schema:  # the first is what a request without wishes gets
            schema = self.run.document.resolved(schema["anyOf"][0])
        kind = self.run.document.resolved(schema["properties"]["id"]).get("x-resource")
        self.made.setdefault((actor.name, kind), made)

    def first_ids(self, value, schema, actor):
        """Ids of the example stand for one of their kind: the first that an example has made."""
        run = self.run
        drawn = run.id_of
        run.id_of = lambda kind: self.id_of(actor, kind) or "nenhum"
        try:
            return run.settled(value, schema)
        finally:
            run.id_of = drawn
