#pragma once

#include "client/cluster.h"
#include "protocol/messages/fetch.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::client {

/// ListOffsets' special timestamps.
constexpr int64_t kLatestOffset = -1;  // the high watermark, for clients
constexpr int64_t kEarliestOffset = -2;

struct OffsetAnswer {
    TopicPartition partition;
    std::error_code error;
    Offset offset{-1};
};

struct OffsetQuery {
    BrokerId leader;  // of all the partitions
    std::vector<TopicPartition> partitions;
    int64_t timestamp = kLatestOffset;  // milliseconds, or one of the special ones
};

/// Asks with one ListOffsets request.
runtime::Task<Result<std::vector<OffsetAnswer>>> list_offsets(Cluster& cluster, OffsetQuery query,
                                                              std::stop_token stop);

enum class ConfigOrigin { topic, cluster, built_in };

struct ConfigEntry {
    std::string name;
    std::string value;
    ConfigOrigin origin = ConfigOrigin::built_in;
};

/// The configs of each topic (sensitive ones are left out): those with names in `keys`, or all
/// where that is empty. Topics that cannot be described are missing in the answer.
runtime::Task<Result<std::map<std::string, std::vector<ConfigEntry>>>> describe_topics(
    Cluster& cluster, std::vector<std::string> topics, std::stop_token stop,
    std::vector<std::string> keys = {});

/// The configs of one broker, as any topic would inherit them.
runtime::Task<Result<std::map<std::string, std::string>>> describe_broker(Cluster& cluster,
                                                                          BrokerId broker,
                                                                          std::stop_token stop);

struct NewTopic {
    std::string name;
    int32_t partitions = 1;
    int16_t replication_factor = 1;
    std::vector<std::pair<std::string, std::string>> configs;
};

/// Creates topics, and says for each how it went (an Error without a code is success). One that
/// exists already is no error.
runtime::Task<Result<std::map<std::string, Error>>> create_topics(Cluster& cluster,
                                                                  std::vector<NewTopic> topics,
                                                                  std::stop_token stop);

/// Which topic, exactly: another one may have its name meanwhile.
struct TopicIdentity {
    std::string name;
    Uuid id;  // zeros where the cluster has no topic ids
};

/// Deletes a topic, by its id where the broker takes ids (DeleteTopics version 6, KIP-516). One
/// that is not there any more is no error. The cluster lists it for a moment longer.
runtime::Task<Result<void>> delete_topic(Cluster& cluster, TopicIdentity topic,
                                         std::stop_token stop);

/// Raises a topic's number of partitions to `count`.
runtime::Task<Result<void>> create_partitions(Cluster& cluster, std::string topic, int32_t count,
                                              std::stop_token stop);

/// A place in a partition's log.
struct LogPlace {
    BrokerId leader;
    TopicPartition partition;
    Offset offset;
};

/// Deletes the records before `place.offset`, which becomes the log's start (KIP-107); at most the
/// high watermark. POLICY_VIOLATION for topics whose cleanup.policy lacks "delete".
runtime::Task<Result<void>> delete_records(Cluster& cluster, LogPlace place, std::stop_token stop);

/// By name; nothing stands for the default.
using ConfigChanges = std::map<std::string, std::optional<std::string>>;

/// Changes some configs of a topic and leaves the others as they are (KIP-339).
runtime::Task<Result<void>> alter_topic_configs(Cluster& cluster, std::string topic,
                                                ConfigChanges changes, std::stop_token stop);

/// One producer's state in a partition, as its leader remembers it (KIP-664).
struct ProducerState {
    ProducerId id;
    ProducerEpoch epoch;
    Sequence last_sequence;                   // -1: none in this epoch
    int32_t coordinator_epoch = -1;           // of its newest marker; -1: it has none
    std::optional<Offset> transaction_start;  // of the open transaction
};

runtime::Task<Result<std::vector<ProducerState>>> describe_producers(Cluster& cluster,
                                                                     BrokerId leader,
                                                                     TopicPartition partition,
                                                                     std::stop_token stop);

/// Where the records of `epoch`, and of those before it, end as the partition's leader has
/// it (KIP-101); of `place` the offset does not count. Nothing where the leader knows no such
/// epoch.
runtime::Task<Result<std::optional<Offset>>> end_of_epoch(Cluster& cluster, LogPlace place,
                                                          LeaderEpoch epoch, std::stop_token stop);

/// The batch that holds the record at `place`, as it stands in the log. An empty slice where there
/// is none.
runtime::Task<Result<Slice>> read_batch_at(Cluster& cluster, LogPlace place, std::stop_token stop);

/// What a Fetch of one partition brought.
struct FetchedLog {
    Slice frame;       // keeps the records alive
    ByteView records;  // empty at the log's end
    std::optional<std::vector<protocol::FetchResponse::AbortedTransaction>> aborted;
};

struct LogFetch {
    Purpose purpose = Purpose::control;
    int32_t max_bytes = 4 << 20;  // but at least one batch
};

/// A part of the log from `place` on, without waiting: up to what is committed (read_committed).
runtime::Task<Result<FetchedLog>> fetch_log(Cluster& cluster, LogPlace place, LogFetch how,
                                            std::stop_token stop);

/// The same up to the high watermark, also of transactions that are still open.
runtime::Task<Result<FetchedLog>> fetch_uncommitted_log(Cluster& cluster, LogPlace place,
                                                        std::stop_token stop);

}  // namespace lockstep::client
