#include "sandbox/member_names.h"

#include <fmt/core.h>

namespace lockstep::sandbox {

std::string new_member_uuid(Rng& rng) {
    const uint64_t high = (rng.next() & ~0xf000ULL) | 0x4000ULL;
    const uint64_t low = (rng.next() >> 2) | (1ULL << 63);
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                       high & 0xffff, low >> 48, low & 0xffffffffffff);
}

}  // namespace lockstep::sandbox
