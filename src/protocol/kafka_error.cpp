#include "protocol/kafka_error.h"

#include <iterator>
#include <string>

namespace lockstep::protocol {
namespace {

enum class Reaction : uint8_t { give_up, retry, refresh_and_retry };

struct Entry {
    KafkaError code;
    Reaction reaction;
    std::string_view name;
};

using enum KafkaError;
using enum Reaction;

// Sorted by code: find() takes the position from it.
constexpr Entry kEntries[] = {
    {unknown_server_error, give_up, "UNKNOWN_SERVER_ERROR"},
    {none, give_up, "NONE"},
    {offset_out_of_range, give_up, "OFFSET_OUT_OF_RANGE"},
    {corrupt_message, retry, "CORRUPT_MESSAGE"},
    {unknown_topic_or_partition, refresh_and_retry, "UNKNOWN_TOPIC_OR_PARTITION"},
    {invalid_fetch_size, give_up, "INVALID_FETCH_SIZE"},
    {leader_not_available, refresh_and_retry, "LEADER_NOT_AVAILABLE"},
    {not_leader_or_follower, refresh_and_retry, "NOT_LEADER_OR_FOLLOWER"},
    {request_timed_out, retry, "REQUEST_TIMED_OUT"},
    {broker_not_available, give_up, "BROKER_NOT_AVAILABLE"},
    {replica_not_available, refresh_and_retry, "REPLICA_NOT_AVAILABLE"},
    {message_too_large, give_up, "MESSAGE_TOO_LARGE"},
    {stale_controller_epoch, give_up, "STALE_CONTROLLER_EPOCH"},
    {offset_metadata_too_large, give_up, "OFFSET_METADATA_TOO_LARGE"},
    {network_exception, refresh_and_retry, "NETWORK_EXCEPTION"},
    {coordinator_load_in_progress, retry, "COORDINATOR_LOAD_IN_PROGRESS"},
    {coordinator_not_available, retry, "COORDINATOR_NOT_AVAILABLE"},
    {not_coordinator, retry, "NOT_COORDINATOR"},
    {invalid_topic_exception, give_up, "INVALID_TOPIC_EXCEPTION"},
    {record_list_too_large, give_up, "RECORD_LIST_TOO_LARGE"},
    {not_enough_replicas, retry, "NOT_ENOUGH_REPLICAS"},
    {not_enough_replicas_after_append, retry, "NOT_ENOUGH_REPLICAS_AFTER_APPEND"},
    {invalid_required_acks, give_up, "INVALID_REQUIRED_ACKS"},
    {illegal_generation, give_up, "ILLEGAL_GENERATION"},
    {inconsistent_group_protocol, give_up, "INCONSISTENT_GROUP_PROTOCOL"},
    {invalid_group_id, give_up, "INVALID_GROUP_ID"},
    {unknown_member_id, give_up, "UNKNOWN_MEMBER_ID"},
    {invalid_session_timeout, give_up, "INVALID_SESSION_TIMEOUT"},
    {rebalance_in_progress, give_up, "REBALANCE_IN_PROGRESS"},
    {invalid_commit_offset_size, give_up, "INVALID_COMMIT_OFFSET_SIZE"},
    {topic_authorization_failed, give_up, "TOPIC_AUTHORIZATION_FAILED"},
    {group_authorization_failed, give_up, "GROUP_AUTHORIZATION_FAILED"},
    {cluster_authorization_failed, give_up, "CLUSTER_AUTHORIZATION_FAILED"},
    {invalid_timestamp, give_up, "INVALID_TIMESTAMP"},
    {unsupported_sasl_mechanism, give_up, "UNSUPPORTED_SASL_MECHANISM"},
    {illegal_sasl_state, give_up, "ILLEGAL_SASL_STATE"},
    {unsupported_version, give_up, "UNSUPPORTED_VERSION"},
    {topic_already_exists, give_up, "TOPIC_ALREADY_EXISTS"},
    {invalid_partitions, give_up, "INVALID_PARTITIONS"},
    {invalid_replication_factor, give_up, "INVALID_REPLICATION_FACTOR"},
    {invalid_replica_assignment, give_up, "INVALID_REPLICA_ASSIGNMENT"},
    {invalid_config, give_up, "INVALID_CONFIG"},
    {not_controller, retry, "NOT_CONTROLLER"},
    {invalid_request, give_up, "INVALID_REQUEST"},
    {unsupported_for_message_format, give_up, "UNSUPPORTED_FOR_MESSAGE_FORMAT"},
    {policy_violation, give_up, "POLICY_VIOLATION"},
    {out_of_order_sequence_number, give_up, "OUT_OF_ORDER_SEQUENCE_NUMBER"},
    {duplicate_sequence_number, give_up, "DUPLICATE_SEQUENCE_NUMBER"},
    {invalid_producer_epoch, give_up, "INVALID_PRODUCER_EPOCH"},
    {invalid_txn_state, give_up, "INVALID_TXN_STATE"},
    {invalid_producer_id_mapping, give_up, "INVALID_PRODUCER_ID_MAPPING"},
    {invalid_transaction_timeout, give_up, "INVALID_TRANSACTION_TIMEOUT"},
    {concurrent_transactions, retry, "CONCURRENT_TRANSACTIONS"},
    {transaction_coordinator_fenced, give_up, "TRANSACTION_COORDINATOR_FENCED"},
    {transactional_id_authorization_failed, give_up, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"},
    {security_disabled, give_up, "SECURITY_DISABLED"},
    {operation_not_attempted, give_up, "OPERATION_NOT_ATTEMPTED"},
    {kafka_storage_error, refresh_and_retry, "KAFKA_STORAGE_ERROR"},
    {log_dir_not_found, give_up, "LOG_DIR_NOT_FOUND"},
    {sasl_authentication_failed, give_up, "SASL_AUTHENTICATION_FAILED"},
    {unknown_producer_id, give_up, "UNKNOWN_PRODUCER_ID"},
    {reassignment_in_progress, give_up, "REASSIGNMENT_IN_PROGRESS"},
    {delegation_token_auth_disabled, give_up, "DELEGATION_TOKEN_AUTH_DISABLED"},
    {delegation_token_not_found, give_up, "DELEGATION_TOKEN_NOT_FOUND"},
    {delegation_token_owner_mismatch, give_up, "DELEGATION_TOKEN_OWNER_MISMATCH"},
    {delegation_token_request_not_allowed, give_up, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED"},
    {delegation_token_authorization_failed, give_up, "DELEGATION_TOKEN_AUTHORIZATION_FAILED"},
    {delegation_token_expired, give_up, "DELEGATION_TOKEN_EXPIRED"},
    {invalid_principal_type, give_up, "INVALID_PRINCIPAL_TYPE"},
    {non_empty_group, give_up, "NON_EMPTY_GROUP"},
    {group_id_not_found, give_up, "GROUP_ID_NOT_FOUND"},
    {fetch_session_id_not_found, retry, "FETCH_SESSION_ID_NOT_FOUND"},
    {invalid_fetch_session_epoch, retry, "INVALID_FETCH_SESSION_EPOCH"},
    {listener_not_found, refresh_and_retry, "LISTENER_NOT_FOUND"},
    {topic_deletion_disabled, give_up, "TOPIC_DELETION_DISABLED"},
    {fenced_leader_epoch, refresh_and_retry, "FENCED_LEADER_EPOCH"},
    {unknown_leader_epoch, retry, "UNKNOWN_LEADER_EPOCH"},
    {unsupported_compression_type, give_up, "UNSUPPORTED_COMPRESSION_TYPE"},
    {stale_broker_epoch, give_up, "STALE_BROKER_EPOCH"},
    {offset_not_available, retry, "OFFSET_NOT_AVAILABLE"},
    {member_id_required, give_up, "MEMBER_ID_REQUIRED"},
    {preferred_leader_not_available, refresh_and_retry, "PREFERRED_LEADER_NOT_AVAILABLE"},
    {group_max_size_reached, give_up, "GROUP_MAX_SIZE_REACHED"},
    {fenced_instance_id, give_up, "FENCED_INSTANCE_ID"},
    {eligible_leaders_not_available, refresh_and_retry, "ELIGIBLE_LEADERS_NOT_AVAILABLE"},
    {election_not_needed, refresh_and_retry, "ELECTION_NOT_NEEDED"},
    {no_reassignment_in_progress, give_up, "NO_REASSIGNMENT_IN_PROGRESS"},
    {group_subscribed_to_topic, give_up, "GROUP_SUBSCRIBED_TO_TOPIC"},
    {invalid_record, give_up, "INVALID_RECORD"},
    {unstable_offset_commit, retry, "UNSTABLE_OFFSET_COMMIT"},
    {throttling_quota_exceeded, retry, "THROTTLING_QUOTA_EXCEEDED"},
    {producer_fenced, give_up, "PRODUCER_FENCED"},
    {resource_not_found, give_up, "RESOURCE_NOT_FOUND"},
    {duplicate_resource, give_up, "DUPLICATE_RESOURCE"},
    {unacceptable_credential, give_up, "UNACCEPTABLE_CREDENTIAL"},
    {inconsistent_voter_set, give_up, "INCONSISTENT_VOTER_SET"},
    {invalid_update_version, give_up, "INVALID_UPDATE_VERSION"},
    {feature_update_failed, give_up, "FEATURE_UPDATE_FAILED"},
    {principal_deserialization_failure, give_up, "PRINCIPAL_DESERIALIZATION_FAILURE"},
    {snapshot_not_found, give_up, "SNAPSHOT_NOT_FOUND"},
    {position_out_of_range, give_up, "POSITION_OUT_OF_RANGE"},
    {unknown_topic_id, refresh_and_retry, "UNKNOWN_TOPIC_ID"},
    {duplicate_broker_registration, give_up, "DUPLICATE_BROKER_REGISTRATION"},
    {broker_id_not_registered, give_up, "BROKER_ID_NOT_REGISTERED"},
    {inconsistent_topic_id, refresh_and_retry, "INCONSISTENT_TOPIC_ID"},
    {inconsistent_cluster_id, give_up, "INCONSISTENT_CLUSTER_ID"},
    {transactional_id_not_found, give_up, "TRANSACTIONAL_ID_NOT_FOUND"},
    {fetch_session_topic_id_error, retry, "FETCH_SESSION_TOPIC_ID_ERROR"},
    {ineligible_replica, give_up, "INELIGIBLE_REPLICA"},
    {new_leader_elected, give_up, "NEW_LEADER_ELECTED"},
    {offset_moved_to_tiered_storage, give_up, "OFFSET_MOVED_TO_TIERED_STORAGE"},
    {fenced_member_epoch, give_up, "FENCED_MEMBER_EPOCH"},
    {unreleased_instance_id, give_up, "UNRELEASED_INSTANCE_ID"},
    {unsupported_assignor, give_up, "UNSUPPORTED_ASSIGNOR"},
    {stale_member_epoch, give_up, "STALE_MEMBER_EPOCH"},
    {mismatched_endpoint_type, give_up, "MISMATCHED_ENDPOINT_TYPE"},
    {unsupported_endpoint_type, give_up, "UNSUPPORTED_ENDPOINT_TYPE"},
    {unknown_controller_id, give_up, "UNKNOWN_CONTROLLER_ID"},
    {unknown_subscription_id, give_up, "UNKNOWN_SUBSCRIPTION_ID"},
    {telemetry_too_large, give_up, "TELEMETRY_TOO_LARGE"},
    {invalid_registration, give_up, "INVALID_REGISTRATION"},
    {transaction_abortable, give_up, "TRANSACTION_ABORTABLE"},
    {invalid_record_state, give_up, "INVALID_RECORD_STATE"},
    {share_session_not_found, retry, "SHARE_SESSION_NOT_FOUND"},
    {invalid_share_session_epoch, retry, "INVALID_SHARE_SESSION_EPOCH"},
    {fenced_state_epoch, give_up, "FENCED_STATE_EPOCH"},
    {invalid_voter_key, give_up, "INVALID_VOTER_KEY"},
    {duplicate_voter, give_up, "DUPLICATE_VOTER"},
    {voter_not_found, give_up, "VOTER_NOT_FOUND"},
    {invalid_regular_expression, give_up, "INVALID_REGULAR_EXPRESSION"},
    {rebootstrap_required, give_up, "REBOOTSTRAP_REQUIRED"},
    {streams_invalid_topology, give_up, "STREAMS_INVALID_TOPOLOGY"},
    {streams_invalid_topology_epoch, give_up, "STREAMS_INVALID_TOPOLOGY_EPOCH"},
    {streams_topology_fenced, give_up, "STREAMS_TOPOLOGY_FENCED"},
    {share_session_limit_reached, retry, "SHARE_SESSION_LIMIT_REACHED"},
};

constexpr bool is_dense() {
    for (size_t at = 0; at < std::size(kEntries); ++at) {
        if (static_cast<int>(kEntries[at].code) != static_cast<int>(at) - 1) {
            return false;
        }
    }
    return true;
}
static_assert(is_dense());

const Entry* find(int code) {
    const auto at = static_cast<size_t>(code + 1);
    return code >= -1 && at < std::size(kEntries) ? &kEntries[at] : nullptr;
}

Reaction reaction_to(KafkaError error) {
    const Entry* entry = find(static_cast<int>(error));
    return entry == nullptr ? give_up : entry->reaction;
}

class KafkaCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "kafka"; }
    std::string message(int value) const override {
        const auto error = static_cast<KafkaError>(value);
        return std::string(to_string(error)) + " (" + std::to_string(value) + ")";
    }
};

}  // namespace

std::string_view to_string(KafkaError error) {
    const Entry* entry = find(static_cast<int>(error));
    return entry == nullptr ? "UNKNOWN" : entry->name;
}

const std::error_category& kafka_category() {
    static const KafkaCategory category;
    return category;
}

std::error_code make_error_code(KafkaError error) {
    return {static_cast<int>(error), kafka_category()};
}

bool is_retriable(KafkaError error) {
    return reaction_to(error) != give_up;
}

bool is_retriable(std::error_code code) {
    return code.category() == kafka_category() &&
           is_retriable(static_cast<KafkaError>(code.value()));
}

bool invalidates_metadata(KafkaError error) {
    return reaction_to(error) == refresh_and_retry;
}

bool invalidates_metadata(std::error_code code) {
    return code.category() == kafka_category() &&
           invalidates_metadata(static_cast<KafkaError>(code.value()));
}

}  // namespace lockstep::protocol
