"""What every bench that writes a report does around its measuring."""

import argparse
import json
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path


def say(text: str) -> None:
    print(text, flush=True)


def require_built(*binaries: Path) -> None:
    for binary in binaries:
        if not binary.exists():
            raise SystemExit(f"{binary} is missing: ./dev build")


def run_bench(name: str, arguments: argparse.Namespace, bench: type,
              markdown: Callable[[dict], str]) -> None:
    """Measures in a directory that is gone afterwards, as are the clusters that `bench` starts;
    then writes NAME.json and NAME.md to `arguments.out`, and shows the latter."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that everything is cleaned up
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-",
                                     ignore_cleanup_errors=True) as directory:
        started: list = []
        try:
            result = bench(arguments, Path(directory), started).run()
        finally:
            for cluster in started:
                cluster.stop()
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    text = markdown(result)
    (arguments.out / f"{name}.md").write_text(text)
    say("\n" + text)
