"""tidy itself: it finds what it should, and nothing else."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cpp_functions import declarations  # noqa: E402 - after the path is known
from named_tests import named_tests  # noqa: E402
from room_table import RoomTable, read_map  # noqa: E402
from tidy import FILE_LINES, FUNCTION_LINES, Tidy, tracked_files  # noqa: E402

PAGE = """\
# Map

```
src/
  base/         things
  client/       Kafka
  runtime/      Asio
  sandbox/      broker
  sim/          all
  app/          main
tests/  unit
```

| room | may include |
|---|---|
| base | std, fmt, small libraries |
| runtime | base; Asio, OpenSSL (nobody else sees them) |
| client | base, runtime |
| replication, control | base, client; **never each other**: they meet in `app` |
| sandbox | base, runtime; never client |
| sim | every room but app |
| app | every room |
"""


@pytest.fixture
def tree(tmp_path):
    """A tidy tree; tests write one wrong file into it."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "architecture.md").write_text(PAGE)
    for room in ("base", "client", "runtime", "sandbox", "sim", "app"):
        (tmp_path / "src" / room).mkdir(parents=True)
        (tmp_path / "src" / room / "README.md").write_text(f"# {room}\n")
    return tmp_path


def problems_with(tree: Path, name: str, text: str) -> list[str]:
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Tidy(tree).check()


def test_tidy_tree_has_no_problems(tree):
    assert Tidy(tree).check() == []


@pytest.mark.parametrize("opening, missing", [
    ("// API        Fetch, versions 4 to 18\n// Behaviour  all\n// Gaps       none\n", []),
    ("// Which functions answer the requests about records.\n", []),
    ("// API        Fetch\n// Behaviour  all\n// Gaps       none\n", ["API"]),
    ("// API        Fetch 4 to 18\n// Gaps       none\n", ["Behaviour"]),
    ("// API        Fetch 4 to 18\n// Behaviour  all\n\n// Gaps       none\n", ["Gaps"]),
    ("", ["API", "Behaviour", "Gaps"]),
])
def test_handlers_of_the_sandbox_say_what_they_answer(tree, opening, missing):
    found = problems_with(tree, "src/sandbox/handlers/fetch.cpp", opening + "\nint x;\n")
    assert [problem.split()[-3] for problem in found] == missing


@pytest.mark.parametrize("room, header, is_allowed", [
    ("client", "base/bytes.h", True),
    ("client", "client/other.h", True),
    ("client", "app/cli.h", False),
    ("base", "client/x.h", False),
    ("sandbox", "runtime/x.h", True),
    ("sandbox", "client/x.h", False),
    ("sim", "client/x.h", True),
    ("sim", "app/x.h", False),
    ("app", "sim/x.h", True),
    ("client", "boost/asio/ip/tcp.hpp", False),
    ("client", "openssl/ssl.h", False),
    ("client", "boost/beast/http.hpp", False),
    ("runtime", "boost/asio.hpp", True),
    ("client", "boost/system/result.hpp", True),
    ("client", "vector", True),
])
def test_includes_follow_the_table(tree, room, header, is_allowed):
    for line in (f'#include "{header}"', f"#  include <{header}>"):
        found = problems_with(tree, f"src/{room}/a.h", f"#pragma once\n{line}\n")
        assert (found == []) == is_allowed, found
        assert is_allowed or found[0].startswith(f"src/{room}/a.h:2: ")


def test_table_reads_never_and_every():
    table = RoomTable.parse(PAGE)
    assert table.allows("replication", "client") and table.allows("control", "base")
    assert not table.allows("replication", "control")
    assert not table.allows("nowhere", "base")


def test_table_must_be_there():
    with pytest.raises(ValueError):
        RoomTable.parse("no table here")


def test_map_lists_rooms_with_lines():
    assert read_map(PAGE) == {"base": 5, "client": 6, "runtime": 7, "sandbox": 8, "sim": 9,
                              "app": 10}


def test_room_that_is_not_in_the_map(tree):
    found = problems_with(tree, "src/attic/README.md", "# attic\n")
    assert found == ["docs/architecture.md:1: src/attic is not in the map"]


def test_room_in_the_map_that_is_missing(tree):
    (tree / "src" / "sim" / "README.md").unlink()
    (tree / "src" / "sim").rmdir()
    assert Tidy(tree).check() == ["docs/architecture.md:9: the map names src/sim, which does not "
                                  "exist"]


def test_room_without_readme(tree):
    (tree / "src" / "base" / "README.md").unlink()
    assert Tidy(tree).check() == ["src/base/README.md:1: every room has a README.md"]


def test_long_readme(tree):
    assert "a README has at most" in problems_with(tree, "src/base/README.md", "line\n" * 61)[0]


def test_long_file(tree):
    text = "int x;\n" * (FILE_LINES + 1)
    found = problems_with(tree, "src/base/a.cpp", text)
    assert found[0].startswith("src/base/a.cpp:601: 601 lines")


