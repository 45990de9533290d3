"""A dump that was changed by hand, with a trailer that fits it again."""
import hashlib
import json

import chain
from books import MOST
from keys import id_of, key_of


def lines_in(content):
    """Python's own splitlines knows more line ends than there are."""
    return [line + "\n" for line in content.decode().split("\n")[:-1]]


def aged(lines, days):
    """The same books, all of them made that much earlier, with a chain that fits them."""
    back = days * 86_400_000_000
    found = [json.loads(line) for line in lines[:-1]]
    heads = {}
    for line in found:
        for name in ("created_at_us", "booked_at_us"):
            if name in line and line["kind"] in ("user", "account", "commit", "entry"):
                line[name] -= back
    for i, line in enumerate(found):
        if line["kind"] == "commit":
            line["prev_hash"] = heads.get(line["shard"], "00" * 32)
            entries = found[i + 1:i + 1 + line["entries"]]
            line["booked_at"] = line["booked_at_us"]
            line["hash"] = heads[line["shard"]] = chain.hash_of(line, [
                {**e, "amount": e["amount_cents"], "balance_after": e["balance_after_cents"],
                 "booked_at": e["booked_at_us"]} for e in entries])
            del line["booked_at"]
    return sealed([json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n"
                   for line in found] + lines[-1:])


def sealed(lines):
    """The lines with a trailer that fits them again: what only a deep look can refuse."""
    body = "".join(lines[:-1])
    trailer = json.loads(lines[-1])
    trailer["sha256"] = hashlib.sha256(body.encode()).hexdigest()
    return body + json.dumps(trailer, separators=(",", ":")) + "\n"


def ruled(content):
    """The same books, and what a rule of theirs left behind."""
    lines = lines_in(content)
    found = [json.loads(line) for line in lines]
    first = {line["kind"]: line for line in reversed(found)}
    rule, user = first["automation"]["id"], first["automation"]["user_id"]
    spent = first["transaction"]["id"]
    made = [{"kind": "automation_run", "automation_id": rule, "user_id": user, "day": day,
             "end": end, "transaction_id": of, "code": code, "at_us": MOST}
            for day, end, of, code in ((-1, "skipped", None, ""), (20000, "posted", spent, ""),
                                       (20001, "refused", None, "TX_INSUFFICIENT_BALANCE"))]
    made += [{"kind": "alert_state", "user_id": user, "rule": rule, "subject": subject,
              "fired": fired, "at_us": 7} for subject, fired in (("a", False), ("é \"1\"", True))]
    made.append({"kind": "round_up", "transaction_id": spent, "automation_id": rule,
                 "user_id": user, "envelope_id": first["envelope"]["id"], "amount_cents": 0,
                 "at_us": 8})
    at = next(i for i, line in enumerate(found)
              if line["kind"] in ("schedule", "answer", "trailer"))
    return with_rows(lines, at, made)


def with_rows(lines, at, made):
    """More rows beside the books, from that line on; header and trailer count them."""
    for place in (0, -1):
        line = json.loads(lines[place])
        line["counts"]["rows"] += len(made)
        lines[place] = json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n"
    lines[at:at] = [json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n"
                    for line in made]
    return sealed(lines).encode()


def scheduled(content, user):
    """The same books with two more schedules, where their keys belong: one of the system, one of
    the user that is set in full."""
    plain = {"kind": "schedule", "id": id_of(1 << 55), "user_id": None, "shard": 0,
             "name": "faxina", "job_kind": "purge", "queue": "system", "lane": None,
             "payload": "{}", "priority": 9, "max_attempts": 1, "timeout_s": 60, "rule": "{}",
             "zone": "UTC", "misfire": "skip", "overlap": "skip", "ends_at_us": None,
             "ticks_left": None, "paused": False, "paused_until_us": None, "pause_reason": "",
             "paused_by": "", "watermark_us": -1, "next_at_us": None, "version": 1,
             "created_at_us": 1, "updated_at_us": None, "deleted_at_us": None}
    full = {**plain, "id": "aluguel ✓", "user_id": user, "shard": 4, "name": "Aluguel “1”",
            "lane": "account:1", "payload": '{"a":"\\n"}', "misfire": "all", "overlap": "allow",
            "ends_at_us": 7, "ticks_left": 12, "paused": True, "paused_until_us": 8,
            "pause_reason": "férias", "paused_by": user, "watermark_us": MOST, "next_at_us": 9,
            "version": MOST, "updated_at_us": 2, "deleted_at_us": 3}
    for one in (full, plain):
        lines = lines_in(content)
        at = next(i for i, line in enumerate(map(json.loads, lines))
                  if line["kind"] in ("answer", "trailer")
                  or line["kind"] == "schedule" and key_of(line["id"]) > key_of(one["id"]))
        content = with_rows(lines, at, [one])
    return content
