#include "replication/config_follower.h"

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "replication/followed_record.h"
#include "replication/policy_aside.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using client::ConfigEntry;
using runtime::Task;
using Action = SettingDifference::Action;

namespace {

void leave_set_aside(SettingsDifference& difference) {
    for (SettingDifference& each : difference.differences) {
        if (is_set_aside_with(each.key)) {
            each.action = Action::keep;
            each.reason = "set aside until the target's log begins where the source's does";
        }
    }
}

std::string shown(const std::optional<std::string>& value) {
    return value ? *value : "its default";
}

}  // namespace

ConfigFollower::ConfigFollower(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                               FollowedStore& store)
    : source_(source), target_(target), spec_(std::move(spec)), store_(store) {}

Task<Result<std::vector<ConfigFollower::TopicLook>>> ConfigFollower::look(
    std::vector<std::string> topics, std::stop_token stop) {
    if (target_.metadata().brokers().empty()) {
        co_return Error(Errc::not_found, "no broker of the target is known yet");
    }
    const BrokerId any = target_.metadata().brokers().begin()->first;
    auto broker = co_await client::describe_broker(target_, any, stop);
    LS_CO_TRY(broker_configs, std::move(broker));
    brokers_ = {static_cast<int16_t>(target_.metadata().brokers().size()),
                std::move(broker_configs), spec_.topic_config};
    std::vector<std::string> target_topics;
    for (const std::string& topic : topics) {
        target_topics.push_back(spec_.names.on_target(topic));
    }
    auto described_target =
        co_await client::describe_topics(target_, std::move(target_topics), stop);
    LS_CO_TRY(at_target, std::move(described_target));
    auto described_source = co_await client::describe_topics(source_, topics, stop);
    LS_CO_TRY(at_source, std::move(described_source));
    std::vector<TopicLook> looks;
    for (const std::string& topic : topics) {
        TopicLook& look = looks.emplace_back();
        look.topic = topic;
        look.target = spec_.names.on_target(topic);
        const bool is_at_source = at_source.contains(topic);
        if (!is_at_source || !at_target.contains(look.target)) {
            look.problem = fmt::format(
                "the configs of topic {} on {} cannot be read: the right DESCRIBE_CONFIGS on it is "
                "needed",
                is_at_source ? look.target : topic, is_at_source ? spec_.target : spec_.source);
            continue;
        }
        auto compared = compare(look, at_source[topic], at_target[look.target]);
        if (compared.has_error()) {
            look.problem = compared.error().message();
        } else {
            look = std::move(*compared);
        }
    }
    co_return looks;
}

Result<ConfigFollower::TopicLook> ConfigFollower::compare(
    TopicLook look, const std::vector<ConfigEntry>& at_source,
    const std::vector<ConfigEntry>& at_target) const {
    const auto* metadata = target_.metadata().find_topic(look.target);
    const int16_t replicas = metadata == nullptr ? int16_t{1} : metadata->replication_factor;
    const SourceTopic source{look.target, 0, 0, at_source};
    LS_TRY(agreed, agreed_on(look.target));
    const ThreeSides sides{wanted_configs(source, brokers_, replicas),
                           set_configs(at_target, spec_.topic_config), std::move(agreed)};
    std::set<std::string> pinned;
    for (const auto& [name, value] : spec_.topic_config.pinned) {
        pinned.insert(name);
    }
    look.difference = compare_settings(sides, spec_.topic_config.follow, pinned);
    if (put_back(sides.found)) {
        leave_set_aside(look.difference);
    }
    return look;
}

std::string ConfigFollower::key_of(const std::string& target_topic) const {
    return join_parts({source_.metadata().cluster_id(), "config", target_topic});
}

Result<Settings> ConfigFollower::agreed_on(const std::string& topic) const {
    if (const auto unsaved = unsaved_.find(topic); unsaved != unsaved_.end()) {
        return unsaved->second;
    }
    const auto stored = store_.entries().find(key_of(topic));
    if (stored == store_.entries().end()) {
        return Settings{};
    }
    return decode_settings(stored->second);
}

