#!/usr/bin/env python3
"""Holds the tree to the house style and to docs/architecture.md. Prints `file:line: message`.

Checks: the include table, sizes of files, lines and functions, parameters of functions in headers,
room READMEs, the map of rooms, unfinished work, paths of somebody's machine, tests that pages name,
what the sandbox's handlers open with. `tidy.py [ROOT]`.
"""

import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

from cpp_functions import declarations
from named_tests import missing_tests
from room_table import RoomTable, read_map

FILE_LINES = 600
FUNCTION_LINES = 70
README_LINES = 60
PARAMETERS = 4
COLUMNS = 100

CPP = {".h", ".cpp"}
CODE = CPP | {".py", ".java", ".sh", ".cmake"}
TEXT = CODE | {".md", ".txt", ".yaml", ".yml", ".json", ".xml", ".ini", ""}
# Each says which API it answers in which versions, how, and what it does not do.
HANDLERS = Path("src", "sandbox", "handlers")
HANDLER_LINES = {"API": r"API +[A-Z]\w+\W.*\d", "Behaviour": r"Behaviour +\S", "Gaps": r"Gaps +\S"}
# Only the runtime room may see these.
RUNTIME_ONLY = ("boost/asio", "boost/beast", "openssl/")
# Spelled so that this file does not find itself.
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
MACHINE_PATHS = ("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/")


class Tidy:
    def __init__(self, root: Path):
        self.root = root
        self.problems: list[str] = []

    def check(self) -> list[str]:
        files = tracked_files(self.root)
        for path in files:
            if path.suffix in TEXT or path.name == "dev":
                self._check_file(path)
        self._check_rooms()
        self._check_includes([p for p in files if p.suffix in CPP])
        return self.problems

    def _say(self, path: Path, line: int, message: str) -> None:
        self.problems.append(f"{path.relative_to(self.root)}:{line}: {message}")

    def _check_file(self, path: Path) -> None:
        text = path.read_text(errors="replace")
        lines = text.splitlines()
        if path.suffix in CODE and len(lines) > FILE_LINES:
            self._say(path, FILE_LINES + 1, f"{len(lines)} lines; a file has at most {FILE_LINES}")
        if path.name == "README.md" and len(lines) > README_LINES and path.parent != self.root:
            self._say(path, README_LINES + 1, f"{len(lines)} lines; a README has at most "
                                              f"{README_LINES}")
        for number, line in enumerate(lines, 1):
            self._check_words(path, number, line)
        if path.suffix in CPP:
            self._check_functions(path, text)
        if path.suffix == ".cpp" and path.parent == self.root / HANDLERS:
            self._check_handler(path, lines)
        if path.suffix == ".md":
            for number, message in missing_tests(self.root, text):
                self._say(path, number, message)

    def _check_words(self, path: Path, number: int, line: str) -> None:
        for word in UNFINISHED:
            if word in words_of(line):
                self._say(path, number, f"{word}: finish it, or write an issue")
        if path.suffix in CODE and len(line) > COLUMNS:
            self._say(path, number, f"{len(line)} columns; at most {COLUMNS}")
        for prefix in MACHINE_PATHS:
            if prefix in line:
                self._say(path, number, f"a path of somebody's machine: {prefix}")

    def _check_functions(self, path: Path, text: str) -> None:
        for function in declarations(text):
            if function.lines > FUNCTION_LINES:
                self._say(path, function.first_line,
                          f"{function.name} has {function.lines} lines; a function has at most "
                          f"{FUNCTION_LINES}")
            if path.suffix == ".h" and function.parameters > PARAMETERS:
                self._say(path, function.first_line,
                          f"{function.name} has {function.parameters} parameters; at most "
                          f"{PARAMETERS}, beyond that a struct")

    def _check_handler(self, path: Path, lines: list[str]) -> None:
        opening = list(takewhile(lambda line: line.startswith("// "), lines))
        if opening and opening[0].startswith("// Which functions answer"):
            return  # those of a subject that has several files
        for word, pattern in HANDLER_LINES.items():
            if not any(re.match("// " + pattern, line) for line in opening):
                self._say(path, 1, "a handler opens with API and versions, Behaviour, Gaps; "
                                   f"{word} is missing")

    def _check_rooms(self) -> None:
        page = self.root / "docs" / "architecture.md"
        source = self.root / "src"
        if not page.exists():
            self._say(page, 1, "is missing")
            return
        named = read_map(page.read_text())
        for room, line in named.items():
            if not (source / room).is_dir():
                self._say(page, line, f"the map names src/{room}, which does not exist")
        for folder in sorted(p for p in source.iterdir() if p.is_dir()):
            if folder.name not in named:
                self._say(page, 1, f"src/{folder.name} is not in the map")
            if not (folder / "README.md").exists():
                self._say(folder / "README.md", 1, "every room has a README.md")

    def _check_includes(self, files: list[Path]) -> None:
        page = self.root / "docs" / "architecture.md"
        table = RoomTable.parse(page.read_text()) if page.exists() else None
        rooms = {p.name for p in (self.root / "src").glob("*") if p.is_dir()}
        for path in files:
            parts = path.relative_to(self.root).parts
            if parts[0] != "src" or len(parts) < 3:
                continue
            for number, target in includes_of(path):
                self._check_include(path, number, (parts[1], target), (rooms, table))

    def _check_include(self, path: Path, number: int, include: tuple, known: tuple) -> None:
        (room, target), (rooms, table) = include, known
        other = target.partition("/")[0]
        if room != "runtime" and target.startswith(RUNTIME_ONLY):
            self._say(path, number, f"{target}: only runtime may see Asio, Beast and OpenSSL")
        if table is None or other == room or other not in rooms or "/" not in target:
            return
        if not table.allows(room, other):
            self._say(path, number, f"{room} may not include {other} ({target}); "
                                    "see the table in docs/architecture.md")


def words_of(line: str) -> set[str]:
    return set("".join(c if c.isalnum() or c == "_" else " " for c in line).split())


def includes_of(path: Path) -> list[tuple[int, str]]:
    found = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        words = line.strip()
        if words.startswith("#") and words[1:].strip().startswith("include"):
            target = words.partition("include")[2].strip()
            if target[:1] in ('"', "<"):
                found.append((number, target[1:].split('"')[0].split(">")[0]))
    return found


def tracked_files(root: Path) -> list[Path]:
    """What is committed or would be; everything, where there is no repository."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], capture_output=True)
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        paths = [root / name for name in names if name]
    else:
        paths = list(root.rglob("*"))
    return sorted(path for path in set(paths) if path.is_file() and not path.is_symlink())


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    problems = Tidy(root.resolve()).check()
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
