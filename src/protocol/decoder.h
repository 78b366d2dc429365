#pragma once

#include "base/result.h"
#include "protocol/field_visitor.h"
#include "protocol/wire_reader.h"

namespace lockstep::protocol {

/// Which message in which version is at hand.
struct MessageVersion {
    std::string_view name;
    int16_t version;
    int16_t min_version;
    int16_t max_version;
    bool flexible;

    bool is_known() const { return version >= min_version && version <= max_version; }
    Lengths lengths() const { return flexible ? Lengths::compact : Lengths::fixed; }
    /// "FetchRequest v12"
    std::string to_string() const { return std::string(name) + " v" + std::to_string(version); }
};

/// What bytes behind a message's last field are.
enum class LeftOver { malformed, passed_over };

/// Fills a message from bytes that nobody has checked. After the first error nothing is read any
/// more, and finish() says what it was.
class Decoder final : public FieldVisitor {
public:
    Decoder(ByteView body, MessageVersion message);

    /// To be called at the end: an error that was met, or bytes that were left over.
    Result<void> finish(LeftOver left_over = LeftOver::malformed);

private:
    struct Tag {
        uint32_t number;
        ByteView data;
        bool taken;
    };

    /// One struct that is being read; its tags are tags_[first_tag...].
    struct Level {
        size_t first_tag;
        bool has_read_tags;
    };

    void leaf(const char* name, bool& value, bool nullable) override;
    void leaf(const char* name, int8_t& value, bool nullable) override;
    void leaf(const char* name, int16_t& value, bool nullable) override;
    void leaf(const char* name, int32_t& value, bool nullable) override;
    void leaf(const char* name, int64_t& value, bool nullable) override;
    void leaf(const char* name, double& value, bool nullable) override;
    void leaf(const char* name, std::string& value, bool nullable) override;
    void leaf(const char* name, std::optional<std::string>& value, bool nullable) override;
    void leaf(const char* name, Bytes& value, bool nullable) override;
    void leaf(const char* name, Uuid& value, bool nullable) override;
    void leaf(const char* name, Records& value, bool nullable) override;

    void begin_struct(const char* name) override;
    void end_struct(UnknownTags& unknown_tags) override;
    ArrayHead begin_array(const char* name, ArrayHead held, bool nullable) override;
    void end_array(ArrayHead) override {}
    bool begin_optional(const char* name, bool held) override;
    bool begin_tagged(uint32_t tag, bool is_default) override;
    void end_tagged(uint32_t tag) override;

    void read_tags();
    /// To be called after each read: keeps the name of the field at which the first error showed.
    void check(const char* name);

    const MessageVersion message_;
    const Lengths lengths_;
    WireReader reader_;
    std::vector<WireReader> outer_readers_;  // while a tagged field is read from its own bytes
    std::vector<Level> levels_;
    std::vector<Tag> tags_;
    const char* failed_field_ = nullptr;
};

}  // namespace lockstep::protocol
