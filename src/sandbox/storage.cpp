#include "sandbox/storage.h"

namespace lockstep::sandbox {

using protocol::ApiKey;

Unsaved changes_by(ApiKey key) {
    switch (key) {
        // What these change is noted by those whom they change.
        case ApiKey::produce:
        case ApiKey::fetch:
        case ApiKey::list_offsets:
        case ApiKey::metadata:
        case ApiKey::offset_commit:
        case ApiKey::offset_fetch:
        case ApiKey::find_coordinator:
        case ApiKey::join_group:
        case ApiKey::heartbeat:
        case ApiKey::leave_group:
        case ApiKey::sync_group:
        case ApiKey::describe_groups:
        case ApiKey::list_groups:
        case ApiKey::sasl_handshake:
        case ApiKey::sasl_authenticate:
        case ApiKey::api_versions:
        case ApiKey::init_producer_id:
        case ApiKey::offset_for_leader_epoch:
        case ApiKey::add_partitions_to_txn:
        case ApiKey::add_offsets_to_txn:
        case ApiKey::end_txn:
        case ApiKey::write_txn_markers:
        case ApiKey::txn_offset_commit:
        case ApiKey::describe_configs:
        case ApiKey::describe_cluster:
        case ApiKey::describe_producers:
        case ApiKey::describe_transactions:
        case ApiKey::list_transactions:
        case ApiKey::consumer_group_heartbeat:
        case ApiKey::consumer_group_describe:
        case ApiKey::describe_topic_partitions:
        case ApiKey::describe_log_dirs:
        case ApiKey::delete_groups:
        case ApiKey::offset_delete: return {};
        default: {
            Unsaved everything;
            everything.topics = true;
            everything.settings = true;
            return everything;
        }
    }
}

bool is_answered_at_once(ApiKey key) {
    switch (key) {
        case ApiKey::fetch:
        case ApiKey::api_versions:
        case ApiKey::join_group:
        case ApiKey::sync_group:
        case ApiKey::heartbeat:
        case ApiKey::leave_group:
        case ApiKey::consumer_group_heartbeat:
        case ApiKey::sasl_handshake:
        case ApiKey::sasl_authenticate: return true;
        default: return false;
    }
}

}  // namespace lockstep::sandbox
