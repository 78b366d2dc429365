#pragma once

#include "protocol/field_visitor.h"

#include <nlohmann/json.hpp>

#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::conformance {

using Json = nlohmann::ordered_json;

/// Fills a message from JSON that has the names of its fields; what is not mentioned keeps its
/// default, and what the version does not have is passed over. Bytes and records are hexadecimal
/// text. It owns what records point into, and so must live until the message is encoded. Errors:
/// exceptions, as the script is wrong.
class JsonFiller final : public protocol::FieldVisitor {
public:
    JsonFiller(const Json& message, int16_t version);

    /// The parts of the JSON that were asked for.
    const std::set<const Json*>& used() const { return used_; }

private:
    template <typename Number>
    void number(const char* name, Number& value);
    /// What the script says for the field; nullptr where it says nothing.
    const Json* find(const char* name);

    void leaf(const char* name, bool& value, bool) override { number(name, value); }
    void leaf(const char* name, int8_t& value, bool) override { number(name, value); }
    void leaf(const char* name, int16_t& value, bool) override { number(name, value); }
    void leaf(const char* name, int32_t& value, bool) override { number(name, value); }
    void leaf(const char* name, int64_t& value, bool) override { number(name, value); }
    void leaf(const char* name, double& value, bool) override { number(name, value); }
    void leaf(const char* name, std::string& value, bool) override { number(name, value); }
    void leaf(const char* name, std::optional<std::string>& value, bool) override;
    void leaf(const char* name, Bytes& value, bool) override;
    void leaf(const char* name, Uuid& value, bool) override;
    void leaf(const char* name, protocol::Records& value, bool) override;

    void begin_struct(const char* name) override;
    void end_struct(protocol::UnknownTags&) override;
    ArrayHead begin_array(const char* name, ArrayHead held, bool nullable) override;
    void end_array(ArrayHead head) override;
    bool begin_optional(const char* name, bool held) override;
    bool begin_tagged(uint32_t, bool) override { return true; }
    void end_tagged(uint32_t) override {}

    /// An object or array that is being read.
    struct Level {
        const Json* json;
        size_t next = 0;  // of an array
    };

    const Json empty_object_ = Json::object();  // for a struct that is not mentioned
    const Json& message_;
    std::vector<Level> levels_;
    std::set<const Json*> used_;
    std::deque<Bytes> kept_;
};

/// A message as JSON; records are told batch by batch.
class JsonReader final : public protocol::FieldVisitor {
public:
    explicit JsonReader(int16_t version) : FieldVisitor(version) {}

    Json take() { return std::move(message_); }

private:
    void put(const char* name, Json value);

    void leaf(const char* name, bool& value, bool) override { put(name, value); }
    void leaf(const char* name, int8_t& value, bool) override { put(name, value); }
    void leaf(const char* name, int16_t& value, bool) override { put(name, value); }
    void leaf(const char* name, int32_t& value, bool) override { put(name, value); }
    void leaf(const char* name, int64_t& value, bool) override { put(name, value); }
    void leaf(const char* name, double& value, bool) override { put(name, value); }
    void leaf(const char* name, std::string& value, bool) override { put(name, value); }
    void leaf(const char* name, std::optional<std::string>& value, bool) override;
    void leaf(const char* name, Bytes& value, bool) override;
    void leaf(const char* name, Uuid& value, bool) override { put(name, value.to_string()); }
    void leaf(const char* name, protocol::Records& value, bool) override;

    void begin_struct(const char* name) override;
    void end_struct(protocol::UnknownTags& unknown_tags) override;
    ArrayHead begin_array(const char* name, ArrayHead held, bool nullable) override;
    void end_array(ArrayHead head) override;
    bool begin_optional(const char* name, bool held) override;
    bool begin_tagged(uint32_t, bool is_default) override { return !is_default; }
    void end_tagged(uint32_t) override {}

    Json message_;
    std::vector<std::pair<std::string, Json>> levels_;  // the name of each, and what it has so far
};

/// Whether every part of `message` is in `used`; throws where one is not.
void require_all(const Json& message, const std::set<const Json*>& used);

std::string to_hex(ByteView bytes);
Bytes from_hex(const std::string& text);

}  // namespace lockstep::conformance
