"""The document of the running server: its operations, its schemas, and what an answer has to be."""
import decimal
import json

import jsonschema

METHODS = ("get", "post", "put", "patch", "delete")


class Operation:
    """Immutable. `parameters`: those of the path included; `body`: schema or None."""

    def __init__(self, document, path, method, item, told):
        self.path, self.method, self.id = path, method.upper(), told["operationId"]
        self.name = f"{self.method} {path}"
        self.parameters = [document.resolved(p)
                           for p in item.get("parameters", []) + told.get("parameters", [])]
        request = told.get("requestBody", {})
        media = request.get("content", {}).get("application/json", {})
        self.body, self.body_required = media.get("schema"), request.get("required", False)
        self.examples = media.get("examples", {})
        self.responses = {int(status): document.resolved(r)
                          for status, r in told["responses"].items()}
        self.open = told.get("security") == []
        self.by_cookie = any("refreshCookie" in s for s in told.get("security", []))
        self.for_admins = path.startswith("/api/admin") or "for administrators" in \
            told.get("summary", "")
        self.streams = "text/event-stream" in self.good_media()

    def good_media(self):
        return {media for status, r in self.responses.items() if status < 300
                for media in r.get("content", {})}

    def takes(self, header):
        return any(p["in"] == "header" and p["name"] == header for p in self.parameters)


class Document:
    """Schemas are compiled at their first use. Not thread-safe."""

    def __init__(self, whole):
        self.whole = whole
        self.resolver = jsonschema.RefResolver("", whole)
        self.validators = {}
        self.operations = [Operation(self, path, method, item, item[method])
                           for path, item in whole["paths"].items()
                           for method in METHODS if method in item]

    def resolved(self, thing):
        while "$ref" in thing:
            at = self.whole
            for key in thing["$ref"].removeprefix("#/").split("/"):
                at = at[key]
            # What stands beside a reference counts too.
            thing = {**at, **{k: v for k, v in thing.items() if k != "$ref"}}
        return thing

    def validator(self, schema):
        key = id(schema)
        if key not in self.validators:
            made = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
            self.validators[key] = (made, schema)  # keeps the schema, so that its id stays its own
        return self.validators[key][0]

    def is_valid(self, value, schema):
        return self.validator(schema).is_valid(value)

    def fault_of(self, value, schema):
        """The first fault as a text, or None."""
        wrong = jsonschema.exceptions.best_match(self.validator(schema).iter_errors(value))
        if wrong is None:
            return None
        place = "/".join(str(p) for p in wrong.absolute_path) or "the whole"
        return f"{place}: {wrong.message[:300]}"

    def walk(self, value, schema, visit):
        """visit(value, schema, name of the schema) for everything that a valid value holds."""
        name = schema.get("$ref", "").rpartition("/")[2]
        told = self.resolved(schema)
        visit(value, told, name)
        for choice in told.get("anyOf", []):
            if self.is_valid(value, choice):
                return self.walk(value, choice, visit)
        if isinstance(value, dict):
            other = told.get("additionalProperties")
            for key, member in value.items():
                inner = told.get("properties", {}).get(key, other)
                if isinstance(inner, dict):
                    self.walk(member, inner, visit)
        elif isinstance(value, list) and "items" in told:
            for item in value:
                self.walk(item, told["items"], visit)


def parsed(text):
    """JSON whose fractions keep their digits: 10.00 has two of them."""
    return json.loads(text, parse_float=decimal.Decimal)


def plain(value):
    """As the library of schemas wants numbers: `multipleOf` and the like stay with floats."""
    return json.loads(json.dumps(value, default=float))


def fault_of_money(value, name):
    """Reais are written with exactly two decimals."""
    if name != "Reais":
        return None
    if isinstance(value, decimal.Decimal) and value.as_tuple().exponent == -2:
        return None
    return f"{value} is no number with two decimals"
