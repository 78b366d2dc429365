#include "replication/topic_setup.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace lockstep::replication {
namespace {

constexpr std::string_view kNoLimit = "9223372036854775807";

constexpr std::string_view kAppendTime = "LogAppendTime";

/// Settings about a cluster's own brokers and storage.
constexpr std::array<std::string_view, 2> kNeverPrefixes{"remote.", "local.retention."};
constexpr std::array<std::string_view, 2> kNeverNames{"leader.replication.throttled.replicas",
                                                      "follower.replication.throttled.replicas"};

/// Windows around "now" that a record's timestamp must lie in: a copy is made later than the
/// record.
constexpr std::array<std::string_view, 3> kTimestampWindows{"message.timestamp.difference.max.ms",
                                                            "message.timestamp.before.max.ms",
                                                            "message.timestamp.after.max.ms"};

template <typename Names>
bool holds(const Names& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool is_clusters_own(std::string_view name) {
    return holds(kNeverNames, name) ||
           std::ranges::any_of(kNeverPrefixes,
                               [&](std::string_view prefix) { return name.starts_with(prefix); });
}

int64_t as_number(std::string_view text) {
    int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

class Chooser {
public:
    Chooser(const SourceTopic& source, const TargetCluster& target, TopicSetup& setup)
        : source_(source), target_(target), setup_(setup) {}

    void choose() {
        for (const client::ConfigEntry& entry : source_.configs) {
            if (entry.origin == client::ConfigOrigin::topic) {
                copy(entry);
            } else if (entry.origin == client::ConfigOrigin::cluster &&
                       entry.name == "cleanup.policy") {
                set(entry.name, entry.value);
            }
        }
        keep_record_size();
        keep_bytes_and_times();
        for (const auto& [name, value] : target_.rules.pinned) {
            setup_.topic.configs.emplace_back(name, value);
        }
    }

private:
    void set(std::string_view name, std::string_view value) {
        if (!target_.rules.pinned.contains(std::string(name)) &&
            !holds(target_.rules.never, name)) {
            setup_.topic.configs.emplace_back(name, value);
        }
    }

    void note(std::string text) { setup_.notes.push_back(std::move(text)); }

    bool is_set(std::string_view name) const {
        return std::ranges::any_of(setup_.topic.configs,
                                   [&](const auto& config) { return config.first == name; });
    }

    /// What topics inherit on the target; "" where the target has no such setting.
    std::string_view inherited(const std::string& broker_name) const {
        const auto found = target_.broker_configs.find(broker_name);
        return found == target_.broker_configs.end() ? std::string_view{}
                                                     : std::string_view(found->second);
    }

    /// Kafka's releases differ only in settings named "message.*" that a topic inherits as "log.*".
    bool target_knows(const std::string& name) const {
        return !name.starts_with("message.") || !inherited("log." + name).empty();
    }

    void copy(const client::ConfigEntry& entry) {
        if (holds(target_.rules.never, entry.name) || target_.rules.pinned.contains(entry.name)) {
            return;
        }
        if (holds(kTimestampWindows, entry.name)) {
            note(fmt::format("{}={} is not copied: a copy is made later than its record",
                             entry.name, entry.value));
        } else if (is_clusters_own(entry.name)) {
            note(fmt::format("{} is not copied: it is about the source's brokers", entry.name));
        } else if (entry.name == "message.timestamp.type" && entry.value == kAppendTime) {
            note(
                "message.timestamp.type=LogAppendTime is not copied: the copy keeps the source's "
                "append times");
        } else if (!target_knows(entry.name)) {
            note(fmt::format("{} is not copied: the target does not know it", entry.name));
        } else if (entry.name == "min.insync.replicas" &&
                   as_number(entry.value) > setup_.topic.replication_factor) {
            set(entry.name, std::to_string(setup_.topic.replication_factor));
            note(fmt::format("min.insync.replicas is {} instead of {}: there are no more replicas",
                             setup_.topic.replication_factor, entry.value));
        } else {
            set(entry.name, entry.value);
        }
    }

    void keep_record_size() {
        for (const client::ConfigEntry& entry : source_.configs) {
            if (entry.name == "max.message.bytes" && !is_set(entry.name) &&
                as_number(entry.value) > as_number(inherited("message.max.bytes"))) {
                set(entry.name, entry.value);
            }
        }
    }

    void keep_bytes_and_times() {
        for (const std::string_view window : kTimestampWindows) {
            const std::string_view theirs = inherited("log." + std::string(window));
            if (!theirs.empty() && theirs != kNoLimit) {
                set(window, kNoLimit);
            }
        }
        if (!is_set("compression.type") && !inherited("compression.type").empty() &&
            inherited("compression.type") != "producer") {
            set("compression.type", "producer");
        }
        if (!is_set("message.timestamp.type") &&
            inherited("log.message.timestamp.type") == kAppendTime) {
            set("message.timestamp.type", "CreateTime");
        }
    }

    const SourceTopic& source_;
    const TargetCluster& target_;
    TopicSetup& setup_;
};

}  // namespace

TopicSetup topic_setup(const SourceTopic& source, const TargetCluster& target,
                       int16_t replication_factor) {
    TopicSetup setup;
    setup.topic.name = source.name;
    setup.topic.partitions = source.partitions;
    const int16_t wanted = replication_factor > 0 ? replication_factor : source.replication_factor;
    setup.topic.replication_factor = std::min(wanted, target.brokers);
    if (setup.topic.replication_factor < wanted) {
        setup.notes.push_back(
            fmt::format("replication factor {} instead of {}: the target has only {} brokers",
                        setup.topic.replication_factor, wanted, target.brokers));
    }
    Chooser(source, target, setup).choose();
    return setup;
}

Settings wanted_configs(const SourceTopic& source, const TargetCluster& target,
                        int16_t replication_factor) {
    TopicSetup setup;
    setup.topic.replication_factor = replication_factor;
    Chooser(source, target, setup).choose();
    return {setup.topic.configs.begin(), setup.topic.configs.end()};
}

Settings set_configs(const std::vector<client::ConfigEntry>& configs,
                     const TopicConfigRules& rules) {
    Settings settings;
    for (const client::ConfigEntry& entry : configs) {
        if (entry.origin == client::ConfigOrigin::topic && !is_clusters_own(entry.name) &&
            !holds(rules.never, entry.name)) {
            settings[entry.name] = entry.value;
        }
    }
    return settings;
}

}  // namespace lockstep::replication
