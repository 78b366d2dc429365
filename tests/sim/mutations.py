#!/usr/bin/env python3
"""Tries the simulation: each deliberate bug of src/base/mutation.h must be caught by some seed.

usage: mutations.py LOCKSTEP_SIM [--jobs N] [--seeds N] [--only NAME ...]

Prints a table of which seed caught which bug, and by which checker. Exit code 1 where one survives
all seeds, or where the program without any bug has a problem.
"""

import argparse
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

CONTROL_SEEDS = 300
SECONDS_OF_A_SEED = 150  # the program gives up before
LAST_WORDS = "it ended in the middle of: "


@dataclass
class Run:
    """Of one bug, or of none: the seed that found something, and what it said."""

    name: str
    what: str
    seed: int = 0
    checker: str = ""
    said: str = ""

    @property
    def is_caught(self) -> bool:
        return self.seed > 0


def run(binary: str, name: str, what: str, seeds: int) -> Run:
    command = [binary, "--first", "1", "--seeds", str(seeds), "--until-failure", "--quiet"]
    if name:
        command += ["--mutation", name]
    result = Run(name, what)
    seed = 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    last = ""
    watchdog = start_watchdog(process)
    for line in process.stdout:
        watchdog.cancel()
        watchdog = start_watchdog(process)
        words = line.split()
        if line.startswith("seed ") and len(words) == 2:
            seed = int(words[1])
        elif line.startswith("seed ") and "FAILED: " in line:
            result.seed = seed
            result.said = line.partition("FAILED: ")[2].strip()
            result.checker = result.said.partition(":")[0]
        elif line.strip() and not line.startswith(LAST_WORDS):
            last = line.strip()
    code = process.wait()
    watchdog.cancel()
    if code not in (0, 1):
        result.seed, result.said = seed, last
        has_ended = code not in (-signal.SIGALRM, -signal.SIGKILL)
        result.checker = "assertion" if has_ended else "no end"
    return result


def start_watchdog(process: subprocess.Popen) -> threading.Timer:
    """A seed may hang."""
    watchdog = threading.Timer(SECONDS_OF_A_SEED, process.kill)
    watchdog.start()
    return watchdog


def mutations(binary: str) -> list[tuple[str, str]]:
    listed = subprocess.run([binary, "--list-mutations"], check=True, capture_output=True,
                            text=True).stdout
    return [tuple(line.split("\t")) for line in listed.splitlines()]


def show(result: Run) -> None:
    caught = f"{result.seed} | {result.checker}" if result.is_caught else "**survives** | "
    print(f"| `{result.name}` | {result.what} | {caught} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--details", action="store_true", help="what the checkers said, too")
    options = parser.parse_args()

    chosen = [pair for pair in mutations(options.binary)
              if not options.only or pair[0] in options.only]
    unknown = set(options.only) - {name for name, _ in chosen}
    if unknown:
        print(f"there is no mutation {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    print("| mutation | what it does | seed | caught by |\n|---|---|---|---|", flush=True)
    survivors = []
    with ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(run, options.binary, name, what, options.seeds)
                for name, what in chosen]
        for result in (one.result() for one in runs):
            show(result)
            if options.details and result.is_caught:
                print(f"    {result.said}", flush=True)
            if not result.is_caught:
                survivors.append(result.name)
    control = run(options.binary, "", "", min(options.seeds, CONTROL_SEEDS))
    print(f"\n{len(chosen) - len(survivors)} of {len(chosen)} mutations caught within "
          f"{options.seeds} seeds; without any: "
          + (f"seed {control.seed} FAILED: {control.said}" if control.is_caught
             else f"{min(options.seeds, CONTROL_SEEDS)} seeds good"))
    return 1 if survivors or control.is_caught else 0


if __name__ == "__main__":
    sys.exit(main())
