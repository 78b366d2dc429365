#include "app/operate_report.h"

#include "app/rest_client.h"
#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

namespace lockstep::app {
namespace {

using Json = nlohmann::json;

constexpr size_t kWidth = 80;

std::string text_at(const Json& row, const char* key) {
    return printable(row.at(key).get<std::string>());
}

/// "orders", or "orders > east.orders" where it has another name on the target. An older Lockstep
/// knows of none.
std::string topic_at(const Json& row) {
    const std::string topic = text_at(row, "topic");
    const std::string there =
        printable(row.value("target_topic", row.at("topic").get<std::string>()));
    return topic == there ? topic : topic + " > " + there;
}

int64_t number_at(const Json& row, const char* key) {
    return row.at(key).get<int64_t>();
}

/// Cells in columns as wide as their widest; the first `left` columns begin at their left edges.
/// Whatever a row says below its cells is wrapped under it.
class Table {
public:
    Table(std::vector<std::string> headings, size_t left) : left_(left) {
        add(std::move(headings));
    }

    void add(std::vector<std::string> cells, std::string note = "") {
        widths_.resize(std::max(widths_.size(), cells.size()));
        for (size_t i = 0; i < cells.size(); ++i) {
            widths_[i] = std::max(widths_[i], cells[i].size());
        }
        rows_.push_back({std::move(cells), std::move(note)});
    }

    std::string text() const {
        std::string text;
        for (const auto& [cells, note] : rows_) {
            std::string line;
            for (size_t i = 0; i < cells.size(); ++i) {
                line += i == 0 ? "" : "  ";
                line += i < left_ ? fmt::format("{:<{}}", cells[i], widths_[i])
                                  : fmt::format("{:>{}}", cells[i], widths_[i]);
            }
            text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
            text += wrap_text(note, 4, kWidth);
        }
        return text;
    }

private:
    struct Row {
        std::vector<std::string> cells;
        std::string note;
    };
    size_t left_;
    std::vector<size_t> widths_;
    std::vector<Row> rows_;
};

/// "2 running, 1 blocked".
std::string states_of(const Json& row) {
    std::string text;
    for (const auto& [state, count] : row.at("states").items()) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count.get<int64_t>(),
                            printable(state));
    }
    return text.empty() ? "none" : text;
}

/// Whether other workers have all of it: this one knows nothing of its lag.
bool is_all_elsewhere(const Json& row) {
    return row.at("states").size() == 1 && row.at("states").contains("elsewhere");
}

std::string lag_text(const Json& row) {
    if (is_all_elsewhere(row)) {
        return "-";
    }
    const std::string count = format_count(number_at(row, "lag_records"));
    return row.at("lag_known").get<bool>() ? count : count + "+?";
}

std::string speed_text(const Json& row) {
    return format_count(std::llround(row.at("records_per_second").get<double>()));
}

std::string seconds_text(const Json& row) {
    const Json& seconds = row.at("lag_seconds");
    return seconds.is_null() ? "?" : fmt::format("{:.1f}s", seconds.get<double>());
}

/// How many partitions other workers have, by worker, over all links; an older Lockstep does not
/// say.
std::map<std::string, size_t> elsewhere_in(const Json& body) {
    std::map<std::string, size_t> by_worker;
    for (const Json& row : body.value("elsewhere", Json::array())) {
        by_worker[text_at(row, "worker")] += row.at("partitions").get<size_t>();
    }
    return by_worker;
}

OperateReport links_report(const Json& body) {
    Table table({"LINK", "SOURCE", "TARGET", "PARTITIONS", "LAG RECORDS", "RECORDS/S"}, 4);
    OperateReport report;
    for (const Json& row : body.at("links")) {
        std::string note = text_at(row, "problem");
        report.has_trouble = report.has_trouble || !note.empty();
        if (row.at("paused").get<bool>()) {
            note = note.empty() ? "paused" : "paused; " + note;
        }
        table.add({text_at(row, "link"), text_at(row, "source"), text_at(row, "target"),
                   states_of(row), lag_text(row), speed_text(row)},
                  note);
    }
    report.text = table.text();
    return report;
}

OperateReport topics_report(const Json& body) {
    Table table({"TOPIC", "LINK", "PARTITIONS", "LAG RECORDS", "LAG TIME", "RECORDS/S"}, 3);
    OperateReport report;
    for (const Json& row : body.at("topics")) {
        report.has_trouble = report.has_trouble || row.at("states").contains("blocked");
        table.add({topic_at(row), text_at(row, "link"), states_of(row), lag_text(row),
                   is_all_elsewhere(row) ? "-" : seconds_text(row), speed_text(row)});
    }
    report.text = table.text();
    return report;
}

