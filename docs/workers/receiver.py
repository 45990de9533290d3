#!/usr/bin/env python3
"""A receiver for Vai de Pix: jobs are pushed to it over HTTP; it checks who calls, and answers.

Standard library only.

    PUSH_SECRET=... PORT=9000 python3 receiver.py

A handler gets the job (id, kind, payload, payload_version, attempt, timeout_s) and returns (result,
effects), or raises Retry for what may go better later; what else it raises is a failure for good.
A job may reach a handler twice, when one side dies before the answer was committed: what it does
outside of Vai de Pix has to bear that, and the job's id is a good key for it. What it returns as
effects happens once. Put TLS in front of it: http:// goes only to what PUSH_ALLOW names.
"""
import collections
import hashlib
import hmac
import http.server
import json
import os
import signal
import sys
import threading
import time

BODY_BYTES_MAX = 1 << 20
SKEW_S = 300
ANSWERS_KEPT = 1000


class Retry(Exception):
    """The attempt failed and may be repeated; `after` in seconds, or by the job's own backoff."""

    def __init__(self, message, after=None):
        super().__init__(message)
        self.after = after


def is_ours(secrets, headers, path, body):
    """Whether one of the secrets has signed these bytes, and not long ago."""
    stamp, attempt = (headers.get("Vaidepix-" + name, "") for name in ("Timestamp", "Attempt"))
    if not stamp.isdigit() or not stamp.isascii() or abs(time.time() - int(stamp)) > SKEW_S:
        return False
    signed = f"{stamp}.{attempt}.{path}.".encode() + body
    good = False
    for secret in secrets:
        made = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for sent in headers.get("Vaidepix-Signature", "").split(","):
            good |= hmac.compare_digest(made.encode(), sent.strip().encode())
    return good


class Call(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("Content-Length", -1))
        if not 0 <= length <= BODY_BYTES_MAX:
            return self.say(413, b"too large")
        body = self.rfile.read(length)
        if not is_ours(self.server.secrets, self.headers, self.path, body):
            return self.say(401, b"signature")
        job = json.loads(body)  # its id is signed, the header that repeats it is not
        return self.say(*self.server.answer_to(job["id"], job))

    def say(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Receiver(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, secrets, handlers, call=Call):
        super().__init__(address, call)
        self.secrets, self.handlers = secrets, handlers
        self.answers, self.guard = collections.OrderedDict(), threading.Lock()

    def answer_to(self, key, job):
        """The same key gets what it got: the effects of a job belong to its first good answer."""
        with self.guard:
            if key in self.answers:
                return self.answers[key]
        handler = self.handlers.get(job["kind"])
        if handler is None:
            return 404, b"no such kind here"
        try:
            result, effects = handler(job)
        except Retry as again:
            after = [] if again.after is None else [("Retry-After", str(again.after))]
            return 503, str(again).encode(), after
        except Exception as wrong:  # the job has failed, the receiver has not
            return 422, f"{type(wrong).__name__}: {wrong}".encode()
        answer = 200, json.dumps({"result": result, "effects": effects}).encode()
        with self.guard:
            self.answers[key] = answer
            while len(self.answers) > ANSWERS_KEPT:
                self.answers.popitem(last=False)
        return answer


def report(job):
    """An example: counts to `rows`."""
    return {"rows": job["payload"].get("rows", 3)}, {}


def fee(job):
    """An example: posts one expense to the books of the job's user, once."""
    wish = job["payload"]
    return {"posted": wish["amount_cents"]}, {"transactions": [{
        "type": "expense", "account_id": wish["account_id"], "category_id": wish["category_id"],
        "amount_cents": wish["amount_cents"], "description": wish.get("description", "tarifa"),
        "date": wish["date"]}]}


if __name__ == "__main__":
    receiver = Receiver((os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "9000"))),
                        os.environ["PUSH_SECRET"].split(","), {"report.csv": report, "fee": fee})
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: sys.exit(0))
    print("listening on", receiver.server_address[1], flush=True)
    receiver.serve_forever()
