"""The result of a bench as Markdown: tables, ratios, and the bars it is held to."""

import os
from pathlib import Path

COLUMNS = ("contender", "seconds", "MB/s", "CPU-s", "peak RSS MB", "first record s",
           "CPU-s source broker", "CPU-s target broker", "time vs MM2 / tuned",
           "CPU vs MM2 / tuned / relay")
BUSY = 1.0  # load average; the brokers' own start is below
DEFAULT, TUNED, LOCKSTEP = "mirrormaker2", "mirrormaker2-tuned", "lockstep"


def markdown(result: dict) -> str:
    lines = [f"# Replication, Kafka {result['kafka']} to Kafka {result['kafka']} on loopback", "",
             machine(result), ""]
    for name, workload in result["workloads"].items():
        lines += [f"## ({name}) {workload['records']:,} records: {workload['title']}, "
                  f"{result['partitions']} partitions, {workload['bytes'] / 1e6:.0f} MB", "",
                  *table(COLUMNS, [row(run, workload) for run in [relay_run(workload)]
                                   + workload["runs"]]), ""]
    if result["latency"]:
        lines += ["## (c) latency at 1,000 records/s, producer to consumer on the target, ms", "",
                  *table(("contender", "p50", "p90", "p99", "max"),
                         [(label(name), *(f"{m[q]:.2f}" for q in
                                          ("p50_ms", "p90_ms", "p99_ms", "max_ms")))
                          for name, m in result["latency"].items()]), ""]
    held = bars(result)
    if held:
        lines += ["## Bars", "", *table(("figure", "measured", "must reach", ""), held), ""]
    return "\n".join(lines)


def machine(result: dict) -> str:
    """What it ran on, and what makes the figures worth less."""
    model = next((line.partition(":")[2].strip() for line in
                  Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
                 "unknown CPU")
    text = f"{os.cpu_count()} cores ({model}); brokers, clients and replicator share them."
    if result["quick"]:
        text += " **Quick run: a tenth of the records.**"
    if result["load_before"] > BUSY:
        text += (f" **The machine was busy with something else: load {result['load_before']:.1f} "
                 "before the first contender.**")
    return text


def table(head: tuple, rows: list) -> list[str]:
    return ["| " + " | ".join(cells) + " |" for cells in
            (head, ["---"] * len(head), *rows)]


def label(name: str) -> str:
    return {DEFAULT: "MirrorMaker 2, default", TUNED: "MirrorMaker 2, tuned",
            LOCKSTEP: "**Lockstep**", "source": "consumer on the source"}.get(name, name)


def relay_run(workload: dict) -> dict:
    relay = workload["relay"]
    return {"contender": "TCP relay, same bytes", "seconds": relay["seconds"],
            "cpu_seconds": relay["cpu_seconds"],
            "mb_per_second": workload["bytes"] / 1e6 / relay["seconds"]}


def row(run: dict, workload: dict) -> tuple:
    def number(key: str, digits: int = 1) -> str:
        return f"{run[key]:.{digits}f}" if key in run else ""

    def against(key: str, *names: str) -> str:
        return " / ".join(ratio(run, find(workload, name), key) for name in names)

    is_relay = run["contender"].startswith("TCP")
    return (label(run["contender"]), number("seconds"), number("mb_per_second", 0),
            number("cpu_seconds", 2), number("peak_rss_mb", 0), number("first_record_seconds", 2),
            number("source_broker_cpu_seconds"), number("target_broker_cpu_seconds"),
            "" if is_relay else against("seconds", DEFAULT, TUNED),
            "" if is_relay else against("cpu_seconds", DEFAULT, TUNED, "relay"))


def find(workload: dict, name: str) -> dict | None:
    if name == "relay":
        return workload["relay"]
    return next((run for run in workload["runs"] if run["contender"] == name), None)


def ratio(run: dict, other: dict | None, key: str) -> str:
    """How many times less (or, "x1.3 more", more) this run needs than the other."""
    if other is None or run is other or not run[key] or not other[key]:
        return "-"
    quotient = other[key] / run[key]
    return f"1/{quotient:.1f}" if quotient >= 1 else f"x{1 / quotient:.2f}"


def bars(result: dict) -> list[tuple]:
    """The issue's bars, against MirrorMaker 2 and the relay of this very run."""
    rows: list[tuple] = []

    def bar(figure: str, measured: float, limit: float, unit: str) -> None:
        verdict = "reached" if measured <= limit else "**missed**"
        rows.append((figure, f"{measured:.2f} {unit}", f"{limit:.2f} {unit}", verdict))

    for name, (reference, cpu_part, time_part) in {"a": (DEFAULT, 25, 2.5),
                                                   "b": (TUNED, 50, 4)}.items():
        workload = result["workloads"].get(name)
        ours = workload and find(workload, LOCKSTEP)
        theirs = workload and find(workload, reference)
        if not ours:
            continue
        bar(f"({name}) peak RSS", ours["peak_rss_mb"], 128, "MB")
        bar(f"({name}) start to first record", ours["first_record_seconds"], 0.5, "s")
        if name == "a":
            bar("(a) CPU, 2.5 x the relay", ours["cpu_seconds"],
                2.5 * workload["relay"]["cpu_seconds"], "CPU-s")
        if theirs:
            bar(f"({name}) CPU, 1/{cpu_part} of {label(reference)}", ours["cpu_seconds"],
                theirs["cpu_seconds"] / cpu_part, "CPU-s")
            bar(f"({name}) time, 1/{time_part} of {label(reference)}", ours["seconds"],
                theirs["seconds"] / time_part, "s")
    if LOCKSTEP in result["latency"]:
        bar("(c) p50", result["latency"][LOCKSTEP]["p50_ms"], 1.5, "ms")
        bar("(c) p99", result["latency"][LOCKSTEP]["p99_ms"], 5, "ms")
    return rows
