"""Reads the map of rooms and the table "Who may include whom" from docs/architecture.md."""

import re
from dataclasses import dataclass

EVERY = "*"


@dataclass
class RoomTable:
    """room -> rooms it may include; {"*"} for every room, minus what `never` names."""

    allowed: dict[str, set[str]]
    never: dict[str, set[str]]

    @staticmethod
    def parse(text: str) -> "RoomTable":
        """Finds the table with the head `| room | may include |`; ValueError without one."""
        rows = iter(text.splitlines())
        for line in rows:
            if cells(line) == ["room", "may include"]:
                break
        else:
            raise ValueError("docs/architecture.md has no table | room | may include |")
        next(rows)  # the line of dashes
        listed = []
        for line in rows:
            if not line.startswith("|"):
                break
            listed.append(cells(line))
        return RoomTable._of(listed)

    @staticmethod
    def _of(rows: list[list[str]]) -> "RoomTable":
        rooms = {name.strip() for row in rows for name in row[0].split(",")}
        table = RoomTable({}, {})
        for names, rule in rows:
            for room in (name.strip() for name in names.split(",")):
                table.allowed[room], table.never[room] = _rule(rule, rooms)
        return table

    def allows(self, room: str, other: str) -> bool:
        if room not in self.allowed:
            return False
        granted = self.allowed[room]
        return (EVERY in granted or other in granted) and other not in self.never[room]


def _rule(rule: str, rooms: set[str]) -> tuple[set[str], set[str]]:
    """"base, model; never client" and "every room but app" as sets."""
    every = re.match(r"every room(?: but (.*))?$", rule.strip())
    if every:
        return {EVERY}, words(every[1] or "")
    positive = rule.split("never")[0]
    negative = rule.partition("never")[2].split(":")[0]
    return words(positive) & rooms, words(negative) & rooms


def cells(line: str) -> list[str]:
    return [cell.strip().strip("*`") for cell in line.strip().strip("|").split("|")]


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z_]+", text))


def read_map(text: str) -> dict[str, int]:
    """The rooms under `src/` in the first code block that has it, each with its line."""
    rooms: dict[str, int] = {}
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("src/"):
            inside = True
        elif inside and not line.startswith("  "):
            break
        elif inside and (found := re.match(r" {2}([a-z_]+)/", line)):
            rooms[found[1]] = number
    return rooms
