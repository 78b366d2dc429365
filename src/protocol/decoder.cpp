#include "protocol/decoder.h"

namespace lockstep::protocol {

Decoder::Decoder(ByteView body, MessageVersion message)
    : FieldVisitor(message.version), message_(message), lengths_(message.lengths()), reader_(body) {
    if (!message_.is_known()) {
        stopped_ = true;
        reader_.fail("version");
    }
}

Result<void> Decoder::finish(LeftOver left_over) {
    if (!message_.is_known()) {
        return Error(Errc::unsupported, message_.to_string());
    }
    if (left_over == LeftOver::malformed && reader_.ok() && reader_.remaining() > 0) {
        reader_.fail("bytes left over");
    }
    if (!reader_.ok()) {
        std::string context = "decode " + message_.to_string();
        if (failed_field_ != nullptr) {
            context.append(", field ").append(failed_field_);
        }
        return reader_.error(context);
    }
    return {};
}

void Decoder::leaf(const char* name, bool& value, bool) {
    value = reader_.read_bool();
    check(name);
}

void Decoder::leaf(const char* name, int8_t& value, bool) {
    value = reader_.read_int8();
    check(name);
}

void Decoder::leaf(const char* name, int16_t& value, bool) {
    value = reader_.read_int16();
    check(name);
}

void Decoder::leaf(const char* name, int32_t& value, bool) {
    value = reader_.read_int32();
    check(name);
}

void Decoder::leaf(const char* name, int64_t& value, bool) {
    value = reader_.read_int64();
    check(name);
}

void Decoder::leaf(const char* name, double& value, bool) {
    value = reader_.read_double();
    check(name);
}

void Decoder::leaf(const char* name, std::string& value, bool) {
    value = reader_.read_string(lengths_);
    check(name);
}

void Decoder::leaf(const char* name, std::optional<std::string>& value, bool nullable) {
    if (nullable) {
        value = reader_.read_nullable_string(lengths_);
    } else {
        value = reader_.read_string(lengths_);
    }
    check(name);
}

void Decoder::leaf(const char* name, Bytes& value, bool) {
    const ByteView bytes = reader_.read_bytes(lengths_);
    value.assign(bytes.begin(), bytes.end());
    check(name);
}

void Decoder::leaf(const char* name, Uuid& value, bool) {
    value = reader_.read_uuid();
    check(name);
}

void Decoder::leaf(const char* name, Records& value, bool) {
    value.data = reader_.read_nullable_bytes(lengths_);
    check(name);
}

void Decoder::begin_struct(const char*) {
    levels_.push_back({tags_.size(), false});
}

void Decoder::end_struct(UnknownTags& unknown_tags) {
    read_tags();
    const size_t first = levels_.back().first_tag;
    for (size_t i = first; i < tags_.size(); ++i) {
        const Tag& tag = tags_[i];
        if (!tag.taken) {
            unknown_tags.push_back({tag.number, Bytes(tag.data.begin(), tag.data.end())});
        }
    }
    tags_.resize(first);
    levels_.pop_back();
}

FieldVisitor::ArrayHead Decoder::begin_array(const char* name, ArrayHead, bool nullable) {
    const auto count = reader_.read_array_count(lengths_);
    if (!count && !nullable) {
        reader_.fail("null where an array is needed");
    }
    check(name);
    return {count.has_value(), count.value_or(0)};
}

bool Decoder::begin_optional(const char* name, bool) {
    const int8_t presence = reader_.read_int8();
    check(name);
    return presence >= 0 && !stopped_;
}

bool Decoder::begin_tagged(uint32_t tag, bool) {
    read_tags();
    for (size_t i = levels_.back().first_tag; i < tags_.size(); ++i) {
        if (tags_[i].number == tag) {
            tags_[i].taken = true;
            outer_readers_.push_back(reader_);
            reader_ = WireReader(tags_[i].data);
            return true;
        }
    }
    return false;
}

void Decoder::end_tagged(uint32_t) {
    if (reader_.ok() && reader_.remaining() > 0) {
        reader_.fail("bytes left over in a tagged field");
    }
    const char* problem = reader_.problem();
    reader_ = outer_readers_.back();
    outer_readers_.pop_back();
    if (problem != nullptr) {
        reader_.fail(problem);
        check(nullptr);
    }
}

void Decoder::read_tags() {
    Level& level = levels_.back();
    if (!message_.flexible || level.has_read_tags || stopped_) {
        return;
    }
    level.has_read_tags = true;
    const uint32_t count = reader_.read_unsigned_varint();
    if (count > WireReader::kMaxTagCount) {
        reader_.fail("too many tagged fields");
    }
    for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
        const uint32_t number = reader_.read_unsigned_varint();
        if (i > 0 && number <= tags_.back().number) {
            reader_.fail("tags out of order");
        }
        const ByteView data = reader_.read_view(reader_.read_unsigned_varint());
        if (reader_.ok()) {
            tags_.push_back({number, data, false});
        }
    }
    check(nullptr);
}

void Decoder::check(const char* name) {
    if (!reader_.ok() && !stopped_) [[unlikely]] {
        stopped_ = true;
        failed_field_ = name;
    }
}

}  // namespace lockstep::protocol
