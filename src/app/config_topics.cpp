#include "app/config_topics.h"

#include "base/text.h"
#include "replication/topic_routes.h"

#include <fmt/core.h>

#include <chrono>
#include <map>
#include <set>
#include <utility>

namespace lockstep::app {
namespace {

constexpr KeyRule kPrefix{"prefix", "the beginning of a topic's name", "east."};
constexpr KeyRule kRename{"rename", "a map of topics' names at the source and on the target",
                          "{orders: orders-of-east}"};
constexpr KeyRule kOnDeleted{"on_deleted", "ignore, mirror, or a duration from 1s to 3650d", "7d"};

constexpr std::chrono::milliseconds kShortestKept{1000};
constexpr std::chrono::milliseconds kLongestKept{int64_t{3650} * 86'400'000};

void read_prefix(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    const auto text = map.text(kPrefix);
    if (!text) {
        return;
    }
    // With one more character, so that "." may be one.
    const auto problem = topic_name_problem(text->text + "x");
    if (problem) {
        problems.add(text->at, fmt::format("the prefix \"{}\" cannot begin the name of a topic: it "
                                           "has letters, digits, '.', '_' and '-' only, and at "
                                           "most {} of them",
                                           text->text, kLongestTopicName - 1));
        return;
    }
    link.names.prefix = text->text;
}

/// A name of `rename`; nothing where it has been reported.
std::optional<std::string> read_name(const YAML::Node& node, ConfigProblems& problems) {
    if (!node.IsScalar()) {
        problems.add(position_of(node),
                     fmt::format("\"rename\" must be {}, but has {}; write for example rename: {}",
                                 kRename.wants, describe_node(node), kRename.example));
        return std::nullopt;
    }
    if (const auto problem = topic_name_problem(node.Scalar())) {
        problems.add(position_of(node), fmt::format("\"{}\" {}", node.Scalar(), *problem));
        return std::nullopt;
    }
    return node.Scalar();
}

using Filter = std::optional<replication::TopicFilter>;

/// Nothing where the patterns are wrong, which has been reported.
Filter filter_of(const LinkSpec& link) {
    auto filter = replication::TopicFilter::make(link.topics, link.exclude);
    return filter.has_error() ? Filter() : Filter(std::move(*filter));
}

void read_rename(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    const auto node = map.value(kRename);
    if (!node) {
        return;
    }
    if (!node->IsMap() || node->size() == 0) {
        problems.add(position_of(*node),
                     fmt::format("\"rename\" must be {}, but is {}; write for example rename: {}",
                                 kRename.wants, describe_node(*node), kRename.example));
        return;
    }
    const Filter filter = filter_of(link);
    for (const auto& pair : *node) {
        const auto from = read_name(pair.first, problems);
        const auto to = read_name(pair.second, problems);
        if (!from || !to) {
            continue;
        }
        if (filter && !filter->matches(*from)) {
            problems.add(position_of(pair.first),
                         fmt::format("\"{}\" is to be renamed, but is no topic that is copied; add "
                                     "it to \"topics\", or remove it here",
                                     *from));
        }
        if (is_reserved_topic(*to)) {
            problems.add(
                position_of(pair.second),
                fmt::format("\"{}\" is Kafka's or Lockstep's own; take another name", *to));
        }
        if (!link.names.renamed.emplace(*from, *to).second) {
            problems.add(position_of(pair.first),
                         fmt::format("\"{}\" is renamed twice; remove one of them", *from));
        }
    }
}

/// Of the topics that are named, rather than matched.
std::vector<std::string> named_topics(const LinkSpec& link) {
    const Filter filter = filter_of(link);
    std::set<std::string> candidates(link.topics.begin(), link.topics.end());
    for (const auto& [from, to] : link.names.renamed) {
        candidates.insert(from);
    }
    std::vector<std::string> named;
    for (const std::string& topic : candidates) {
        if (!topic_name_problem(topic) && filter && filter->matches(topic)) {
            named.push_back(topic);
        }
    }
    return named;
}

void check_names(const YamlMap& map, const LinkSpec& link, ConfigProblems& problems) {
    if (link.names.are_same()) {
        return;
    }
    const TextPosition at = map.at(map.has(kRename.key) ? kRename.key : kPrefix.key);
    std::map<std::string, std::string> first;  // which topic has the name on the target
    for (const std::string& topic : named_topics(link)) {
        const std::string name = link.names.on_target(topic);
        const auto [other, is_new] = first.try_emplace(name, topic);
        if (!is_new) {
            problems.add(at, fmt::format("the topics \"{}\" and \"{}\" would both be called \"{}\" "
                                         "on the target; rename one to something else",
                                         other->second, topic, name));
        }
        const auto problem = topic_name_problem(name);
        if (problem) {
            problems.add(at, fmt::format("topic \"{}\" would be called \"{}\" on the target, which "
                                         "{}",
                                         topic, name, *problem));
        } else if (is_reserved_topic(name)) {
            problems.add(at, fmt::format("topic \"{}\" would be called \"{}\" on the target, which "
                                         "is Kafka's or Lockstep's own; take another name",
                                         topic, name));
        }
    }
}

void read_on_deleted(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    const auto text = map.text(kOnDeleted);
    if (!text || text->text == "ignore") {
        return;
    }
    if (text->text == "mirror") {
        link.on_deleted.kind = DeletedRule::Kind::mirror;
        return;
    }
    const auto kept = parse_duration(text->text);
    if (kept.has_error() || *kept < kShortestKept || *kept > kLongestKept) {
        problems.add(text->at,
                     fmt::format("\"on_deleted\" must be {}, but is \"{}\"; write for example {}",
                                 kOnDeleted.wants, text->text, kOnDeleted.example));
        return;
    }
    link.on_deleted = {DeletedRule::Kind::after, *kept};
}

}  // namespace

void read_topic_rules(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    read_prefix(map, problems, link);
    read_rename(map, problems, link);
    check_names(map, link, problems);
    read_on_deleted(map, problems, link);
}

bool check_topic_rules(const YamlMap& map, std::string_view strategy, ConfigProblems& problems) {
    bool is_right = true;
    for (const KeyRule* rule : {&kPrefix, &kRename}) {
        if (map.has(rule->key)) {
            is_right = false;
            problems.add(
                map.at(rule->key),
                fmt::format("\"{}\" cannot be with {}: it keeps a topic's records together "
                            "under one name everywhere; remove it, or use links or the "
                            "strategy active-passive",
                            rule->key, strategy));
        }
    }
    if (map.has(kOnDeleted.key)) {
        is_right = false;
        problems.add(map.at(kOnDeleted.key),
                     fmt::format("\"{}\" cannot be with {}: a topic has the records of several "
                                 "clusters, and is not deleted because one of them has; remove it, "
                                 "or use links or the strategy active-passive",
                                 kOnDeleted.key, strategy));
    }
    return is_right;
}

void check_renamed_routes(const std::vector<LinkSpec>& links, ConfigProblems& problems) {
    for (const LinkSpec& link : links) {
        if (!filter_of(link)) {
            return;
        }
    }
    replication::TopicRoutes routes(links);
    std::set<std::pair<std::string, std::string>> asked;
    for (const LinkSpec& link : links) {
        std::vector<std::pair<const LinkSpec*, std::string>> next;
        for (const std::string& topic : named_topics(link)) {
            next.emplace_back(&link, topic);
        }
        // What a link makes on its target, the links from there may take further.
        for (size_t i = 0; i < next.size(); ++i) {
            const auto [from, topic] = next[i];
            if (!asked.insert({from->name, topic}).second) {
                continue;
            }
            if (routes.has_renaming_fault(from->name, topic)) {
                problems.add({}, fmt::format("the link \"{}\": {}", from->name,
                                             routes.problem_of(from->name, topic)));
                continue;
            }
            for (const LinkSpec& each : links) {
                const std::string name = from->names.on_target(topic);
                if (each.source == from->target && filter_of(each)->matches(name)) {
                    next.emplace_back(&each, name);
                }
            }
        }
    }
}

}  // namespace lockstep::app
