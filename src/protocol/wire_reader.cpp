#include "protocol/wire_reader.h"

#include <bit>

namespace lockstep::protocol {

double WireReader::read_double() {
    return std::bit_cast<double>(read_int64());
}

Uuid WireReader::read_uuid() {
    Uuid id;
    const ByteView bytes = read_view(id.bytes.size());
    std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
    return id;
}

uint32_t WireReader::read_unsigned_varint() {
    const uint64_t bits = read_varint_bits(5);
    if (bits > UINT32_MAX) {
        fail("varint too long");
        return 0;
    }
    return static_cast<uint32_t>(bits);
}

int32_t WireReader::read_varint() {
    const uint32_t bits = read_unsigned_varint();
    return static_cast<int32_t>(bits >> 1 ^ (0U - (bits & 1)));
}

int64_t WireReader::read_varlong() {
    const uint64_t bits = read_varint_bits(10);
    return static_cast<int64_t>(bits >> 1 ^ (0ULL - (bits & 1)));
}

ByteView WireReader::read_view(size_t size) {
    if (size > remaining()) {
        fail("truncated");
        return {};
    }
    const ByteView view = input_.subspan(position_, size);
    position_ += size;
    return view;
}

std::string_view WireReader::read_string(Lengths lengths) {
    const auto text = read_nullable_string(lengths);
    if (!text) {
        fail("null where a string is needed");
    }
    return text.value_or(std::string_view{});
}

std::optional<std::string_view> WireReader::read_nullable_string(Lengths lengths) {
    const int64_t size = lengths == Lengths::compact
                             ? static_cast<int64_t>(read_unsigned_varint()) - 1
                             : read_int16();
    if (size > INT16_MAX) {
        fail("string too long");
    }
    const auto bytes = read_sized(size);
    if (!bytes) {
        return std::nullopt;
    }
    return as_text(*bytes);
}

ByteView WireReader::read_bytes(Lengths lengths) {
    const auto bytes = read_nullable_bytes(lengths);
    if (!bytes) {
        fail("null where bytes are needed");
    }
    return bytes.value_or(ByteView{});
}

std::optional<ByteView> WireReader::read_nullable_bytes(Lengths lengths) {
    return read_sized(lengths == Lengths::compact ? static_cast<int64_t>(read_unsigned_varint()) - 1
                                                  : read_int32());
}

std::optional<size_t> WireReader::read_array_count(Lengths lengths) {
    const int64_t count = lengths == Lengths::compact
                              ? static_cast<int64_t>(read_unsigned_varint()) - 1
                              : read_int32();
    if (!ok()) {
        return 0;
    }
    if (count == -1) {
        return std::nullopt;
    }
    if (count < 0 || static_cast<uint64_t>(count) > remaining()) {
        fail("array longer than its input");
        return 0;
    }
    if (static_cast<uint64_t>(count) > kMaxArrayCount) {
        fail("array beyond the limit");
        return 0;
    }
    return static_cast<size_t>(count);
}

void WireReader::skip_tags() {
    const uint32_t count = read_unsigned_varint();
    if (count > kMaxTagCount) {
        fail("too many tagged fields");
    }
    for (uint32_t i = 0; i < count && ok(); ++i) {
        read_unsigned_varint();
        read_view(read_unsigned_varint());
    }
}

void WireReader::fail(const char* problem) {
    if (problem_ == nullptr) {
        problem_ = problem;
    }
    // Whatever is read from now on finds no input.
    position_ = input_.size();
}

Error WireReader::error(std::string_view context) const {
    return {Errc::malformed, std::string(context) + ": " + (problem_ == nullptr ? "" : problem_)};
}

uint64_t WireReader::read_varint_bits(int max_bytes) {
    uint64_t bits = 0;
    for (int i = 0; i < max_bytes; ++i) {
        const auto byte = static_cast<uint8_t>(read_int8());
        bits |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            // The tenth byte has room for one bit only.
            if (i == 9 && byte > 1) {
                break;
            }
            return bits;
        }
    }
    fail("varint too long");
    return 0;
}

std::optional<ByteView> WireReader::read_sized(int64_t size) {
    if (!ok()) {
        return ByteView{};
    }
    if (size == -1) {
        return std::nullopt;
    }
    if (size < 0) {
        fail("negative length");
        return ByteView{};
    }
    return read_view(static_cast<size_t>(size));
}

}  // namespace lockstep::protocol
