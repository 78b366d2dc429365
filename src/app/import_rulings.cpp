#include "app/import_rulings.h"

#include <algorithm>
#include <array>
#include <span>

namespace lockstep::app {
namespace {

using enum Verdict;

/// `key` ending in '*' stands for all that begin so. `value` "": any; else the rule is for that one
/// only. The first that fits counts.
struct Rule {
    std::string_view key;
    std::string_view value;
    Verdict verdict;
    std::string_view why;
};

constexpr std::string_view kTuning = "tunes MirrorMaker 2's clients; Lockstep needs no tuning";
constexpr std::string_view kOwnTopics = "MirrorMaker 2's own topics; Lockstep's log is the copy";
constexpr std::string_view kWorker = "of Kafka Connect, which Lockstep does without";
constexpr std::string_view kConverters = "records are copied as they are, byte by byte";
constexpr std::string_view kDeployment = "how Strimzi runs Kafka Connect";
constexpr std::string_view kKubernetes = "Kubernetes' own";
constexpr std::string_view kSecurity = "say it in the cluster's section \"security\"";
constexpr std::string_view kPlaceholders =
    "put the values in the place of placeholders that stand for them";
constexpr std::string_view kOwnClass = "code of your own, which Lockstep cannot run";

/// Of flows, and what applies to all of them.
constexpr Rule kMirrorRules[] = {
    {"tasks.max*", "", not_needed, "one process copies all partitions at once"},
    {"refresh.topics.enabled", "false", changed,
     "Lockstep looks for topics all the time; name them one by one where none may be added"},
    {"refresh.*", "", not_needed, "limits.discovery_interval, 2 s, if it should be another"},
    {"sync.topic.configs.enabled", "false", changed,
     "topics are created with the source's settings; for no more, set topic_config.follow: off"},
    {"sync.topic.configs.enabled", "", changed,
     "what the source changes is carried, what someone sets on the target stays (topic_config)"},
    {"sync.topic.configs.interval.seconds", "", not_needed,
     "topics' settings are looked at every few seconds"},
    {"sync.topic.acls.enabled", "false", not_needed, "ACLs are only carried on request"},
    {"sync.topic.acls.enabled", "", by_hand,
     "ACLs are carried where acls.follow is on; look at links.acls in docs/configuration.md"},
    {"sync.topic.acls.interval.seconds", "", not_needed, "ACLs are only carried on request"},
    {"sync.group.offsets.interval.seconds", "", not_needed, "groups are carried each second"},
    {"emit.checkpoints.*", "", not_needed, "groups are carried without checkpoints"},
    {"emit.heartbeats.*", "", not_needed, "lag and state are in Lockstep's metrics"},
    {"emit.offset-syncs.*", "", not_needed, kOwnTopics},
    {"heartbeats.*", "", not_needed, "lag and state are in Lockstep's metrics"},
    {"checkpoints.topic.*", "", not_needed, kOwnTopics},
    {"offset-syncs.*", "", not_needed, kOwnTopics},
    {"offset.lag.max", "", not_needed, "groups are carried to exactly their record"},
    {"config.properties.exclude", "", changed,
     "the list of what cannot be carried is Lockstep's own; topic_config.never adds to it"},
    {"config.properties.blacklist", "", changed,
     "the list of what cannot be carried is Lockstep's own; topic_config.never adds to it"},
    {"use.defaults.from", "", changed,
     "a setting that the source's topic does not have is the target's default"},
    {"topic.filter.class", "org.apache.kafka.connect.mirror.DefaultTopicFilter", not_needed, ""},
    {"topic.filter.class", "", by_hand, kOwnClass},
    {"group.filter.class", "org.apache.kafka.connect.mirror.DefaultGroupFilter", not_needed, ""},
    {"group.filter.class", "", by_hand, kOwnClass},
    {"config.property.filter.class", "org.apache.kafka.connect.mirror.DefaultConfigPropertyFilter",
     not_needed, ""},
    {"config.property.filter.class", "", by_hand, kOwnClass},
    {"forwarding.admin.class", "org.apache.kafka.clients.admin.ForwardingAdmin", not_needed, ""},
    {"forwarding.admin.class", "", by_hand, kOwnClass},
    {"replication.policy.internal.topic.separator.enabled", "", not_needed, kOwnTopics},
    {"exactly.once.*", "", not_needed, "always: the target's brokers refuse a second copy"},
    {"transaction.boundary*", "", not_needed, "copies need no transactions"},
    {"admin.timeout.ms", "", not_needed, kTuning},
    {"consumer.poll.timeout.ms", "", not_needed, kTuning},
    {"dedicated.mode.enable.internal.rest", "", not_needed, kWorker},
    {"source.cluster.alias", "", not_needed, "the link says it"},
    {"target.cluster.alias", "", not_needed, "the link says it"},
    {"source.cluster.*", "", by_hand, "say it of the cluster"},
    {"target.cluster.*", "", by_hand, "say it of the cluster"},
    {"metric.names.formats", "", not_needed, "see /metrics for Lockstep's"},
    {"connector.*", "", not_needed, kWorker},
    {"name", "", not_needed, kWorker},
    {"transforms*", "", by_hand, "Lockstep does not change records"},
    {"predicates*", "", by_hand, "Lockstep does not change records"},
    {"errors.tolerance", "none", not_needed, "nothing is passed over"},
    {"errors.tolerance", "", changed,
     "nothing is passed over: a partition that cannot go on blocks"},
    {"errors.*", "", not_needed, "see the states in docs/operations.md"},
};

constexpr Rule kClientRules[] = {
    {"auto.offset.reset", "latest", changed,
     "a copy begins with all that the source has; links.start: latest begins with what comes"},
    {"auto.offset.reset", "", not_needed, "a copy begins with all that the source has"},
    {"isolation.level", "read_uncommitted", changed,
     "records of aborted transactions are not copied"},
    {"isolation.level", "", not_needed, "only committed records are copied"},
    {"compression*", "", changed,
     "batches keep the compression that their producers gave them; see links.compression"},
    {"acks", "all", not_needed, "always"},
    {"acks", "-1", not_needed, "always"},
    {"acks", "", changed, "Lockstep waits for all replicas in sync"},
    {"interceptor.classes", "", by_hand, kOwnClass},
    {"config.providers*", "", by_hand, kPlaceholders},
    {"metric.reporters", "", not_needed, "Prometheus reads /metrics"},
    {"partitioner.*", "", not_needed, "records stay in their partition"},
    {"security.providers", "", by_hand, kOwnClass},
    {"batch.size", "", not_needed,
     "batches stay as their producers made them; links.batch_size is for those made anew"},
    {"retries", "", not_needed, "without end; links.retry, if it should be otherwise"},
    {"retry.backoff.*", "", not_needed, "0.1 s to 5 s; links.retry, if it should be otherwise"},
    {"client.rack", "", not_needed, "Lockstep reads from leaders"},
    {"client.id", "", not_needed, "Lockstep has client ids of its own"},
};

/// Names of producers', consumers' and admin clients' settings, for which one reason will do.
constexpr std::string_view kClientKeys[] = {"allow.auto.create.topics",
                                            "auto.commit.interval.ms",
                                            "bootstrap.controllers",
                                            "buffer.memory",
                                            "check.crcs",
                                            "client.dns.lookup",
                                            "connections.max.idle.ms",
                                            "default.api.timeout.ms",
                                            "delivery.timeout.ms",
                                            "enable.auto.commit",
                                            "enable.idempotence",
                                            "enable.metrics.push",
                                            "exclude.internal.topics",
                                            "fetch.max.bytes",
                                            "fetch.max.wait.ms",
                                            "fetch.min.bytes",
                                            "group.id",
                                            "group.instance.id",
                                            "group.protocol",
                                            "group.remote.assignor",
                                            "heartbeat.interval.ms",
                                            "internal.throw.on.fetch.stable.offset.unsupported",
                                            "key.deserializer",
                                            "key.serializer",
                                            "linger.ms",
                                            "max.block.ms",
                                            "max.in.flight.requests.per.connection",
                                            "max.partition.fetch.bytes",
                                            "max.poll.interval.ms",
                                            "max.poll.records",
                                            "max.request.size",
                                            "metadata.max.age.ms",
                                            "metadata.max.idle.ms",
                                            "metadata.recovery.rebootstrap.trigger.ms",
                                            "metadata.recovery.strategy",
                                            "metrics.num.samples",
                                            "metrics.recording.level",
                                            "metrics.sample.window.ms",
                                            "partition.assignment.strategy",
                                            "receive.buffer.bytes",
                                            "reconnect.backoff.max.ms",
                                            "reconnect.backoff.ms",
                                            "request.timeout.ms",
                                            "send.buffer.bytes",
                                            "session.timeout.ms",
                                            "share.acknowledgement.mode",
                                            "share.acquire.mode",
                                            "socket.connection.setup.timeout.max.ms",
                                            "socket.connection.setup.timeout.ms",
                                            "transaction.timeout.ms",
                                            "transaction.two.phase.commit.enable",
                                            "transactional.id",
                                            "value.deserializer",
                                            "value.serializer"};

constexpr Rule kWorkerRules[] = {
    {"key.converter*", "", not_needed, kConverters},
    {"value.converter*", "", not_needed, kConverters},
    {"header.converter*", "", not_needed, kConverters},
    {"internal.key.converter*", "", not_needed, kConverters},
    {"internal.value.converter*", "", not_needed, kConverters},
    {"config.providers*", "", by_hand, kPlaceholders},
    {"config.storage.*", "", not_needed, kWorker},
    {"config.action.reload", "", not_needed, kWorker},
    {"offset.storage.*", "", not_needed, kWorker},
    {"offset.flush.*", "", not_needed, kWorker},
    {"status.storage.*", "", not_needed, kWorker},
    {"inter.worker.*", "", not_needed, kWorker},
    {"listeners*", "", not_needed, "http.listen, 127.0.0.1:7878, if it should be another"},
    {"admin.listeners*", "", not_needed, kWorker},
    {"rest.*", "", not_needed, kWorker},
    {"response.http.headers.config", "", not_needed, kWorker},
    {"access.control.*", "", not_needed, kWorker},
    {"plugin.*", "", not_needed, kWorker},
    {"connect.protocol", "", not_needed, kWorker},
    {"rebalance.timeout.ms", "", not_needed, kWorker},
    {"scheduled.rebalance.max.delay.ms", "", not_needed, kWorker},
    {"task.shutdown.graceful.timeout.ms", "", not_needed, kWorker},
    {"topic.creation.*", "", not_needed, kWorker},
    {"topic.tracking.*", "", not_needed, kWorker},
    {"worker.*", "", not_needed, kWorker},
};

constexpr Rule kSecurityRules[] = {
    {"security.protocol", "PLAINTEXT", not_needed, ""},
    {"security.protocol", "", by_hand, kSecurity},
    {"sasl.*", "", by_hand, kSecurity},
    {"ssl.*", "", by_hand, kSecurity},
};

constexpr Rule kStrimziRules[] = {
    {"kind", "", not_needed, "what was read"},
    {"resource*", "", not_needed, "another resource of the file"},
    {"apiVersion", "", not_needed, "v1beta2 and v1 are read alike"},
    {"metadata.*", "", not_needed, kKubernetes},
    {"status", "", not_needed, kKubernetes},
    {"alias", "", taken, ""},
    {"sourceCluster", "", taken, ""},
    {"targetCluster", "", taken, ""},
    {"authentication.*", "", by_hand, kSecurity},
    {"tls.*", "", by_hand, kSecurity},
    {"sourceConnector.pause", "true", by_hand, "the mirror is paused; Lockstep would run it"},
    {"sourceConnector.state", "running", not_needed, ""},
    {"sourceConnector.state", "", by_hand, "the mirror is stopped; Lockstep would run it"},
    {"*", "", not_needed, kDeployment},
};

/// Java does not look at the case of booleans, nor Kafka at that of protocols.
bool is_value(std::string_view wanted, std::string_view value) {
    const bool ignores_case = wanted == "true" || wanted == "false" || wanted == "PLAINTEXT";
    return ignores_case ? equals_ignoring_case(wanted, value) : wanted == value;
}

bool fits(const Rule& rule, std::string_view key, std::string_view value) {
    const bool is_key = rule.key.ends_with('*')
                            ? key.starts_with(rule.key.substr(0, rule.key.size() - 1))
                            : key == rule.key;
    return is_key && (rule.value.empty() || is_value(rule.value, value));
}

const Rule* find_rule(std::span<const Rule> rules, std::string_view key, std::string_view value) {
    const auto found =
        std::ranges::find_if(rules, [&](const Rule& rule) { return fits(rule, key, value); });
    return found == rules.end() ? nullptr : &*found;
}

/// "source.consumer.x" and the like, of which MirrorMaker 2 has many, as "x".
std::string_view client_key(std::string_view key) {
    for (const std::string_view end : {"source.", "target."}) {
        if (key.starts_with(end)) {
            key.remove_prefix(end.size());
            break;
        }
    }
    for (const std::string_view role : {"producer.override.", "consumer.override.",
                                        "admin.override.", "producer.", "consumer.", "admin."}) {
        if (key.starts_with(role)) {
            return key.substr(role.size());
        }
    }
    return key;
}

const Rule* find_any_rule(std::string_view key, std::string_view value) {
    static constexpr Rule kTuningRule{"", "", not_needed, kTuning};
    constexpr std::string_view kStrimzi = "strimzi.";
    if (key.starts_with(kStrimzi)) {
        return find_rule(kStrimziRules, key.substr(kStrimzi.size()), value);
    }
    for (const std::span<const Rule> rules :
         {std::span<const Rule>(kMirrorRules), std::span<const Rule>(kWorkerRules)}) {
        if (const Rule* rule = find_rule(rules, key, value)) {
            return rule;
        }
    }
    const std::string_view plain = client_key(key);
    for (const std::span<const Rule> rules :
         {std::span<const Rule>(kClientRules), std::span<const Rule>(kSecurityRules)}) {
        if (const Rule* rule = find_rule(rules, plain, value)) {
            return rule;
        }
    }
    return std::ranges::find(kClientKeys, plain) == std::end(kClientKeys) ? nullptr : &kTuningRule;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case taken: return "taken";
        case changed: return "changed";
        case not_needed: return "not needed";
        case by_hand: return "by hand";
        case unknown: break;
    }
    return "unknown";
}

bool equals_ignoring_case(std::string_view one, std::string_view other) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(one, other, {}, lower, lower);
}

bool is_secret(std::string_view key) {
    return key.ends_with("password") || key.ends_with("sasl.jaas.config") ||
           key.ends_with("passphrase") || key.ends_with("secret") ||
           key.ends_with("ssl.keystore.key") || key.ends_with("private.key");
}

Ruling rule_on(const ForeignSetting& setting, std::string_view key) {
    const Rule* rule = find_any_rule(key, setting.value);
    return rule == nullptr ? Ruling{setting, unknown, ""}
                           : Ruling{setting, rule->verdict, std::string(rule->why)};
}

}  // namespace lockstep::app
