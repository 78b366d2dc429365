#pragma once

#include "base/rng.h"
#include "model/ids.h"
#include "runtime/signal.h"
#include "runtime/task.h"
#include "sandbox/partition_log.h"
#include "sandbox/storage.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::sandbox {

class Acls;
class FetchSessions;
class GroupCoordinator;
class Quotas;
class TransactionCoordinator;
class Users;

/// Which broker's APIs and rules a cluster shows.
enum class KafkaVersion { v2_8, v3_9, v4_3 };

struct Broker {
    BrokerId id;
    std::string host;
    uint16_t port = 0;
    bool is_up = true;
};

/// One partition: its log, and who leads it.
struct Partition {
    PartitionIndex index;
    PartitionLog log;
    BrokerId leader = kNoBroker;  // none: no replica is there that may lead
    std::vector<BrokerId> replicas;
    std::vector<BrokerId> in_sync;
    /// Replicas that are not in sync: what they have ends here.
    std::map<BrokerId, Offset> ends_of_absent;
};

using ConfigValues = std::map<std::string, std::string>;

struct Topic {
    std::string name;
    Uuid id;
    bool is_internal = false;
    ConfigValues config;   // what was set; the rest is as brokers have it by default
    LogConfig log_config;  // the same, for the logs
    std::vector<std::shared_ptr<Partition>> partitions;
};

/// What brokers were told while they ran (KIP-226); it comes before what they were started with.
struct DynamicBrokerConfigs {
    ConfigValues of_all;
    std::map<BrokerId, ConfigValues> of_broker;
};

/// A topic's replicas, partition by partition; the first one of each is preferred as leader.
using ReplicaAssignments = std::vector<std::vector<BrokerId>>;

struct ClusterOptions {
    std::string name = "sandbox";
    KafkaVersion version = KafkaVersion::v4_3;
    int32_t brokers = 1;
    int32_t default_partitions = 1;
    bool creates_topics = true;  // auto.create.topics.enable
    bool has_authorizer = false;
    bool wants_sasl = false;
    std::vector<std::string> super_users;  // principals, such as "User:admin"
    /// Names and passwords for SASL PLAIN; SCRAM credentials are made by requests.
    std::map<std::string, std::string> plain_users;
    /// Broker settings that differ from Kafka's defaults, such as offsets.retention.minutes.
    ConfigValues broker_config;
};

/// One sync of the disk, for all who wait for it.
struct SyncRound {
    bool is_done = false;
    Result<void> result;
};

/// All that brokers of a cluster know in common. One owner loop holds it; requests change it
/// between two awaits and never keep references to topics or partitions over one (shared_ptr to a
/// Partition may be kept: a deleted one is just no longer found).
class Cluster {
public:
    Cluster(runtime::EventLoop& loop, Rng& rng, ClusterOptions options);
    ~Cluster();

    runtime::EventLoop& loop() { return loop_; }
    const runtime::EventLoop& loop() const { return loop_; }
    Rng& rng() { return rng_; }
    int64_t now_ms() const { return loop_.wall_clock_ms() + clock_shift_ms_; }
    /// Brokers' clocks may go wrong.
    void shift_clock(int64_t by_ms) { clock_shift_ms_ += by_ms; }

    const ClusterOptions& options() const { return options_; }
    const std::string& id() const { return id_; }

    std::vector<Broker>& brokers() { return brokers_; }
    const std::vector<Broker>& brokers() const { return brokers_; }
    Broker* find_broker(BrokerId id);
    /// The broker that is controller; coordinators are found by hashing over those that are up.
    BrokerId controller() const;
    BrokerId coordinator_of(std::string_view key) const;

    const std::map<std::string, std::shared_ptr<Topic>>& topics() const { return topics_; }
    std::shared_ptr<Topic> find_topic(const std::string& name) const;
    std::shared_ptr<Topic> find_topic(const Uuid& id) const;
    std::shared_ptr<Partition> find_partition(const std::string& topic, int32_t index) const;

