#include "protocol/frame.h"

#include "base/assert.h"
#include "protocol/wire_reader.h"

namespace lockstep::protocol {
namespace {

void skip_header_tags(WireReader& reader, bool flexible) {
    if (flexible) {
        reader.skip_tags();
    }
}

bool has_tags_in_response_header(ApiKey key, int16_t version) {
    return key != ApiKey::api_versions && version >= first_flexible_version(key);
}

}  // namespace

Result<size_t> decode_frame_size(ByteView four_bytes, size_t limit) {
    WireReader reader(four_bytes);
    const int32_t size = reader.read_int32();
    if (!reader.ok() || size < 0) {
        return Error(Errc::malformed, "frame size " + std::to_string(size));
    }
    if (static_cast<size_t>(size) > limit) {
        return Error(Errc::limit_exceeded, "frame size " + std::to_string(size));
    }
    return static_cast<size_t>(size);
}

int16_t request_header_version(ApiKey key, int16_t version) {
    return version >= first_flexible_version(key) ? 2 : 1;
}

int16_t response_header_version(ApiKey key, int16_t version) {
    return has_tags_in_response_header(key, version) ? 1 : 0;
}

int16_t first_flexible_version(ApiKey key) {
    using enum ApiKey;
    switch (key) {
        case write_txn_markers:
        case incremental_alter_configs:
        case describe_client_quotas:
        case alter_client_quotas:
        case begin_quorum_epoch:
        case end_quorum_epoch: return 1;
        case stop_replica:
        case delete_records:
        case init_producer_id:
        case describe_acls:
        case create_acls:
        case delete_acls:
        case alter_configs:
        case alter_replica_log_dirs:
        case describe_log_dirs:
        case sasl_authenticate:
        case create_partitions:
        case create_delegation_token:
        case renew_delegation_token:
        case expire_delegation_token:
        case describe_delegation_token:
        case delete_groups:
        case elect_leaders: return 2;
        case controlled_shutdown:
        case find_coordinator:
        case list_groups:
        case api_versions:
        case add_partitions_to_txn:
        case add_offsets_to_txn:
        case end_txn:
        case txn_offset_commit: return 3;
        case leader_and_isr:
        case heartbeat:
        case leave_group:
        case sync_group:
        case delete_topics:
        case offset_for_leader_epoch:
        case describe_configs: return 4;
        case describe_groups:
        case create_topics: return 5;
        case list_offsets:
        case update_metadata:
        case offset_fetch:
        case join_group: return 6;
        case offset_commit: return 8;
        case produce:
        case metadata: return 9;
        case fetch: return 12;
        case sasl_handshake:
        case offset_delete: return kNeverFlexible;
        default:
            // What came later was flexible from its first version on.
            return 0;
    }
}

void begin_request(WireWriter& writer, ApiKey key, int16_t version, const RequestId& id) {
    LS_ASSERT(writer.size() == 0);
    writer.put_int32(0);
    writer.put_int16(static_cast<int16_t>(key));
    writer.put_int16(version);
    writer.put_int32(id.correlation_id);
    // Not compact in version 2 either: brokers read it before they know the version.
    writer.put_string(id.client_id, Lengths::fixed);
    if (request_header_version(key, version) >= 2) {
        writer.put_unsigned_varint(0);
    }
}

void begin_response(WireWriter& writer, ApiKey key, int16_t version, int32_t correlation_id) {
    LS_ASSERT(writer.size() == 0);
    writer.put_int32(0);
    writer.put_int32(correlation_id);
    if (has_tags_in_response_header(key, version)) {
        writer.put_unsigned_varint(0);
    }
}

void end_frame(WireWriter& writer) {
    const size_t size = writer.size() - kFrameSizeBytes;
    LS_ASSERT(size <= INT32_MAX);
    writer.patch_int32(0, static_cast<int32_t>(size));
}

Result<RequestHeader> decode_request_header(ByteView frame) {
    WireReader reader(frame);
    RequestHeader header;
    header.key = static_cast<ApiKey>(reader.read_int16());
    header.version = reader.read_int16();
    header.correlation_id = reader.read_int32();
    header.client_id = reader.read_nullable_string(Lengths::fixed);
    skip_header_tags(reader, request_header_version(header.key, header.version) >= 2);
    if (!reader.ok()) {
        return reader.error("request header");
    }
    header.body = frame.subspan(reader.position());
    return header;
}

Result<ResponseHeader> decode_response_header(ByteView frame, ApiKey key, int16_t version) {
    WireReader reader(frame);
    ResponseHeader header;
    header.correlation_id = reader.read_int32();
    skip_header_tags(reader, has_tags_in_response_header(key, version));
    if (!reader.ok()) {
        return reader.error(std::string(to_string(key)) + " response header");
    }
    header.body = frame.subspan(reader.position());
    return header;
}

}  // namespace lockstep::protocol
