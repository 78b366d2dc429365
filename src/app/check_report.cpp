#include "app/check_report.h"

#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using replication::LinkPlan;
using replication::PlannedPartition;
using replication::PlannedTopic;
using Json = nlohmann::ordered_json;

constexpr size_t kWidth = 80;
constexpr size_t kWidestTopic = 36;

int64_t records_of(const PlannedTopic& topic) {
    int64_t sum = 0;
    for (const PlannedPartition& partition : topic.partitions) {
        sum += partition.records_to_copy;
    }
    return sum;
}

size_t blocked_in(const PlannedTopic& topic) {
    return static_cast<size_t>(
        std::count_if(topic.partitions.begin(), topic.partitions.end(),
                      [](const auto& partition) { return !partition.blocked.empty(); }));
}

std::string_view action_words(PlannedTopic::Action action) {
    switch (action) {
        case PlannedTopic::Action::create: return "create";
        case PlannedTopic::Action::grow: return "add partitions";
        case PlannedTopic::Action::go_on: return "go on";
    }
    return "";
}

std::string_view action_key(PlannedTopic::Action action) {
    switch (action) {
        case PlannedTopic::Action::create: return "create";
        case PlannedTopic::Action::grow: return "grow";
        case PlannedTopic::Action::go_on: return "go_on";
    }
    return "";
}

/// What the topic is created with: "replication factor 3, retention.ms=1000".
std::string creation(const PlannedTopic& topic) {
    std::string text = fmt::format("with replication factor {}", topic.replication_factor);
    for (const auto& [key, value] : topic.configs) {
        text += fmt::format(", {}={}", key, value);
    }
    return text;
}

std::string topic_rows(const PlannedTopic& topic, size_t topic_width) {
    std::string text;
    std::string name = printable(topic.name);
    if (name.size() > topic_width) {
        text = "  " + name + "\n";
        name.clear();
    }
    text += fmt::format("  {:<{}}  {:<14} {:>10} {:>13}\n", name, topic_width,
                        action_words(topic.action), topic.partitions.size(),
                        format_count(records_of(topic)));
    if (topic.action == PlannedTopic::Action::create) {
        text += wrap_text(printable(creation(topic)), 6, kWidth);
    }
    for (const std::string& note : topic.notes) {
        text += wrap_text("note: " + printable(note), 6, kWidth);
    }
    for (const PlannedPartition& partition : topic.partitions) {
        if (!partition.blocked.empty()) {
            text += wrap_text(fmt::format("partition {} is blocked: {}", partition.partition,
                                          printable(partition.blocked)),
                              6, kWidth);
        }
    }
    return text;
}

std::string summary(const LinkPlan& plan) {
    size_t partitions = 0;
    size_t blocked = 0;
    int64_t records = 0;
    for (const PlannedTopic& topic : plan.topics) {
        partitions += topic.partitions.size();
        blocked += blocked_in(topic);
        records += records_of(topic);
    }
    return fmt::format("{}, {}, {} to copy{}", count_of(plan.topics.size(), "topic"),
                       count_of(partitions, "partition"),
                       count_of(static_cast<size_t>(records), "record"),
                       blocked == 0 ? "" : fmt::format(", {} blocked", blocked));
}

std::string topics_table(const LinkPlan& plan) {
    size_t topic_width = 5;
    for (const PlannedTopic& topic : plan.topics) {
        topic_width = std::min(kWidestTopic, std::max(topic_width, topic.name.size()));
    }
    std::string text = fmt::format("\n  {:<{}}  {:<14} {:>10} {:>13}\n", "TOPIC", topic_width,
                                   "ACTION", "PARTITIONS", "TO COPY");
    for (const PlannedTopic& topic : plan.topics) {
        text += topic_rows(topic, topic_width);
    }
    return text;
}

Json topic_json(const PlannedTopic& topic) {
    Json configs = Json::object();
    for (const auto& [key, value] : topic.configs) {
        configs[key] = value;
    }
    Json partitions = Json::array();
    for (const PlannedPartition& partition : topic.partitions) {
        partitions.push_back({{"partition", partition.partition},
                              {"next_offset", partition.next_offset},
                              {"records_to_copy", partition.records_to_copy},
                              {"blocked", partition.blocked}});
    }
    const bool is_created = topic.action == PlannedTopic::Action::create;
    return {{"topic", topic.name},
            {"action", action_key(topic.action)},
            {"replication_factor", is_created ? Json(topic.replication_factor) : Json(nullptr)},
            {"configs", std::move(configs)},
            {"notes", topic.notes},
            {"partitions", std::move(partitions)}};
}

}  // namespace

std::string render_check_table(const std::vector<LinkPlan>& plans) {
    std::string text = "The configuration is valid. Nothing was changed.\n";
    for (const LinkPlan& plan : plans) {
        text += fmt::format("\n{}: {} -> {}\n", plan.name, plan.source, plan.target);
        if (!plan.problem.empty()) {
            text += wrap_text("problem: " + printable(plan.problem), 2, kWidth);
            continue;
        }
        text += "  " + summary(plan) + "\n";
        if (!plan.topics.empty()) {
            text += topics_table(plan);
        }
    }
    return text;
}

std::string check_json(const std::vector<LinkPlan>& plans) {
    Json links = Json::array();
    for (const LinkPlan& plan : plans) {
        Json topics = Json::array();
        for (const PlannedTopic& topic : plan.topics) {
            topics.push_back(topic_json(topic));
        }
        links.push_back({{"name", plan.name},
                         {"source", plan.source},
                         {"target", plan.target},
                         {"source_cluster_id", plan.source_cluster_id},
                         {"target_cluster_id", plan.target_cluster_id},
                         {"problem", plan.problem},
                         {"topics", std::move(topics)}});
    }
    const Json body = {{"links", std::move(links)}};
    return body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool has_trouble(const std::vector<LinkPlan>& plans) {
    return std::any_of(plans.begin(), plans.end(), [](const LinkPlan& plan) {
        return !plan.problem.empty() ||
               std::any_of(plan.topics.begin(), plan.topics.end(),
                           [](const PlannedTopic& topic) { return blocked_in(topic) > 0; });
    });
}

}  // namespace lockstep::app
