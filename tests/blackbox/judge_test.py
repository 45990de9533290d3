#!/usr/bin/env python3
"""Mutants for judge.py and drawing.py: each planted fault of an answer has to be named."""
import email.message
import json
import os
import random
import sys
import unittest

try:
    from drawing import Drawer
    from judge import Answer, Judge, Request
    from openapi import Document
except ModuleNotFoundError as why:
    print(f"not on this machine (scripts/bootstrap installs it): {why}", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") else 77)

REASONS = {"type": "string", "minLength": 3, "maxLength": 5, "pattern": "\\S"}
WHOLE = {
    "paths": {"/things": {"post": {
        "operationId": "make",
        "requestBody": {"required": True, "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Wish"}}}},
        "responses": {
            "200": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Thing"}}}},
            "204": {},
            "422": {"content": {"application/json": {"schema": {"type": "object"}}}}}}}},
    "components": {"schemas": {
        "Reais": {"type": "number"},
        "Wish": {"type": "object", "required": ["cents", "reason"], "properties": {
            "cents": {"type": "integer", "minimum": 1, "maximum": 999}, "reason": REASONS,
            "kind": {"enum": ["a", "b"]},
            "tags": {"type": ["array", "null"], "maxItems": 3, "items": REASONS}}},
        "Thing": {"type": "object", "required": ["id", "amount", "amount_str"],
                  "additionalProperties": False, "properties": {
                      "id": {"type": "string", "x-resource": "thing"},
                      "amount": {"$ref": "#/components/schemas/Reais"},
                      "amount_str": {"type": "string"}}}}},
}
GOOD = b'{"id":"t1","amount":10.00,"amount_str":"10.00"}'
REFUSED = b'{"detail":"no","code":"VALIDATION_ERROR","request_id":"r1"}'


class Faults(unittest.TestCase):
    def setUp(self):
        self.document = Document(WHOLE)
        self.seen = []
        self.judge = Judge(self.document, lambda kind, value: self.seen.append((kind, value)))

    def faults(self, status=200, body=GOOD, headers=None, media="application/json", **asked):
        told = email.message.Message()
        for name, value in {"X-Request-ID": "r1", **(headers or {})}.items():
            if value is not None:
                told[name] = value
        if body:
            told["Content-Type"] = media
        request = Request("POST", "/things", asked.pop("sent", {}),
                          operation=self.document.operations[0], **asked)
        return self.judge.faults(request, Answer(status, told, body))

    def check(self, wanted, **answer):
        found = self.faults(**answer)
        self.assertTrue(any(wanted in f for f in found), (wanted, found))

    def test_a_good_answer_has_none(self):
        self.assertEqual(self.faults(sound=True), [])
        self.assertEqual(self.seen, [("thing", "t1")])
        self.assertEqual(self.faults(status=204, body=b""), [])
        self.assertEqual(self.faults(status=422, body=REFUSED), [])

    def test_planted_ones_are_named(self):
        self.check("our own fault", status=500, body=REFUSED)
        self.check("not declared", status=201)
        self.check("nothing is in the way", status=503, body=REFUSED)
        self.check("without Retry-After", status=503, body=REFUSED)
        self.check("405 without Allow", status=405, body=REFUSED)
        self.check("204 with a body", status=204)
        self.check("no X-Request-ID", headers={"X-Request-ID": None})
        self.check("not the one that was sent", sent={"X-Request-ID": "mine"})
        self.check("not that of the header", status=422, headers={"X-Request-ID": "r2"},
                   body=REFUSED)
        self.check("without ['code']", status=422, body=b'{"detail":"","request_id":"r1"}')
        self.check("no JSON", status=422, body=b"Internal Server Error")
        self.check("no JSON", body=GOOD[:-1])
        self.check("content type text/html", media="text/html")
        self.check("a body where none is declared", status=204)
        self.check("although it is of the declared form", status=422, body=REFUSED, sound=True)
        self.check("only [403]", statuses={403})
        self.check("done, although it is stale", never_done="it is stale")

    def test_planted_values_are_named(self):
        self.check("'amount' is a required", body=b'{"id":"t1","amount_str":"10.00"}')
        self.check("'more' was unexpected", body=GOOD[:-1] + b',"more":1}')
        self.check("not of type 'string'", body=GOOD.replace(b'"t1"', b"7"))
        for amount in (b"10", b"10.0", b"10.000", b"1e1"):
            self.check("no number with two decimals", body=GOOD.replace(b"10.00,", amount + b","))
        self.check("amount and amount_str differ", body=GOOD.replace(b'"10.00"', b'"10.01"'))


class Drawing(unittest.TestCase):
    def test_values_are_valid_and_broken_ones_are_not(self):
        document = Document(WHOLE)
        schema = {"$ref": "#/components/schemas/Wish"}
        drawer = Drawer(document, random.Random(7), lambda kind: kind, lambda: ["a@example.com"])
        shapes, broken = set(), 0
        for _ in range(2000):
            value = drawer.value(schema)
            self.assertIsNone(document.fault_of(value, schema), value)
            shapes.add((value["cents"] in (1, 999), len(value["reason"]), "tags" in value))
            bad = drawer.broken(value, schema)
            if bad is not None:
                broken += 1
                self.assertFalse(document.is_valid(json.loads(json.dumps(bad)), schema), bad)
        self.assertEqual(len(shapes), 2 * 3 * 2)  # the edges are reached
        self.assertGreater(broken, 1900)


if __name__ == "__main__":
    unittest.main(verbosity=2)
