#pragma once

#include "base/bytes.h"

#include <optional>
#include <string>

namespace lockstep {

/// RFC 4648 with padding.
std::string encode_base64(ByteView bytes);

/// Nothing where it is not base64 with its padding.
std::optional<Bytes> decode_base64(std::string_view text);

}  // namespace lockstep
