#pragma once

// The codecs of record batches. Only the re-encode path needs them: batches that are copied as they
// are stay compressed.

#include "base/bytes.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lockstep::protocol {

/// As in the lowest three bits of a batch's attributes.
enum class Codec : int8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// "none", "gzip", "snappy", "lz4", "zstd", as in Kafka's compression.type; "unknown" for 5 to 7.
std::string_view to_string(Codec codec);

/// The codec's form that Java's clients write. `level` is the codec's own scale; by default what
/// Kafka's default is. Snappy has no levels.
Result<Bytes> compress(Codec codec, ByteView bytes, std::optional<int> level = std::nullopt);

/// Errors: `malformed`; `limit_exceeded` where the result would be above `limit_bytes`, found
/// before the memory is taken; `unsupported` for a codec that nobody knows.
Result<Bytes> decompress(Codec codec, ByteView bytes, size_t limit_bytes);

}  // namespace lockstep::protocol
