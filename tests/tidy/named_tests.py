"""Finds the tests that a page names, as `file::test` in code spans, and those that are not there.

`test_x.py::test_name` is a file of tests/interop, `room/x_test.cpp::Suite.Name` one of tests/unit.
"""

import re
from pathlib import Path

CODE_SPAN = re.compile(r"`([^`\n]+)`")
NAMED = re.compile(r"(?P<file>[\w/]+\.(?:py|cpp))::(?P<test>[\w.]+)")
FOLDERS = {".py": "tests/interop", ".cpp": "tests/unit"}
DEFINED = {".py": re.compile(r"^def (test_\w+)\(", re.MULTILINE),
           ".cpp": re.compile(r"^TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)}


def named_tests(text: str) -> list[tuple[int, str, str]]:
    """Line, file and test of each; what is no `file::test` in spite of its `::` has no test."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for span in CODE_SPAN.findall(line):
            if match := NAMED.fullmatch(span):
                found.append((number, match["file"], match["test"]))
            elif ".py" in span and "::" in span or ".cpp" in span and "::" in span:
                found.append((number, span, ""))
    return found


def missing_tests(root: Path, text: str) -> list[tuple[int, str]]:
    """Line and what is wrong with the test that is named there."""
    problems = []
    for number, name, test in named_tests(text):
        suffix = Path(name).suffix
        path = root / FOLDERS.get(suffix, "") / name
        if not test:
            problems.append((number, f"{name}: a test is named as file::test"))
        elif not path.is_file():
            problems.append((number, f"{name}: there is no such file in {FOLDERS[suffix]}"))
        elif test not in defined_tests(path):
            problems.append((number, f"{name} has no test {test}"))
    return problems


def defined_tests(path: Path) -> set[str]:
    found = DEFINED[path.suffix].findall(path.read_text())
    return {name if isinstance(name, str) else ".".join(name) for name in found}
