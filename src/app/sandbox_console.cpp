#include "app/sandbox_console.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace lockstep::app {

using sandbox::Broker;
using sandbox::Cluster;
using sandbox::ServedCluster;

namespace {

constexpr size_t kMostNames = 10;

Error wrong(std::string what) {
    return Error(Errc::invalid_argument, std::move(what));
}

/// "a, b and 7 more"; "none" where there are none.
std::string told(const std::vector<std::string>& names) {
    if (names.empty()) {
        return "none";
    }
    const size_t shown = std::min(names.size(), kMostNames);
    const std::string list = fmt::format("{}", fmt::join(std::span(names).first(shown), ", "));
    return shown == names.size() ? list : fmt::format("{} and {} more", list, names.size() - shown);
}

std::vector<std::string> brokers_that_are(const Cluster& cluster, bool up) {
    std::vector<std::string> numbers;
    for (const Broker& broker : cluster.brokers()) {
        if (broker.is_up == up) {
            numbers.push_back(std::to_string(broker.id.value()));
        }
    }
    return numbers;
}

Result<BrokerId> broker_of(Cluster& cluster, int number) {
    const BrokerId id(number);
    if (cluster.find_broker(id) == nullptr) {
        return wrong(fmt::format("{} has no broker {}; it has 1 to {}", cluster.options().name,
                                 number, cluster.brokers().size()));
    }
    return id;
}

Result<std::string> kill(ServedCluster& served, int number) {
    Cluster& cluster = served.cluster();
    const std::string& name = cluster.options().name;
    LS_TRY(id, broker_of(cluster, number));
    if (!served.is_up(id)) {
        return wrong(fmt::format("broker {} of {} is down already; up: {}", number, name,
                                 told(brokers_that_are(cluster, true))));
    }
    served.kill_broker(id);
    return fmt::format("broker {} of {} is killed", number, name);
}

Result<std::string> restart(ServedCluster& served, int number) {
    Cluster& cluster = served.cluster();
    const std::string& name = cluster.options().name;
    LS_TRY(id, broker_of(cluster, number));
    if (served.is_up(id)) {
        return wrong(fmt::format("broker {} of {} is up; down: {}", number, name,
                                 told(brokers_that_are(cluster, false))));
    }
    LS_CHECK(served.restart_broker(id));
    return fmt::format("broker {} of {} is back", number, name);
}

Result<std::shared_ptr<sandbox::Topic>> topic_of(const Cluster& cluster, const std::string& name) {
    auto topic = cluster.find_topic(name);
    if (!topic) {
        std::vector<std::string> names;
        for (const auto& [known, ignored] : cluster.topics()) {
            names.push_back(known);
        }
        return wrong(fmt::format("{} has no topic \"{}\"; its topics: {}", cluster.options().name,
                                 name, told(names)));
    }
    return topic;
}

size_t size_of(const sandbox::Topic& topic) {
    size_t size = 0;
    for (const auto& partition : topic.partitions) {
        size += partition->log.size_bytes();
    }
    return size;
}

Result<std::string> compact(const Cluster& cluster, const std::string& name) {
    LS_TRY(topic, topic_of(cluster, name));
    if (!topic->log_config.is_compacted) {
        std::vector<std::string> names;
        for (const auto& [known, other] : cluster.topics()) {
            if (other->log_config.is_compacted) {
                names.push_back(known);
            }
        }
        return wrong(fmt::format("{} of {} has cleanup.policy={}; topics with compact: {}", name,
                                 cluster.options().name,
                                 cluster.config_of(*topic, "cleanup.policy"), told(names)));
    }
    const size_t before = size_of(*topic);
    for (const auto& partition : topic->partitions) {
        partition->log.compact(topic->log_config, cluster.now_ms());
    }
    return fmt::format("{} of {} is compacted: {} bytes of {} stay", name, cluster.options().name,
                       format_count(static_cast<int64_t>(size_of(*topic))),
                       format_count(static_cast<int64_t>(before)));
}

Result<std::string> elect(Cluster& cluster, const SandboxAction& action) {
    LS_TRY(topic, topic_of(cluster, action.topic));
    const auto partition = cluster.find_partition(action.topic, action.number);
    const std::string place =
        fmt::format("{}/{} of {}", action.topic, action.number, cluster.options().name);
    if (!partition) {
        return wrong(fmt::format("{} of {} has no partition {}; it has 0 to {}", action.topic,
                                 cluster.options().name, action.number,
                                 topic->partitions.size() - 1));
    }
    if (partition->leader != kNoBroker) {
        return wrong(
            fmt::format("{} has a leader, broker {}; only where no replica in sync is up "
                        "is there anything to elect",
                        place, partition->leader.value()));
    }
    const BrokerId chosen = cluster.next_unclean_leader(*partition);
    if (chosen == kNoBroker) {
        std::vector<std::string> replicas;
        for (const BrokerId id : partition->replicas) {
            replicas.push_back(std::to_string(id.value()));
        }
        return wrong(
            fmt::format("no replica of {} is up; restart one of {}", place, told(replicas)));
    }
    const Offset end = partition->log.end_offset();
    cluster.elect_uncleanly(*partition, chosen, partition->ends_of_absent.at(chosen));
    cluster.set_broker_up(chosen, true);  // the others that are up follow it
    const Offset left = partition->log.end_offset();
    return fmt::format("broker {} leads {}, which ends at {} now: {} offsets are lost",
                       chosen.value(), place, left.value(), end.value() - left.value());
}

}  // namespace

std::string SandboxConsole::answer(std::string_view line) {
    if (trim(line).empty()) {
        return "";
    }
    const auto action = parse_sandbox_action(line);
    if (action.has_error()) {
        return "error: " + action.error().context;
    }
    const auto done = perform(*action);
    return done.has_error() ? "error: " + done.error().context : *done;
}

Result<std::string> SandboxConsole::perform(const SandboxAction& action) {
    if (action.verb == SandboxVerb::help) {
        return sandbox_help();
    }
    LS_TRY(served, find(action));
    Cluster& cluster = served->cluster();
    const auto act = [&]() -> Result<std::string> {
        switch (action.verb) {
            case SandboxVerb::kill: return kill(*served, action.number);
            case SandboxVerb::restart: return restart(*served, action.number);
            case SandboxVerb::compact: return compact(cluster, action.topic);
            case SandboxVerb::elect: return elect(cluster, action);
            case SandboxVerb::help: break;
        }
        return sandbox_help();
    };
    LS_TRY(done, act());
    cluster.note_log_change();
    LS_CHECK(cluster.save_and_sync());
    return done;
}

Result<ServedCluster*> SandboxConsole::find(const SandboxAction& action) const {
    std::vector<std::string> names;
    for (const auto& cluster : clusters_) {
        names.push_back(cluster->cluster().options().name);
        if (names.back() == action.cluster || (action.cluster.empty() && clusters_.size() == 1)) {
            return cluster.get();
        }
    }
    if (action.cluster.empty()) {
        return wrong(fmt::format("which cluster? Write: {}, with one of {}", usage_of(action.verb),
                                 told(names)));
    }
    return wrong(
        fmt::format("there is no cluster \"{}\"; there are {}", action.cluster, told(names)));
}

}  // namespace lockstep::app
