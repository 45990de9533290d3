"""What an answer has to be, whatever was asked: by the document and by the rules of all answers."""
import dataclasses
import json
import shlex

from openapi import fault_of_money, parsed, plain

RETRY = {429, 503}


@dataclasses.dataclass
class Request:
    """One request as it was sent, and what is known about it before the answer."""
    method: str
    target: str
    headers: dict
    body: bytes = None
    operation: object = None  # None: no operation is meant
    statuses: set = None      # the only ones that can be right
    never_done: str = ""      # why no 2xx can be right
    sound: bool = False       # of the declared form: it is no VALIDATION_ERROR

    def line(self):
        """So that it can be repeated."""
        words = ["curl", "-isS", "-X", self.method]
        for name, value in self.headers.items():
            if name == "Authorization" and len(value) > 40:
                value = "Bearer $TOKEN"
            words += ["-H", f"{name}: {value}"]
        if self.body is not None:
            text = self.body.decode("utf-8", "backslashreplace")
            words += ["--data-binary", text if len(text) < 4000 else f"{text[:4000]}… "
                      f"({len(self.body)} bytes)"]
        return " ".join(shlex.quote(w) for w in words) + f" \"$SERVER\"{shlex.quote(self.target)}"


@dataclasses.dataclass
class Answer:
    status: int
    headers: object  # email.message.Message
    body: bytes

    def told(self):
        return f"{self.status} {self.body[:1500].decode('utf-8', 'backslashreplace')}"


def code_of(got):
    try:
        return json.loads(got.body).get("code")
    except ValueError:
        return None


class Judge:
    """`harvest(value, kind)` gets each id that an answer shows."""

    def __init__(self, document, harvest):
        self.document, self.harvest = document, harvest

    def faults(self, asked, got):
        found = list(self.of_every_answer(asked, got))
        if asked.statuses is not None and got.status not in asked.statuses:
            found.append(f"{got.status} where only {sorted(asked.statuses)} can be right")
        if asked.never_done and got.status < 300:
            found.append(f"done, although {asked.never_done}")
        if asked.operation is not None:
            found += self.of_the_operation(asked, got)
        return found

    def of_every_answer(self, asked, got):
        request_id = got.headers.get("X-Request-ID")
        sent = asked.headers.get("X-Request-ID")
        if not request_id:
            yield "no X-Request-ID"
        if sent and request_id != sent:
            yield f"X-Request-ID {request_id!r} is not the one that was sent"
        if got.status == 503 and not asked.target.startswith("/health"):
            yield "unavailable, although nothing is in the way"
        if got.status in RETRY and "Retry-After" not in got.headers:
            yield f"{got.status} without Retry-After"
        if got.status == 405 and "Allow" not in got.headers:
            yield "405 without Allow"
        if got.status == 204 and got.body:
            yield "204 with a body"
        if got.status >= 500:
            yield f"{got.status}: our own fault"
        if got.status < 400 or asked.method == "HEAD":
            return
        try:
            body = json.loads(got.body)
        except ValueError:
            yield "an error body that is no JSON"
            return
        missing = [n for n in ("detail", "code", "request_id") if n not in body]
        if missing:
            yield f"an error body without {missing}"
        elif body["request_id"] != request_id and "Idempotent-Replayed" not in got.headers:
            yield "request_id of the body is not that of the header"

    def of_the_operation(self, asked, got):
        declared = asked.operation.responses.get(got.status)
        if declared is None:
            yield f"status {got.status} is not declared"
            return
        if asked.sound and got.status == 422 and code_of(got) == "VALIDATION_ERROR":
            yield "refused as a VALIDATION_ERROR, although it is of the declared form"
        content = declared.get("content", {})
        media = got.headers.get_content_type() if got.body else None
        if not content:
            if got.body:
                yield "a body where none is declared"
            return
        if media not in content:
            yield f"content type {media} is not declared"
            return
        if media != "application/json":
            return
        schema = content[media]["schema"]
        try:
            value = parsed(got.body)
        except ValueError as why:
            yield f"no JSON: {why}"
            return
        wrong = self.document.fault_of(plain(value), schema)
        if wrong:
            yield f"the body is not as declared: {wrong}"
            return
        yield from self.of_values(value, schema)

    def of_values(self, value, schema):
        faults = []

        def visit(here, told, name):
            wrong = fault_of_money(here, name)
            if wrong:
                faults.append(wrong)
            if isinstance(here, dict):
                faults.extend(f"{k} and {k}_str differ" for k in here
                              if f"{k}_str" in here and str(here[k]) != here[f"{k}_str"])
            if isinstance(here, str) and "x-resource" in told:
                self.harvest(told["x-resource"], here)

        self.document.walk(value, schema, visit)
        return faults
