"""`lockstep demo`: what a newcomer sees first. It needs no brokers but those that it brings."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from lockstep import run_cli
from paths import lockstep_binary
from waiting import eventually

CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
FAULTS = """
at 1500ms cut berlin-paris
at 3s heal
at 4s kill-broker berlin 1
at 5s restart-broker berlin 1
at 6s kill-cluster paris
at 7s restart-cluster paris
at 8s pause
at 9s resume
at 10s add-partition orders
at 10s restart-broker berlin 2
at 11s quit
"""


def run_script(tmp_path, text: str, *options) -> subprocess.CompletedProcess:
    script = tmp_path / "script"
    script.write_text(text)
    return run_cli("demo", "--script", script, *options, timeout=300)


def test_script_with_faults_ends_in_step(tmp_path):
    done = run_script(tmp_path, FAULTS)
    assert done.returncode == 0, done.stdout + done.stderr
    events = done.stdout.split("\nEvents\n")[1]
    for event in ("you: cut berlin-paris", "you: healed berlin-paris",
                  "you: killed broker 1 of berlin", "you: brought broker 1 of berlin back",
                  "you: killed all brokers of paris", "you: stopped Lockstep",
                  "you: started Lockstep again", "you: added partition orders-3",
                  "you: restart-broker berlin 2: there is nothing to do",
                  "berlin-paris: in step again, after"):
        assert event in events
    assert "In step: every copy is the same as its source." in done.stdout
    verified = re.search(r"berlin -> paris: ([\d,]+) records verified, 0 differences", done.stdout)
    assert verified and int(verified[1].replace(",", "")) > 1000, done.stdout
    assert not done.stderr


STRATEGIES = {
    "active-active": ["berlin-paris", "paris-berlin"],
    "hub-spoke": ["berlin-paris", "paris-berlin", "berlin-london", "london-berlin"],
    "mesh": ["berlin-paris", "berlin-london", "paris-berlin", "paris-london", "london-berlin",
             "london-paris"],
}


@pytest.mark.parametrize("strategy, links", STRATEGIES.items())
def test_clusters_that_are_written_to_end_in_step(tmp_path, strategy, links):
    """Each link copies and is proved, also the one that was cut, and after a pause."""
    cut = links[-1]
    script = f"""
