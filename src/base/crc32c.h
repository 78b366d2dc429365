#pragma once

#include "base/bytes.h"

namespace lockstep {

/// CRC-32C (Castagnoli) of `bytes`, as Kafka's record batches carry it.
uint32_t crc32c(ByteView bytes);

/// CRC-32C of a message whose beginning has the CRC `crc` and whose rest is `bytes`.
uint32_t crc32c_extend(uint32_t crc, ByteView bytes);

/// CRC-32C of A+B from the CRCs of A and B alone: O(log size_of_b), without touching a byte.
uint32_t crc32c_combine(uint32_t crc_of_a, uint32_t crc_of_b, uint64_t size_of_b);

}  // namespace lockstep
