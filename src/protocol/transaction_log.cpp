#include "protocol/transaction_log.h"

#include "protocol/wire_reader.h"

namespace lockstep::protocol {
namespace {

constexpr int16_t kKeyVersion = 0;
constexpr int16_t kFirstFlexibleVersion = 1;
constexpr int16_t kNewestVersion = 1;
constexpr uint32_t kTransactionVersionTag = 2;

/// Reads a section of tagged fields; only one of them matters here.
void read_tags(WireReader& reader, int16_t& transaction_version) {
    const uint32_t count = reader.read_unsigned_varint();
    for (uint32_t i = 0; i < count && reader.ok(); ++i) {
        const uint32_t tag = reader.read_unsigned_varint();
        WireReader field(reader.read_view(reader.read_unsigned_varint()));
        if (tag == kTransactionVersionTag) {
            transaction_version = field.read_int16();
            if (!field.ok()) {
                reader.fail(field.problem());
            }
        }
    }
}

void read_partitions(WireReader& reader, Lengths lengths, TransactionState& state) {
    const size_t topics = reader.read_array_count(lengths).value_or(0);
    for (size_t i = 0; i < topics && reader.ok(); ++i) {
        const std::string topic(reader.read_string(lengths));
        const size_t count = reader.read_array_count(lengths).value_or(0);
        for (size_t j = 0; j < count && reader.ok(); ++j) {
            state.partitions.push_back({topic, PartitionIndex(reader.read_int32())});
        }
        if (lengths == Lengths::compact) {
            reader.skip_tags();
        }
    }
}

}  // namespace

Result<std::optional<TransactionState>> parse_transaction_state(const Record& record) {
    WireReader key(record.key.value_or(ByteView{}));
    TransactionState state;
    const int16_t key_version = key.read_int16();
    if (key.ok() && key_version != kKeyVersion) {
        return Error(Errc::unsupported,
                     "transaction log key of version " + std::to_string(key_version));
    }
    state.transactional_id = key.read_string(Lengths::fixed);
    if (!key.ok()) {
        return key.error("transaction log key");
    }
    if (!record.value) {
        return std::optional<TransactionState>();
    }
    WireReader value(*record.value);
    const int16_t version = value.read_int16();
    if (value.ok() && (version < 0 || version > kNewestVersion)) {
        return Error(Errc::unsupported,
                     "transaction log value of version " + std::to_string(version));
    }
    const Lengths lengths = version >= kFirstFlexibleVersion ? Lengths::compact : Lengths::fixed;
    state.producer_id = ProducerId(value.read_int64());
    state.producer_epoch = ProducerEpoch(value.read_int16());
    value.read_int32();  // the transaction's timeout
    state.status = static_cast<TransactionStatus>(value.read_int8());
    read_partitions(value, lengths, state);
    state.updated_ms = value.read_int64();
    value.read_int64();  // when it began
    if (lengths == Lengths::compact) {
        read_tags(value, state.transaction_version);
    }
    if (!value.ok()) {
        return value.error("transaction log value");
    }
    return std::optional(std::move(state));
}

}  // namespace lockstep::protocol
