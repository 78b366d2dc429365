#include "base/buffer.h"

#include <bit>

namespace lockstep {
namespace {

constexpr size_t kSmallest = 4096;

/// Four sizes for each power of two: at most a fifth of a buffer is unused.
size_t rounded(size_t size) {
    const size_t least = std::max(size, kSmallest);
    const size_t step = std::bit_floor(least) / 4;
    return (least + step - 1) / step * step;
}

}  // namespace

struct BufferPool::Shelf {
    struct Unused {
        std::unique_ptr<uint8_t[]> memory;
        size_t capacity;
    };

    size_t kept_bytes_limit;
    size_t kept_bytes = 0;
    std::vector<Unused> unused;  // oldest first

    void put(uint8_t* memory, size_t capacity) {
        std::unique_ptr<uint8_t[]> owned(memory);
        if (capacity > kept_bytes_limit) {
            return;
        }
        while (kept_bytes + capacity > kept_bytes_limit) {
            kept_bytes -= unused.front().capacity;
            unused.erase(unused.begin());
        }
        kept_bytes += capacity;
        unused.push_back({std::move(owned), capacity});
    }

    /// The newest unused buffer (its pages are warm) that fits without wasting a fifth of itself.
    uint8_t* get(size_t capacity, size_t& got) {
        for (auto candidate = unused.rbegin(); candidate != unused.rend(); ++candidate) {
            if (candidate->capacity >= capacity && candidate->capacity <= capacity + capacity / 4) {
                got = candidate->capacity;
                uint8_t* memory = candidate->memory.release();
                kept_bytes -= got;
                unused.erase(std::next(candidate).base());
                return memory;
            }
        }
        return nullptr;
    }
};

Slice owned_slice(Bytes bytes) {
    auto kept = std::make_shared<Bytes>(std::move(bytes));
    return {std::shared_ptr<uint8_t[]>(kept, kept->data()), kept->data(), kept->size()};
}

BufferPool::BufferPool(size_t kept_bytes_limit) : shelf_(std::make_shared<Shelf>()) {
    shelf_->kept_bytes_limit = kept_bytes_limit;
}

Slice BufferPool::take(size_t size) {
    size_t capacity = rounded(size);
    uint8_t* memory = shelf_->get(capacity, capacity);
    if (memory == nullptr) {
        memory = new uint8_t[capacity];
    }
    auto give_back = [weak = std::weak_ptr<Shelf>(shelf_), capacity](uint8_t* released) {
        if (auto shelf = weak.lock()) {
            shelf->put(released, capacity);
        } else {
            delete[] released;
        }
    };
    std::shared_ptr<uint8_t[]> owner(memory, std::move(give_back));
    return {std::move(owner), memory, size};
}

size_t BufferPool::kept_bytes() const {
    return shelf_->kept_bytes;
}

}  // namespace lockstep
