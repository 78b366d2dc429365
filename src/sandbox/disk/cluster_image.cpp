#include "sandbox/disk/cluster_image.h"

#include "sandbox/acls.h"
#include "sandbox/disk/image_codec.h"
#include "sandbox/group_coordinator.h"
#include "sandbox/quotas.h"
#include "sandbox/transaction_coordinator.h"
#include "sandbox/users.h"

#include <fmt/core.h>

namespace lockstep::sandbox {

namespace {

constexpr BrokerId kAllBrokers{-1};

void put_values(const ConfigValues& values, ImageWriter& to) {
    to.number(static_cast<int64_t>(values.size()));
    for (const auto& [key, value] : values) {
        to.text(key).text(value);
    }
}

void put_brokers(const std::vector<BrokerId>& brokers, ImageWriter& to) {
    to.number(static_cast<int64_t>(brokers.size()));
    for (const BrokerId id : brokers) {
        to.number(id.value());
    }
}

void put_topics(const Cluster& cluster, Image& image) {
    image["c"] = ImageWriter()
                     .text(cluster.id())
                     .number(static_cast<int64_t>(cluster.brokers().size()))
                     .take();
    for (const auto& [name, topic] : cluster.topics()) {
        ImageWriter value;
        value.id(topic->id);
        put_values(topic->config, value);
        image[ImageWriter('t').text(name).take()] = value.take();
        for (const auto& partition : topic->partitions) {
            ImageWriter told;
            put_brokers(partition->replicas, told);
            put_brokers(partition->in_sync, told);
            told.number(partition->leader.value())
                .number(partition->log.epoch().value())
                .number(partition->log.start_offset().value());
            image[ImageWriter('p').text(name).number(partition->index.value()).take()] =
                told.take();
        }
    }
}

void put_settings(Cluster& cluster, Image& image) {
    const auto put_configs = [&](BrokerId id, const ConfigValues& values) {
        ImageWriter value;
        put_values(values, value);
        image[ImageWriter('b').number(id.value()).take()] = value.take();
    };
    put_configs(kAllBrokers, cluster.dynamic_broker_configs().of_all);
    for (const auto& [id, values] : cluster.dynamic_broker_configs().of_broker) {
        put_configs(id, values);
    }
    for (const Acl& acl : cluster.acls().find({})) {
        ImageWriter key('a');
        key.number(static_cast<int64_t>(acl.type)).number(static_cast<int64_t>(acl.pattern));
        key.text(acl.name).text(acl.principal).text(acl.host);
        key.number(static_cast<int64_t>(acl.operation));
        key.number(static_cast<int64_t>(acl.permission));
        image[key.take()] = "";
    }
    for (const auto& [name, credentials] : cluster.users().all_scram()) {
        for (const auto& [mechanism, credential] : credentials) {
            const auto key = ImageWriter('u').text(name).number(static_cast<int64_t>(mechanism));
            image[key.take()] = ImageWriter()
                                    .text(as_text(credential.salt))
                                    .number(credential.iterations)
                                    .text(as_text(credential.stored_key))
                                    .text(as_text(credential.server_key))
                                    .take();
        }
    }
    for (const auto& [entity, values] : cluster.quotas().all()) {
        ImageWriter key('q');
        key.number(static_cast<int64_t>(entity.size()));
        for (const auto& [type, name] : entity) {
            key.text(type).number(name ? 1 : 0).text(name.value_or(""));
        }
        ImageWriter value;
        value.number(static_cast<int64_t>(values.size()));
        for (const auto& [what, limit] : values) {
            value.text(what).real(limit);
        }
        image[key.take()] = value.take();
    }
}

std::string pack(const CommittedOffsets::Entry& entry) {
    const CommittedOffset& offset = entry.offset;
    ImageWriter value;
    value.number(offset.offset.value()).number(offset.leader_epoch.value()).text(offset.metadata);
    value.number(offset.committed_at_ms).number(offset.expires_at_ms ? 1 : 0);
    value.number(offset.expires_at_ms.value_or(0)).number(static_cast<int64_t>(entry.order));
    return value.take();
}

void put_group(const std::string& id, const CommittedOffsets& offsets, Image& image) {
    for (const auto& [partition, entry] : offsets.committed()) {
        ImageWriter key('o');
        key.text(id).text(partition.topic).number(partition.partition.value());
        image[key.take()] = pack(entry);
    }
    for (const auto& [producer, entries] : offsets.staged()) {
        for (const auto& [partition, entry] : entries) {
            ImageWriter key('s');
            key.text(id).text(partition.topic).number(partition.partition.value());
            image[key.number(producer.value()).take()] = pack(entry);
        }
    }
}

std::string pack(const TransactionEntry& entry) {
    ImageWriter value;
    value.number(entry.producer.id.value()).number(entry.producer.epoch.value());
    value.number(entry.previous_id.value()).number(entry.next_id.value());
    value.number(entry.last_epoch.value()).number(entry.timeout_ms);
    value.number(static_cast<int64_t>(entry.status)).number(entry.started_ms);
    value.number(entry.updated_ms).number(entry.transaction_version);
    value.number(static_cast<int64_t>(entry.partitions.size()));
    for (const TopicPartition& partition : entry.partitions) {
        value.text(partition.topic).number(partition.partition.value());
    }
    return value.take();
}

/// `fresh` is all that there is now under keys that begin with `prefix`.
void compare(const Image& image, const Image& fresh, const std::string& prefix,
             ImageChanges& changes) {
    const auto is_of_prefix = [&](const auto& at, const Image& all) {
        return at != all.end() && at->first.starts_with(prefix);
    };
    for (auto at = image.lower_bound(prefix); is_of_prefix(at, image); ++at) {
        if (!fresh.contains(at->first)) {
            changes[at->first] = std::nullopt;
        }
    }
    for (auto at = fresh.lower_bound(prefix); is_of_prefix(at, fresh); ++at) {
        const auto known = image.find(at->first);
        if (known == image.end() || known->second != at->second) {
            changes[at->first] = at->second;
        }
    }
}

/// Reads values back into a cluster, kind by kind.
class Restorer {
public:
    Restorer(Cluster& cluster, const Image& image, const OpenLog& open_log)
        : cluster_(cluster), image_(image), open_log_(open_log) {}