OperateReport groups_report(const Json& body) {
    Table table({"GROUP", "LINK", "MEMBERS", "EXACT", "READ AGAIN", "PASSED OVER"}, 3);
    for (const Json& row : body.at("groups")) {
        const bool at_source = row.at("active_at_source").get<bool>();
        const bool at_target = row.at("active_at_target").get<bool>();
        const char* members =
            at_source ? (at_target ? "both" : "source") : (at_target ? "target" : "-");
        table.add({text_at(row, "group"), text_at(row, "link"), members,
                   fmt::format("{} of {}", number_at(row, "exact"), number_at(row, "partitions")),
                   format_count(number_at(row, "behind_records")),
                   format_count(number_at(row, "ahead_records"))},
                  text_at(row, "note"));
    }
    return {table.text()};
}

OperateReport lag_report(const Json& body, std::optional<int64_t> most_records) {
    Table table({"TOPIC", "PART", "LINK", "STATE", "LAG RECORDS", "LAG TIME"}, 4);
    OperateReport report;
    for (const Json& row : body.at("partitions")) {
        const Json& lag = row.at("lag_records");
        const bool is_above = lag.is_null() || lag.get<int64_t>() > most_records.value_or(0);
        report.has_trouble = report.has_trouble || (most_records && is_above);
        table.add({topic_at(row), std::to_string(number_at(row, "partition")), text_at(row, "link"),
                   text_at(row, "state"), lag.is_null() ? "?" : format_count(lag.get<int64_t>()),
                   seconds_text(row)});
    }
    report.text =
        table.text() +
        fmt::format("{} behind\n",
                    count_of(static_cast<size_t>(number_at(body, "total_lag_records")), "record"));
    return report;
}

OperateReport explanations_report(const Json& body, const std::string& wanted_state) {
    OperateReport report;
    for (const Json& row : body.value("links", Json::array())) {  // an older Lockstep has none
        report.has_trouble = true;
        report.text += fmt::format("{}link {}: does not work\n", report.text.empty() ? "" : "\n",
                                   text_at(row, "link"));
        report.text += wrap_text("seen: " + text_at(row, "problem"), 2, kWidth);
        report.text += wrap_text("meaning: " + text_at(row, "meaning"), 2, kWidth);
        report.text += wrap_text("what to do: " + text_at(row, "choice"), 2, kWidth);
    }
    for (const Json& row : body.at("explanations")) {
        const std::string reason = text_at(row, "reason");
        const std::string code = text_at(row, "reason_code");
        const std::string state = text_at(row, "state");
        const bool is_other = !wanted_state.empty() && state != wanted_state;
        report.has_trouble = report.has_trouble || state == "blocked";
        report.text +=
            fmt::format("{}{}/{} on {}: {}{}{}\n", report.text.empty() ? "" : "\n",
                        text_at(row, "topic"), number_at(row, "partition"), text_at(row, "link"),
                        is_other ? fmt::format("not {}, but ", wanted_state) : "", state,
                        code.empty() ? "" : " (" + code + ")");
        if (topic_at(row) != text_at(row, "topic")) {
            report.text += wrap_text("on the target: " + text_at(row, "target_topic"), 2, kWidth);
        }
        report.text += reason.empty() ? "" : wrap_text("seen: " + reason, 2, kWidth);
        report.text += wrap_text("meaning: " + text_at(row, "meaning"), 2, kWidth);
        report.text += wrap_text("what to do: " + text_at(row, "choice"), 2, kWidth);
    }
    if (report.text.empty()) {
        const char* which = elsewhere_in(body).empty() ? "no partition" : "no partition of its own";
        report.text = wanted_state.empty() ? "there is nothing to explain\n"
                                           : fmt::format("{} is {}, and no link has a problem\n",
                                                         which, wanted_state);
    }
    return report;
}

std::string round_trip_text(const Json& row) {
    const Json& round_trip = row.at("round_trip_ms");
    return round_trip.is_null() ? "-" : fmt::format("{:.1f} ms", round_trip.get<double>());
}

std::string bytes_text(const Json& row, const char* key) {
    return format_bytes(row.at(key).get<double>()) + "/s";
}

/// Each cluster; before those of a region that has several, the region as a whole. Clusters that
/// are said to be in none have nothing in common.
OperateReport regions_report(const Json& body) {
    Table table({"REGION", "CLUSTER", "HEALTH", "ROUND TRIP", "BROKERS", "IN", "OUT"}, 3);
    OperateReport report;
    const auto add = [&table](const Json& row, std::string cluster, std::string note) {
        const std::string region = text_at(row, "region");
        table.add({region.empty() ? "-" : region, std::move(cluster), text_at(row, "health"),
                   round_trip_text(row), std::to_string(number_at(row, "brokers")),
                   bytes_text(row, "in_bytes_per_second"), bytes_text(row, "out_bytes_per_second")},
                  std::move(note));
    };
    for (const Json& region : body.at("regions")) {
        const Json& clusters = region.at("clusters");
        if (clusters.size() > 1 && !text_at(region, "region").empty()) {
            add(region, fmt::format("all {}", clusters.size()),
                "between its clusters: " + bytes_text(region, "within_bytes_per_second"));
        }
        for (const Json& cluster : clusters) {
            report.has_trouble = report.has_trouble || cluster.at("health") == "unreachable";
            add(cluster, text_at(cluster, "cluster"), text_at(cluster, "reason"));
        }
    }
    report.text = table.text();
    return report;
}

