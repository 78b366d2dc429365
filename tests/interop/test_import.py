"""Coming from MirrorMaker 2: its configuration as Lockstep's."""

import re
import subprocess
from pathlib import Path

from java_tools import SMALL_JVM
from paths import NEWEST_KAFKA, ROOT, kafka_jars, lockstep_binary

_KEYS = ROOT / "tests" / "interop" / "kafka" / "MirrorMakerKeys.java"
_SAID = {"clusters", "bootstrap.servers", "enabled"}  # by the head of each file


def imported(directory: Path, text: str) -> tuple[Path, str]:
    """The file that is written, and what is said."""
    source, target = directory / "mm2.properties", directory / "lockstep.yaml"
    source.write_text(text)
    run = subprocess.run([lockstep_binary(), "import", source, "--output", target],
                         capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return target, run.stderr


def head(source: str, target: str) -> str:
    return (f"clusters = east, west\neast.bootstrap.servers = {source}\n"
            f"west.bootstrap.servers = {target}\neast->west.enabled = true\n")


def known_settings() -> list[str]:
    """What the newest MirrorMaker 2, Connect and its clients may be told, wherever it may stand."""
    told = subprocess.run(["java", *SMALL_JVM, "-cp", f"{kafka_jars(NEWEST_KAFKA)}/*", _KEYS],
                          capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    found = []
    for who, key in (line.split() for line in told.stdout.splitlines()):
        if key in _SAID:
            continue
        if who == "mirror":
            found += [key, f"east->west.{key}", f"west.{key}"]
        else:
            found += [f"east.consumer.{key}", f"west.producer.{key}", f"admin.{key}",
                      f"producer.override.{key}", f"east->west.source.consumer.{key}"]
    return found


def test_every_setting_of_mirror_maker_is_known(tmp_path):
    settings = known_settings()
    assert len(settings) > 800
    text = head("e:9092", "w:9092") + "".join(f"{key} = 1\n" for key in settings)
    path, said = imported(tmp_path, text)
    assert "unknown" not in said
    written = re.sub(r"\n *#     ", " ", path.read_text())  # comments as they were before wrapping
    for number, line in enumerate(text.splitlines(), 1):
        assert f"(line {number})" in written, line


def test_no_file_is_overwritten(tmp_path):
    path, _ = imported(tmp_path, head("e:9092", "w:9092"))
    path.write_text("mine")
    run = subprocess.run([lockstep_binary(), "import", tmp_path / "mm2.properties", "-o", path],
                         capture_output=True, text=True, timeout=120)
    assert run.returncode == 1 and "is there already" in run.stderr
    assert path.read_text() == "mine"


def test_what_is_written_passes_check(source, target, name, tmp_path):
    source.create_topic(name, 2)
    source.create_topic(name + "-other")
    path, said = imported(tmp_path, head(source.bootstrap, target.bootstrap)
                          + f"east->west.topics = {name}\nreplication.factor = 1\n")
    assert "unknown" not in said and "by hand" not in said
    check = subprocess.run([lockstep_binary(), "check", "-c", path], capture_output=True,
                           text=True, timeout=300)
    assert check.returncode == 0, check.stdout + check.stderr
    assert name in check.stdout and name + "-other" not in check.stdout
