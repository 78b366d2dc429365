"""What the shells themselves complete by the scripts that `lockstep completion` prints."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lockstep import run_cli
from processes import end
from waiting import PATIENCE


def script_for(shell: str, file: Path) -> Path:
    done = run_cli("completion", shell)
    assert done.returncode == 0, done.stderr
    file.write_text(done.stdout)
    return file


def test_bash_completes(tmp_path):
    script = script_for("bash", tmp_path / "completion")

    def completed(*words: str) -> list[str]:
        asked = " ".join(f"'{word}'" for word in ("lockstep", *words))
        done = subprocess.run(
            ["bash", "-uc", f"source {script}; COMP_WORDS=({asked}); COMP_CWORD={len(words)};"
             ' _lockstep; echo "${COMPREPLY[@]}"'], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout.split()

    assert completed("stat") == ["status"]
    assert completed("re") == ["regions", "resume"]
    assert completed("run", "--log") == ["--log-level"]
    assert completed("run", "--log-level", "de") == ["debug"]
    assert completed("completion", "z") == ["zsh"]


def test_fish_completes(tmp_path):
    script = script_for("fish", tmp_path / "lockstep.fish")

    def completed(line: str) -> list[str]:
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"],
            capture_output=True, text=True, timeout=60, env=os.environ | {"HOME": str(tmp_path)})
        assert done.returncode == 0 and not done.stderr, done.stderr
        return [each.split("\t")[0] for each in done.stdout.splitlines()]

    assert completed("lockstep stat") == ["status"]
    assert completed("lockstep re") == ["regions", "resume"]
    assert completed("lockstep run --log") == ["--log-level"]
    assert completed("lockstep run --log-level de") == ["debug"]
    assert completed("lockstep completion z") == ["zsh"]


class Zsh:
    """An interactive zsh on a terminal of its own, as completion needs one."""

    SHOWS_LINE = ("show() { print -r -- $'\\n'\"[$BUFFER]\"; BUFFER=; }; zle -N show;"
                  " bindkey '^T' show")

    def __init__(self, home: Path):
        self._terminal, side = pty.openpty()
        self._process = subprocess.Popen(
            ["zsh", "-f", "-i"], stdin=side, stdout=side, stderr=side, start_new_session=True,
            env={"HOME": str(home), "TERM": "dumb", "PATH": os.environ["PATH"], "PS1": "",
                 "LC_ALL": "C"})
        os.close(side)

    def close(self) -> None:
        end(self._process, signal.SIGKILL)  # it does not care for SIGTERM
        os.close(self._terminal)

    def run(self, command: str) -> None:
        self._send(f"{command}; print -r -- $'\\nd''one'\n")
        self._read(r"\ndone\r?\n")

    def completed(self, line: str) -> str:
        """The line after its first TAB."""
        self._send(line + "\t\x14")
        return self._read(r"\n\[(.*?)\]\r?\n").group(1)

    def _send(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _read(self, pattern: str) -> re.Match:
        got, deadline = "", time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, got)
            if found:
                return found
            ready, _, _ = select.select([self._terminal], [], [], deadline - time.monotonic())
            assert ready, f"zsh says no {pattern}: {got}"
            got += os.read(self._terminal, 4096).decode()


@pytest.mark.parametrize("how", ["file", "source"])
def test_zsh_completes(tmp_path, how):
    """As a file in $fpath, as the package installs it, and sourced."""
    folder = tmp_path / "functions"
    folder.mkdir()
    script = script_for("zsh", folder / "_lockstep")
    zsh = Zsh(tmp_path)
    try:
        zsh.run(Zsh.SHOWS_LINE)
        zsh.run("bindkey '^I' complete-word; autoload -Uz compinit")
        if how == "file":
            zsh.run(f"fpath=({folder} $fpath); compinit -u -D")
        else:
            zsh.run(f"compinit -u -D; source {script}")
        assert zsh.completed("lockstep stat") == "lockstep status "
        assert zsh.completed("lockstep run --log-l") == "lockstep run --log-level "
        assert zsh.completed("lockstep run --log-level de") == "lockstep run --log-level debug "
        assert zsh.completed("lockstep completion z") == "lockstep completion zsh "
        assert zsh.completed("lockstep lag --ma") == "lockstep lag --max "
        (tmp_path / "mine.yaml").write_text("")
        assert zsh.completed(f"lockstep run -c {tmp_path}/min") == (
            f"lockstep run -c {tmp_path}/mine.yaml ")
    finally:
        zsh.close()
