"""The Debian package: installs on a clean Debian 12, works under systemd's rules, goes again."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from debian_root import DebianRoot, must
from lockstep import Link, run_cli
from paths import ROOT
from processes import free_port
from records import assert_same_records, produce
from sandbox_process import Sandbox
from waiting import eventually

BUILD = ROOT / "build" / "release"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a root of its own needs root")


@pytest.fixture(scope="module")
def package() -> Path:
    """`./dev package` makes it; $LOCKSTEP_DEB names another one."""
    if "LOCKSTEP_DEB" in os.environ:
        return Path(os.environ["LOCKSTEP_DEB"])
    must(ROOT / "dev", "package", timeout=900)
    packages = list(BUILD.glob("lockstep_*.deb"))
    assert len(packages) == 1
    return packages[0]


def field(package: Path, name: str) -> str:
    return must("dpkg-deb", "-f", package, name).strip()


def real_name(package: str) -> str:
    """The package that is installed here under that name, or that provides it."""
    listed = must("dpkg-query", "-W", "-f", "${Package}:${Provides}\\n")
    for line in listed.splitlines():
        name, _, provides = line.partition(":")
        if package == name or package in re.split(r"[ ,()=]+", provides):
            return name
    raise LookupError(f"nothing here is, or provides, {package}")


@pytest.fixture(scope="module")
def debian(package, tmp_path_factory):
    depends = {real_name(re.split(r"[ (]", each.strip())[0])
               for each in field(package, "Depends").split(",")}
    root = DebianRoot(tmp_path_factory.mktemp("debian"), sorted(depends - {"libc6"}))
    yield root
    root.shut_down()


@pytest.mark.timeout(1000)  # it may have to be built
def test_package_says_what_it_is(package):
    version = run_cli("version").stdout.split()[1]
    assert field(package, "Version") == version
    assert package.name == f"lockstep_{version}_{field(package, 'Architecture')}.deb"
    assert "libssl3" in field(package, "Depends")
    listed = must("dpkg-deb", "-c", package)
    for file in ("/usr/bin/lockstep", "/usr/lib/systemd/system/lockstep.service",
                 "/usr/share/man/man1/lockstep.1.gz", "/etc/lockstep/lockstep.yaml",
                 "/usr/share/bash-completion/completions/lockstep",
                 "/usr/share/zsh/vendor-completions/_lockstep",
                 "/usr/share/fish/vendor_completions.d/lockstep.fish",
                 "/usr/share/doc/lockstep/copyright", "/usr/share/doc/lockstep/changelog.gz"):
        assert f".{file}\n" in listed, file
    assert all(" root/root " in line for line in listed.splitlines())


def test_what_the_pages_point_at_is_installed(package, tmp_path):
    must("dpkg-deb", "-x", package, tmp_path)
    readme = (tmp_path / "usr/share/doc/lockstep/README.md").read_text()
    named = set(re.findall(r"/usr/share/doc/lockstep/[\w./-]*\w", readme))
    assert len(named) >= 5 and "`docs/" not in readme and "](docs/" not in readme
    for command in ("manual", "import --help", "--help"):
        text = run_cli(*command.split()).stdout.replace("\\-", "-")
        named |= {f"/usr/share/doc/lockstep/{page}"
                  for page in re.findall(r"docs/([\w./-]*\w)", text)}
    assert not [path for path in named if not (tmp_path / path[1:]).exists()], named


@needs_root
@pytest.mark.timeout(1500)  # the first time, Debian is fetched
def test_installs_works_under_systemd_and_goes(package, debian, tmp_path):
    (debian.root / "etc" / "hosts").write_text("127.0.0.1 kafka.test\n")
    before = debian.files()
    must("cp", package, debian.root / "lockstep.deb")
    said = debian.dpkg("-i", "/lockstep.deb")
    assert "edit /etc/lockstep/lockstep.yaml" in said and "systemctl enable" in said
    (debian.root / "lockstep.deb").unlink()
    assert_configuration_is_for_few(debian.root)
    assert not list(debian.root.glob("etc/systemd/system/*/lockstep.service")), "not enabled"

    sandbox = Sandbox(tmp_path, options=("--clusters", 2)).start()
    source, target = sandbox.clusters
    source.create_topic("orders")
    produce(source, "orders", [f"{i}" for i in range(500)])
    port = free_port()
    config = debian.root / "etc" / "lockstep" / "lockstep.yaml"
    # By name: what systemd takes away from the service must leave it the way to find brokers.
    config.write_text(Link(source, target, ["orders"]).yaml(port)
                      .replace('["127.0.0.1:', '["kafka.test:'))
    assert config.read_text().count("kafka.test") == 2

    debian.boot()
    assert debian.inside("systemctl", "enable", "--now", "lockstep").returncode == 0
    try:
        eventually(lambda: target.end_offsets("orders") == source.end_offsets("orders"),
                   "the service copies")
    except AssertionError:
        print(debian.inside("journalctl", "--no-pager", "-u", "lockstep").stdout)
        raise
    assert assert_same_records(source, target, "orders") == 500
    assert run_cli("status", "--url", f"127.0.0.1:{port}").returncode == 0
    security = debian.inside("systemd-analyze", "security", "--no-pager", "--threshold=25",
                             "lockstep.service")
    assert security.returncode == 0, security.stdout
    main_pid = debian.systemctl("show", "-p", "MainPID", "--value", "lockstep").strip()
    status = debian.inside("cat", f"/proc/{main_pid}/status").stdout
    assert re.search(r"CapEff:\s+0+\n", status) and re.search(r"NoNewPrivs:\s+1\n", status)
    assert not re.search(r"Uid:\s+0\s", status)

    assert debian.inside("dpkg", "-r", "lockstep").returncode == 0
    assert debian.systemctl("is-active", "lockstep").strip() == "inactive"
    assert config.exists(), "the configuration stays until it is purged"
    mine = config.with_name("mine.yaml")
    mine.write_text("of somebody else\n")
    group = os.stat(config.parent).st_gid
    os.chown(mine, 0, group)
    assert group != 0
    assert debian.inside("dpkg", "-P", "lockstep").returncode == 0
    assert {os.stat(path).st_gid for path in (mine, mine.parent)} == {0}, "no later group's"
    mine.unlink()
    mine.parent.rmdir()
    debian.shut_down()
    left = {path for path in debian.files() - before
            if not path.startswith(("/run", "/tmp", "/var/tmp", "/var/lib/systemd"))}
    assert not left, sorted(left)
    sandbox.stop()


def assert_configuration_is_for_few(root: Path) -> None:
    """Root and the service's group may read it; nobody else."""
    groups = dict(line.split(":")[0:3:2] for line in (root / "etc/group").read_text().splitlines())
    for path, mode in (("etc/lockstep", 0o750), ("etc/lockstep/lockstep.yaml", 0o640)):
        found = os.stat(root / path)
        assert found.st_mode & 0o777 == mode and found.st_uid == 0
        assert found.st_gid == int(groups["lockstep-config"])


def test_manual_has_no_mistakes(tmp_path):
    file = tmp_path / "lockstep.1"
    file.write_text(run_cli("manual").stdout)
    formatted = subprocess.run(["groff", "-man", "-ww", "-Tutf8", file], capture_output=True,
                               text=True, timeout=120)
    assert formatted.returncode == 0 and not formatted.stderr, formatted.stderr
    assert "lockstep pause" in re.sub(r"\x1b\[[0-9;]*m", "", formatted.stdout)
