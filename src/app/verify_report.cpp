#include "app/verify_report.h"

#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lockstep::app {

using replication::LinkVerification;
using replication::VerifiedPartition;

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kShownDifferences = 10;

Json partition_json(const VerifiedPartition& partition) {
    Json differences = Json::array();
    for (const Difference& difference : partition.first) {
        differences.push_back(
            {{"offset", difference.offset.value()}, {"kind", to_string(difference.kind)}});
    }
    return {
        {"topic", partition.topic},
        {"target_topic", partition.renamed_to.empty() ? partition.topic : partition.renamed_to},
        {"partition", partition.partition},
        {"identical", partition.is_identical()},
        {"from", partition.from},
        {"to", partition.to},
        {"records", partition.records},
        {"records_not_copied", partition.not_copied},
        {"untouched_batches", partition.untouched_batches},
        {"compacted_on_one_side", partition.compacted},
        {"differences", partition.differences},
        {"first_differences", std::move(differences)},
        {"cause", partition.cause},
        {"problem", partition.problem},
    };
}

std::string not_copied_text(uint64_t records) {
    return count_of(records, "record") + " not copied yet";
}

/// "identical", or what is otherwise.
std::string verdict_of(const VerifiedPartition& partition) {
    if (partition.is_identical()) {
        return "identical";
    }
    std::string text;
    const auto add = [&text](const std::string& part) {
        text += (text.empty() ? "" : ", ") + part;
    };
    if (partition.differences > 0) {
        add(count_of(partition.differences, "difference"));
    }
    if (partition.not_copied > 0) {
        add(not_copied_text(partition.not_copied));
    }
    if (!partition.problem.empty()) {
        add("not compared to the end");
    }
    return text;
}

std::string sums_of(const LinkVerification& link) {
    uint64_t records = 0;
    uint64_t differences = 0;
    uint64_t not_copied = 0;
    size_t identical = 0;
    for (const VerifiedPartition& partition : link.partitions) {
        records += partition.records;
        differences += partition.differences;
        not_copied += partition.not_copied;
        identical += partition.is_identical() ? 1 : 0;
    }
    return fmt::format("{}: {} -> {}: {} of {} identical, {}, {}{}\n", link.name, link.source,
                       link.target, identical, count_of(link.partitions.size(), "partition"),
                       count_of(records, "identical record"), count_of(differences, "difference"),
                       not_copied == 0 ? "" : ", " + not_copied_text(not_copied));
}

}  // namespace

std::vector<LinkVerification> without_topicless(std::vector<LinkVerification> links) {
    if (!std::ranges::all_of(links, &LinkVerification::has_no_topics)) {
        std::erase_if(links, [](const LinkVerification& link) { return link.has_no_topics; });
    }
    return links;
}

std::string render_verified(const VerifiedPartition& partition) {
    std::string text =
        fmt::format("  {}-{}: {}; offsets [{}, {}): {}", printable(partition.topic),
                    partition.partition, verdict_of(partition), format_count(partition.from),
                    format_count(partition.to), count_of(partition.records, "identical record"));
    if (partition.untouched_batches > 0) {
        text += fmt::format(", {} {} the same byte by byte",
                            format_count(static_cast<int64_t>(partition.untouched_batches)),
                            partition.untouched_batches == 1 ? "batch" : "batches");
    }
    if (partition.compacted > 0) {
        text += fmt::format(", {} compacted on one side", count_of(partition.compacted, "record"));
    }
    text += "\n";
    if (!partition.problem.empty()) {
        text += "    problem: " + printable(partition.problem) + "\n";
    }
    const size_t shown = std::min(partition.first.size(), kShownDifferences);
    for (size_t i = 0; i < shown; ++i) {
        text += fmt::format("    offset {}: {}\n", partition.first[i].offset.value(),
                            to_string(partition.first[i].kind));
    }
    if (partition.differences > shown) {
        text += fmt::format("    and {} more\n", partition.differences - shown);
    }
    if (!partition.cause.empty()) {
        text += fmt::format("    the first one: {}\n", printable(partition.cause));
    }
    return text;
}

std::string render_verification(const std::vector<LinkVerification>& links) {
    std::string text;
    for (const LinkVerification& link : links) {
        text += link.problem.empty() ? sums_of(link)
                                     : fmt::format("{}: {} -> {}: {}\n", link.name, link.source,
                                                   link.target, printable(link.problem));
    }
    return text;
}

std::string verification_json(const std::vector<LinkVerification>& links) {
    Json body = {{"identical", !has_trouble(links)}, {"links", Json::array()}};
    for (const LinkVerification& link : links) {
        Json partitions = Json::array();
        for (const VerifiedPartition& partition : link.partitions) {
            partitions.push_back(partition_json(partition));
        }
        body["links"].push_back({{"name", link.name},
                                 {"source", link.source},
                                 {"target", link.target},
                                 {"problem", link.problem},
                                 {"partitions", std::move(partitions)}});
    }
    return body.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool has_trouble(const std::vector<LinkVerification>& links) {
    return std::ranges::any_of(links, [](const LinkVerification& link) {
        return !link.problem.empty() ||
               !std::ranges::all_of(link.partitions, &VerifiedPartition::is_identical);
    });
}

}  // namespace lockstep::app
