#include "sandbox/disk/journal_format.h"

#include "base/crc32c.h"
#include "protocol/wire_reader.h"
#include "protocol/wire_writer.h"

#include <fmt/core.h>

namespace lockstep::sandbox {

using protocol::Lengths;
using protocol::WireReader;
using protocol::WireWriter;

namespace {

constexpr size_t kEntryHeaderSize = 8;

/// The payload of the entry at the front of `bytes`; nothing where there is no whole right one.
std::optional<ByteView> entry_at(ByteView bytes) {
    if (bytes.size() < kEntryHeaderSize) {
        return std::nullopt;
    }
    const auto size = load_big_endian<uint32_t>(bytes.data());
    if (size == 0 || size > bytes.size() - kEntryHeaderSize) {
        return std::nullopt;
    }
    const ByteView payload = bytes.subspan(kEntryHeaderSize, size);
    if (crc32c(payload) != load_big_endian<uint32_t>(bytes.data() + sizeof(uint32_t))) {
        return std::nullopt;
    }
    return payload;
}

std::optional<ImageChanges> decode_payload(ByteView payload) {
    ImageChanges changes;
    WireReader reader(payload);
    while (reader.ok() && reader.remaining() > 0) {
        const std::string key(as_text(reader.read_bytes(Lengths::fixed)));
        const auto value = reader.read_nullable_bytes(Lengths::fixed);
        changes[key] = value ? std::optional(std::string(as_text(*value))) : std::nullopt;
    }
    return reader.ok() ? std::optional(std::move(changes)) : std::nullopt;
}

bool has_entry_in(ByteView bytes) {
    for (size_t at = 1; at < bytes.size(); ++at) {
        const auto payload = entry_at(bytes.subspan(at));
        if (payload && decode_payload(*payload)) {
            return true;
        }
    }
    return false;
}

}  // namespace

Bytes encode_entry(const ImageChanges& changes) {
    WireWriter payload;
    for (const auto& [key, value] : changes) {
        payload.put_bytes(as_bytes(key), Lengths::fixed);
        payload.put_nullable_bytes(value ? std::optional(as_bytes(*value)) : std::nullopt,
                                   Lengths::fixed);
    }
    const ByteView bytes = payload.view();
    WireWriter entry;
    entry.put_uint32(static_cast<uint32_t>(bytes.size()));
    entry.put_uint32(crc32c(bytes));
    entry.put_view(bytes);
    return entry.flatten();
}

Result<Replayed> replay_journal(ByteView journal) {
    Replayed replayed;
    while (replayed.good_bytes < journal.size()) {
        const ByteView rest = journal.subspan(replayed.good_bytes);
        const auto payload = entry_at(rest);
        const auto changes = payload ? decode_payload(*payload) : std::nullopt;
        if (!changes) {
            if (has_entry_in(rest)) {
                return Error(Errc::checksum_mismatch,
                             fmt::format("the entry at byte {} is damaged, and there are whole "
                                         "ones behind it",
                                         replayed.good_bytes));
            }
            break;
        }
        apply(*changes, replayed.image);
        replayed.good_bytes += kEntryHeaderSize + payload->size();
        ++replayed.entries;
    }
    return replayed;
}

void apply(const ImageChanges& changes, Image& image) {
    for (const auto& [key, value] : changes) {
        if (value) {
            image[key] = *value;
        } else {
            image.erase(key);
        }
    }
}

}  // namespace lockstep::sandbox