Task<Result<void>> ConfigFollower::follow(std::vector<TopicLook> looks, std::stop_token stop) {
    FollowedStore::Changes to_remember;
    for (TopicLook& look : looks) {
        Known known;
        known.problem = look.problem;
        known.in_step = look.difference.in_step;
        if (look.problem.empty()) {
            co_await change(look, known, stop);
            const Settings& agreed = look.difference.agreed;
            unsaved_[look.target] = agreed;
            to_remember[key_of(look.target)] =
                agreed.empty() ? std::nullopt : std::optional(encode_settings(agreed));
        }
        known_[look.topic] = std::move(known);
    }
    auto remembered = co_await store_.put(std::move(to_remember), stop);
    if (remembered.has_error()) {
        co_return std::move(remembered).error().within("remember the configs that are followed");
    }
    for (const TopicLook& look : looks) {
        unsaved_.erase(look.target);
    }
    co_return Result<void>();
}

/// All at once; where the target refuses that, one by one, so that only what it refuses is missing.
Task<void> ConfigFollower::change(TopicLook& look, Known& known, std::stop_token stop) {
    std::vector<SettingDifference> wanted;
    for (const SettingDifference& difference : look.difference.differences) {
        if (difference.action == Action::keep) {
            known.drift.push_back({look.target, difference.key, difference.wanted, difference.found,
                                   difference.reason});
            note(known.drift.back());
        } else {
            wanted.push_back(difference);
        }
    }
    std::vector<std::vector<SettingDifference>> attempts;
    if (!wanted.empty()) {
        attempts.push_back(wanted);
    }
    while (!attempts.empty() && !stop.stop_requested()) {
        const std::vector<SettingDifference> attempt = std::move(attempts.back());
        attempts.pop_back();
        const auto changed = co_await change_some(look.target, attempt, stop);
        if (changed.has_value()) {
            for (const SettingDifference& done : attempt) {
                agree(look.difference.agreed, done);
                tell(look.target, done);
            }
            changes_ += attempt.size();
            known.in_step += attempt.size();
        } else if (attempt.size() > 1 &&
                   changed.error().code == protocol::KafkaError::invalid_config) {
            for (const SettingDifference& each : attempt) {
                attempts.push_back({each});
            }
        } else {
            for (const SettingDifference& each : attempt) {
                known.drift.push_back(
                    {look.target, each.key, each.wanted, each.found, changed.error().message()});
                note(known.drift.back());
            }
        }
    }
}

Task<Result<void>> ConfigFollower::change_some(std::string topic,
                                               std::vector<SettingDifference> differences,
                                               std::stop_token stop) {
    client::ConfigChanges changes;
    for (const SettingDifference& difference : differences) {
        changes[difference.key] =
            difference.action == Action::set ? difference.wanted : std::nullopt;
    }
    auto changed = co_await client::alter_topic_configs(target_, topic, std::move(changes), stop);
    co_return changed;
}

void ConfigFollower::tell(const std::string& topic, const SettingDifference& done) const {
    log::info("link {}: topic {} on {}: {} is {} now, it was {}", spec_.name, topic, spec_.target,
              done.key, shown(done.wanted), shown(done.found));
}

void ConfigFollower::note(const Drift& drift) {
    const std::string text =
        fmt::format("topic {} on {}: {} is {}, and not {}: {}", drift.resource, spec_.target,
                    drift.key, shown(drift.found), shown(drift.wanted), drift.reason);
    if (noted_.insert(text).second) {
        log::warn("link {}: {}", spec_.name, text);
    }
}

void ConfigFollower::keep_only(const std::set<std::string>& topics) {
    std::erase_if(known_, [&](const auto& known) { return !topics.contains(known.first); });
}

void ConfigFollower::add_to(FollowStatus& status) const {
    status.changes = changes_;
    for (const auto& [topic, known] : known_) {
        status.in_step += known.in_step;
        status.drift.insert(status.drift.end(), known.drift.begin(), known.drift.end());
        if (status.problem.empty()) {
            status.problem = known.problem;
        }
    }
}

}  // namespace lockstep::replication
