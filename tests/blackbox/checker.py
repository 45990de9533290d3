"""Judges the tables against the history: every acknowledged operation once, every refused one
nowhere, the unknown ones once or not at all, the order of the commits in agreement with time."""
import collections
import json

from chain import check_accounts, check_chain, grouped
from history import ABSENT, ACKNOWLEDGED, MARK, REFUSED, UNKNOWN
from model import created, edited, effect, negated


class Verdict:
    """One operation as the checker sees it, fixed once: clients may still be at work."""

    def __init__(self, op, row):
        self.op, self.outcome, self.row = op, op.outcome(), row
        self.first = op.answer()
        self.pinned = op.pinned()
        finals = [a for a in op.final_attempts() if a.status == 200]
        self.begin = op.begin
        self.end = min((a.end for a in finals), default=None)
        self.done, body = False, None
        if self.outcome == ACKNOWLEDGED:
            self.done, body = True, next(a.body for a in finals)
        elif self.outcome == UNKNOWN and row is not None and row["status"] == 200:
            self.done, body = True, row["body"].encode()
        self.answer = json.loads(body) if body else None
        self.positions = []  # (shard, seq, position) of its postings
        self.debits = collections.defaultdict(list)  # account: what its entries took, positive


class Posted:
    """A transaction (a transfer: both rows) while its postings are replayed."""

    def __init__(self, verdict, legs, rows):
        self.verdict, self.legs, self.rows = verdict, legs, rows
        self.created, self.live = False, False
        self.edits = {}  # new amount: (verdict, leg that was named)
        self.seen = collections.Counter()  # new amount: how often it was posted
        self.deletes = []  # verdicts that say they deleted it
        self.reversal = None  # the last one: (shard, seq, posting), position, amounts


