#include "protocol/encoder.h"

#include "base/assert.h"

namespace lockstep::protocol {

Encoder::Encoder(WireWriter& writer, MessageVersion message)
    : FieldVisitor(message.version),
      writer_(writer),
      flexible_(message.flexible),
      lengths_(message.lengths()) {
    LS_ASSERT(message.is_known());
}

void Encoder::leaf(const char*, std::string& value, bool) {
    writer_.put_string(value, lengths_);
}

void Encoder::leaf(const char*, std::optional<std::string>& value, bool nullable) {
    if (value) {
        writer_.put_string(*value, lengths_);
    } else if (nullable) {
        writer_.put_nullable_string(std::nullopt, lengths_);
    } else {
        writer_.put_string({}, lengths_);
    }
}

void Encoder::leaf(const char*, Records& value, bool) {
    const auto size = value.data ? std::optional(value.data->size()) : std::nullopt;
    writer_.put_nullable_bytes_size(size, lengths_);
    writer_.put_external(value.view());
}

void Encoder::begin_struct(const char*) {
    levels_.push_back(tags_.size());
}

void Encoder::end_struct(UnknownTags& unknown_tags) {
    const size_t first = levels_.back();
    levels_.pop_back();
    if (!flexible_) {
        return;
    }
    writer_.put_unsigned_varint(static_cast<uint32_t>(tags_.size() - first + unknown_tags.size()));
    // Both lists ascend, and so must what is written.
    size_t known = first;
    for (const UnknownTag& unknown : unknown_tags) {
        for (; known < tags_.size() && tags_[known].number < unknown.tag; ++known) {
            put_tag(tags_[known].number, tags_[known].data);
        }
        put_tag(unknown.tag, unknown.data);
    }
    for (; known < tags_.size(); ++known) {
        put_tag(tags_[known].number, tags_[known].data);
    }
    tags_.resize(first);
}

FieldVisitor::ArrayHead Encoder::begin_array(const char*, ArrayHead held, bool nullable) {
    const bool is_null = !held.present && nullable;
    writer_.put_array_count(is_null ? std::nullopt : std::optional(held.count), lengths_);
    return held;
}

bool Encoder::begin_optional(const char*, bool held) {
    writer_.put_int8(held ? 1 : -1);
    return held;
}

bool Encoder::begin_tagged(uint32_t, bool is_default) {
    if (!is_default) {
        tagged_starts_.push_back(writer_.position());
    }
    return !is_default;
}

void Encoder::end_tagged(uint32_t tag) {
    tags_.push_back({tag, writer_.cut_tail(tagged_starts_.back())});
    tagged_starts_.pop_back();
}

void Encoder::put_tag(uint32_t number, ByteView data) {
    writer_.put_unsigned_varint(number);
    writer_.put_unsigned_varint(static_cast<uint32_t>(data.size()));
    writer_.put_view(data);
}

}  // namespace lockstep::protocol
