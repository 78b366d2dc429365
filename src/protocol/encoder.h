#pragma once

#include "protocol/decoder.h"
#include "protocol/field_visitor.h"
#include "protocol/wire_writer.h"

namespace lockstep::protocol {

/// Writes a message. Changes none of its fields. One pass: the sizes of tagged fields are known
/// once they are written, and then they move into the section of tags at the end of their struct.
class Encoder final : public FieldVisitor {
public:
    Encoder(WireWriter& writer, MessageVersion message);

private:
    struct Tag {
        uint32_t number;
        Bytes data;
    };

    void leaf(const char*, bool& value, bool) override { writer_.put_bool(value); }
    void leaf(const char*, int8_t& value, bool) override { writer_.put_int8(value); }
    void leaf(const char*, int16_t& value, bool) override { writer_.put_int16(value); }
    void leaf(const char*, int32_t& value, bool) override { writer_.put_int32(value); }
    void leaf(const char*, int64_t& value, bool) override { writer_.put_int64(value); }
    void leaf(const char*, double& value, bool) override { writer_.put_double(value); }
    void leaf(const char*, std::string& value, bool) override;
    void leaf(const char*, std::optional<std::string>& value, bool nullable) override;
    void leaf(const char*, Bytes& value, bool) override { writer_.put_bytes(value, lengths_); }
    void leaf(const char*, Uuid& value, bool) override { writer_.put_uuid(value); }
    void leaf(const char*, Records& value, bool) override;

    void begin_struct(const char* name) override;
    void end_struct(UnknownTags& unknown_tags) override;
    ArrayHead begin_array(const char* name, ArrayHead held, bool nullable) override;
    void end_array(ArrayHead) override {}
    bool begin_optional(const char* name, bool held) override;
    bool begin_tagged(uint32_t tag, bool is_default) override;
    void end_tagged(uint32_t tag) override;

    void put_tag(uint32_t number, ByteView data);

    WireWriter& writer_;
    const bool flexible_;
    const Lengths lengths_;
    std::vector<size_t> levels_;         // for each open struct, where its tags begin in tags_
    std::vector<Tag> tags_;              // written, but not yet in their place
    std::vector<size_t> tagged_starts_;  // where in writer_ the tagged fields being written begin
};

}  // namespace lockstep::protocol
