#pragma once

// What the message headers need: kept small, for everybody includes them.

#include "base/bytes.h"
#include "model/ids.h"
#include "protocol/api_key.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace lockstep::protocol {

class FieldVisitor;

/// kFirstFlexibleVersion of a message that has no version with tagged fields.
constexpr int16_t kNeverFlexible = 32767;

/// A tagged field that this version of Lockstep does not know. Kept, so that a message that is
/// passed on loses nothing.
struct UnknownTag {
    uint32_t tag = 0;
    Bytes data;

    bool operator==(const UnknownTag&) const = default;
};

using UnknownTags = std::vector<UnknownTag>;

/// The record batches of one partition: never copied. Decoded, `data` points into the frame that
/// was decoded; for encoding, it must stay valid for as long as the encoded frame is used.
struct Records {
    std::optional<ByteView> data;

    Records() = default;
    Records(ByteView bytes) : data(bytes) {}

    ByteView view() const { return data.value_or(ByteView{}); }
    size_t size() const { return view().size(); }

    bool operator==(const Records& other) const {
        return data.has_value() == other.data.has_value() &&
               std::ranges::equal(view(), other.view());
    }
};

}  // namespace lockstep::protocol
