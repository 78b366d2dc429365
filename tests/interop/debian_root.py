"""A clean Debian 12, in a folder: to install the package in, and to boot with its own systemd."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

from paths import CACHE
from processes import end, spawn
from waiting import eventually

SUITE = "bookworm"


def run(*command, timeout: float = 60) -> subprocess.CompletedProcess:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=timeout)


def must(*command, timeout: float = 60) -> str:
    done = run(*command, timeout=timeout)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def apt_mirror() -> list[str]:
    """Where this machine's own packages come from; nothing where it is no Debian 12."""
    told = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)",
               "Created-By: Packages").stdout
    return [line.split()[0] for line in told.splitlines() if line.endswith(f" {SUITE}")][:1]


def base(libraries: list[str]) -> Path:
    """Debian 12 with systemd and `libraries`, and nothing else; made once, kept in .cache."""
    kept = CACHE / "debian"
    stamp = kept / "lockstep-libraries"
    wanted = " ".join(sorted(libraries))
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(kept, ignore_errors=True)
        must("debootstrap", "--variant=minbase", f"--include=systemd,{','.join(libraries)}",
             SUITE, kept, *apt_mirror(), timeout=600)
        must("chroot", kept, "apt-get", "clean")
        stamp.write_text(wanted)
    return kept


class DebianRoot:
    """A copy of the base that a test may change; boots like a machine that shares our network."""

    def __init__(self, directory: Path, libraries: list[str]):
        self.root = directory / "debian"
        self.log = directory / "debian.log"
        must("cp", "-a", "--reflink=auto", base(libraries), self.root, timeout=300)
        self._container = None
        self._init = 0

    def dpkg(self, *arguments) -> str:
        return must("chroot", self.root, "dpkg", *arguments, timeout=300)

    def files(self) -> set[str]:
        """All that is there, but for what any installation changes."""
        changing = ("/var/lib/dpkg", "/var/log", "/var/cache", "/etc/group-", "/etc/gshadow-")
        found = must("find", self.root, "-mindepth", "1", "-printf", "/%P\\n")
        return {line for line in found.splitlines() if not line.startswith(changing)}

    def boot(self) -> None:
        self._container = spawn(["systemd-nspawn", "--boot", "--directory", self.root,
                                 "--register=no", "--keep-unit", "--console=pipe"], self.log)
        eventually(self._find_init, "systemd is started")
        try:
            eventually(lambda: self.systemctl("is-system-running").strip() == "running",
                       "Debian is up", 240)
        except AssertionError:
            print(self.inside("systemctl", "is-system-running"), self.systemctl("--failed"),
                  self.systemctl("list-jobs"), self.log.read_text(), sep="\n")
            raise

    def _find_init(self) -> bool:
        """Its child that is number 1 in a world of its own: an earlier child, which makes that
        world, ends as soon as it has."""
        pid = self._container.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            try:
                status = Path(f"/proc/{child}/status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if re.search(r"^NSpid:.*\t1$", status, re.MULTILINE):
                self._init = int(child)
                return True
        return False

    def systemctl(self, *arguments) -> str:
        return self.inside("systemctl", "--no-pager", *arguments).stdout

    def inside(self, *command, timeout: float = 120) -> subprocess.CompletedProcess:
        return run("nsenter", "--target", self._init, "--mount", "--uts", "--ipc", "--pid",
                   "--root", "--wd=/", *command, timeout=timeout)

    def shut_down(self) -> None:
        if self._container is not None and self._container.poll() is None:
            self.inside("systemctl", "poweroff")
            end(self._container, signal.SIGTERM, timeout=60)
