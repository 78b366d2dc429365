#include "app/check_report.h"

#include "app/status_json.h"
#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using replication::LinkPlan;
using replication::PlannedPartition;
using replication::PlannedTopic;
using replication::SettingDifference;
using Json = nlohmann::ordered_json;

constexpr size_t kWidth = 80;
constexpr size_t kWidestTopic = 36;
constexpr std::string_view kNoLimit = "9223372036854775807";

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
        const bool is_window = key.starts_with("message.timestamp.") && value == kNoLimit;
        text += fmt::format(", {}={}{}", key, value,
                            is_window ? " (no limit: a copy is made later than its record)" : "");
    }
    return text;
}

std::string value_of(const std::optional<std::string>& value) {
    return value ? *value : "not set";
}

/// "retention.ms would be set to 1000; it is 2000".
std::string change_words(const SettingDifference& change) {
    switch (change.action) {
        case SettingDifference::Action::set:
            return fmt::format("{} would be set to {}; it is {}", change.key,
                               value_of(change.wanted), value_of(change.found));
        case SettingDifference::Action::remove:
            return fmt::format("{} would be removed; it is {}", change.key, value_of(change.found));
        case SettingDifference::Action::keep:
            return fmt::format("{} stays {}, and is {} by the source: {}", change.key,
                               value_of(change.found), value_of(change.wanted), change.reason);
    }
    return "";
}

std::string_view change_key(SettingDifference::Action action) {
    switch (action) {
        case SettingDifference::Action::set: return "set";
        case SettingDifference::Action::remove: return "remove";
        case SettingDifference::Action::keep: return "keep";
    }
    return "";
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
    if (!topic.renamed_to.empty()) {
        text += wrap_text("on the target: " + printable(topic.renamed_to), 6, kWidth);
    }
    if (topic.action == PlannedTopic::Action::create) {
        text += wrap_text(printable(creation(topic)), 6, kWidth);
    }
    for (const std::string& note : topic.notes) {
        text += wrap_text("note: " + printable(note), 6, kWidth);
    }
    for (const SettingDifference& change : topic.changes) {
        text += wrap_text(printable(change_words(change)), 6, kWidth);
    }
    for (const PlannedPartition& partition : topic.partitions) {
        if (!partition.blocked.empty()) {
            text += wrap_text(fmt::format("partition {} is blocked: {}", partition.partition,
                                          printable(partition.blocked)),
                              6, kWidth);
        }
        if (!partition.translated_why.empty()) {
            text += wrap_text(fmt::format("warning: partition {} gets other offsets: {}",
                                          partition.partition, printable(partition.translated_why)),
                              6, kWidth);
        }
    }
    return text;
}

/// Whether a partition keeps its offsets, which takes markers at the first gap.
bool is_any_preserved(const LinkPlan& plan) {
    return std::ranges::any_of(plan.topics, [](const PlannedTopic& topic) {
        return std::ranges::any_of(topic.partitions, [](const PlannedPartition& partition) {
            return !partition.is_translated && partition.blocked.empty();
        });
    });
}

std::string marker_words(const LinkPlan& plan) {
    return fmt::format(
        "warning: {} takes no transaction markers from Lockstep ({}): {}. The right CLUSTER_ACTION "
        "(from Kafka 3.8 on also ALTER) on that cluster is needed.",
        plan.target, printable(plan.marker_problem),
        plan.offsets == OffsetsMode::preserve || is_any_preserved(plan)
            ? "partitions with transactions or compaction will be blocked at their first gap"
            : "offsets are not kept");
}

std::string summary(const LinkPlan& plan) {
    size_t partitions = 0;
    size_t blocked = 0;
    int64_t translated = 0;
    int64_t records = 0;
    for (const PlannedTopic& topic : plan.topics) {
        partitions += topic.partitions.size();
        translated += std::ranges::count_if(topic.partitions, [](const auto& partition) {
            return !partition.translated_why.empty();
        });
        blocked += blocked_in(topic);
        records += records_of(topic);
    }
    return fmt::format("{}, {}, {} to copy{}{}", count_of(plan.topics.size(), "topic"),
                       count_of(partitions, "partition"),
                       count_of(static_cast<size_t>(records), "record"),
                       blocked == 0 ? "" : fmt::format(", {} blocked", blocked),
                       translated == 0 ? "" : fmt::format(", {} with other offsets", translated));
}

