#include "base/crc32c.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <numeric>

namespace lockstep {
namespace {

Bytes counting(uint8_t first, int step) {
    Bytes bytes(32);
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(first + step * static_cast<int>(i));
    }
    return bytes;
}

/// RFC 3720, appendix B.4: a SCSI Read (10) command.
Bytes scsi_read_command() {
    Bytes bytes(48, 0);
    bytes[0] = 0x01;
    bytes[1] = 0xc0;
    bytes[16] = 0x14;
    bytes[22] = 0x04;
    bytes[27] = 0x14;
    bytes[31] = 0x18;
    bytes[32] = 0x28;
    bytes[40] = 0x02;
    return bytes;
}

Bytes random_bytes(Rng& rng, size_t size) {
    Bytes bytes(size);
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(rng.next());
    }
    return bytes;
}

/// Bit by bit, as the polynomial is defined.
uint32_t slow_crc32c(ByteView bytes) {
    uint32_t state = 0xffffffff;
    for (const uint8_t byte : bytes) {
        state ^= byte;
        for (int bit = 0; bit < 8; ++bit) {
            state = (state >> 1) ^ ((state & 1) != 0 ? 0x82f63b78 : 0);
        }
    }
    return ~state;
}

TEST(Crc32c, EqualsTheVectorsOfRfc3720) {
    EXPECT_EQ(crc32c(Bytes(32, 0)), 0x8a9136aaU);
    EXPECT_EQ(crc32c(Bytes(32, 0xff)), 0x62a8ab43U);
    EXPECT_EQ(crc32c(counting(0, 1)), 0x46dd794eU);
    EXPECT_EQ(crc32c(counting(31, -1)), 0x113fdb5cU);
    EXPECT_EQ(crc32c(scsi_read_command()), 0xd9963a56U);
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U);
}

TEST(Crc32c, IsZero_OfNothing) {
    EXPECT_EQ(crc32c({}), 0U);
    EXPECT_EQ(crc32c_extend(0x12345678, {}), 0x12345678U);
}

TEST(Crc32c, EqualsThePolynomialsDefinition_AtEverySizeAndAlignment) {
    Rng rng(1);
    const Bytes bytes = random_bytes(rng, 600);
    for (size_t size = 0; size <= 300; ++size) {
        const ByteView part = ByteView(bytes).subspan(size % 17, size);
        ASSERT_EQ(crc32c(part), slow_crc32c(part)) << size;
    }
}

TEST(Crc32cExtend, GoesOn_WhereTheBeginningEnded) {
    Rng rng(2);
    const Bytes whole = random_bytes(rng, 10'000);
    for (int i = 0; i < 200; ++i) {
        const size_t cut = rng.below(whole.size() + 1);
        const ByteView view(whole);
        ASSERT_EQ(crc32c_extend(crc32c(view.first(cut)), view.subspan(cut)), crc32c(whole)) << cut;
    }
}

TEST(Crc32cCombine, EqualsCrcOfConcatenation) {
    Rng rng(3);
    for (int i = 0; i < 2'000; ++i) {
        const Bytes whole = random_bytes(rng, rng.below(i < 1'990 ? 2'000 : 3'000'000));
        const size_t cut = rng.below(whole.size() + 1);
        const ByteView a = ByteView(whole).first(cut);
        const ByteView b = ByteView(whole).subspan(cut);
        ASSERT_EQ(crc32c_combine(crc32c(a), crc32c(b), b.size()), crc32c(whole))
            << a.size() << " + " << b.size();
    }
}

TEST(Crc32cCombine, IsTheOther_WhenOnePartIsEmpty) {
    const uint32_t crc = crc32c(as_bytes("something"));
    EXPECT_EQ(crc32c_combine(crc, 0, 0), crc);
    EXPECT_EQ(crc32c_combine(0, crc, 9), crc);
}

TEST(Crc32cCombine, TakesSizesBeyond32Bits) {
    // B of 2^33 zero bytes, put together from halves that are known to be right.
    uint32_t zeros = crc32c(Bytes(1 << 20, 0));
    const uint32_t a = crc32c(as_bytes("A"));
    uint32_t appended = a;
    uint64_t size = 1 << 20;
    while (size < uint64_t{1} << 33) {
        zeros = crc32c_combine(zeros, zeros, size);
        size *= 2;
    }
    appended = crc32c_combine(a, zeros, size);
    // The same in two steps of 2^32.
    uint32_t half = crc32c(Bytes(1 << 20, 0));
    for (uint64_t so_far = 1 << 20; so_far < uint64_t{1} << 32; so_far *= 2) {
        half = crc32c_combine(half, half, so_far);
    }
    const uint32_t first = crc32c_combine(a, half, uint64_t{1} << 32);
    EXPECT_EQ(crc32c_combine(first, half, uint64_t{1} << 32), appended);
}

}  // namespace
}  // namespace lockstep
