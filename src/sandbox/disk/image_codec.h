#pragma once

#include "protocol/wire_reader.h"
#include "protocol/wire_writer.h"

#include <string>

namespace lockstep::sandbox {

/// PURE: keys and values of an image (cluster_image.h), put together and taken apart.
class ImageWriter {
public:
    ImageWriter() = default;
    explicit ImageWriter(char kind) { wire_.put_int8(kind); }

    ImageWriter& number(int64_t value) {
        wire_.put_int64(value);
        return *this;
    }
    ImageWriter& real(double value) {
        wire_.put_double(value);
        return *this;
    }
    ImageWriter& text(std::string_view value) {
        wire_.put_bytes(as_bytes(value), protocol::Lengths::fixed);
        return *this;
    }
    ImageWriter& id(const Uuid& value) {
        wire_.put_uuid(value);
        return *this;
    }
    std::string take() const { return std::string(as_text(wire_.view())); }

private:
    protocol::WireWriter wire_;
};

class ImageReader {
public:
    explicit ImageReader(std::string_view bytes) : wire_(as_bytes(bytes)) {}

    void skip_kind() { wire_.read_int8(); }
    int64_t number() { return wire_.read_int64(); }
    template <typename Small>
    Small small() {
        return static_cast<Small>(number());
    }
    double real() { return wire_.read_double(); }
    std::string text() { return std::string(as_text(wire_.read_bytes(protocol::Lengths::fixed))); }
    Bytes bytes() {
        const ByteView view = wire_.read_bytes(protocol::Lengths::fixed);
        return {view.begin(), view.end()};
    }
    Uuid id() { return wire_.read_uuid(); }
    /// How many elements follow; 0 behind an error, so that loops end.
    int64_t count() {
        const int64_t value = number();
        const bool is_possible = value >= 0 && static_cast<size_t>(value) <= wire_.remaining();
        if (!is_possible) {
            wire_.fail("an impossible count");
        }
        return is_possible ? value : 0;
    }
    bool ok() const { return wire_.ok(); }

private:
    protocol::WireReader wire_;
};

}  // namespace lockstep::sandbox
