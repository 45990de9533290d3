"""The HTTP part: connection layers, the whole POST, 2,000 kept connections, a profile."""
import json
import os
import pathlib
import re
import resource
import select
import shutil
import socket
import statistics
import subprocess
import time
import urllib.request

import http_profile
from serve import Serve

TICK = os.sysconf("SC_CLK_TCK")
LUA = """wrk.method = "POST"
wrk.body = [[{body}]]
wrk.headers["Content-Type"] = "application/json"
{token}
"""
LUA_TURNS = """local callers = {{
{callers}}}
local ready, at = {{}}, 0
function init()
  for i, caller in ipairs(callers) do
    ready[i] = wrk.format("POST", "{path}", {{["Content-Type"] = "application/json",
      ["Authorization"] = "Bearer " .. caller[1]}}, caller[2])
  end
end
function request()
  at = at % #ready + 1
  return ready[at]
end
"""
LUA_GET = """wrk.method = "GET"
wrk.headers["Authorization"] = "Bearer {token}"
"""


def cpu_seconds(pids):
    """Of those that are there; a session of PostgreSQL may end while they are read."""
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def children(pid):
    listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(c) for c in listed]


class Contestant:
    """A server under load: where it listens, whose CPU counts, what is sent to it."""

    def __init__(self, name, port, pids, script, path="/same"):
        self.name, self.pids, self.script = name, pids, script
        self.url = f"http://127.0.0.1:{port}{path}"

    def load(self, connections, seconds):
        before = cpu_seconds(self.pids)
        done = subprocess.run(
            ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency",
             "-s", self.script, self.url], capture_output=True, text=True, check=True)
        cpu = cpu_seconds(self.pids) - before
        out = done.stdout
        requests, taken = re.search(r"(\d+) requests in ([\d.]+)s", out).groups()
        errors = re.search(r"Socket errors: (.*)", out)
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        requests = int(requests)
        return {"rate": requests / float(taken), "cpu_us": 1e6 * cpu / max(1, requests),
                "p50": latency(out, "50%"), "p99": latency(out, "99%"),
                "errors": errors.group(1) if errors else "",
                "refused": int(refused.group(1)) if refused else 0}


def latency(out, share):
    number, unit = re.search(rf"{share}\s+([\d.]+)(us|ms|s)\b", out).groups()
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def spread(values, digits=1):
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f}–{max(values):.{digits}f})")


def print_target(text, value, bound):
    word = "reached" if value <= bound else "NOT reached"
    print(f"- **{word}**: {text} (wanted ≤ {bound}, measured {value:.2f})", flush=True)


def take_turns(contestants, connections, rounds, seconds):
    results = {c.name: [] for c in contestants}
    for _ in range(rounds):
        for c in contestants:
            results[c.name].append(c.load(connections, seconds))
    return results


def print_results(results, connections):
    print(f"\n### {connections} connections\n")
    print("| | server CPU µs per POST | POST/s | p50 ms | p99 ms | errors |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, rounds in results.items():
        errors = "; ".join(sorted({r["errors"] for r in rounds if r["errors"]}))
        refused = sum(r["refused"] for r in rounds)
        if refused:
            errors += f"; {refused} not 2xx"
        print(f"| {name} | {spread([r['cpu_us'] for r in rounds])} "
              f"| {spread([r['rate'] for r in rounds], 0)} "
              f"| {statistics.median(r['p50'] for r in rounds):.1f} "
              f"| {statistics.median(r['p99'] for r in rounds):.1f} | {errors or 'none'} |")
    print(flush=True)


def ratio(results, a, b):
    return statistics.median(x["cpu_us"] / y["cpu_us"] for x, y in zip(results[a], results[b]))


class Program:
    """A bench server: prints a line of JSON, ends with its standard input."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.hello = json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_nginx(folder):
    """Answers 201 with the same number of bytes from memory: the limit of a peer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    conf = folder / "nginx.conf"
    conf.write_text(f"""daemon off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/nginx.log; events {{ worker_connections 4096; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
keepalive_requests 1000000000; default_type application/json;
server {{ listen 127.0.0.1:{port} backlog=4096; return 201 "{'x' * 395}"; }} }}
""")
    process = subprocess.Popen(["nginx", "-c", str(conf), "-p", str(folder)],
                               stderr=subprocess.DEVNULL)
    for _ in range(100):
        if process.poll() is None and children(process.pid):
            break
        time.sleep(0.05)
    return process, port


def write_script(folder, name, body, token="", more=None):
    """`more`: headers besides."""
    headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **(more or {})}
    header = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())
    path = folder / f"{name}.lua"
    path.write_text(LUA.format(body=json.dumps(body), token=header))
    return str(path)


