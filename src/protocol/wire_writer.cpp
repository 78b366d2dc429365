#include "protocol/wire_writer.h"

#include "base/assert.h"

#include <bit>

namespace lockstep::protocol {

void WireWriter::put_double(double value) {
    put_int64(std::bit_cast<int64_t>(value));
}

void WireWriter::put_uuid(const Uuid& id) {
    put_view(id.bytes);
}

void WireWriter::put_varint(int32_t value) {
    put_unsigned_varint(static_cast<uint32_t>(value) << 1 ^ static_cast<uint32_t>(value >> 31));
}

void WireWriter::put_varlong(int64_t value) {
    put_varint_bits(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
}

void WireWriter::put_view(ByteView bytes) {
    owned_.insert(owned_.end(), bytes.begin(), bytes.end());
}

void WireWriter::put_external(ByteView bytes) {
    if (!bytes.empty()) {
        external_.push_back({owned_.size(), bytes});
        external_size_ += bytes.size();
    }
}

void WireWriter::put_nullable_string(std::optional<std::string_view> text, Lengths lengths) {
    if (lengths == Lengths::compact) {
        put_unsigned_varint(text ? static_cast<uint32_t>(text->size() + 1) : 0);
    } else {
        LS_ASSERT(!text || text->size() <= INT16_MAX);
        put_int16(text ? static_cast<int16_t>(text->size()) : int16_t{-1});
    }
    if (text) {
        put_view(as_bytes(*text));
    }
}

void WireWriter::put_nullable_bytes(std::optional<ByteView> bytes, Lengths lengths) {
    put_nullable_bytes_size(bytes ? std::optional(bytes->size()) : std::nullopt, lengths);
    if (bytes) {
        put_view(*bytes);
    }
}

void WireWriter::put_nullable_bytes_size(std::optional<size_t> size, Lengths lengths) {
    put_array_count(size, lengths);
}

void WireWriter::put_array_count(std::optional<size_t> count, Lengths lengths) {
    LS_ASSERT(!count || *count <= INT32_MAX);
    if (lengths == Lengths::compact) {
        put_unsigned_varint(count ? static_cast<uint32_t>(*count + 1) : 0);
    } else {
        put_int32(count ? static_cast<int32_t>(*count) : -1);
    }
}

void WireWriter::patch_int32(size_t position, int32_t value) {
    LS_ASSERT(position + sizeof value <= owned_.size());
    store_big_endian(owned_.data() + position, value);
}

Bytes WireWriter::cut_tail(size_t position) {
    LS_ASSERT(position <= owned_.size());
    LS_ASSERT(external_.empty() || external_.back().position <= position);
    const auto from = owned_.begin() + static_cast<std::ptrdiff_t>(position);
    Bytes tail(from, owned_.end());
    owned_.erase(from, owned_.end());
    return tail;
}

void WireWriter::gather(std::vector<ByteView>& out) const {
    const ByteView owned(owned_);
    size_t at = 0;
    for (const External& part : external_) {
        if (part.position > at) {
            out.push_back(owned.subspan(at, part.position - at));
            at = part.position;
        }
        out.push_back(part.bytes);
    }
    if (at < owned.size()) {
        out.push_back(owned.subspan(at));
    }
}

ByteView WireWriter::view() const {
    LS_ASSERT(external_.empty());
    return owned_;
}

Bytes WireWriter::flatten() const {
    std::vector<ByteView> parts;
    gather(parts);
    Bytes flat;
    flat.reserve(size());
    for (const ByteView part : parts) {
        flat.insert(flat.end(), part.begin(), part.end());
    }
    return flat;
}

void WireWriter::clear() {
    owned_.clear();
    external_.clear();
    external_size_ = 0;
}

void WireWriter::put_varint_bits(uint64_t bits) {
    while (bits >= 0x80) {
        owned_.push_back(static_cast<uint8_t>(bits | 0x80));
        bits >>= 7;
    }
    owned_.push_back(static_cast<uint8_t>(bits));
}

}  // namespace lockstep::protocol