/// "12 partitions paused, 3 of them already before".
OperateReport changed_report(const Json& body, OperateVerb verb) {
    const bool is_pause = verb == OperateVerb::pause;
    OperateReport report;
    for (const Json& row : body.at("links")) {
        const auto partitions = row.at("partitions").get<size_t>();
        const auto unchanged = row.value("unchanged", size_t{0});  // an older Lockstep has none
        std::string what = is_pause ? " paused" : " resumed";
        if (unchanged > 0 && unchanged == partitions) {
            what = is_pause ? ", already paused" : ", not paused: nothing to resume";
        } else if (unchanged > 0) {
            what += fmt::format(", {} {}", unchanged,
                                is_pause ? "of them already before" : "of them not paused before");
        }
        report.text += fmt::format("{}: {}{}\n", text_at(row, "link"),
                                   count_of(partitions, "partition"), what);
    }
    return report;
}

OperateReport report_of(const OperateOptions& options, const Json& body) {
    switch (options.verb) {
        case OperateVerb::links: return links_report(body);
        case OperateVerb::topics: return topics_report(body);
        case OperateVerb::groups: return groups_report(body);
        case OperateVerb::lag: return lag_report(body, options.most_records);
        case OperateVerb::explain: return explanations_report(body, options.state);
        case OperateVerb::regions: return regions_report(body);
        case OperateVerb::pause:
        case OperateVerb::resume: return changed_report(body, options.verb);
        case OperateVerb::logs: break;
    }
    return {text_at(body, "level") + "\n"};
}

/// Whether the exit code says something of partitions: it is then about this worker's only.
bool judges_partitions(const OperateOptions& options) {
    return options.verb == OperateVerb::topics || options.verb == OperateVerb::explain ||
           (options.verb == OperateVerb::lag && options.most_records);
}

OperateReport report_with_elsewhere(const OperateOptions& options, const Json& body) {
    OperateReport report = report_of(options, body);
    const auto elsewhere = elsewhere_in(body);
    for (const auto& [worker, partitions] : elsewhere) {
        report.text += wrap_text(elsewhere_text(partitions, worker), 0, kWidth);
    }
    report.is_partial = !elsewhere.empty() && judges_partitions(options);
    return report;
}

}  // namespace

std::string operate_page(const OperateOptions& options) {
    switch (options.verb) {
        case OperateVerb::pause: return "/api/v1/pause";
        case OperateVerb::resume: return "/api/v1/resume";
        case OperateVerb::logs: return "/api/v1/log";
        default: break;
    }
    constexpr std::array<const char*, 6> kPages{"links", "topics",  "groups",
                                                "lag",   "explain", "regions"};
    std::string page = std::string("/api/v1/") + kPages[static_cast<size_t>(options.verb)];
    char separator = '?';
    const auto add = [&](const char* key, const std::string& value) {
        page += fmt::format("{}{}={}", separator, key, query_value(value));
        separator = '&';
    };
    if (!options.link.empty()) {
        add("link", options.link);
    }
    if (!options.topic.empty()) {
        add("topic", options.topic);
    }
    if (options.partition) {
        add("partition", std::to_string(*options.partition));
    }
    // One partition is explained whatever its state: "it is running" answers the question, too.
    if (!options.state.empty() && !options.partition) {
        add("state", options.state);
    }
    return page;
}

std::string operate_body(const OperateOptions& options) {
    Json body = Json::object();
    if (options.verb == OperateVerb::logs) {
        return options.level ? Json{{"level", to_string(*options.level)}}.dump() : "";
    }
    if (options.verb != OperateVerb::pause && options.verb != OperateVerb::resume) {
        return "";
    }
    if (!options.link.empty()) {
        body["link"] = options.link;
    }
    if (!options.topic.empty()) {
        body["topic"] = options.topic;
    }
    if (options.partition) {
        body["partition"] = *options.partition;
    }
    return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<OperateReport> operate_report(const OperateOptions& options, const std::string& body) {
    // The library reports through exceptions; this is where they end.
    try {
        return report_with_elsewhere(options, Json::parse(body));
    } catch (const Json::exception& problem) {
        return Error(Errc::malformed, std::string("read the answer (") + problem.what() + ")");
    }
}

}  // namespace lockstep::app