def write_turns(folder, name, path, callers):
    """Each with its token and its body, one after the other; made ready before the clock runs."""
    each = ",\n".join(f"{{[[{token}]], [[{json.dumps(body)}]]}}" for token, body in callers)
    script = folder / f"{name}.lua"
    script.write_text(LUA_TURNS.format(path=path, callers=each))
    return str(script)


def posting(account, category):
    return {"date": "2026-11-24", "account_id": account, "category_id": category,
            "type": "income", "amount_cents": 4250, "description": "Venda no balcão"}


def layers(build, folder, rounds, seconds):
    """The same POST through our connection layer, cpp-httplib's, and nginx; no database."""
    bench = build / "tests/bench"
    front = Program(bench / "front_server")
    plain = Program(bench / "plain_server")
    wide = Program(bench / "plain_server", 300)
    hello = front.hello
    body = posting(hello["account"], hello["category"])
    same = write_script(folder, "same", body, hello["token"])
    contestants = [
        Contestant("our front", hello["port"], [front.process.pid], same),
        Contestant("cpp-httplib as it is (8 threads, 5 requests per connection)",
                   plain.hello["port"], [plain.process.pid], same),
        Contestant("cpp-httplib, 300 threads, connections kept, TCP_NODELAY", wide.hello["port"],
                   [wide.process.pid], same),
        Contestant("our whole POST /api/transactions, store in memory", hello["port"],
                   [front.process.pid], same, "/api/transactions")]
    nginx = None
    if shutil.which("nginx"):
        nginx, port = start_nginx(folder)
        contestants.append(Contestant("nginx, one worker, answer from its configuration", port,
                                      [nginx.pid, *children(nginx.pid)], same))
    try:
        for connections, bound in ((64, 0.75), (256, 0.4)):
            results = take_turns(contestants, connections, rounds, seconds)
            print_results(results, connections)
            names = [c.name for c in contestants]
            print_target(f"CPU per POST at {connections} connections against cpp-httplib as it is",
                         ratio(results, names[0], names[1]), bound)
            print_target(f"CPU per POST at {connections} connections against cpp-httplib with a "
                         "thread for each", ratio(results, names[0], names[2]), bound)
    finally:
        for program in (front, plain, wide):
            program.stop()
        if nginx:
            nginx.terminate()
            nginx.wait()


def register(port):
    """A user with an account and a category; (token, account, category)."""
    def call(method, path, body=None, token=None):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method,
                                         data=json.dumps(body).encode() if body else None,
                                         headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    user = {"name": "Bench", "email": f"bench{time.time_ns()}@example.com",
            "password": "segredo-1"}
    token = call("POST", "/api/auth/register", user)["access_token"]
    account = call("POST", "/api/accounts", {"name": "Caixa", "type": "checking", "balance": 1},
                   token)
    categories = call("GET", "/api/categories?type_filter=income", None, token)
    return token, account["id"], categories[0]["id"]


def end_to_end(build, pg, folder, rounds, seconds, brief):
    """POST /api/transactions of the real server, durable answers."""
    pg.create_database("http")
    servers = [("PostgreSQL", Serve(build, folder / "on-pg", pg.url("http"))),
               ("SQLite", Serve(build, folder / "on-sqlite",
                                f"sqlite:///{folder}/http.db"))]
    try:
        contestants = []
        for name, server in servers:
            token, account, category = register(server.port)
            script = write_script(folder, name, posting(account, category), token)
            server.script, server.token = script, token
            contestants.append(Contestant(f"`vaidepix serve` on {name}, one hot account",
                                          server.port, [server.pid], script,
                                          "/api/transactions"))
        print("\nReal server, durable answers:")
        for connections in (64, 256):
            print_results(take_turns(contestants, connections, rounds, seconds), connections)
        many_connections(servers[0][1], 200 if brief else 2000, 2 if brief else 10)
        beside_idle(servers[0][1], contestants[0], 200 if brief else 2000, max(rounds, 5), seconds)
        http_profile.run(servers[0][1], contestants[0], 2 if brief else 6)
        small_get(servers[0][1], folder, 2 if brief else 6)
    finally:
        for _, server in servers:
            server.stop()
    for _, server in servers:
        server.verify()