def test_long_line(tree):
    assert problems_with(tree, "src/base/a.cpp", "//" + "x" * 100 + "\n") == [
        "src/base/a.cpp:1: 102 columns; at most 100"]
    assert problems_with(tree, "src/base/a.cpp", "//" + "x" * 98 + "\n") == []


def test_unfinished_work_and_machine_paths(tree):
    todo, path = "TO" + "DO", "/wo" + "rk/"
    found = problems_with(tree, "docs/a.md", f"fine\n{todo}: later\nsee {path}main\nMASTODON\n")
    assert [problem.split(": ")[0] for problem in found] == ["docs/a.md:2", "docs/a.md:3"]


def body(lines: int) -> str:
    return "    x();\n" * lines


def test_long_function(tree):
    text = f"namespace a {{\nint f(int x) {{\n{body(FUNCTION_LINES)}}}\n}}\n"
    assert problems_with(tree, "src/base/a.cpp", text) == [
        "src/base/a.cpp:2: f has 72 lines; a function has at most 70"]


def test_functions_are_found_whatever_surrounds_them():
    text = '''\
#define OPEN {
namespace a::b {
// a comment with { and "
struct S {
    S(int x, int y) : x_(x), y_{y}, z_({1, 2}) {
        go("}{");
    }
    int get() const { return x_; }
    bool operator==(const S& other) const {
        return R"(})" == '{';
    }
    int operator()(int a, int b) { return 1; }
    std::array<int, 2> values{1, 2};
    std::function<void()> f = [this] {
        get();
    };
};
template <typename T>
auto call(T value) -> decltype(value()) {
    if (value) {
        for (;;) {
        }
    }
    auto inner = [&](int x) {
        return x;
    };
    return value();
}
}  // namespace a::b
enum class E { one, two };
constexpr int kMillion = 1'000'000;
int S::method(std::map<int, int> m) && noexcept {
}
TEST(Suite, Name) {
}
'''
    found = [(f.name, f.first_line, f.lines) for f in declarations(text)]
    assert found == [("S", 5, 3), ("get", 8, 1), ("operator==", 9, 3), ("operator()", 12, 1),
                     ("call", 19, 10), ("S::method", 32, 2), ("TEST(Suite, Name)", 34, 2)]


def test_parameters_of_headers_are_counted():
    text = '''\
struct S {
    S(int a, int b);
    Result<int> five(int a, std::map<int, int> b, std::function<void(int, int)> c, int d,
                     int e = f(1, 2)) const;
    virtual void none() = 0;
    std::function<void(int, int, int, int, int)> callback;
};
inline int with_body(int a) {
    return call(a, a, a, a, a, a);
}
'''
    counts = {f.name: (f.first_line, f.parameters) for f in declarations(text)}
    assert counts == {"S": (2, 2), "five": (3, 5), "none": (5, 0), "with_body": (8, 1)}


def test_too_many_parameters(tree):
    text = "#pragma once\nvoid f(int a, int b, int c, int d, int e);\n"
    assert problems_with(tree, "src/base/a.h", text) == [
        "src/base/a.h:2: f has 5 parameters; at most 4, beyond that a struct"]


@pytest.mark.parametrize("name, problem", [
    ("test_a.py::test_one", None),
    ("test_a.py::test_on", "test_a.py has no test test_on"),
    ("test_a.py::helper", "test_a.py has no test helper"),
    ("test_b.py::test_one", "test_b.py: there is no such file in tests/interop"),
    ("base/a_test.cpp::Suite.Name", None),
    ("base/a_test.cpp::Suite.Fixture", None),
    ("base/a_test.cpp::Suite", "base/a_test.cpp has no test Suite"),
    ("base/a_test.cpp::Other.Name", "base/a_test.cpp has no test Other.Name"),
    ("test_a.py::test_one[4.3.0]", "test_a.py::test_one[4.3.0]: a test is named as file::test"),
    ("lockstep::app", None),
])
def test_tests_that_a_page_names_are_there(tree, name, problem):
    for path, text in (("tests/interop/test_a.py", "def test_one(x):\n    pass\n\n"
                                                   "def helper():\n    pass\n"),
                       ("tests/unit/base/a_test.cpp", "TEST(Suite, Name) {\n}\n"
                                                      "TEST_F(Suite, Fixture) {\n}\n")):
        assert problems_with(tree, path, text) == []
    found = problems_with(tree, "docs/a.md", f"| one |\n| `other`, `{name}` |\n")
    assert found == ([f"docs/a.md:2: {problem}"] if problem else [])


SCENARIOS = Path(__file__).resolve().parents[2] / "docs" / "mm2-scenarios.md"


def test_each_scenario_of_mirror_maker_names_a_test():
    rows = [line for line in SCENARIOS.read_text().splitlines() if line.startswith("| `")]
    assert len(rows) >= 24
    for row in rows:
        assert len(row.split(" | ")) == 4 and named_tests(row), row


def test_tracked_files_without_a_repository(tree):
    assert tree / "docs" / "architecture.md" in tracked_files(tree)
