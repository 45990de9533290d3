"""Rules that the tables keep by themselves, whatever was asked: sums, versions, the hash chain."""
import collections
import hashlib
import struct

from keys import key_of


def _text(value):
    raw = value.encode()
    return struct.pack(">I", len(raw)) + raw


def canonical(entry):
    """The bytes of one entry, as ledger/commit.hpp lays them down."""
    return b"".join((
        struct.pack(">q", key_of(entry["account_id"])), struct.pack(">q", entry["amount"]),
        struct.pack(">q", key_of(entry["transaction_id"])),
        struct.pack(">i", entry["effective_day"]),
        struct.pack(">I", entry["posting"]), struct.pack(">B", entry["reversal"]),
        struct.pack(">Q", entry["version"]), struct.pack(">q", entry["balance_after"]),
        struct.pack(">I", entry["shard"]), struct.pack(">Q", entry["seq"]),
        struct.pack(">I", entry["position"]), struct.pack(">q", entry["booked_at"])))


def hash_of(commit, entries):
    digest = hashlib.sha256()
    digest.update(bytes.fromhex(commit["prev_hash"]))
    digest.update(struct.pack(">I", commit["shard"]) + struct.pack(">Q", commit["seq"]))
    digest.update(struct.pack(">Q", commit["epoch"]) + _text(commit["node"]))
    digest.update(struct.pack(">q", commit["booked_at"]) + struct.pack(">I", len(entries)))
    for entry in entries:
        digest.update(canonical(entry))
    return digest.hexdigest()


def grouped(rows, *names):
    found = collections.defaultdict(list)
    for row in rows:
        found[tuple(row[n] for n in names) if len(names) > 1 else row[names[0]]].append(row)
    return found


def check_chain(tables, fault):
    """I10, I11, P16: seq, epoch, links, hashes and entries of every commit record."""
    by_commit = grouped(tables["ledger_entries"], "shard", "seq")
    known = set()
    for shard, commits in grouped(tables["ledger_commits"], "shard").items():
        seq, epoch, head, booked = 0, 0, "00" * 32, 0
        for commit in sorted(commits, key=lambda c: c["seq"]):
            where = f"commit {shard}/{commit['seq']}"
            known.add((shard, commit["seq"]))
            if commit["seq"] != seq + 1:
                fault("seq gap", f"{where} follows {seq}")
            if commit["epoch"] < epoch:
                fault("epoch falls", where)
            if commit["prev_hash"] != head:
                fault("broken chain", where)
            if commit["booked_at"] < booked:
                fault("time falls", where)
            entries = sorted(by_commit[shard, commit["seq"]], key=lambda e: e["position"])
            if len(entries) != commit["entries"]:
                fault("entries of a commit", f"{where}: {len(entries)} of {commit['entries']}")
            if [e["position"] for e in entries] != list(range(len(entries))):
                fault("entries of a commit", f"{where}: positions")
            if any(e["booked_at"] != commit["booked_at"] for e in entries):
                fault("entries of a commit", f"{where}: booked_at")
            if hash_of(commit, entries) != commit["hash"]:
                fault("broken chain", f"{where}: hash")
            seq, epoch = commit["seq"], commit["epoch"]
            head, booked = commit["hash"], commit["booked_at"]
    for where in by_commit:
        if where not in known and by_commit[where]:
            fault("entries of a commit", f"entries without commit {where}")


def check_accounts(tables, fault):
    """I1-I4, I6: versions, running balances, balance rows, floors, sums of postings and of all."""
    balances = {b["account_id"]: b for b in tables["balances"]}
    accounts = {a["id"]: a for a in tables["accounts"]}
    if set(balances) != set(accounts):
        fault("account row", f"accounts without balance or the reverse: "
              f"{set(balances) ^ set(accounts)}")
    by_account = grouped(tables["ledger_entries"], "account_id")
    shards = collections.defaultdict(set)
    for account, entries in by_account.items():
        row = accounts.get(account)
        if row is None:
            fault("account row", f"entries of unknown account {account}")
            continue
        version, balance, order = 0, 0, (0, -1)
        for entry in sorted(entries, key=lambda e: e["version"]):
            where = f"account {account} version {entry['version']}"
            if entry["version"] != version + 1:
                fault("version gap", f"{where} follows {version}")
            if entry["balance_after"] != balance + entry["amount"]:
                fault("running balance", where)
            if (entry["seq"], entry["position"]) <= order:
                fault("order of versions", where)
            if row["floor"] is not None and entry["amount"] < 0:
                if entry["balance_after"] < row["floor"]:
                    fault("below the floor", f"{where}: {entry['balance_after']}")
            version, balance = entry["version"], entry["balance_after"]
            order = entry["seq"], entry["position"]
            shards[row["user_id"]].add(entry["shard"])
        stored = balances.get(account, {"balance": None, "version": None})
        if (stored["balance"], stored["version"]) != (balance, version):
            fault("wrong balance", f"account {account}: row {stored['balance']} "
                  f"v{stored['version']}, entries {balance} v{version}")
    for account, row in balances.items():
        if account not in by_account and (row["balance"], row["version"]) != (0, 0):
            fault("wrong balance", f"account {account} has no entries, row {row}")
    for user, found in shards.items():
        if len(found) > 1:
            fault("two shards", f"user {user}: {found}")
    for where, entries in grouped(tables["ledger_entries"], "shard", "seq", "posting").items():
        if sum(e["amount"] for e in entries) != 0 or len(entries) < 2:
            fault("sum not zero", f"posting {where}")
        if any(e["amount"] == 0 for e in entries):
            fault("sum not zero", f"posting {where}: a leg of zero")
    total = sum(b["balance"] for b in tables["balances"])
    if total != 0:
        fault("sum not zero", f"all balances: {total}")