std::string priority_words(Priority priority) {
    return priority == Priority::normal ? "" : fmt::format(", {} priority", to_string(priority));
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

std::string deletion_words(const DeletedTopic& topic) {
    if (topic.due_ms == 0) {
        return printable(topic.target_topic + " stays for now: " + topic.problem);
    }
    return fmt::format("{} would be deleted at {}, if all in it is a copy of {}",
                       printable(topic.target_topic), format_utc(topic.due_ms),
                       printable(topic.topic));
}

std::string around_lines(const LinkPlan& plan) {
    std::string text;
    const auto add = [&](std::string_view what, const std::vector<std::string>& lines) {
        for (const std::string& line : lines) {
            text += wrap_text(fmt::format("{}: {}", what, printable(line)), 6, kWidth);
        }
    };
    if (plan.acls) {
        text +=
            "\n" + wrap_text(plan.acls->problem.empty()
                                 ? fmt::format("ACLs: {} to create, {} to delete, {} wait for a "
                                               "failover",
                                               plan.acls->create.size(), plan.acls->remove.size(),
                                               plan.acls->on_failover.size())
                                 : "ACLs: " + printable(plan.acls->problem),
                             2, kWidth);
        add("create", plan.acls->create);
        add("delete", plan.acls->remove);
        add("on failover", plan.acls->on_failover);
    }
    if (plan.quotas) {
        text += "\n" + wrap_text(plan.quotas->problem.empty()
                                     ? fmt::format("client quotas: {} not in step",
                                                   plan.quotas->changes.size())
                                     : "client quotas: " + printable(plan.quotas->problem),
                                 2, kWidth);
        for (const auto& [entity, change] : plan.quotas->changes) {
            text += wrap_text(printable(entity + ": " + change_words(change)), 6, kWidth);
        }
    }
    if (plan.users) {
        text += "\n" +
                wrap_text(plan.users->problem.empty()
                              ? fmt::format("users: {} to create, {} to change, {} whose "
                                            "secrets cannot be read and are set again, {} "
                                            "to delete",
                                            plan.users->create.size(), plan.users->change.size(),
                                            plan.users->set_again.size(), plan.users->remove.size())
                              : "users: " + printable(plan.users->problem),
                          2, kWidth);
        add("create", plan.users->create);
        add("change", plan.users->change);
        add("set again", plan.users->set_again);
        add("delete", plan.users->remove);
    }
    if (plan.deletions) {
        text +=
            "\n" +
            wrap_text(
                plan.deletions->problem.empty()
                    ? fmt::format("copies to be deleted: {}", plan.deletions->copies.size())
                    : "copies to be deleted are not known: " + printable(plan.deletions->problem),
                2, kWidth);
        for (const DeletedTopic& topic : plan.deletions->copies) {
            text += wrap_text(deletion_words(topic), 6, kWidth);
        }
    }
    return text;
}

std::string own_topics_line(const LinkPlan& plan) {
    return plan.own_topics.empty()
               ? ""
               : "\n" +
                     wrap_text(fmt::format("Lockstep keeps topics of its own on {}: {}; with the "
                                           "first pause or resume also __lockstep_audit",
                                           plan.target, fmt::join(plan.own_topics, ", ")),
                               2, kWidth);
}

Json change_json(const SettingDifference& change) {
    return {{"key", change.key},
            {"action", change_key(change.action)},
            {"wanted", change.wanted ? Json(*change.wanted) : Json(nullptr)},
            {"found", change.found ? Json(*change.found) : Json(nullptr)},
            {"reason", change.reason}};
}

Json acls_json(const std::optional<replication::PlannedAcls>& acls) {
    if (!acls) {
        return nullptr;
    }
    return {{"problem", acls->problem},
            {"create", acls->create},
            {"delete", acls->remove},
            {"on_failover", acls->on_failover}};
}

Json quotas_json(const std::optional<replication::PlannedQuotas>& quotas) {
    if (!quotas) {
        return nullptr;
    }
    Json changes = Json::array();
    for (const auto& [entity, change] : quotas->changes) {
        Json json = change_json(change);
        json["entity"] = entity;
        changes.push_back(std::move(json));
    }
    return {{"problem", quotas->problem}, {"changes", std::move(changes)}};
}

Json users_json(const std::optional<replication::PlannedUsers>& users) {
    if (!users) {
        return nullptr;
    }
    return {{"problem", users->problem},
            {"create", users->create},
            {"change", users->change},
            {"set_again", users->set_again},
            {"delete", users->remove}};
}

Json deletions_json(const std::optional<replication::PlannedDeletions>& deletions) {
    if (!deletions) {
        return nullptr;
    }
    Json copies = Json::array();
    for (const DeletedTopic& topic : deletions->copies) {
        copies.push_back(
            {{"topic", topic.topic},
             {"target_topic", topic.target_topic},
             {"due", topic.due_ms == 0 ? Json(nullptr) : Json(format_utc(topic.due_ms))},
             {"problem", topic.problem}});
    }
    return {{"problem", deletions->problem}, {"copies", std::move(copies)}};
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
                              {"offsets", partition.is_translated ? "translate" : "preserve"},
                              {"translated_why", partition.translated_why},
                              {"blocked", partition.blocked},
                              {"bytes_to_copy", partition.bytes_to_copy}});
    }
    Json changes = Json::array();
    for (const SettingDifference& change : topic.changes) {
        changes.push_back(change_json(change));
    }
    const bool is_created = topic.action == PlannedTopic::Action::create;
    return {{"topic", topic.name},
            {"target_topic", topic.target_name()},
            {"action", action_key(topic.action)},
            {"replication_factor", is_created ? Json(topic.replication_factor) : Json(nullptr)},
            {"configs", std::move(configs)},
            {"notes", topic.notes},
            {"config_changes", std::move(changes)},
            {"partitions", std::move(partitions)}};
}

}  // namespace

