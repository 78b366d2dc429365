#!/usr/bin/env python3
"""Runs scripts against a broker, and writes what it answered as JSON.

    run_scripts.py CODEC PORT KAFKA SET [SCRIPT...]     KAFKA: 4.3, 3.9 or 2.8; SET: see registry.py
"""

import json
import random
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from codec import Codec  # noqa: E402 - after the path is known
from registry import scripts_of  # noqa: E402
from session import Session, Step, Target  # noqa: E402


def run_all(program: Path, target: Target, which: str, only: list[str] | None = None) -> dict:
    """The steps of each script, by its name. A script that breaks off says so in its last step."""
    codec = Codec(program)
    nonce = f"{random.randrange(16**6):06x}"
    transcripts = {}
    for name, script in scripts_of(which).items():
        if only and name not in only:
            continue
        session = Session(codec, target, name, nonce)
        try:
            script(session)
        except Exception:  # noqa: BLE001 - is part of the transcript
            session.steps.append(Step("broke off", "", {"why": traceback.format_exc(limit=-3)}))
        session.close()
        transcripts[name] = [asdict(step) for step in session.steps]
    codec.close()
    return transcripts


def main() -> None:
    program, port, kafka, which, *only = sys.argv[1:]
    target = Target(int(port), kafka, wants_login=which in ("guarded", "renewed"))
    json.dump(run_all(Path(program), target, which, only), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