class Checker:
    """check() walks everything and returns [(name, text)]."""

    def __init__(self, operations, tables):
        self.tables, self.findings = tables, []
        self.rows_of_keys = {(r["endpoint"], r["scope_key"]): r for r in tables["idempotency"]}
        self.verdicts = []
        for op in operations:
            if not op.attempts:
                continue
            shared = op.kind == "other_body"  # the key belongs to another operation
            row = None if shared else self.rows_of_keys.get((op.endpoint, op.key))
            self.verdicts.append(Verdict(op, row))
        self.posted = {}  # transaction id: Posted
        self.opened = collections.defaultdict(list)  # account: amounts of its openings
        self.money = set()  # the accounts of clients
        self.owners = {}  # (shard, seq, posting): the verdict that it belongs to

    def fault(self, name, text):
        self.findings.append((name, text))

    def check(self):
        check_chain(self.tables, self.fault)
        check_accounts(self.tables, self.fault)
        self.check_answers()
        self.check_rows()
        self.attach_changes()
        self.check_adjustments()
        self.replay()
        self.check_ends()
        self.check_order()
        return self.findings

    def counts(self):
        """(acknowledged, refused, absent, unknown and done, unknown and not done; of the
        acknowledged ones with a lost answer before: already done, done by a retry)"""
        found = collections.Counter(
            v.outcome if v.outcome != UNKNOWN else (UNKNOWN, v.done) for v in self.verdicts)
        retried = collections.Counter(
            "Idempotent-Replayed" in v.first.headers for v in self.verdicts
            if v.outcome == ACKNOWLEDGED and any(not a.final and not a.harmless
                                                 for a in v.op.attempts))
        return (found[ACKNOWLEDGED], found[REFUSED], found[ABSENT], found[UNKNOWN, True],
                found[UNKNOWN, False], retried[True], retried[False])

    # -- answers and stored results ---------------------------------------------------------------

    def check_answers(self):
        owners = set()
        for v in self.verdicts:
            op, row = v.op, v.row
            if op.key is None or op.kind == "other_body":
                continue
            owners.add((op.endpoint, op.key))
            name = f"op{op.number} ({op.kind})"
            kept = [a for a in op.final_attempts() if a.status == 200 or v.pinned]
            if len({(a.status, a.body) for a in kept}) > 1:
                self.fault("answers differ", f"{name}: {[(a.status, a.body) for a in kept]}")
            if len({a.status for a in op.final_attempts()}) > 1:
                self.fault("answers differ", f"{name}: {[a.status for a in op.final_attempts()]}")
            if sum("Idempotent-Replayed" not in a.headers for a in kept) > 1:
                self.fault("answered twice as new", name)
            if v.outcome == ACKNOWLEDGED or v.pinned:
                if row is None:
                    self.fault("lost", f"{name}: no stored result")
                elif (row["status"], row["body"].encode()) != (v.first.status, v.first.body):
                    self.fault("stored result differs", f"{name}: {row['status']} {row['body']} "
                               f"instead of {v.first.status} {v.first.body}")
            elif v.outcome in (REFUSED, ABSENT) and row is not None:
                self.fault("refused one present", f"{name}: a stored result {row['status']}")
        for endpoint, key in self.rows_of_keys:
            if (endpoint, key) not in owners and not key.startswith("item-"):
                self.fault("unknown key", f"{endpoint} {key}")

    # -- rows -------------------------------------------------------------------------------------

    def check_rows(self):
        marks = collections.defaultdict(list)
        for row in self.tables["transactions"]:
            if row["type"] in ("opening", "adjustment"):
                continue
            found = MARK.search(row["description"])
            item = found and found.group(2)
            marks[found and (int(found.group(1)), item and int(item))].append(row)
        opening = {t["id"]: t["account_id"] for t in self.tables["transactions"]
                   if t["type"] == "opening"}
        for entry in self.tables["ledger_entries"]:
            if opening.get(entry["transaction_id"]) == entry["account_id"]:
                self.opened[entry["account_id"]].append(entry["amount"])
        money = [a for a in self.tables["accounts"] if a["role"] == "money"]
        self.money = {a["id"] for a in money}
        accounts = grouped(money, "name")
        for v in self.verdicts:
            op = v.op
            if op.kind in ("create", "other_body"):
                self.claim(v, op.body, marks.pop((op.number, None), []),
                           v.done and op.kind == "create", v.answer)
            elif op.kind == "batch":
                self.check_batch(v, marks)
            elif op.kind == "account":
                self.check_account(v, accounts.pop(f"op{op.number}", []))
            elif op.kind == "close" and v.done:
                named = op.path.rsplit("/", 1)[1]
                if any(a["id"] == named and a["active"] for a in self.tables["accounts"]):
                    self.fault("lost", f"op{op.number} (close)")
            elif op.kind == "register" and v.done:
                if sum(u["email"] == op.body["email"] for u in self.tables["users"]) != 1:
                    self.fault("lost", f"op{op.number} (register)")
        for mark, rows in marks.items():
            self.fault("unknown transaction", f"{mark}: {rows[0]}")
        for name, rows in accounts.items():
            if MARK.search(name):
                self.fault("unknown account", f"{rows}")

    def claim(self, v, body, rows, done, answer):
        """The rows of one create; `answer` as the client knows it."""
        name = f"op{v.op.number} ({v.op.kind}) {body.get('description')}"
        want = (2 if body["type"] == "transfer" else 1) if done else 0
        if len(rows) != want:
            self.fault("lost" if len(rows) < want else "doubled" if done else
                       "refused one present", f"{name}: {len(rows)} rows instead of {want}, "
                       f"outcome {v.outcome}")
            return
        if not done:
            return
        rows = sorted(rows, key=lambda r: r["direction"])  # a transfer's origin first
        ids = [r["id"] for r in rows]
        if answer["id"] != ids[0]:
            self.fault("another transaction", f"{name}: answered {answer['id']}, stored {ids}")
        if want == 2 and [r["partner_id"] for r in rows] != ids[::-1]:
            self.fault("partners", f"{name}: {rows}")
        posted = Posted(v, created(body, ids), rows)
        for i in ids:
            self.posted[i] = posted

    def check_batch(self, v, marks):
        results = v.answer["results"] if v.done else []
        for i, item in enumerate(v.op.body["items"]):
            result = results[i] if v.done else {"status": 0, "transaction": None}
            done = result["status"] == 200
            self.claim(v, item, marks.pop((v.op.number, i), []), done, result["transaction"])
            if "key" not in item:
                continue
            row = self.rows_of_keys.get(("POST /api/transactions", item["key"]))
            name = f"op{v.op.number}.{i}"
            if done and (row is None or json.loads(row["body"]) != result["transaction"]):
                self.fault("lost", f"{name}: stored result of the item's key: {row}")
            if not done and row is not None and not (v.done and row["status"] == 422):
                self.fault("refused one present", f"{name}: stored result of the item's key")

    def check_account(self, v, rows):
        name = f"op{v.op.number} (account)"
        if len(rows) != (1 if v.done else 0):
            self.fault("lost" if not rows else "doubled" if v.done else "refused one present",
                       f"{name}: {len(rows)} rows, outcome {v.outcome}")
            return
        if not v.done:
            return
        opened = self.opened[rows[0]["id"]]
        wanted = [v.op.body["balance"] * 100] if v.op.body["balance"] else []
        if opened != wanted:
            self.fault("opening balance", f"{name}: {opened} instead of {wanted}")

    def check_adjustments(self):
        """Each leaves a balance of its own behind, once."""
        kinds = {t["id"]: t["type"] for t in self.tables["transactions"]}
        left = collections.defaultdict(list)
        for e in self.tables["ledger_entries"]:
            if kinds.get(e["transaction_id"]) == "adjustment" and e["account_id"] in self.money:
                left[e["account_id"], e["balance_after"]].append(e)
        for v in self.verdicts:
            if v.op.kind != "adjust":
                continue
            account = v.op.path.rsplit("/", 1)[1]
            found = left.pop((account, int(v.op.body["balance"].replace(".", ""))), [])
            if len(found) != (1 if v.done else 0):
                self.fault("lost" if not found else "doubled" if v.done else
                           "refused one present", f"op{v.op.number} (adjust): {len(found)} "
                           f"adjustments, outcome {v.outcome}")
            for e in found:
                self.own(v, (e["shard"], e["seq"], e["posting"]),
                         (e["shard"], e["seq"], e["position"]),
                         {(account, e["transaction_id"]): e["amount"]})
        for (account, balance), entries in left.items():
            self.fault("unknown posting", f"adjustment of {account} to {balance}: {entries[0]}")

    # -- replay -----------------------------------------------------------------------------------

    def attach_changes(self):
        for v in self.verdicts:
            if not v.done:
                continue
            named = v.op.path.rsplit("/", 1)[1]
            if v.op.kind == "edit":
                if named in self.posted:
                    self.posted[named].edits[v.op.body["amount_cents"]] = (v, named)
                else:
                    self.fault("lost", f"op{v.op.number} (edit) of an absent transaction")
            elif v.op.kind in ("delete", "delete_many"):
                gone = [named] if v.op.kind == "delete" else \
                    v.answer["deleted_ids"] + v.answer["also_deleted_ids"]
                for posted in {id(p): p for p in map(self.posted.get, gone) if p}.values():
                    posted.deletes.append(v)

    def replay(self):
        system = {t["id"] for t in self.tables["transactions"]
                  if t["type"] in ("opening", "adjustment")}
        postings = grouped(self.tables["ledger_entries"], "shard", "seq", "posting")
        for where in sorted(postings):
            entries = postings[where]
            ids = {e["transaction_id"] for e in entries}
            if ids <= system:
                continue
            found = {id(p): p for p in map(self.posted.get, ids)}
            posted = next(iter(found.values()))
            if len(found) != 1 or posted is None:
                self.fault("unknown posting", f"{where}: transactions {ids}")
                continue
            amounts = collections.Counter()
            for e in entries:
                amounts[e["account_id"], e["transaction_id"]] += e["amount"]
            place = where[:2] + (min(e["position"] for e in entries),)
            backwards = {e["reversal"] for e in entries}
            if len(backwards) != 1:
                self.fault("wrong entries", f"posting {where} is half a reversal")
            elif backwards == {1}:
                self.reverse(posted, where, place, dict(amounts))
            else:
                self.post(posted, where, place, dict(amounts))

    def reverse(self, posted, where, place, amounts):
        name = f"op{posted.verdict.op.number} in {where}"
        if not posted.live:
            self.fault("reversed twice", name)
        if amounts != negated(effect(posted.legs)):
            self.fault("wrong entries", f"{name}: reversal {amounts} of {posted.legs}")
        posted.live, posted.reversal = False, (where, place, amounts)

    def post(self, posted, where, place, amounts):
        name = f"op{posted.verdict.op.number} in {where}"
        verdict = posted.verdict
        if posted.created:
            amount = abs(next(iter(amounts.values())))
            edit = posted.edits.get(amount)
            if posted.live or posted.reversal[0][:2] != where[:2] or edit is None:
                self.fault("unknown posting", f"{name}: {amounts}")
                return
            verdict, named = edit
            posted.seen[amount] += 1
            posted.legs = edited(posted.legs, verdict.op.body, named)
            self.own(verdict, *posted.reversal)
            name += f", edit op{verdict.op.number}"
        if amounts != effect(posted.legs):
            self.fault("wrong entries", f"{name}: {amounts} instead of {posted.legs}")
        posted.created = posted.live = True
        self.own(verdict, where, place, amounts)

    def own(self, verdict, where, place, amounts):
        self.owners[where] = verdict
        verdict.positions.append(place)
        for (account, _), amount in amounts.items():
            if amount < 0:
                verdict.debits[account].append(-amount)

    # -- at the end -------------------------------------------------------------------------------

    def check_ends(self):
        for posted in {id(p): p for p in self.posted.values()}.values():
            name = f"op{posted.verdict.op.number}, transaction {posted.legs[0].transaction}"
            if not posted.created:
                self.fault("no entries", name)
                continue
            for amount, (edit, _) in posted.edits.items():
                if posted.seen[amount] != 1:
                    self.fault("edit lost" if posted.seen[amount] == 0 else "edit doubled",
                               f"op{edit.op.number} on {name}: {posted.seen[amount]} times")
            if posted.live and posted.deletes:
                self.fault("delete lost", f"{name}: op{posted.deletes[0].op.number}")
            if not posted.live and len(posted.deletes) != 1:
                self.fault("unknown delete", f"{name}: {len(posted.deletes)} operations say so")
            elif not posted.live:
                self.own(posted.deletes[0], *posted.reversal)
            for leg, row in zip(posted.legs, posted.rows):
                stored = (row["account_id"], row["category_id"], row["type"], row["direction"],
                          row["amount"], row["deleted_at"] is None)
                wanted = (leg.account, leg.category, leg.kind, leg.direction, leg.amount,
                          posted.live)
                if stored != wanted:
                    self.fault("wrong row", f"{name}: {stored} instead of {wanted}")

    def check_order(self):
        """P7, P12: what was answered before another began lies before it; one item, one commit."""
        by_shard = collections.defaultdict(list)
        for v in self.verdicts:
            if v.positions:
                by_shard[v.positions[0][0]].append(v)
            if v.op.kind in ("batch", "delete_many") and len({p[:2] for p in v.positions}) > 1:
                self.fault("torn", f"op{v.op.number} ({v.op.kind}) lies in several commits")
        for verdicts in by_shard.values():
            latest, who = 0.0, None  # the latest begin among those that lie before
            for v in sorted(verdicts, key=lambda v: min(v.positions)):
                if v.end is not None and v.end < latest:
                    self.fault("against time", f"op{v.op.number} was answered before "
                               f"op{who.op.number} began, but lies behind it")
                if v.begin > latest:
                    latest, who = v.begin, v