def small_get(server, folder, seconds):
    """Who asks, which handler and JSON cost less than the rest of a small read."""
    script = folder / "get.lua"
    script.write_text(LUA_GET.format(token=server.token))
    reads = Contestant("GET", server.port, [server.pid], str(script), "/api/accounts")
    share = http_profile.run(server, reads, seconds, "one GET /api/accounts")
    if share is not None:
        print_target("share of token, routing and JSON in a small GET", share, 0.5)


def many_connections(server, count, seconds):
    """Kept connections: each is served, stays idle for a while, and is served again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 200)), hard))
    body = b"{}"
    request = (b"GET /api/auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
               + server.token.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    sockets = [socket.create_connection(("127.0.0.1", server.port), timeout=30)
               for _ in range(count)]
    served = []
    idle = 0.0
    for turn in range(2):
        for s in sockets:
            s.sendall(request)
        served.append(answered(sockets))
        if turn == 0:
            time.sleep(1)
            before, began = cpu_seconds([server.pid]), time.monotonic()
            time.sleep(seconds)
            idle = (cpu_seconds([server.pid]) - before) / (time.monotonic() - began)
    for s in sockets:
        s.close()
    print(f"\n### {count:,} kept connections\n")
    print(f"Served in the first turn: {served[0]:,}; after {seconds} s of idleness: "
          f"{served[1]:,}. Cost of the idle ones: {idle:.3f} cores.\n")
    print_target(f"connections of {count:,} that were not served", 2 * count - sum(served), 0)
    print_target("idle connections, cores", idle, 0.05)


def beside_idle(server, contestant, count, rounds, seconds, active=64):
    """The same load alone and beside idle connections, in turn; each is served once before."""
    names = [f"{active} active", f"{active} active beside {count:,} idle"]
    results = {name: [] for name in names}
    for turn in range(rounds):
        for name in names if turn % 2 == 0 else reversed(names):
            idle = idle_connections(server, count if name == names[1] else 0)
            results[name].append(contestant.load(active, seconds))
            for s in idle:
                s.close()
    print("\nThe same load in turn, alone and beside idle connections that were served once:")
    print_results(results, active)
    alone, beside = ([r["rate"] for r in results[name]] for name in names)
    print_target("throughput alone, of that beside idle connections",
                 statistics.median(a / b for a, b in zip(alone, beside)), 1.25)


def idle_connections(server, count):
    request = (b"GET /api/auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
               + server.token.encode() + b"\r\n\r\n")
    sockets = [socket.create_connection(("127.0.0.1", server.port), timeout=30)
               for _ in range(count)]
    for s in sockets:
        s.sendall(request)
    good = answered(sockets)
    assert good == count, f"{good} of {count} connections were served"
    return sockets


def answered(sockets):
    """How many sockets get a whole 200 within 30 seconds."""
    poll = select.epoll()
    by_fd = {s.fileno(): s for s in sockets}
    for fd in by_fd:
        poll.register(fd, select.EPOLLIN)
    good, give_up = 0, time.monotonic() + 30
    while by_fd and time.monotonic() < give_up:
        for fd, _ in poll.poll(1):
            data = by_fd[fd].recv(65536)
            good += data.startswith(b"HTTP/1.1 200 ")
            poll.unregister(fd)
            del by_fd[fd]
    poll.close()
    return good


def run(build, pg, folder, brief):
    rounds, seconds = (1, 1) if brief else (3, 3)
    layers(build, folder, rounds, seconds)
    end_to_end(build, pg, folder, rounds, seconds, brief)