    /// Neither checks names, numbers nor configs: that is the handlers' work.
    Topic& create_topic(const std::string& name, int32_t partitions, int32_t replicas);
    Topic& create_topic(const std::string& name, const ReplicaAssignments& assignments);
    void add_partitions(Topic& topic, int32_t count);
    void add_partitions(Topic& topic, const ReplicaAssignments& assignments);
    void delete_topic(const std::string& name);
    /// To be called after `topic.config` has changed.
    void apply_config(Topic& topic);
    /// A topic's value, or the brokers', or Kafka's default; empty for names that nobody knows.
    std::string config_of(const Topic& topic, const std::string& key) const;
    std::string broker_config(const std::string& key) const;
    /// To be changed only by way of change_broker_config().
    const DynamicBrokerConfigs& dynamic_broker_configs() const { return dynamic_broker_configs_; }
    /// What broker `id` (none: all brokers) was told while it runs; topics follow at once.
    void change_broker_config(std::optional<BrokerId> id, ConfigValues values);

    /// The broker goes or comes; leaders move to replicas in sync, with a new epoch.
    void set_broker_up(BrokerId id, bool is_up);
    /// Leadership to `id`, with a new epoch.
    void move_leader(Partition& partition, BrokerId id);
    /// Of the replicas that are up and not in sync, the one that has most; none: kNoBroker.
    BrokerId next_unclean_leader(const Partition& partition) const;
    /// A replica that had only what is before `offset` becomes leader (unclean election).
    void elect_uncleanly(Partition& partition, BrokerId id, Offset offset);

    /// Wakes those who wait for records, or for anything else of a log or its leader.
    void note_log_change() { log_changed_.notify_all(); }
    runtime::Signal& log_changed() { return log_changed_; }

    /// retention.ms and .bytes of all topics, producers and transactions that expire, groups.
    /// A broker does it every so often; whoever owns the cluster calls it.
    void clean_up();

    /// What a new cluster must not forget is kept there from now on, and what was kept there before
    /// is its again. To be called before it is used.
    Result<void> keep_in(std::unique_ptr<Storage> storage);
    bool has_storage() const { return storage_ != nullptr; }
    /// What save() is to save; null where there is no storage, and nobody need say it.
    Unsaved* unsaved() { return storage_ ? &unsaved_ : nullptr; }
    void note_unsaved(const Unsaved& changes);
    /// Everything that changed, before anybody is told of it. Survives the end of the process.
    Result<void> save();
    /// Survives the end of the machine, too, if that was asked for. Waits for the disk.
    Result<void> save_and_sync();
    /// The same for a request that is to be answered: several wait for the disk together. To be
    /// called where has_unsafe().
    runtime::Task<Result<void>> make_safe();
    bool has_unsafe() const { return storage_ && (unsaved_.any() || storage_->has_unsynced()); }
    /// For Storage::restore().
    void set_id(std::string id) { id_ = std::move(id); }
    Topic& add_topic(const std::string& name, const Uuid& id);

    GroupCoordinator& groups() { return *groups_; }
    TransactionCoordinator& transactions() { return *transactions_; }
    FetchSessions& fetch_sessions() { return *fetch_sessions_; }
    Acls& acls() { return *acls_; }
    Quotas& quotas() { return *quotas_; }
    Users& users() { return *users_; }

private:
    Uuid new_uuid();
    void expire_producers();
    std::vector<BrokerId> choose_replicas(int32_t partition, int32_t count) const;
    void bring_back(const Topic& topic, Partition& partition, BrokerId id);
    std::shared_ptr<Partition> new_partition(size_t index, const std::vector<BrokerId>& replicas);
    void note_topics_changed() { unsaved_.topics = true; }

    runtime::EventLoop& loop_;
    Rng& rng_;
    ClusterOptions options_;
    std::string id_;
    int64_t clock_shift_ms_ = 0;
    int64_t next_producer_check_ms_ = 0;
    runtime::Signal log_changed_;
    std::vector<Broker> brokers_;
    DynamicBrokerConfigs dynamic_broker_configs_;
    std::map<std::string, std::shared_ptr<Topic>> topics_;
    std::map<Uuid, std::shared_ptr<Topic>> topics_by_id_;
    std::unique_ptr<GroupCoordinator> groups_;
    std::unique_ptr<TransactionCoordinator> transactions_;
    std::unique_ptr<FetchSessions> fetch_sessions_;
    std::unique_ptr<Acls> acls_;
    std::unique_ptr<Quotas> quotas_;
    std::unique_ptr<Users> users_;
    std::unique_ptr<Storage> storage_;  // null: everything is in memory only
    Unsaved unsaved_;
    std::shared_ptr<SyncRound> round_;  // who waits for the next sync
    runtime::Signal synced_;
};

}  // namespace lockstep::sandbox
