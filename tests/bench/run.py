#!/usr/bin/env python3
"""Runs the benchmarks on a PostgreSQL of their own: run.py <build folder> [--short] [part...]"""
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time

import http_bench
import jobs_bench
import product_bench
import verify_bench
from pg_server import PgServer

PARTS = ("journal", "batch", "sqlite", "flatness", "actors", "http", "verify", "jobs", "product")


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "–"
    return (done.stdout or done.stderr).strip().splitlines()[0]


def packages(*names):
    query = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *names]
    done = subprocess.run(query, capture_output=True, text=True, check=False)
    return ", ".join(done.stdout.split("\n")).strip(", ")


def print_conditions(brief):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), "unknown")
    revision = first_line("git", "describe", "--always", "--dirty", "--abbrev=12")
    print("# Benchmark report\n")
    if brief:
        print("**A short run: the numbers mean nothing.**\n")
    print(f"- revision {revision}, {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC")
    print(f"- {os.cpu_count()} cores ({model}), Linux {platform.release()}")
    print(f"- {first_line('g++', '--version')}, preset `bench` (-O2, assertions on)")
    print("-", packages("postgresql-15", "libsqlite3-0", "libcaf-core0.17", "libcpp-httplib0.11",
                        "wrk", "nginx-light"))
    print_load("at the start")


def print_load(when):
    one, five, _ = os.getloadavg()
    print(f"- load average {when}: {one:.2f} (1 min), {five:.2f} (5 min)", flush=True)


def run_parts(build, wanted, flags):
    bench = build / "tests/bench"
    server = str(build / "app/vaidepix")
    with tempfile.TemporaryDirectory(prefix="vaidepix-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        with PgServer(folder / "pg") as pg:
            print("-", pg.settings(), "\n", flush=True)
            common = ["--postgres", pg.url("{}"), "--folder", str(folder), "--vaidepix", server,
                      *flags]

            def run(program, *more):
                subprocess.run([bench / program, *common, *more], check=True)

            titles = {"journal": "The journal's path against its rivals",
                      "batch": "Batches against the bare SQL writer", "sqlite": "SQLite",
                      "flatness": "Latency and the length of an account",
                      "actors": "Actors", "http": "HTTP", "verify": "verify", "jobs": "Jobs",
                      "product": "The product's own jobs"}
            for part in wanted:
                print(f"\n## {titles[part]}")
                if wanted.index(part) > 0:
                    print()
                    print_load("before this part")
                if part in ("journal", "batch", "sqlite"):
                    run("journal_bench", "--part", part)
                elif part == "http":
                    http_bench.run(build, pg, folder, brief="--short" in flags)
                elif part == "jobs":
                    jobs_bench.run(build, pg, folder, brief="--short" in flags)
                elif part == "product":
                    product_bench.run(build, pg, folder, brief="--short" in flags)
                elif part == "verify":
                    verify_bench.run(build, pg, folder, brief="--short" in flags)
                elif part == "actors":
                    run("actors_bench", "--part", "idle")
                    run("actors_bench", "--part", "passivation")
                else:
                    run(f"{part}_bench")
    print()
    print_load("at the end")


def main(arguments):
    build = pathlib.Path(arguments[0]).resolve()
    flags = [a for a in arguments[1:] if a.startswith("--")]
    wanted = [a for a in arguments[1:] if not a.startswith("--")] or list(PARTS)
    unknown = [f for f in flags if f != "--short"] + [p for p in wanted if p not in PARTS]
    if unknown:
        sys.exit(f"scripts/bench: unknown {' '.join(unknown)} (known: --short, {', '.join(PARTS)})")
    print_conditions(bool(flags))
    run_parts(build, wanted, flags)


if __name__ == "__main__":
    if shutil.which("git") is None:
        sys.exit("scripts/bench: git is missing")
    main(sys.argv[1:])
