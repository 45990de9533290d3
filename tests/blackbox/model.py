"""The money rules once more, written from the contract alone: what one posting has to contain."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Leg:
    """One transaction row of a posting; a transfer has two, all others one."""
    transaction: str
    account: str
    category: str
    kind: str  # income, expense, transfer
    direction: int  # +1 raises the account
    amount: int

    def effect(self):
        """{(account or category, transaction): amount}"""
        own = self.direction * self.amount
        found = {(self.account, self.transaction): own}
        if self.kind != "transfer":
            found[(self.category, self.transaction)] = -own
        return found


def effect(legs):
    found = {}
    for leg in legs:
        found.update(leg.effect())
    return found


def negated(entries):
    return {where: -amount for where, amount in entries.items()}


def created(body, ids):
    """The legs that a create body makes; `ids` of the rows, a transfer's origin first."""
    kind, amount = body["type"], body["amount_cents"]
    own = Leg(ids[0], body["account_id"], body["category_id"], kind,
              1 if kind == "income" else -1, amount)
    if kind != "transfer":
        return [own]
    return [own, Leg(ids[1], body["to_account_id"], body["category_id"], kind, 1, amount)]


def edited(legs, body, named):
    """The legs after a PUT with `body` on the leg `named`."""
    found = []
    for leg in legs:
        changed = {}
        if "amount_cents" in body:
            changed["amount"] = body["amount_cents"]
        if "category_id" in body:
            changed["category"] = body["category_id"]
        if leg.transaction == named:
            if "account_id" in body:
                changed["account"] = body["account_id"]
            if "type" in body:
                changed["kind"] = body["type"]
                changed["direction"] = 1 if body["type"] == "income" else -1
        found.append(dataclasses.replace(leg, **changed))
    if len(found) == 1 and found[0].kind != "transfer":
        return found
    return [dataclasses.replace(leg, direction=old.direction) for leg, old in zip(found, legs)]
