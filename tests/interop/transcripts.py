"""Transcripts of the scripts of tests/conformance: taken, compared, held to exceptions."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from paths import ROOT

CONFORMANCE = ROOT / "tests" / "conformance"
ALLOWED = CONFORMANCE / "allowed_differences.txt"
MISSING = "(missing)"


@dataclass(frozen=True)
class Difference:
    """One field of one answer that is not the same."""

    kafka: str
    script: str
    step: str
    path: str
    real: str
    sandbox: str

    def __str__(self) -> str:
        return (f"{self.kafka} | {self.script} | {self.step} | {self.path}: "
                f"real {self.real}, sandbox {self.sandbox}")


@dataclass
class Allowance:
    """A line of the list: what may differ, and why. Patterns as in a shell."""

    line: int
    kafkas: list[str]
    script: str
    step: str
    path: str
    reason: str
    used_for: set[str] = field(default_factory=set)

    def covers(self, difference: Difference) -> bool:
        return (difference.kafka in self.kafkas
                and fnmatchcase(difference.script, self.script)
                and fnmatchcase(difference.step, self.step)
                and fnmatchcase(difference.path, self.path))


def read_allowances(transcript: dict) -> list[Allowance]:
    """Those that are about its scripts. Brackets in paths stand for themselves; only * is a
    wildcard."""
    allowances = []
    for number, line in enumerate(ALLOWED.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        assert len(parts) == 5 and parts[4], f"{ALLOWED}:{number}: five fields and a reason: {line}"
        kafkas, script, step, path, reason = parts
        if not any(fnmatchcase(taken, script) for taken in transcript):
            continue
        allowances.append(Allowance(number, kafkas.split(), script, step,
                                    path.replace("[", "[[]"), reason))
    return allowances


def take_transcript(port: int, kafka: str, which: str = "open") -> dict:
    """What the broker answers to all scripts of a set (see scripts/registry.py)."""
    codec = ROOT / "build" / "release" / "tests" / "conformance" / "request_codec"
    assert codec.exists(), f"{codec} is missing: ./dev build"
    run = subprocess.run(
        [sys.executable, "-B", CONFORMANCE / "scripts" / "run_scripts.py", codec, str(port), kafka,
         which], capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    prefix = "renewed-" if which == "renewed" else ""  # scripts that the set "guarded" has, too
    return {prefix + script: steps for script, steps in json.loads(run.stdout).items()}


def compare(kafka: str, real: dict, sandbox: dict) -> list[Difference]:
    differences = []
    for script, steps in real.items():
        theirs = {step["label"]: step for step in steps}
        ours = {step["label"]: step for step in sandbox.get(script, [])}
        for label in [*theirs, *(label for label in ours if label not in theirs)]:
            differences += compare_step(kafka, script, label,
                                        (theirs.get(label), ours.get(label)))
    return differences


def compare_step(kafka: str, script: str, label: str, steps: tuple) -> list[Difference]:
    """A step that one side does not have is one difference, at the path `step`."""
    if None in steps:
        told = [MISSING if step is None else str(step["fields"])[:300] for step in steps]
        return [Difference(kafka, script, label, "step", *told)]
    real, sandbox = (step["fields"] | {"request": step["request"]} for step in steps)
    return [Difference(kafka, script, label, path, str(real.get(path, MISSING)),
                       str(sandbox.get(path, MISSING)))
            for path in dict.fromkeys([*real, *sandbox])
            if real.get(path, MISSING) != sandbox.get(path, MISSING)]


def not_allowed(differences: list[Difference], allowances: list[Allowance]) -> list[Difference]:
    """The rest, once each difference has been struck off that a line allows."""
    rest = []
    for difference in differences:
        covering = [one for one in allowances if one.covers(difference)]
        for one in covering:
            one.used_for.add(difference.kafka)
        if not covering:
            rest.append(difference)
    return rest


def stale(allowances: list[Allowance], kafka: str) -> list[str]:
    """Lines that allow this version what it does not do any more."""
    return [f"{ALLOWED.name}:{one.line}: no longer happens with {kafka}: "
            f"{one.script} | {one.step} | {one.path}"
            for one in allowances if kafka in one.kafkas and kafka not in one.used_for]


def broken_off(transcript: dict) -> list[str]:
    return [f"{script}: {steps[-1]['fields']['why']}" for script, steps in transcript.items()
            if steps and steps[-1]["label"] == "broke off"]