    Result<void> run();

private:
    /// Calls `take(key, value)` for all of a kind; false where one is malformed.
    template <typename Take>
    bool each(char kind, Take take) {
        const std::string prefix(1, kind);
        for (auto at = image_.lower_bound(prefix);
             at != image_.end() && at->first.starts_with(prefix); ++at) {
            ImageReader key(at->first);
            ImageReader value(at->second);
            key.skip_kind();
            take(key, value);
            if (!key.ok() || !value.ok()) {
                return false;
            }
        }
        return true;
    }

    void take_topic(ImageReader& key, ImageReader& value);
    void take_partition(ImageReader& key, ImageReader& value);
    void take_acl(ImageReader& key);
    void take_user(ImageReader& key, ImageReader& value);
    void take_quota(ImageReader& key, ImageReader& value);
    void take_offset(ImageReader& key, ImageReader& value, bool is_staged);
    void take_transaction(ImageReader& key, ImageReader& value);

    Cluster& cluster_;
    const Image& image_;
    const OpenLog& open_log_;
};

ConfigValues read_values(ImageReader& from) {
    ConfigValues values;
    for (int64_t left = from.count(); left > 0; --left) {
        const std::string key = from.text();
        values[key] = from.text();
    }
    return values;
}

std::vector<BrokerId> read_brokers(ImageReader& from) {
    std::vector<BrokerId> brokers;
    for (int64_t left = from.count(); left > 0; --left) {
        brokers.push_back(BrokerId(from.small<int32_t>()));
    }
    return brokers;
}

CommittedOffsets::Entry read_entry(ImageReader& from) {
    CommittedOffsets::Entry entry;
    entry.offset.offset = Offset(from.number());
    entry.offset.leader_epoch = LeaderEpoch(from.small<int32_t>());
    entry.offset.metadata = from.text();
    entry.offset.committed_at_ms = from.number();
    const bool expires = from.number() != 0;
    const int64_t expires_at_ms = from.number();
    entry.offset.expires_at_ms = expires ? std::optional(expires_at_ms) : std::nullopt;
    entry.order = from.small<uint64_t>();
    return entry;
}

TransactionEntry read_transaction(ImageReader& from) {
    TransactionEntry entry;
    entry.producer.id = ProducerId(from.number());
    entry.producer.epoch = ProducerEpoch(from.small<int16_t>());
    entry.previous_id = ProducerId(from.number());
    entry.next_id = ProducerId(from.number());
    entry.last_epoch = ProducerEpoch(from.small<int16_t>());
    entry.timeout_ms = from.small<int32_t>();
    entry.status = from.small<protocol::TransactionStatus>();
    entry.started_ms = from.number();
    entry.updated_ms = from.number();
    entry.transaction_version = from.small<int16_t>();
    for (int64_t left = from.count(); left > 0; --left) {
        const std::string topic = from.text();
        entry.partitions.insert({topic, PartitionIndex(from.small<int32_t>())});
    }
    return entry;
}

void Restorer::take_topic(ImageReader& key, ImageReader& value) {
    const std::string name = key.text();
    Topic& topic = cluster_.add_topic(name, value.id());
    topic.config = read_values(value);
    cluster_.apply_config(topic);
}

/// All brokers come up together: who was in sync may lead, and the others follow.
void Restorer::take_partition(ImageReader& key, ImageReader& value) {
    const auto topic = cluster_.find_topic(key.text());
    const auto index = key.number();
    const std::vector<BrokerId> replicas = read_brokers(value);
    const std::vector<BrokerId> in_sync = read_brokers(value);
    const BrokerId leader(value.small<int32_t>());
    const LeaderEpoch epoch(value.small<int32_t>());
    const Offset start(value.number());
    const bool is_possible = topic && value.ok() && !replicas.empty() && !in_sync.empty() &&
                             index == static_cast<int64_t>(topic->partitions.size());
    if (!is_possible) {
        value.id();  // makes it malformed
        return;
    }
    auto partition = std::make_shared<Partition>();
    partition->index = PartitionIndex(static_cast<int32_t>(index));
    partition->replicas = replicas;
    partition->leader = leader == kNoBroker ? in_sync.front() : leader;
    partition->in_sync = in_sync;
    for (const BrokerId id : replicas) {
        if (std::ranges::find(in_sync, id) == in_sync.end()) {
            partition->in_sync.push_back(id);
        }
    }
    open_log_(*topic, *partition);
    partition->log.end_restore(start, epoch);
    topic->partitions.push_back(std::move(partition));
}

void Restorer::take_acl(ImageReader& key) {
    Acl acl;
    acl.type = key.small<ResourceType>();
    acl.pattern = key.small<PatternType>();
    acl.name = key.text();
    acl.principal = key.text();
    acl.host = key.text();
    acl.operation = key.small<AclOperation>();
    acl.permission = key.small<AclPermission>();
    cluster_.acls().add(acl);
}

void Restorer::take_user(ImageReader& key, ImageReader& value) {
    const std::string name = key.text();
    const auto mechanism = key.small<ScramMechanism>();
    ScramCredential credential;
    credential.salt = value.bytes();
    credential.iterations = value.small<int32_t>();
    credential.stored_key = value.bytes();
    credential.server_key = value.bytes();
    cluster_.users().set_scram(name, mechanism, std::move(credential));
}

void Restorer::take_quota(ImageReader& key, ImageReader& value) {
    QuotaEntity entity;
    for (int64_t left = key.count(); left > 0; --left) {
        const std::string type = key.text();
        const bool is_named = key.number() != 0;
        const std::string name = key.text();
        entity[type] = is_named ? std::optional(name) : std::nullopt;
    }
    for (int64_t left = value.count(); left > 0; --left) {
        const std::string what = value.text();
        cluster_.quotas().set(entity, what, value.real());
    }
}

void Restorer::take_offset(ImageReader& key, ImageReader& value, bool is_staged) {
    const std::string group = key.text();
    const std::string topic = key.text();
    const TopicPartition partition{topic, PartitionIndex(key.small<int32_t>())};
    CommittedOffsets& offsets = cluster_.groups().simple_group(group).offsets;
    if (is_staged) {
        const ProducerId producer(key.number());
        offsets.restore_staged(producer, partition, read_entry(value));
    } else {
        offsets.restore(partition, read_entry(value));
    }
}

void Restorer::take_transaction(ImageReader& key, ImageReader& value) {
    const std::string transactional_id = key.text();
    cluster_.transactions().restore(transactional_id, read_transaction(value));
}

Result<void> Restorer::run() {
    int64_t brokers = -1;
    bool is_right = each('c', [&](ImageReader&, ImageReader& value) {
        cluster_.set_id(value.text());
        brokers = value.number();
    });
    const auto present = static_cast<int64_t>(cluster_.brokers().size());
    if (is_right && brokers != present) {
        return Error(Errc::invalid_argument,
                     fmt::format("it holds a cluster of {} brokers, not of {}", brokers, present));
    }
    is_right = is_right && each('b', [&](ImageReader& key, ImageReader& value) {
                   const BrokerId id(key.small<int32_t>());
                   cluster_.change_broker_config(
                       id == kAllBrokers ? std::nullopt : std::optional(id), read_values(value));
               });
    is_right = is_right && each('t', [this](auto& key, auto& value) { take_topic(key, value); });
    is_right =
        is_right && each('p', [this](auto& key, auto& value) { take_partition(key, value); });
    is_right = is_right && each('a', [this](auto& key, auto&) { take_acl(key); });
    is_right = is_right && each('u', [this](auto& key, auto& value) { take_user(key, value); });
    is_right = is_right && each('q', [this](auto& key, auto& value) { take_quota(key, value); });
    is_right =
        is_right && each('o', [this](auto& key, auto& value) { take_offset(key, value, false); });
    is_right =
        is_right && each('s', [this](auto& key, auto& value) { take_offset(key, value, true); });
    is_right = is_right && each('i', [this](auto&, auto& value) {
                   cluster_.transactions().restore_next_producer_id(value.number());
               });
    is_right =
        is_right && each('x', [this](auto& key, auto& value) { take_transaction(key, value); });
    if (!is_right) {
        return Error(Errc::malformed, "a value in cluster.journal");
    }
    cluster_.transactions().resume();
    return {};
}

}  // namespace

ImageChanges changes_of(Cluster& cluster, const Unsaved& unsaved, const Image& image) {
    Image fresh;
    ImageChanges changes;
    if (unsaved.topics) {
        put_topics(cluster, fresh);
        for (const char* prefix : {"c", "t", "p"}) {
            compare(image, fresh, prefix, changes);
        }
    }
    if (unsaved.settings) {
        put_settings(cluster, fresh);
        for (const char* prefix : {"b", "a", "u", "q"}) {
            compare(image, fresh, prefix, changes);
        }
    }
    if (unsaved.producer_ids) {
        fresh["i"] = ImageWriter().number(cluster.transactions().next_producer_id()).take();
        compare(image, fresh, "i", changes);
    }
    for (const std::string& id : unsaved.groups) {
        if (const GroupCoordinator::Group* group = cluster.groups().find(id)) {
            put_group(id, group->offsets, fresh);
        }
        compare(image, fresh, ImageWriter('o').text(id).take(), changes);
        compare(image, fresh, ImageWriter('s').text(id).take(), changes);
    }
    for (const std::string& id : unsaved.transactions) {
        const std::string key = ImageWriter('x').text(id).take();
        if (const TransactionEntry* entry = cluster.transactions().find(id)) {
            fresh[key] = pack(*entry);
        }
        compare(image, fresh, key, changes);
    }
    return changes;
}

Result<void> restore(Cluster& cluster, const Image& image, const OpenLog& open_log) {
    return Restorer(cluster, image, open_log).run();
}

}  // namespace lockstep::sandbox
