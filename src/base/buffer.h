#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace lockstep {

/// Bytes with an owner: keeps the receive buffer alive for as long as anyone needs a part of it.
struct Slice {
    std::shared_ptr<uint8_t[]> owner;
    uint8_t* data = nullptr;
    size_t size = 0;

    ByteView view() const { return {data, size}; }
    MutableByteView mutable_view() { return {data, size}; }

    /// The part [at, at + count); the caller has checked that it lies within.
    Slice part(size_t at, size_t count) const { return {owner, data + at, count}; }
};

/// A slice of all of `bytes`, which it keeps.
Slice owned_slice(Bytes bytes);

/// Large receive buffers that are used again instead of being given back to the system: fresh pages
/// cost more than the copy into them. Owned by one shard and outlived by none of its buffers:
/// a buffer that is released later than its pool frees itself.
///
/// Bound: keeps at most `kept_bytes_limit` of unused memory.
class BufferPool {
public:
    explicit BufferPool(size_t kept_bytes_limit);

    /// A slice of exactly `size` bytes (its memory may be larger), contents undefined.
    Slice take(size_t size);

    /// Memory in unused buffers, in bytes.
    size_t kept_bytes() const;

private:
    struct Shelf;
    std::shared_ptr<Shelf> shelf_;
};

}  // namespace lockstep
