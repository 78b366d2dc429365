#include "replication/record_hash.h"

#include <functional>
#include <string_view>

namespace lockstep::replication {
namespace {

void add_to(uint64_t& hash, uint64_t more) {
    hash = (hash ^ more) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
}

void add_to(uint64_t& hash, const std::optional<ByteView>& bytes) {
    add_to(hash, bytes ? bytes->size() + 1 : 0);
    if (bytes) {
        add_to(hash, std::hash<std::string_view>{}(as_text(*bytes)));
    }
}

}  // namespace

uint64_t hash_of(int64_t timestamp_ms, const protocol::Record& record) {
    auto hash = static_cast<uint64_t>(timestamp_ms);
    add_to(hash, record.key);
    add_to(hash, record.value);
    for (const protocol::RecordHeader& header : record.headers) {
        add_to(hash, as_bytes(header.key));
        add_to(hash, header.value);
    }
    return hash;
}

}  // namespace lockstep::replication
