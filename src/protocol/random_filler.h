#pragma once

#include "base/rng.h"
#include "protocol/decoder.h"
#include "protocol/field_visitor.h"

namespace lockstep::protocol {

/// Fills a message with random values: short arrays, extreme numbers, nulls, tagged fields, tags
/// that nobody knows. For tests.
class RandomFiller final : public FieldVisitor {
public:
    RandomFiller(Rng& rng, MessageVersion message);

private:
    void leaf(const char*, bool& value, bool) override { value = rng_.chance(0.5); }
    void leaf(const char*, int8_t& value, bool) override { value = number<int8_t>(); }
    void leaf(const char*, int16_t& value, bool) override { value = number<int16_t>(); }
    void leaf(const char*, int32_t& value, bool) override { value = number<int32_t>(); }
    void leaf(const char*, int64_t& value, bool) override { value = number<int64_t>(); }
    void leaf(const char*, double& value, bool) override { value = quarters(); }
    void leaf(const char*, std::string& value, bool) override { value = text(); }
    void leaf(const char*, std::optional<std::string>& value, bool nullable) override;
    void leaf(const char*, Bytes& value, bool) override { value = bytes(); }
    void leaf(const char*, Uuid& value, bool) override;
    void leaf(const char*, Records& value, bool) override;

    void begin_struct(const char*) override {}
    void end_struct(UnknownTags& unknown_tags) override;
    ArrayHead begin_array(const char* name, ArrayHead held, bool nullable) override;
    void end_array(ArrayHead) override {}
    bool begin_optional(const char*, bool) override { return rng_.chance(0.7); }
    bool begin_tagged(uint32_t, bool) override { return rng_.chance(0.6); }
    void end_tagged(uint32_t) override {}

    template <typename Int>
    Int number() {
        const auto bits = static_cast<Int>(rng_.next());
        return rng_.chance(0.3) ? bits : static_cast<Int>(bits & 0x3f);
    }
    /// What every language prints alike.
    double quarters() { return static_cast<double>(rng_.below(4'000'000)) / 4; }
    std::string text();
    Bytes bytes();

    Rng& rng_;
    const bool flexible_;
};

}  // namespace lockstep::protocol
