#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <array>

namespace lockstep {
namespace {

// Polynomials over GF(2) modulo Castagnoli's, in the reflected order that CRC-32C uses: the highest
// bit is x^0. Appending n zero bytes to a message multiplies its CRC by x^(8n).
constexpr uint32_t kPolynomial = 0x82f63b78;

constexpr uint32_t multiply(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (int bit = 0; bit < 32; ++bit) {
        product ^= b & (0U - (a >> 31));
        a <<= 1;
        b = (b >> 1) ^ (kPolynomial & (0U - (b & 1)));
    }
    return product;
}

/// powers[k] is x^(8 * 2^k).
constexpr std::array<uint32_t, 64> make_powers() {
    std::array<uint32_t, 64> powers{};
    powers[0] = 0x80000000U >> 8;
    for (size_t k = 1; k < powers.size(); ++k) {
        powers[k] = multiply(powers[k - 1], powers[k - 1]);
    }
    return powers;
}

constexpr auto kPowers = make_powers();

}  // namespace

uint32_t crc32c(ByteView bytes) {
    return crc32c_extend(0, bytes);
}

uint32_t crc32c_extend(uint32_t crc, ByteView bytes) {
    // ISA-L takes the length as an int and a non-const pointer that it only reads.
    constexpr size_t kPiece = 1U << 30;
    uint32_t state = ~crc;
    for (size_t at = 0; at < bytes.size(); at += kPiece) {
        const size_t size = std::min(kPiece, bytes.size() - at);
        state = crc32_iscsi(const_cast<uint8_t*>(bytes.data() + at), static_cast<int>(size), state);
    }
    return ~state;
}

uint32_t crc32c_combine(uint32_t crc_of_a, uint32_t crc_of_b, uint64_t size_of_b) {
    for (size_t k = 0; size_of_b != 0; ++k, size_of_b >>= 1) {
        if (size_of_b & 1) {
            crc_of_a = multiply(crc_of_a, kPowers[k]);
        }
    }
    return crc_of_a ^ crc_of_b;
}

}  // namespace lockstep
