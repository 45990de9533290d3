#!/usr/bin/env python3
"""The same seed is the same run, byte for byte: repeat_test.py SIMULATE."""
import subprocess
import sys


def output(binary, seed):
    return subprocess.run([binary, "--seed", str(seed), "--operations", "120", "--trace"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def main(binary):
    for seed in (3, 5, 10):
        first, second = output(binary, seed), output(binary, seed)
        if first != second:
            for number, (a, b) in enumerate(zip(first.splitlines(), second.splitlines()), 1):
                if a != b:
                    print(f"seed {seed}, line {number}:\n  {a.decode()}\n  {b.decode()}")
                    break
            return 1
        lines = first.decode().splitlines()
        if not lines[0].startswith(f"seed {seed},") or lines[-1] != f"seed {seed}":
            print(f"the seed is not printed first and last: {lines[0]!r}, {lines[-1]!r}")
            return 1
        if len(lines) < 200:
            print(f"seed {seed}: {len(lines)} lines are no run")
            return 1
    return 1 if output(binary, 4) == output(binary, 5) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
