#pragma once

#include "protocol/field_visitor.h"

#include <string>
#include <string_view>

namespace lockstep::protocol {

/// Prints a message as JSON, for people. Changes none of its fields.
class JsonPrinter final : public FieldVisitor {
public:
    explicit JsonPrinter(int16_t version) : FieldVisitor(version) {}

    std::string take() { return std::move(text_); }

private:
    void leaf(const char* name, bool& value, bool) override;
    void leaf(const char* name, int8_t& value, bool) override { number(name, value); }
    void leaf(const char* name, int16_t& value, bool) override { number(name, value); }
    void leaf(const char* name, int32_t& value, bool) override { number(name, value); }
    void leaf(const char* name, int64_t& value, bool) override { number(name, value); }
    void leaf(const char* name, double& value, bool) override;
    void leaf(const char* name, std::string& value, bool) override;
    void leaf(const char* name, std::optional<std::string>& value, bool) override;
    void leaf(const char* name, Bytes& value, bool) override;
    void leaf(const char* name, Uuid& value, bool) override;
    void leaf(const char* name, Records& value, bool) override;

    void begin_struct(const char* name) override;
    void end_struct(UnknownTags& unknown_tags) override;
    ArrayHead begin_array(const char* name, ArrayHead held, bool nullable) override;
    void end_array(ArrayHead head) override;
    bool begin_optional(const char* name, bool held) override;
    bool begin_tagged(uint32_t, bool is_default) override { return !is_default; }
    void end_tagged(uint32_t) override {}

    /// The comma before a value where one is needed, and the value's name.
    void begin_value(const char* name);
    void number(const char* name, int64_t value);
    void quoted(std::string_view text);
    void hex(ByteView bytes);

    std::string text_;
};

}  // namespace lockstep::protocol
