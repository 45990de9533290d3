"""Where the CPU of a request goes: samples of `perf` by the layer that ran, or that called."""
import collections
import pathlib
import re
import shutil
import subprocess
import threading

# From the innermost frame outwards, the first that matches owns the sample: system calls and the
# allocator count for the layer that called them.
LAYERS = [
    ("metrics and log", r"observability::"),
    ("JSON text and values", r"base::json|rapidjson"),
    ("access token", r"http::access_tokens|jwt_|http::authenticat|HMAC|EVP_"),
    ("handlers: decode, validate, render", r"http::(?!connection_layer|worker_pool|dispatcher|"
     r"protocol|request_reader|server)"),
    ("HTTP library: parse and write", r"httplib::|http::protocol|http::request_reader"),
    ("connections: poll, receive, send", r"http::(connection_layer|worker_pool|server)"),
    ("dispatch, headers of every answer", r"http::dispatcher"),
    ("hash chain", r"ledger::(seal|hash_of|canonical)|crypto_hash|SHA256|sha256"),
    ("account actor", r"actors::account\b|ledger::(decide|reserve|settle)"),
    ("journal and batcher", r"actors::(journal|batcher)"),
    ("book", r"actors::book|ledger::"),
    ("shard, supervisor", r"actors::(shard|supervisor)"),
    ("gateway and its slot", r"actors::(gateway|slot|promise)"),
    ("storage: build and send the commit", r"storage::|PQ[a-z]|pq[A-Z]|sqlite3"),
    ("Asio's loop", r"boost::asio|asio::"),
    ("CAF: mailboxes and scheduler", r"caf::"),
]
PATTERNS = [(name, re.compile(pattern)) for name, pattern in LAYERS]


def owner(frames):
    for frame in frames:
        for name, pattern in PATTERNS:
            if pattern.search(frame):
                return name
    return "other"


def layers_of(script):
    samples = collections.Counter()
    for block in script.split("\n\n"):
        lines = block.strip().split("\n")
        frames = [line.strip().split(" ", 1)[-1] for line in lines[1:]]
        if frames:
            samples[owner(frames)] += 1
    return samples


# What a small GET could do without: who asks, which handler, JSON.
FRONT = ("access token", "handlers: decode, validate, render", "dispatch, headers of every answer",
         "JSON text and values")


def run(server, contestant, seconds, what="one POST"):
    """The share of FRONT, or None where `perf` is of no use."""
    print(f"\n### Where the CPU of {what} goes\n")
    if not shutil.which("perf"):
        print("`perf` is not installed: no profile.")
        return None
    data = server.folder / "perf.data"
    results = []
    load = threading.Thread(target=lambda: results.append(contestant.load(64, seconds + 2)))
    load.start()
    recorded = subprocess.run(
        ["perf", "record", "-q", "-F", "499", "--call-graph", "dwarf,16384", "-o", str(data),
         "-p", str(server.pid), "--", "sleep", str(seconds)], capture_output=True, text=True,
        check=False)
    load.join()
    if recorded.returncode != 0 or not pathlib.Path(data).exists():
        print("`perf` cannot record here:", recorded.stderr.strip().split("\n")[0])
        return None
    script = subprocess.run(
        ["perf", "script", "--no-inline", "-i", str(data), "-F", "comm,ip,sym"],
        capture_output=True, text=True, errors="replace", check=False).stdout
    samples = layers_of(script)
    total = sum(samples.values())
    print(f"`vaidepix serve`, 64 connections, {total} samples; a layer owns its own code and what "
          "it calls outside ours (kernel, libc, allocator).\n")
    print("| layer | share |")
    print("| --- | --- |")
    for name, count in samples.most_common():
        print(f"| {name} | {100 * count / max(1, total):.1f} % |")
    print(flush=True)
    return sum(samples[name] for name in FRONT) / max(1, total)
