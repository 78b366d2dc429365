"""Finds functions in C++ by their braces: no parser, but right for what clang-format laid out.

One pass over the text without its comments and strings. What stands between two boundaries (`;`,
the brace that opens or closes a scope) is a head; at its `{` it shows whether a scope, a function's
body or a value begins there. Bodies and values are skipped whole: a lambda belongs to its function.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

LINT = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
    re.DOTALL | re.MULTILINE)
ACCESS = re.compile(r"\s*(public|private|protected)\s*:(?!:)")
TEMPLATE = re.compile(r"\s*template\s*<")
SCOPE = re.compile(r"\s*(inline\s+)?(typedef\s+)?(namespace|class|struct|union|enum|extern)\b")
NAME = re.compile(r"(operator\s*\(\s*\)|operator\s*[^\s\w(]+|[~\w:]+)\s*$")
NO_NAME = {"if", "for", "while", "switch", "catch", "return", "decltype", "alignas", "noexcept",
           "static_assert", "requires", "sizeof"}
OPERATOR = re.compile(r"operator\s*(\(\s*\)|[^\s\w(]+|\s[\w:]+)")
INITIALISERS = re.compile(r"\s*(noexcept\b[^:]*)?:(?!:)")
MEMBER_AT_END = re.compile(r"[:,]\s*[\w:]+(<[^{}]*>)?\s*$")
PAIRS = {"(": ")", "{": "}"}


@dataclass
class Declaration:
    """A function; without a body `lines` is 0."""

    name: str
    first_line: int
    lines: int
    parameters: int


class Kind(Enum):
    scope = auto()
    body = auto()
    value = auto()


def declarations(text: str) -> list[Declaration]:
    code = LINT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    found: list[Declaration] = []
    start = position = 0
    while position < len(code):
        character = code[position]
        if character == "(":
            position = matching(code, position)
        elif character in ";}":
            found += _declared(code, (start, position), position)
            start = position + 1
        elif character == "{":
            kind = _kind(code[start:position])
            end = position if kind is Kind.scope else matching(code, position)
            if kind is Kind.body:
                found += _declared(code, (start, position), end)
            if kind is not Kind.value:
                start = end + 1
            position = end
        position += 1
    return found


def matching(code: str, opened: int) -> int:
    """The position of the bracket that closes the one at `opened`; the end where none does."""
    opening, closing = code[opened], PAIRS[code[opened]]
    depth = 0
    for position in range(opened, len(code)):
        if code[position] == opening:
            depth += 1
        elif code[position] == closing:
            depth -= 1
            if depth == 0:
                return position
    return len(code) - 1


def _kind(head: str) -> Kind:
    head = _plain(head)
    if SCOPE.match(head) or not head.strip():
        return Kind.scope
    paren = _parameter_list(head)
    if paren is None:
        return Kind.value
    trailer = head[matching(head, paren) + 1:]
    if INITIALISERS.match(trailer) and MEMBER_AT_END.search(trailer):
        return Kind.value  # `: x_{`, a member's initialiser
    return Kind.body


def _declared(code: str, head_range: tuple[int, int], end: int) -> list[Declaration]:
    """The function with that head, if it is one; `end` is where its body ends, if it has one."""
    start, stop = head_range
    head = _plain(code[start:stop])
    paren = _parameter_list(head)
    if paren is None or SCOPE.match(head):
        return []
    name = NAME.search(head, 0, paren)[1]
    parameters = head[paren + 1:matching(head, paren)]
    if re.fullmatch(r"[A-Z][A-Z_]+[A-Z]", name):  # a macro such as TEST(Suite, Name)
        name, parameters = f"{name}({' '.join(parameters.split())})", ""
    first = start + len(head) - len(head.lstrip())
    first_line = code.count("\n", 0, first) + 1
    lines = code.count("\n", 0, end) + 2 - first_line if end > stop else 0
    return [Declaration(name, first_line, lines, _count(parameters))]


def _plain(head: str) -> str:
    """The head with access labels and `template <...>` as blanks: lengths stay the same."""
    for label in (ACCESS, TEMPLATE):
        if found := label.match(head):
            end = found.end() if label is ACCESS else _closing_angle(head, found.end())
            head = " " * end + head[end:]
    return head


def _closing_angle(head: str, position: int) -> int:
    depth = 1
    while depth and position < len(head):
        depth += {"<": 1, ">": -1}.get(head[position], 0)
        position += 1
    return position


def _parameter_list(head: str) -> int | None:
    """Where a function's parameters begin; None for what is no function."""
    angles = 0
    position = 0
    while position < len(head):
        character = head[position]
        if operator := OPERATOR.match(head, position):
            position = operator.end()
            continue
        if character == "=" and angles == 0:
            return None
        angles += {"<": 1, ">": -1}.get(character, 0)
        if character == "(":
            name = NAME.search(head, 0, position)
            if angles <= 0:
                is_function = name and name[1] not in NO_NAME
                return position if is_function else None
            position = matching(head, position)
        position += 1
    return None


def _count(parameters: str) -> int:
    if parameters.strip() in ("", "void"):
        return 0
    depth, count = 0, 1
    for character in parameters:
        depth += (character in "<({[") - (character in ">)}]")
        count += character == "," and depth == 0
    return count
