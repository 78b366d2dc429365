#pragma once

#include "base/bytes.h"
#include "model/ids.h"
#include "protocol/wire_reader.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace lockstep::protocol {

/// Writes Kafka's primitive types into a frame. The frame is what the writer owns plus *external*
/// parts: record batches, which are sent from where they lie. Whoever put them keeps them valid
/// until the frame is sent.
///
///     owned:      [size|header|topics ...]      [rest]
///     external:                           [batch]
///     gather():    piece 1                 piece 2 piece 3     for writev
class WireWriter {
public:
    void put_bool(bool value) { put_int8(value ? 1 : 0); }
    void put_int8(int8_t value) { put_integer(value); }
    void put_int16(int16_t value) { put_integer(value); }
    void put_uint16(uint16_t value) { put_integer(value); }
    void put_int32(int32_t value) { put_integer(value); }
    void put_uint32(uint32_t value) { put_integer(value); }
    void put_int64(int64_t value) { put_integer(value); }
    void put_double(double value);
    void put_uuid(const Uuid& id);

    void put_unsigned_varint(uint32_t value) { put_varint_bits(value); }
    void put_varint(int32_t value);   ///< zigzag, as in records
    void put_varlong(int64_t value);  ///< zigzag, as in records

    /// Bytes as they are, copied.
    void put_view(ByteView bytes);
    /// Bytes as they are, not copied.
    void put_external(ByteView bytes);

    void put_nullable_string(std::optional<std::string_view> text, Lengths lengths);
    void put_string(std::string_view text, Lengths lengths) { put_nullable_string(text, lengths); }
    void put_nullable_bytes(std::optional<ByteView> bytes, Lengths lengths);
    void put_bytes(ByteView bytes, Lengths lengths) { put_nullable_bytes(bytes, lengths); }
    /// Before bytes that the caller puts next.
    void put_nullable_bytes_size(std::optional<size_t> size, Lengths lengths);
    /// Before elements that the caller puts next; nothing for a null array.
    void put_array_count(std::optional<size_t> count, Lengths lengths);

    /// Bytes in the frame, external ones included.
    size_t size() const { return owned_.size() + external_size_; }
    /// Where the next owned byte goes; for patch_int32 and cut_tail.
    size_t position() const { return owned_.size(); }
    /// Overwrites four owned bytes that were put earlier at `position`.
    void patch_int32(size_t position, int32_t value);
    /// Takes back everything after `position`, which must hold owned bytes only.
    Bytes cut_tail(size_t position);

    /// Appends the frame to `out` as a list of parts in order. The parts are valid until the next
    /// put.
    void gather(std::vector<ByteView>& out) const;
    /// The frame where it lies; only while it has no external parts, and until the next put.
    ByteView view() const;
    /// The frame as one copy.
    Bytes flatten() const;
    /// Empties the frame but keeps the memory.
    void clear();

private:
    struct External {
        size_t position;  ///< in `owned_`, before which the bytes belong
        ByteView bytes;
    };

    template <typename Int>
    void put_integer(Int value) {
        uint8_t raw[sizeof(Int)];
        store_big_endian(raw, value);
        put_view(raw);
    }

    void put_varint_bits(uint64_t bits);

    Bytes owned_;
    std::vector<External> external_;
    size_t external_size_ = 0;
};

}  // namespace lockstep::protocol
