"""Users with all that they own, copied in the database: a hundred thousand cannot register in
minutes, since each password costs a tenth of a second of CPU.

Ids are keys whose text follows from them, so every number from 0 on is an id (base/id.hpp). A copy
has the ids of its original minus a multiple of a span that is wider than all ids which are there:
copies meet neither each other nor anything else, and are older, so that no id of the server's
future is taken. Their commits are copied behind the last one: a posting has as many of them to
look up as a real one. Hashes are not made anew: `verify` refuses such a ledger."""

ROWS_AT_ONCE = 100_000
STEP = 1 << 20  # of keys: one millisecond (base/id.cpp), so counter and lane stay as they are
SEQ_BITS = 48  # a commit id is shard << 48 | seq

OWN = "user_id in (select id from of_users)"
IDS = ("users", "accounts", "transactions", "goals")
# In this order: which rows belong to the users, and which columns name what is copied with them.
TABLES = {
    "users": ("", ("id",)),
    "accounts": (OWN, ("id", "user_id")),
    "balances": ("account_id in (select id from of_accounts)", ("account_id",)),
    "transactions": (OWN, ("id", "user_id", "account_id", "category_id", "partner_id")),
    "ledger_entries": ("account_id in (select id from of_accounts)",
                       ("account_id", "transaction_id")),
    "ledger_commits": (f"(shard << {SEQ_BITS} | seq) in (select commit_id from of_ledger_entries)",
                       ()),
    "goals": (OWN, ("id", "user_id")),
}


def copy_users(base, copies, whose):
    """`copies` of each user for whom the condition holds: how many rows each table got."""
    ends = base.rows(" union all ".join(f"select min(id), max(id) from {t} where id > 0 "
                                        "having count(*) > 0" for t in IDS))
    low, high = min(int(r[0]) for r in ends), max(int(r[1]) for r in ends)
    span = ((high - low) // STEP + 2) * STEP
    if low - (copies + 1) * span <= 0:
        raise RuntimeError(f"{copies} copies of ids that span {span} reach below 0")
    stride = int(base.rows("select coalesce(max(seq), 0) from ledger_commits")[0][0])
    of_each = {t: int(base.rows(f"select count(*) from {t} where {kept(t, whose)}")[0][0])
               for t in TABLES}
    before = counts(base)
    block = max(1, ROWS_AT_ONCE // max(1, *of_each.values()))
    statements = originals(whose)
    inserts = {t: insert(t, base.columns(t), copies, span, stride) for t in TABLES}
    for first in range(1, copies + 1, block):
        last = min(copies, first + block - 1)
        statements += ["begin", *(i.format(first=first, last=last) for i in inserts.values()),
                       "commit"]
    base.write(statements)
    base.settle()
    added = {t: n - before[t] for t, n in counts(base).items()}
    wanted = {t: n * copies for t, n in of_each.items()}
    if added != wanted:
        raise RuntimeError(f"void: copied {added} instead of {wanted}")
    return added


def counts(base):
    return {t: int(base.rows(f"select count(*) from {t}")[0][0]) for t in TABLES}


def originals(whose):
    """Set apart first: what is copied must not grow with the copies."""
    return [f"create temp table of_{t} as select * from {t} where {which or whose}"
            for t, (which, _) in TABLES.items()]


def kept(table, whose):
    """The condition of a table while the temporary ones are not there."""
    which = TABLES[table][0] or whose
    for other in ("ledger_entries", "accounts", "users"):
        if f"of_{other}" in which:
            which = which.replace(f"of_{other})", f"{other} where {kept(other, whose)})")
    return which


def insert(table, columns, copies, span, stride):
    """The copies first..last: ids and commits grow with n, as those of a server do."""
    keys = TABLES[table][1]

    def cell(name):
        if name in keys:  # below 0 stands the empty id
            return f"case when {name} < 0 then {name} else {name} - ({copies + 1} - n) * {span} end"
        if name in ("commit_id", "seq"):
            return f"{name} + n * {stride}"
        if name == "email":
            return "'c' || n || '-' || email"
        return name
    return (f"with recursive s(n) as (select cast({{first}} as bigint) union all select n + 1 "
            f"from s where n < {{last}}) insert into {table} ({', '.join(columns)}) "
            f"select {', '.join(cell(c) for c in columns)} from s cross join of_{table} "
            "order by n")
