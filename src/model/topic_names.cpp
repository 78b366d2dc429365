#include "model/topic_names.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep {
namespace {

bool is_legal(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

}  // namespace

std::optional<std::string> topic_name_problem(std::string_view name) {
    if (name.empty()) {
        return "is empty; a topic needs a name";
    }
    if (name == "." || name == "..") {
        return "is no name of a topic; take another one";
    }
    if (name.size() > kLongestTopicName) {
        return fmt::format("has {} characters; names of topics have at most {}", name.size(),
                           kLongestTopicName);
    }
    if (!std::ranges::all_of(name, is_legal)) {
        return "is no name of a topic; these have letters, digits, '.', '_' and '-' only";
    }
    return std::nullopt;
}

bool is_reserved_topic(std::string_view name) {
    return name.starts_with("__lockstep_") || name == "__consumer_offsets" ||
           name == "__transaction_state" || name == "__share_group_state" ||
           name == "__cluster_metadata";
}

std::string TopicNames::on_target(const std::string& topic) const {
    const auto found = renamed.find(topic);
    return found == renamed.end() ? prefix + topic : found->second;
}

TopicPartition TopicNames::on_target(const TopicPartition& id) const {
    return {on_target(id.topic), id.partition};
}

std::vector<std::string> TopicNames::at_source(const std::string& topic) const {
    std::vector<std::string> names;
    for (const auto& [from, to] : renamed) {
        if (to == topic) {
            names.push_back(from);
        }
    }
    if (topic.starts_with(prefix)) {
        std::string rest = topic.substr(prefix.size());
        if (!rest.empty() && !renamed.contains(rest)) {
            names.push_back(std::move(rest));
        }
    }
    return names;
}

}  // namespace lockstep
