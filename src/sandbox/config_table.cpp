#include "sandbox/config_table.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace lockstep::sandbox {

namespace {

using enum ConfigType;
using enum ConfigScope;
using enum KafkaVersion;

constexpr std::string_view kLongest = "9223372036854775807";

// clang-format off
constexpr Setting kSettings[] = {
    {"cleanup.policy", "log.cleanup.policy", "delete", list, cluster_wide, "compact|delete"},
    {"compression.gzip.level", "compression.gzip.level", "-1", int32, cluster_wide, "-1..9", v3_9},
    {"compression.lz4.level", "compression.lz4.level", "9", int32, cluster_wide, "1..17", v3_9},
    {"compression.type", "compression.type", "producer", text, cluster_wide,
     "uncompressed|zstd|lz4|snappy|gzip|producer"},
    {"compression.zstd.level", "compression.zstd.level", "3", int32, cluster_wide, "-131072..22",
     v3_9},
    {"delete.retention.ms", "log.cleaner.delete.retention.ms", "86400000", int64, cluster_wide,
     "0"},
    {"file.delete.delay.ms", "log.segment.delete.delay.ms", "60000", int64, cluster_wide, "0"},
    {"flush.messages", "log.flush.interval.messages", kLongest, int64, cluster_wide, "1"},
    {"flush.ms", "log.flush.interval.ms", kLongest, int64, cluster_wide, "0", v2_8, v4_3, {}, {},
     true},
    {"follower.replication.throttled.replicas", "", "", list},
    {"index.interval.bytes", "log.index.interval.bytes", "4096", int32, cluster_wide, "0"},
    {"leader.replication.throttled.replicas", "", "", list},
    {"local.retention.bytes", "log.local.retention.bytes", "-2", int64, cluster_wide, "-2", v3_9},
    {"local.retention.ms", "log.local.retention.ms", "-2", int64, cluster_wide, "-2", v3_9},
    {"max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", kLongest, int64, cluster_wide,
     "1"},
    {"max.message.bytes", "message.max.bytes", "1048588", int32, cluster_wide, "0"},
    {"message.downconversion.enable", "log.message.downconversion.enable", "true", boolean,
     cluster_wide, {}, v2_8, v3_9},
    {"message.format.version", "log.message.format.version", "2.8-IV1", text, read_only, {}, v2_8,
     v2_8},
    {"message.format.version", "log.message.format.version", "3.0-IV1", text, read_only, {}, v3_9,
     v3_9},
    {"message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms", "3600000", int64,
     cluster_wide, "0", v3_9, v4_3, kLongest},
    {"message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms", kLongest, int64,
     cluster_wide, "0", v3_9},
    {"message.timestamp.difference.max.ms", "log.message.timestamp.difference.max.ms", kLongest,
     int64, cluster_wide, "0", v2_8, v3_9},
    {"message.timestamp.type", "log.message.timestamp.type", "CreateTime", text, cluster_wide,
     "CreateTime|LogAppendTime"},
    {"min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio", "0.5", number, cluster_wide,
     "0..1"},
    {"min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms", "0", int64, cluster_wide, "0"},
    {"min.insync.replicas", "min.insync.replicas", "1", int32, cluster_wide, "1"},
    {"preallocate", "log.preallocate", "false", boolean, cluster_wide},
    {"remote.log.copy.disable", "", "false", boolean, read_only, {}, v3_9},
    {"remote.log.delete.on.disable", "", "false", boolean, read_only, {}, v3_9},
    {"remote.storage.enable", "", "false", boolean, read_only, {}, v3_9},
    {"retention.bytes", "log.retention.bytes", "-1", int64, cluster_wide, "-1"},
    {"retention.ms", "log.retention.ms", "604800000", int64, cluster_wide, "-1", v2_8, v4_3, {},
     {}, true},
    {"segment.bytes", "log.segment.bytes", "1073741824", int32, cluster_wide, "1048576", v2_8,
     v4_3, {}, "14"},
    {"segment.index.bytes", "log.index.size.max.bytes", "10485760", int32, cluster_wide, "4"},
    {"segment.jitter.ms", "log.roll.jitter.ms", "0", int64, cluster_wide, "0", v2_8, v4_3, {}, {},
     true},
    {"segment.ms", "log.roll.ms", "604800000", int64, cluster_wide, "1", v2_8, v4_3, {}, {}, true},
    {"unclean.leader.election.enable", "unclean.leader.election.enable", "false", boolean,
     cluster_wide},
    // Settings of brokers that no topic has.
    {"", "advertised.listeners", "", text, per_broker, {}, v2_8, v4_3, {}, {}, true},
    {"", "allow.everyone.if.no.acl.found", "false", boolean},
    {"", "authorizer.class.name", "", text},
    {"", "auto.create.topics.enable", "true", boolean},
    {"", "auto.leader.rebalance.enable", "true", boolean},
    {"", "background.threads", "10", int32, cluster_wide, "1"},
    {"", "broker.id", "-1", int32},
    {"", "connections.max.idle.ms", "600000", int64},
    {"", "connections.max.reauth.ms", "0", int64},
    {"", "controlled.shutdown.enable", "true", boolean},
    {"", "default.replication.factor", "1", int32, read_only, "1"},
    {"", "delete.topic.enable", "true", boolean},
    {"", "fetch.max.bytes", "57671680", int32, read_only, "1024"},
    {"", "group.initial.rebalance.delay.ms", "0", int32},
    {"", "group.max.session.timeout.ms", "1800000", int32},
    {"", "group.max.size", "2147483647", int32, read_only, "1"},
    {"", "group.min.session.timeout.ms", "6000", int32},
    {"", "inter.broker.protocol.version", "2.8-IV1", text, read_only, {}, v2_8, v2_8},
    {"", "inter.broker.protocol.version", "3.9-IV0", text, read_only, {}, v3_9, v3_9},
    {"", "listeners", "PLAINTEXT://:9092", text, per_broker},
    {"", "log.cleaner.threads", "1", int32, cluster_wide, "0"},
    {"", "log.dir", "/tmp/kafka-logs", text},
    {"", "log.dirs", "", text, read_only, {}, v2_8, v4_3, {}, {}, true},
    {"", "log.retention.check.interval.ms", "300000", int64, read_only, "1"},
    {"", "log.retention.hours", "168", int32},
    {"", "log.retention.minutes", "", int32, read_only, {}, v2_8, v4_3, {}, {}, true},
    {"", "log.roll.hours", "168", int32, read_only, "1"},
    {"", "max.connections", "2147483647", int32, cluster_wide, "0"},
    {"", "max.connections.per.ip", "2147483647", int32, cluster_wide, "0"},
    {"", "node.id", "-1", int32, read_only, {}, v3_9},
    {"", "num.io.threads", "8", int32, cluster_wide, "1"},
    {"", "num.network.threads", "3", int32, cluster_wide, "1"},
    {"", "num.partitions", "1", int32, read_only, "1"},
    {"", "num.recovery.threads.per.data.dir", "2", int32, cluster_wide, "1", v2_8, v4_3, "1"},
    {"", "num.replica.fetchers", "1", int32, cluster_wide},
    {"", "offset.metadata.max.bytes", "4096", int32},
    {"", "offsets.retention.minutes", "10080", int32, read_only, "1"},
    {"", "offsets.topic.num.partitions", "50", int32, read_only, "1"},
    {"", "offsets.topic.replication.factor", "3", int16, read_only, "1"},
    {"", "process.roles", "broker,controller", list, read_only, {}, v3_9},
    {"", "producer.id.expiration.check.interval.ms", "600000", int32, read_only, "1"},
    {"", "producer.id.expiration.ms", "86400000", int32, cluster_wide, "1"},
    {"", "quota.window.num", "11", int32, read_only, "1"},
    {"", "quota.window.size.seconds", "1", int32, read_only, "1"},
    {"", "replica.lag.time.max.ms", "30000", int64},
    {"", "request.timeout.ms", "30000", int32},
    {"", "sasl.enabled.mechanisms", "GSSAPI", list, per_broker},
    {"", "socket.request.max.bytes", "104857600", int32, read_only, "1"},
    {"", "ssl.key.password", "", secret, per_broker, {}, v2_8, v4_3, {}, {}, true},
    {"", "ssl.keystore.password", "", secret, per_broker, {}, v2_8, v4_3, {}, {}, true},
    {"", "ssl.truststore.password", "", secret, per_broker, {}, v2_8, v4_3, {}, {}, true},
    {"", "super.users", "", text},
    {"", "transaction.max.timeout.ms", "900000", int32, read_only, "1"},
    {"", "transaction.partition.verification.enable", "true", boolean},
    {"", "transaction.state.log.num.partitions", "50", int32, read_only, "1"},
    {"", "transaction.state.log.replication.factor", "3", int16, read_only, "1"},
    {"", "transactional.id.expiration.ms", "604800000", int32, read_only, "1"},
};
// clang-format on

/// A setting may have a row for each version.
const Setting* find_setting(std::string_view name, std::string_view Setting::*owner,
                            KafkaVersion version) {
    const auto found = std::ranges::find_if(kSettings, [&](const Setting& setting) {
        return setting.*owner == name && setting.is_in(version);
    });
    return !name.empty() && found != std::end(kSettings) ? &*found : nullptr;
}

template <typename Number>
std::optional<Number> parse(std::string_view text) {
    Number value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = problem == std::errc() && end == text.data() + text.size();
    return is_whole ? std::optional(value) : std::nullopt;
}

std::string complaint(const Setting& setting, const std::string& value, std::string_view why) {
    return fmt::format("The value '{}' of {} is invalid: {}", value,
                       setting.topic.empty() ? setting.broker : setting.topic, why);
}

/// Whether a number is what "min" or "min..max" allows.
template <typename Number>
bool is_within(Number value, std::string_view rule) {
    if (rule.empty()) {
        return true;
    }
    const size_t dots = rule.find("..");
    const auto least = parse<Number>(rule.substr(0, dots));
    const auto most =
        dots == std::string_view::npos ? std::nullopt : parse<Number>(rule.substr(dots + 2));
    return value >= *least && (!most || value <= *most);
}

std::optional<std::string> judge_integer(const Setting& setting, const std::string& value,
                                         std::string_view rule) {
    const auto parsed = parse<int64_t>(trim(value));
    int64_t most = std::numeric_limits<int64_t>::max();
    if (setting.type == ConfigType::int32) {
        most = std::numeric_limits<int32_t>::max();
    } else if (setting.type == ConfigType::int16) {
        most = std::numeric_limits<int16_t>::max();
    }
    if (!parsed || *parsed > most || *parsed < -most - 1) {
        return complaint(setting, value, "it is no number of its type.");
    }
    if (!is_within(*parsed, rule)) {
        return complaint(setting, value, fmt::format("the range is {}.", rule));
    }
    return std::nullopt;
}

std::optional<std::string> judge_words(const Setting& setting, const std::string& value,
                                       std::string_view rule) {
    if (rule.empty()) {
        return std::nullopt;
    }
    const auto allowed = split(rule, '|');
    const auto words =
        setting.type == ConfigType::list ? split(value, ',') : std::vector<std::string_view>{value};
    for (const std::string_view word : words) {
        const bool is_nothing = setting.type == ConfigType::list && trim(value).empty();
        if (!is_nothing && std::ranges::find(allowed, trim(word)) == allowed.end()) {
            return complaint(setting, value, fmt::format("it may be {}.", rule));
        }
    }
    return std::nullopt;
}

bool is_boolean(std::string_view value) {
    std::string lower(trim(value));
    std::ranges::transform(lower, lower.begin(), [](const char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return lower == "true" || lower == "false";
}

}  // namespace

std::span<const Setting> all_settings() {
    return kSettings;
}

const Setting* find_topic_setting(std::string_view name, KafkaVersion version) {
    return find_setting(name, &Setting::topic, version);
}

const Setting* find_broker_setting(std::string_view name, KafkaVersion version) {
    return find_setting(name, &Setting::broker, version);
}

std::optional<std::string> judge_config_value(const Setting& setting, const std::string& value,
                                              KafkaVersion version) {
    const bool is_older = version < KafkaVersion::v4_3 && !setting.older_rule.empty();
    const std::string_view rule = is_older ? setting.older_rule : setting.rule;
    switch (setting.type) {
        case ConfigType::boolean:
            return is_boolean(value)
                       ? std::nullopt
                       : std::optional(complaint(setting, value, "it may be true or false."));
        case ConfigType::int16:
        case ConfigType::int32:
        case ConfigType::int64: return judge_integer(setting, value, rule);
        case ConfigType::number: {
            const auto parsed = parse<double>(trim(value));
            return parsed && is_within(*parsed, rule)
                       ? std::nullopt
                       : std::optional(complaint(setting, value, "it is no number in range."));
        }
        case ConfigType::text:
        case ConfigType::list: return judge_words(setting, value, rule);
        case ConfigType::secret: return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace lockstep::sandbox