at 2s cut {cut}
at 4s heal
at 5s kill-cluster paris
at 6s restart-cluster paris
at 7s pause
at 8s resume
at 9s add-partition orders
at 10s quit
"""
    done = run_script(tmp_path, script, "--strategy", strategy)
    assert done.returncode == 0, done.stdout + done.stderr
    for event in (f"you: cut {cut}", f"you: healed {cut}", f"{cut}: in step again, after",
                  "you: killed all brokers of paris", "you: stopped Lockstep",
                  "you: added partition orders-3 at berlin"):
        assert event in done.stdout
    assert "In step: every copy is the same as its source." in done.stdout
    verified = dict(re.findall(r"(\w+ -> \w+): ([\d,]+) records verified, 0 differences",
                               done.stdout))
    assert list(verified) == [link.replace("-", " -> ") for link in links]
    assert all(int(count.replace(",", "")) > 1000 for count in verified.values()), verified
    assert not done.stderr


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_a_cut_link_lacks_is_told(tmp_path, strategy):
    done = run_script(tmp_path, "at 3s cut paris-berlin\nat 5s quit", "--strategy", strategy)
    assert done.returncode == 3, done.stdout + done.stderr
    assert re.search(r"paris -> berlin: .*\n    it is cut\n", done.stdout), done.stdout
    assert "Not in step." in done.stdout


def test_lost_records_are_found_and_told(tmp_path):
    done = run_script(tmp_path, "at 3s lose-records orders 1\nat 5s quit")
    assert done.returncode == 3, done.stdout + done.stderr
    assert re.search(r"orders-1 is blocked", done.stdout), done.stdout
    assert "Not in step." in done.stdout


@pytest.mark.parametrize("text, words", [
    ("at 1s quit\nat 2s explode", ["line 2", '"explode"']),
    ("at 1s cut berlin-london", ['there is no link "berlin-london"']),
])
def test_wrong_scripts_are_refused(tmp_path, text, words):
    done = run_script(tmp_path, text)
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr


class Terminal:
    """`lockstep demo` at a terminal of 80 columns and 24 lines."""

    def __init__(self, *options):
        self._fd, child_end = pty.openpty()
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.settings_before = termios.tcgetattr(child_end)
        self._child_end = child_end
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", lockstep_binary(), "demo", *options],
            stdin=child_end, stdout=child_end, stderr=child_end, start_new_session=True,
            env={**os.environ, "TERM": "xterm"})
        self.output = ""

    def press(self, key: str) -> None:
        os.write(self._fd, key.encode())

    def settings(self) -> list:
        return termios.tcgetattr(self._child_end)

    def frame(self) -> str:
        """The last whole screen, without colours."""
        self._read()
        frames = self.output.split("\x1b[H")
        return CONTROL.sub("", frames[-2]) if len(frames) > 2 else ""

    def wait(self, pattern: str, timeout: float = 60) -> None:
        eventually(lambda: re.search(pattern, self.frame()), f"{pattern}", timeout)

    def end(self) -> int:
        def has_ended() -> bool:
            self._read()  # else it would wait for whoever reads
            return self.process.poll() is not None

        eventually(has_ended, "it ends", 60)
        self._read()
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._fd)
        os.close(self._child_end)

    def _read(self) -> None:
        while select.select([self._fd], [], [], 0)[0]:
            self.output += os.read(self._fd, 65536).decode()


@pytest.fixture
def terminal():
    started: list[Terminal] = []

    def start(*options) -> Terminal:
        started.append(Terminal(*options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_keys_break_and_mend(terminal):
    began = time.monotonic()
    demo = terminal()
    demo.wait(r"berlin -> paris +(starting|in step)")
    assert time.monotonic() - began < 15  # alone it is a fraction of a second
    demo.wait(r"-> paris +in step")
    break_and_mend(demo, [("c", r"-> paris +cut", r"-> paris +in step"),
                          ("k", r"berlin +x 2 3", r"berlin +1 2 3"),
                          ("K", r"paris +x x x", r"paris +1 2 3"),
                          ("p", r"-> paris +paused", r"-> paris +in step")])
    demo.press("h")
    demo.wait(r"unclean election")
    demo.press("\x1b[A")  # an arrow is no key
    demo.press("h")
    demo.wait(r"EVENTS")
    demo.press("+")
    demo.wait(r"added partition orders-3")
    demo.wait(r"-> paris +in step")
    demo.press("t")
    demo.wait(r"orders-0 blocked on berlin-paris")
    demo.press("d")
    demo.wait(r"deleted the topic orders")
    demo.press("q")
    assert demo.end() == 0
    assert_given_back(demo)


def break_and_mend(demo: Terminal, keys: list[tuple[str, str, str]]) -> None:
    """Presses each key twice: what is shown after the first time, and after the second."""
    for key, broken, mended in keys:
        demo.press(key)
        demo.wait(broken)
        demo.press(key)
        demo.wait(mended)


def assert_given_back(demo: Terminal) -> None:
    assert demo.settings() == demo.settings_before
    assert demo.output.count("\x1b[?1049h") == demo.output.count("\x1b[?1049l") == 1
    assert demo.output.rindex("\x1b[?25h") > demo.output.rindex("\x1b[?25l")


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM", "SIGHUP", "SIGABRT"])
def test_gives_the_terminal_back(terminal, how):
    demo = terminal()
    demo.wait(r"CLUSTER")
    assert demo.settings() != demo.settings_before
    if how == "Ctrl-C":
        demo.process.send_signal(signal.SIGINT)
    else:
        demo.process.send_signal(getattr(signal, how))
    demo.end()
    assert_given_back(demo)


def test_keys_are_about_the_chosen_link(terminal):
    demo = terminal("--strategy", "mesh")
    demo.wait(r">1 berlin -> paris +in step")
    demo.press("4")
    demo.wait(r">4 paris -> london +in step")
    break_and_mend(demo, [("c", r">4 paris -> london +cut", r">4 paris -> london +in step"),
                          ("k", r"paris +x 2 3", r"paris +1 2 3"),
                          ("K", r"london +x x x", r"london +1 2 3")])
    demo.press("h")
    demo.wait(r"1-6  choose the link")
    demo.press("q")
    assert demo.end() == 0
    assert_given_back(demo)


def test_plain_lines_without_a_terminal():
    done = run_cli("demo", "--seconds", 6, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    assert len(re.findall(r"^ 0:\d\d  berlin [\d,]+  paris ", done.stdout, re.M)) >= 3
    assert "berlin-paris: in step for the first time" in done.stdout
