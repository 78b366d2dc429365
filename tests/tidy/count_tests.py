#!/usr/bin/env python3
"""Counts tests in JUnit XML files: `count_tests.py [--ctest FILE] FILE_OR_FOLDER...`.

Prints "PASSED FAILED". With `--failed FILE` instead the failed tests of pytest, as it takes them, a
line each. Understands what GoogleTest, pytest and CTest write; skipped tests are
neither. In CTest's file a test "unit_X" stands for GoogleTest's "test_X.xml" where that was written
(it is not when the program crashed).
"""

import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path


def files_of(arguments: list[str]) -> list[Path]:
    found = []
    for argument in map(Path, arguments):
        found += sorted(argument.rglob("*.xml")) if argument.is_dir() else [argument]
    return [path for path in found if path.exists()]


def outcomes(path: Path) -> dict[str, bool]:
    """Test -> passed?"""
    found = {}
    for case in xml.parse(path).iter("testcase"):
        children = {child.tag for child in case}
        is_failed = bool(children & {"failure", "error"}) or case.get("status") == "fail"
        if is_failed or "skipped" not in children and case.get("status", "run") == "run":
            found[f"{case.get('classname')}.{case.get('name')}"] = not is_failed
    return found


def count(ctest: Path | None, others: list[Path]) -> tuple[int, int]:
    results = [passed for path in others for passed in outcomes(path).values()]
    detailed = {path.stem.removeprefix("test_"): path for path in others}
    for name, passed in (outcomes(ctest) if ctest and ctest.exists() else {}).items():
        details = detailed.get(name.rpartition(".")[2].removeprefix("unit_"))
        told = details is not None and (passed or not all(outcomes(details).values()))
        if not told:
            results.append(passed)
    return results.count(True), results.count(False)


def failed_tests(path: Path) -> list[str]:
    """Such as `test_x.py::test_y[z]`."""
    failed = [name for name, passed in outcomes(path).items() if not passed]
    return [re.sub(r"^(\w+)\.", r"\1.py::", name) for name in failed]


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["--failed"]:
        for test in failed_tests(Path(arguments[1])):
            print(test)
        return
    ctest = None
    if arguments[:1] == ["--ctest"]:
        ctest, arguments = Path(arguments[1]), arguments[2:]
    print(*count(ctest, files_of(arguments)))


if __name__ == "__main__":
    main()
