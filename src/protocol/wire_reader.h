#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace lockstep::protocol {

/// How lengths and counts are written: "flexible" versions of a message have the compact form.
enum class Lengths : uint8_t {
    fixed,    ///< int16 before strings, int32 before bytes and arrays; -1 is null
    compact,  ///< unsigned varint of length + 1; 0 is null
};

/// Reads Kafka's primitive types from bytes that nobody has checked. Keeps its first error and then
/// returns zeros and empties, so that callers check once, at the end. Never throws, never
/// allocates: strings and bytes are views of the input.
class WireReader {
public:
    /// More elements than this in one array are an error (Kafka 4.4 has the same bound).
    static constexpr size_t kMaxArrayCount = 1'000'000;
    static constexpr size_t kMaxTagCount = 10'000;

    explicit WireReader(ByteView input) : input_(input) {}

    bool read_bool() { return read_int8() != 0; }
    int8_t read_int8() { return read_integer<int8_t>(); }
    int16_t read_int16() { return read_integer<int16_t>(); }
    uint16_t read_uint16() { return read_integer<uint16_t>(); }
    int32_t read_int32() { return read_integer<int32_t>(); }
    uint32_t read_uint32() { return read_integer<uint32_t>(); }
    int64_t read_int64() { return read_integer<int64_t>(); }
    double read_double();
    Uuid read_uuid();

    uint32_t read_unsigned_varint();
    int32_t read_varint();   ///< zigzag, as in records
    int64_t read_varlong();  ///< zigzag, as in records

    /// The next `size` bytes.
    ByteView read_view(size_t size);

    std::string_view read_string(Lengths lengths);
    std::optional<std::string_view> read_nullable_string(Lengths lengths);
    ByteView read_bytes(Lengths lengths);
    std::optional<ByteView> read_nullable_bytes(Lengths lengths);

    /// The number of elements that follow; nothing for a null array. An element takes at least one
    /// byte, so a count above `remaining()` is an error, and so is one above kMaxArrayCount.
    std::optional<size_t> read_array_count(Lengths lengths);

    /// Skips a section of tagged fields.
    void skip_tags();

    size_t position() const { return position_; }
    size_t remaining() const { return input_.size() - position_; }

    bool ok() const { return problem_ == nullptr; }
    /// What the first error was; nullptr where there was none.
    const char* problem() const { return problem_; }
    /// Records an error of the caller's, unless there was one before. `problem` is a literal.
    void fail(const char* problem);
    /// The first error as a value; only for a reader that is not ok().
    Error error(std::string_view context) const;

private:
    template <typename Int>
    Int read_integer() {
        if (remaining() < sizeof(Int)) [[unlikely]] {
            fail("truncated");
            return 0;
        }
        const Int value = load_big_endian<Int>(input_.data() + position_);
        position_ += sizeof(Int);
        return value;
    }

    uint64_t read_varint_bits(int max_bytes);
    std::optional<ByteView> read_sized(int64_t size);

    ByteView input_;
    size_t position_ = 0;
    const char* problem_ = nullptr;
};

}  // namespace lockstep::protocol
