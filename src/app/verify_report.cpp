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
        {"untouched_batches", partition.untouched_batches},
        {"compacted_on_one_side", partition.compacted},
        {"differences", partition.differences},
        {"first_differences", std::move(differences)},
        {"cause", partition.cause},
        {"problem", partition.problem},
    };
}

std::string sums_of(const LinkVerification& link) {
    uint64_t records = 0;
    uint64_t differences = 0;
    size_t identical = 0;
    for (const VerifiedPartition& partition : link.partitions) {
        records += partition.records;
        differences += partition.differences;
        identical += partition.is_identical() ? 1 : 0;
    }
    return fmt::format("{}: {} -> {}: {} of {} identical, {}, {}\n", link.name, link.source,
                       link.target, identical, count_of(link.partitions.size(), "partition"),
                       count_of(records, "identical record"), count_of(differences, "difference"));
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
        fmt::format("  {}-{}: offsets [{}, {}), {}, batches untouched: {}",
                    printable(partition.topic), partition.partition, format_count(partition.from),
                    format_count(partition.to), count_of(partition.records, "identical record"),
                    format_count(static_cast<int64_t>(partition.untouched_batches)));
    if (partition.compacted > 0) {
        text += fmt::format(", compacted on one side: {}",
                            format_count(static_cast<int64_t>(partition.compacted)));
    }
    if (!partition.problem.empty()) {
        return text + "\n    not compared to the end: " + printable(partition.problem) + "\n";
    }
    if (partition.differences == 0) {
        return text + ": identical\n";
    }
    text += ": " + count_of(partition.differences, "difference") + "\n";
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
