#include "tests/unit/protocol/allocation_counter.h"

#include <cstdlib>
#include <new>

namespace {

thread_local size_t total_bytes = 0;

void* counted(size_t size) {
    total_bytes += size;
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) {
        std::abort();
    }
    return memory;
}

}  // namespace

namespace lockstep::test {

size_t allocated_bytes() {
    return total_bytes;
}

}  // namespace lockstep::test

void* operator new(size_t size) {
    return counted(size);
}
void* operator new[](size_t size) {
    return counted(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
    std::free(memory);
}
