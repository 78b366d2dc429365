"""Errors in the configuration: where they are, what they are, what was probably meant."""

import re

import pytest

from lockstep import run_cli

GOOD = """\
clusters:
  - name: east
    bootstrap: ["127.0.0.1:19092"]
  - name: west
    bootstrap: ["127.0.0.1:29092"]
links:
  - name: east-to-west
    source: east
    target: west
    topics: [orders, "payments-.*"]
    offsets: preserve
http:
  listen: 127.0.0.1:7878
"""

# (what is replaced, by what, line, column, words of the message)
ERRORS = {
    "unknown key": ("    offsets:", "    ofsets:", 11, 5, ["ofsets", 'did you mean "offsets"?']),
    "unknown top-level key": ("http:", "htttp:", 12, 1, ["htttp", 'did you mean "http"?']),
    "unknown cluster": ("source: east", "source: eats", 8, 13, ["eats", 'did you mean "east"?']),
    "wrong type": ('[orders, "payments-.*"]', "{orders: 1}", 10, 13, ["topics"]),
    "wrong scalar": ("preserve", "preserved", 11, 14, ["preserved", 'did you mean "preserve"?']),
    "bad address": ('"127.0.0.1:19092"', '"127.0.0.1"', 3, 17, ["127.0.0.1"]),
    "bad regex": ('"payments-.*"', '"payments-(["', 10, 22, ["payments-(["]),
    "source is target": ("target: west", "target: east", 9, 13, ["east"]),
    "cluster named twice": ("name: west", "name: east", 4, 11, ["east"]),
    "missing topics": ('    topics: [orders, "payments-.*"]\n', "", 7, 5, ["topics"]),
    "no YAML": ("links:", "links: [", 7, None, []),
}


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("what", ERRORS)
def test_error_has_a_place(tmp_path, what, command):
    before, after, line, column, words = ERRORS[what]
    assert GOOD.count(before) == 1
    config = tmp_path / "lockstep.yaml"
    config.write_text(GOOD.replace(before, after))
    done = run_cli(command, "-c", config)
    assert done.returncode == 2, done
    place = re.search(rf"{re.escape(str(config))}:(\d+):(\d+): (.+)", done.stderr)
    assert place, done.stderr
    assert int(place[1]) == line, done.stderr
    if column is not None:
        assert int(place[2]) == column, done.stderr
    for word in words:
        assert word in place[3], done.stderr


@pytest.mark.parametrize("command", ["run", "check"])
def test_missing_file(tmp_path, command):
    done = run_cli(command, "-c", tmp_path / "none.yaml")
    assert done.returncode == 2
    assert "none.yaml" in done.stderr


def test_command_line_errors_and_help():
    assert run_cli("frobnicate").returncode != 0
    for words in (["--help"], ["run", "--help"], ["check", "--help"], ["status", "--help"]):
        done = run_cli(*words)
        assert done.returncode == 0 and "lockstep" in done.stdout
    assert re.match(r"lockstep \d+\.\d+", run_cli("version").stdout)
