#include "sandbox/cluster.h"

#include "base/assert.h"
#include "base/log.h"
#include "sandbox/acls.h"
#include "sandbox/config_defaults.h"
#include "sandbox/fetch_sessions.h"
#include "sandbox/group_coordinator.h"
#include "sandbox/quotas.h"
#include "sandbox/transaction_coordinator.h"
#include "sandbox/users.h"

#include <algorithm>
#include <charconv>

namespace lockstep::sandbox {

namespace {

/// The broker's setting, a number of milliseconds.
int64_t milliseconds(const Cluster& cluster, const char* setting) {
    const std::string text = cluster.broker_config(setting);
    int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Not std::hash, which is another on other machines.
uint32_t stable_hash(std::string_view text) {
    uint32_t hash = 2166136261U;
    for (const char letter : text) {
        hash = (hash ^ static_cast<uint8_t>(letter)) * 16777619U;
    }
    return hash;
}

}  // namespace

Cluster::Cluster(runtime::EventLoop& loop, Rng& rng, ClusterOptions options)
    : loop_(loop),
      rng_(rng),
      options_(std::move(options)),
      id_(new_uuid().to_string()),
      log_changed_(loop),
      groups_(std::make_unique<GroupCoordinator>(*this)),
      transactions_(std::make_unique<TransactionCoordinator>(*this)),
      fetch_sessions_(std::make_unique<FetchSessions>()),
      acls_(std::make_unique<Acls>(*this)),
      quotas_(std::make_unique<Quotas>(*this)),
      users_(std::make_unique<Users>(*this)),
      synced_(loop) {
    add_static_configs(options_);
    for (int32_t i = 1; i <= options_.brokers; ++i) {
        brokers_.push_back({BrokerId(i), "127.0.0.1", 0, true});
    }
}

Cluster::~Cluster() = default;

Broker* Cluster::find_broker(BrokerId id) {
    const auto found = std::ranges::find(brokers_, id, &Broker::id);
    return found == brokers_.end() ? nullptr : &*found;
}

BrokerId Cluster::controller() const {
    const auto found = std::ranges::find_if(brokers_, &Broker::is_up);
    return found == brokers_.end() ? kNoBroker : found->id;
}

BrokerId Cluster::coordinator_of(std::string_view key) const {
    const size_t first = stable_hash(key) % brokers_.size();
    for (size_t i = 0; i < brokers_.size(); ++i) {
        const Broker& broker = brokers_[(first + i) % brokers_.size()];
        if (broker.is_up) {
            return broker.id;
        }
    }
    return kNoBroker;
}

std::shared_ptr<Topic> Cluster::find_topic(const std::string& name) const {
    const auto found = topics_.find(name);
    return found == topics_.end() ? nullptr : found->second;
}

std::shared_ptr<Topic> Cluster::find_topic(const Uuid& id) const {
    const auto found = topics_by_id_.find(id);
    return found == topics_by_id_.end() ? nullptr : found->second;
}

std::shared_ptr<Partition> Cluster::find_partition(const std::string& topic, int32_t index) const {
    const auto found = find_topic(topic);
    const bool is_there =
        found && index >= 0 && index < static_cast<int32_t>(found->partitions.size());
    return is_there ? found->partitions[static_cast<size_t>(index)] : nullptr;
}

Topic& Cluster::create_topic(const std::string& name, int32_t partitions, int32_t replicas) {
    ReplicaAssignments assignments;
    for (int32_t i = 0; i < partitions; ++i) {
        assignments.push_back(choose_replicas(i, replicas));
    }
    return create_topic(name, assignments);
}

Topic& Cluster::create_topic(const std::string& name, const ReplicaAssignments& assignments) {
    Topic& topic = add_topic(name, new_uuid());
    add_partitions(topic, assignments);
    apply_config(topic);
    return topic;
}

Topic& Cluster::add_topic(const std::string& name, const Uuid& id) {
    auto topic = std::make_shared<Topic>();
    topic->name = name;
    topic->id = id;
    topic->is_internal = name == "__consumer_offsets" || name == "__transaction_state";
    topics_[name] = topic;
    topics_by_id_[id] = topic;
    note_topics_changed();
    return *topic;
}

void Cluster::add_partitions(Topic& topic, int32_t count) {
    const auto replicas = static_cast<int32_t>(topic.partitions.front()->replicas.size());
    ReplicaAssignments assignments;
    for (auto i = static_cast<int32_t>(topic.partitions.size()); i < count; ++i) {
        assignments.push_back(choose_replicas(i, replicas));
    }
    add_partitions(topic, assignments);
}

void Cluster::add_partitions(Topic& topic, const ReplicaAssignments& assignments) {
    for (const auto& replicas : assignments) {
        topic.partitions.push_back(new_partition(topic.partitions.size(), replicas));
        if (storage_) {
            Partition& added = *topic.partitions.back();
            added.log.keep_in(storage_->open_log(topic.id, added.index));
        }
    }
    note_topics_changed();
}

/// Replicas in turn from a broker that the partition's number and the topic's count choose.
std::vector<BrokerId> Cluster::choose_replicas(int32_t partition, int32_t count) const {
    std::vector<BrokerId> replicas;
    const size_t first = topics_.size() + 1 + static_cast<size_t>(partition);
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
        replicas.push_back(brokers_[(first + i) % brokers_.size()].id);
    }
    return replicas;
}

std::shared_ptr<Partition> Cluster::new_partition(size_t index,
                                                  const std::vector<BrokerId>& replicas) {
    auto partition = std::make_shared<Partition>();
    partition->index = PartitionIndex(static_cast<int32_t>(index));
    partition->replicas = replicas;
    for (const BrokerId id : replicas) {
        if (find_broker(id)->is_up) {
            partition->in_sync.push_back(id);
        } else {
            partition->ends_of_absent[id] = Offset(0);
        }
    }
    partition->leader = partition->in_sync.empty() ? kNoBroker : partition->in_sync.front();
    if (partition->in_sync.empty()) {  // nobody has more than the others
        partition->in_sync = replicas;
        partition->ends_of_absent.clear();
    }
    partition->log.begin_epoch(LeaderEpoch(0));
    return partition;
}

void Cluster::delete_topic(const std::string& name) {
    const auto found = topics_.find(name);
    if (found == topics_.end()) {
        return;
    }
    const std::shared_ptr<Topic> topic = found->second;
    topics_by_id_.erase(topic->id);
    topics_.erase(found);
    groups_->forget_topic(topic->name);
    note_topics_changed();
    for (const auto& partition : topic->partitions) {
        partition->leader = kNoBroker;
    }
    note_log_change();
}

void Cluster::apply_config(Topic& topic) {
    topic.log_config = log_config_of(*this, topic);
    note_topics_changed();
}

std::string Cluster::config_of(const Topic& topic, const std::string& key) const {
    const auto found = topic.config.find(key);
    return found == topic.config.end() ? default_of_topic(*this, key) : found->second;
}

std::string Cluster::broker_config(const std::string& key) const {
    return value_of_broker(*this, brokers_.front().id, key);
}

void Cluster::change_broker_config(std::optional<BrokerId> id, ConfigValues values) {
    (id ? dynamic_broker_configs_.of_broker[*id] : dynamic_broker_configs_.of_all) =
        std::move(values);
    unsaved_.settings = true;
    for (const auto& [name, topic] : topics_) {
        apply_config(*topic);
    }
    note_log_change();
}

void Cluster::set_broker_up(BrokerId id, bool is_up) {
    Broker* broker = find_broker(id);
    LS_ASSERT(broker != nullptr);
    const auto coordinators = groups_->coordinators();
    note_topics_changed();
    broker->is_up = is_up;
    groups_->note_moves(coordinators);
    for (const auto& [name, topic] : topics_) {
        for (const auto& partition : topic->partitions) {
            const bool is_replica =
                std::ranges::find(partition->replicas, id) != partition->replicas.end();
            if (!is_replica) {
                continue;
            }
            auto& in_sync = partition->in_sync;
            if (is_up) {
                bring_back(*topic, *partition, id);
            } else if (in_sync.size() > 1 || partition->leader != id) {
                std::erase(in_sync, id);
                partition->ends_of_absent.emplace(id, partition->log.end_offset());
                if (partition->leader == id) {
                    move_leader(*partition, in_sync.front());
                }
            } else {
                move_leader(*partition, kNoBroker);  // the last one in sync stays the only one
            }
        }
    }
}

/// Only who is in sync may lead, or anybody where unclean elections are allowed; who is alive then
/// follows.
void Cluster::bring_back(const Topic& topic, Partition& partition, BrokerId id) {
    auto& in_sync = partition.in_sync;
    const bool is_in_sync = std::ranges::find(in_sync, id) != in_sync.end();
    if (partition.leader == kNoBroker) {
        if (is_in_sync) {
            move_leader(partition, id);
        } else if (config_of(topic, "unclean.leader.election.enable") == "true") {
            elect_uncleanly(partition, id, partition.ends_of_absent[id]);
        }
    }
    if (partition.leader == kNoBroker) {
        return;
    }
    for (const BrokerId replica : partition.replicas) {
        const bool is_there = std::ranges::find(in_sync, replica) != in_sync.end();
        if (!is_there && find_broker(replica)->is_up) {
            in_sync.push_back(replica);
            partition.ends_of_absent.erase(replica);
        }
    }
}

void Cluster::move_leader(Partition& partition, BrokerId id) {
    partition.leader = id;
    note_topics_changed();
    partition.log.begin_epoch(LeaderEpoch(partition.log.epoch().value() + 1));
    note_log_change();
}

BrokerId Cluster::next_unclean_leader(const Partition& partition) const {
    BrokerId chosen = kNoBroker;
    for (const BrokerId id : partition.replicas) {
        const auto end = partition.ends_of_absent.find(id);
        const bool is_up = std::ranges::find(brokers_, id, &Broker::id)->is_up;
        if (!is_up || end == partition.ends_of_absent.end()) {
            continue;
        }
        if (chosen == kNoBroker || end->second > partition.ends_of_absent.at(chosen)) {
            chosen = id;
        }
    }
    return chosen;
}

void Cluster::elect_uncleanly(Partition& partition, BrokerId id, Offset offset) {
    partition.log.truncate(offset);
    for (const BrokerId other : partition.in_sync) {
        partition.ends_of_absent[other] = offset;
    }
    partition.ends_of_absent.erase(id);
    partition.in_sync = {id};
    move_leader(partition, id);
}

void Cluster::clean_up() {
    expire_producers();
    for (const auto& [name, topic] : topics_) {
        for (const auto& partition : topic->partitions) {
            const Offset start = partition->log.start_offset();
            partition->log.apply_retention(topic->log_config, now_ms());
            unsaved_.topics = unsaved_.topics || partition->log.start_offset() != start;
        }
    }
    note_log_change();
    groups_->clean_up();
    transactions_->clean_up();
    if (!has_unsafe()) {
        return;
    }
    // What timers did has nobody who waits for an answer.
    if (const auto saved = save_and_sync(); saved.has_error()) {
        log::error("sandbox: {}", saved.error().message());
    }
    note_log_change();
}

void Cluster::expire_producers() {
    if (now_ms() < next_producer_check_ms_) {
        return;
    }
    next_producer_check_ms_ =
        now_ms() + milliseconds(*this, "producer.id.expiration.check.interval.ms");
    const int64_t before = now_ms() - milliseconds(*this, "producer.id.expiration.ms");
    for (const auto& [name, topic] : topics_) {
        for (const auto& partition : topic->partitions) {
            partition->log.expire_producers_before(before);
        }
    }
}

Uuid Cluster::new_uuid() {
    Uuid id;
    for (size_t i = 0; i < id.bytes.size(); i += 8) {
        store_big_endian(id.bytes.data() + i, rng_.next());
    }
    // As Kafka's: a random (version 4) one, which is never all zeros and never begins with '-'.
    id.bytes[0] &= 0x7f;
    id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

}  // namespace lockstep::sandbox