std::string headline(const std::vector<LinkPlan>& plans) {
    const auto failed =
        std::ranges::count_if(plans, [](const LinkPlan& plan) { return !plan.problem.empty(); });
    return failed == 0 ? "The configuration is valid. Nothing was changed.\n"
                       : fmt::format("{} of {} cannot be planned. Nothing was changed.\n", failed,
                                     count_of(plans.size(), "link"));
}

std::string render_check_table(const std::vector<LinkPlan>& plans) {
    std::string text = headline(plans);
    for (const LinkPlan& plan : plans) {
        text += "\n" + render_links({plan}, {});
    }
    return text;
}

std::string render_links(const std::vector<LinkPlan>& plans,
                         const std::function<std::string(const LinkPlan&)>& more) {
    std::string text;
    for (const LinkPlan& plan : plans) {
        text += fmt::format("{}{}: {} -> {}{}\n", text.empty() ? "" : "\n", plan.name, plan.source,
                            plan.target, priority_words(plan.priority));
        if (!plan.problem.empty()) {
            text += wrap_text("problem: " + printable(plan.problem), 2, kWidth);
            continue;
        }
        text += "  " + summary(plan) + "\n" + (more ? more(plan) : "");
        if (!plan.group_problem.empty()) {
            text += wrap_text("groups are not known: " + printable(plan.group_problem), 2, kWidth);
        }
        if (!plan.marker_problem.empty()) {
            text += wrap_text(marker_words(plan), 2, kWidth);
        }
        for (const UnmatchedEntry& entry : plan.unmatched) {
            text += wrap_text("warning: " + printable(describe(entry, plan.source)), 2, kWidth);
        }
        if (!plan.topics.empty()) {
            text += topics_table(plan);
        }
        if (!plan.configs_problem.empty()) {
            text += wrap_text("topic configs are not followed: " + printable(plan.configs_problem),
                              2, kWidth);
        }
        text += around_lines(plan);
        text += own_topics_line(plan);
    }
    return text;
}

std::string check_json(const std::vector<LinkPlan>& plans) {
    const Json body = {{"links", links_json(plans)}};
    return body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

nlohmann::ordered_json links_json(const std::vector<LinkPlan>& plans) {
    Json links = Json::array();
    for (const LinkPlan& plan : plans) {
        Json topics = Json::array();
        for (const PlannedTopic& topic : plan.topics) {
            topics.push_back(topic_json(topic));
        }
        links.push_back({{"name", plan.name},
                         {"source", plan.source},
                         {"target", plan.target},
                         {"priority", to_string(plan.priority)},
                         {"source_cluster_id", plan.source_cluster_id},
                         {"target_cluster_id", plan.target_cluster_id},
                         {"problem", plan.problem},
                         {"unmatched_topics", unmatched_json(plan.unmatched)},
                         {"configs_problem", plan.configs_problem},
                         {"acls", acls_json(plan.acls)},
                         {"quotas", quotas_json(plan.quotas)},
                         {"users", users_json(plan.users)},
                         {"deletions", deletions_json(plan.deletions)},
                         {"topics", std::move(topics)},
                         {"groups", plan.groups},
                         {"group_problem", plan.group_problem},
                         {"own_topics", plan.own_topics},
                         {"marker_problem", plan.marker_problem},
                         {"size_problem", plan.size_problem}});
    }
    return links;
}

bool has_trouble(const std::vector<LinkPlan>& plans) {
    return std::any_of(plans.begin(), plans.end(), [](const LinkPlan& plan) {
        return !plan.problem.empty() || !plan.group_problem.empty() ||
               (!plan.marker_problem.empty() && is_any_preserved(plan)) ||
               std::any_of(plan.topics.begin(), plan.topics.end(),
                           [](const PlannedTopic& topic) { return blocked_in(topic) > 0; });
    });
}

}  // namespace lockstep::app
