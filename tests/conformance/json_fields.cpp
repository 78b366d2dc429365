#include "json_fields.h"

#include "protocol/record_batch.h"
#include "protocol/records.h"

#include <fmt/format.h>

#include <stdexcept>

namespace lockstep::conformance {

using protocol::RecordBatchView;
using protocol::RecordReader;

namespace {

Json records_of(const RecordBatchView& batch) {
    Json records = Json::array();
    auto reader = RecordReader::open(batch);
    if (reader.has_error()) {
        return reader.error().message();
    }
    while (true) {
        const auto next = reader->next();
        if (next.has_error()) {
            return next.error().message();
        }
        if (!next->has_value()) {
            return records;
        }
        const protocol::Record& record = **next;
        records.push_back({{"offset", reader->offset_of(record).value()},
                           {"timestamp_ms", reader->timestamp_of(record)},
                           {"key", record.key ? Json(to_hex(*record.key)) : Json()},
                           {"value", record.value ? Json(to_hex(*record.value)) : Json()}});
    }
}

Json batches_of(ByteView records) {
    Json batches = Json::array();
    while (true) {
        const auto batch = protocol::next_batch(records);
        if (batch.has_error() || !batch->has_value()) {
            return batches;  // a batch that was cut off is no batch
        }
        const RecordBatchView& view = **batch;
        batches.push_back({{"base_offset", view.base_offset().value()},
                           {"last_offset_delta", view.last_offset_delta()},
                           {"leader_epoch", view.partition_leader_epoch().value()},
                           {"attributes", view.attributes()},
                           {"base_timestamp_ms", view.base_timestamp()},
                           {"max_timestamp_ms", view.max_timestamp()},
                           {"batch_producer_id", view.producer_id().value()},
                           {"producer_epoch", view.producer_epoch().value()},
                           {"base_sequence", view.base_sequence().value()},
                           {"is_crc_right", view.verify_crc()},
                           {"records", records_of(view)}});
    }
}

}  // namespace

JsonFiller::JsonFiller(const Json& message, int16_t version)
    : FieldVisitor(version), message_(message) {}

const Json* JsonFiller::find(const char* name) {
    Level& level = levels_.back();
    if (name == nullptr) {
        const Json* item = &level.json->at(level.next++);
        used_.insert(item);
        return item;
    }
    const auto found = level.json->find(name);
    if (found == level.json->end()) {
        return nullptr;
    }
    used_.insert(&*found);
    return &*found;
}

template <typename Number>
void JsonFiller::number(const char* name, Number& value) {
    if (const Json* json = find(name)) {
        value = json->get<Number>();
    }
}

void JsonFiller::leaf(const char* name, std::optional<std::string>& value, bool) {
    if (const Json* json = find(name)) {
        value = json->is_null() ? std::nullopt : std::optional(json->get<std::string>());
    }
}

void JsonFiller::leaf(const char* name, Bytes& value, bool) {
    if (const Json* json = find(name)) {
        value = from_hex(json->get<std::string>());
    }
}

void JsonFiller::leaf(const char* name, Uuid& value, bool) {
    if (const Json* json = find(name)) {
        const auto id = Uuid::parse(json->get<std::string>());
        if (!id) {
            throw std::runtime_error("not an id: " + json->dump());
        }
        value = *id;
    }
}

void JsonFiller::leaf(const char* name, protocol::Records& value, bool) {
    const Json* json = find(name);
    if (json != nullptr && !json->is_null()) {
        value = protocol::Records(kept_.emplace_back(from_hex(json->get<std::string>())));
    }
}

void JsonFiller::begin_struct(const char* name) {
    if (levels_.empty()) {
        levels_.push_back({&message_});
        return;
    }
    const Json* json = find(name);
    levels_.push_back({json == nullptr ? &empty_object_ : json});
}

void JsonFiller::end_struct(protocol::UnknownTags&) {
    levels_.pop_back();
}

protocol::FieldVisitor::ArrayHead JsonFiller::begin_array(const char* name, ArrayHead, bool) {
    const Json* json = find(name);
    if (json == nullptr) {
        return {true, 0};
    }
    if (json->is_null()) {
        return {false, 0};
    }
    levels_.push_back({json});
    return {true, json->size()};
}

void JsonFiller::end_array(ArrayHead head) {
    if (head.count > 0 || (!levels_.empty() && levels_.back().json->is_array())) {
        levels_.pop_back();
    }
}

bool JsonFiller::begin_optional(const char* name, bool) {
    const Json* json = find(name);
    return json != nullptr && !json->is_null();
}

void JsonReader::put(const char* name, Json value) {
    Json& parent = levels_.back().second;
    if (parent.is_array()) {
        parent.push_back(std::move(value));
    } else {
        parent[name] = std::move(value);
    }
}

void JsonReader::leaf(const char* name, std::optional<std::string>& value, bool) {
    put(name, value ? Json(*value) : Json());
}

void JsonReader::leaf(const char* name, Bytes& value, bool) {
    put(name, to_hex(value));
}

void JsonReader::leaf(const char* name, protocol::Records& value, bool) {
    put(name, value.data ? batches_of(*value.data) : Json());
}

void JsonReader::begin_struct(const char* name) {
    levels_.emplace_back(name == nullptr ? "" : name, Json::object());
}

void JsonReader::end_struct(protocol::UnknownTags& unknown_tags) {
    auto [name, json] = std::move(levels_.back());
    levels_.pop_back();
    for (const protocol::UnknownTag& tag : unknown_tags) {
        json["tag " + std::to_string(tag.tag)] = to_hex(tag.data);
    }
    if (levels_.empty()) {
        message_ = std::move(json);
    } else {
        put(name.c_str(), std::move(json));
    }
}

protocol::FieldVisitor::ArrayHead JsonReader::begin_array(const char* name, ArrayHead held, bool) {
    if (held.present) {
        levels_.emplace_back(name, Json::array());
    } else {
        put(name, Json());
    }
    return held;
}

void JsonReader::end_array(ArrayHead head) {
    if (head.present) {
        auto [name, json] = std::move(levels_.back());
        levels_.pop_back();
        put(name.c_str(), std::move(json));
    }
}

bool JsonReader::begin_optional(const char* name, bool held) {
    if (!held) {
        put(name, Json());
    }
    return held;
}

void require_all(const Json& message, const std::set<const Json*>& used) {
    if (!message.is_structured()) {
        return;
    }
    for (const auto& [name, value] : message.items()) {
        if (!used.contains(&value)) {
            throw std::runtime_error("no version has " + name);
        }
        require_all(value, used);
    }
}

std::string to_hex(ByteView bytes) {
    std::string text;
    for (const uint8_t byte : bytes) {
        text += fmt::format("{:02x}", byte);
    }
    return text;
}

Bytes from_hex(const std::string& text) {
    Bytes bytes(text.size() / 2);
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
    }
    return bytes;
}

}  // namespace lockstep::conformance
