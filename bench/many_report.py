"""The result of ./dev bench many_partitions as Markdown: a table, ratios, and the bars."""

from report import DEFAULT, LOCKSTEP, label, machine, ratio, table

RSS_MB, IDLE_CPU_PERCENT, P99_MS = 256, 3, 50
COLUMNS = ("contender", "followed", "after s", "CPU-s until then", "RSS MB, peak",
           "idle CPU %", "scraped CPU %", "source broker CPU %", "target broker CPU %",
           "others CPU %",
           "p50 ms", "p90 ms", "p99 ms", "max ms", "RSS, CPU vs MM2")


def markdown(result: dict) -> str:
    lines = [f"# {result['partitions']:,} partitions in {result['topics']:,} topics, "
             f"Kafka {result['kafka']}", "", machine(result),
             f"Brokers with a heap of {result['heap']}; CPU in percent of a core, over "
             f"{result['idle_seconds']} s in which nothing happens; then single records, each to "
             "a random partition, until they can be read on the target.", "",
             *table(COLUMNS, [source_row(result["source"]),
                              *(row(run, result) for run in result["runs"])]), ""]
    held = bars(result)
    if held:
        lines += ["## Bars", "", *table(("figure", "measured", "must reach", ""), held), ""]
    return "\n".join(lines)


def source_row(measured: dict) -> tuple:
    return (label("source"), *[""] * 9, *latency(measured), "")


def row(run: dict, result: dict) -> tuple:
    other = find(result, DEFAULT)
    return (label(run["contender"]), f"{run['followed']:,}", f"{run['followed_seconds']:.0f}",
            f"{run['start_cpu_seconds']:.1f}", f"{run['rss_mb']:.0f}, {run['peak_rss_mb']:.0f}",
            *(f"{run[key]:.2f}" if key in run else "" for key in
              ("idle_cpu_percent", "scraped_cpu_percent", "source_broker_cpu_percent",
               "target_broker_cpu_percent", "others_cpu_percent")), *latency(run),
            ", ".join(ratio(run, other, key) for key in ("peak_rss_mb", "idle_cpu_percent")))


def latency(run: dict) -> tuple:
    return tuple(f"{run[key]:.1f}" if key in run else "not all followed"
                 for key in ("p50_ms", "p90_ms", "p99_ms", "max_ms"))


def find(result: dict, name: str) -> dict | None:
    return next((run for run in result["runs"] if run["contender"] == name), None)


def bars(result: dict) -> list[tuple]:
    ours = find(result, LOCKSTEP)
    if ours is None:
        return []
    return [(figure, f"{ours[key]:.2f} {unit}" if key in ours else "none", f"{limit} {unit}",
             "reached" if ours.get(key, float("inf")) <= limit else "**missed**")
            for figure, key, limit, unit in (
                ("peak RSS", "peak_rss_mb", RSS_MB, "MB"),
                ("idle CPU", "idle_cpu_percent", IDLE_CPU_PERCENT, "% of a core"),
                ("a new record, p99", "p99_ms", P99_MS, "ms"))]
