// API        WriteTxnMarkers, versions 0 to 2
// Behaviour  One control batch for each marker and partition, in the request's order, whether a
//            transaction is open or not (a partition that one marker names twice gets one); the
//            answer has one entry for each producer id, with the newest error. Markers are held
//            to max.message.bytes, as all batches are. Needs CLUSTER_ACTION, or from 3.8 on ALTER
//            (KIP-1037), on the cluster.
// Gaps       none

#include "protocol/messages/write_txn_markers.h"
#include "sandbox/group_coordinator.h"
#include "sandbox/partition_access.h"

#include <algorithm>
#include <set>

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;

namespace {

using Marker = WriteTxnMarkersRequest::WritableTxnMarker;
using Errors = std::map<int64_t, std::map<TopicPartition, KafkaError>>;  // by producer id

constexpr const char* kOffsetsTopic = "__consumer_offsets";

bool may_write(const Call& call) {
    const Acls& acls = call.cluster.acls();
    const bool may_alter =
        call.cluster.options().version != KafkaVersion::v2_8 &&
        acls.allows(call, AclOperation::alter, ResourceType::cluster, kClusterResource);
    return may_alter ||
           acls.allows(call, AclOperation::cluster_action, ResourceType::cluster, kClusterResource);
}

KafkaError write(Call& call, const Marker& marker, const TopicPartition& id) {
    const auto partition = call.cluster.find_partition(id.topic, id.partition.value());
    // A broker knows only the partitions of which it has a replica.
    if (!partition ||
        std::ranges::find(partition->replicas, call.broker) == partition->replicas.end()) {
        return KafkaError::unknown_topic_or_partition;
    }
    if (partition->leader != call.broker) {
        return KafkaError::not_leader_or_follower;
    }
    const auto topic = call.cluster.find_topic(id.topic);
    if (!has_enough_in_sync(call.cluster.options().version, *topic, *partition)) {
        return KafkaError::not_enough_replicas;
    }
    if (marker.producer_id < 0 || marker.producer_epoch < 0) {
        return KafkaError::unknown_server_error;  // no batch can be made of it
    }
    const MarkerWrite written{.producer_id = ProducerId(marker.producer_id),
                              .epoch = ProducerEpoch(marker.producer_epoch),
                              .is_commit = marker.transaction_result,
                              .coordinator_epoch = marker.coordinator_epoch,
                              .transaction_version = marker.transaction_version};
    const KafkaError error =
        partition->log.append_marker(written, topic->log_config, call.cluster.now_ms())
            .refusal.error;
    if (error == KafkaError::none && id.topic == kOffsetsTopic) {
        call.cluster.groups().end_transaction(written.producer_id, written.is_commit);
    }
    return error;
}

WriteTxnMarkersResponse response_of(const Errors& errors) {
    WriteTxnMarkersResponse response;
    for (const auto& [producer_id, partitions] : errors) {
        auto& marker = response.markers.emplace_back();
        marker.producer_id = producer_id;
        for (const auto& [id, error] : partitions) {
            if (marker.topics.empty() || marker.topics.back().name != id.topic) {
                marker.topics.emplace_back().name = id.topic;
            }
            auto& answer = marker.topics.back().partitions.emplace_back();
            answer.partition_index = id.partition.value();
            answer.error_code = code(error);
        }
    }
    return response;
}

}  // namespace

WriteTxnMarkersResponse write_txn_markers(Call& call, const WriteTxnMarkersRequest& request) {
    const bool is_allowed = may_write(call);
    Errors errors;
    for (const Marker& marker : request.markers) {
        std::set<TopicPartition> written;
        for (const auto& topic : marker.topics) {
            for (const int32_t index : topic.partition_indexes) {
                const TopicPartition id{topic.name, PartitionIndex(index)};
                if (!written.insert(id).second) {
                    continue;
                }
                errors[marker.producer_id][id] =
                    is_allowed ? write(call, marker, id) : KafkaError::cluster_authorization_failed;
            }
        }
    }
    call.cluster.note_log_change();
    return response_of(errors);
}

}  // namespace lockstep::sandbox
