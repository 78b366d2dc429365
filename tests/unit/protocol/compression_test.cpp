#include "protocol/compression.h"

#include "base/rng.h"
#include "tests/unit/protocol/allocation_counter.h"

#include <gtest/gtest.h>
#include <snappy.h>

namespace lockstep::protocol {
namespace {

constexpr Codec kCodecs[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};
constexpr Codec kRealCodecs[] = {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};
constexpr size_t kLimit = 10 << 20;

Bytes text_like(Rng& rng, size_t size) {
    Bytes bytes(size);
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>('a' + rng.below(4));
    }
    return bytes;
}

TEST(Compression, RoundTrip_KeepsBytes_OfEverySize) {
    Rng rng(1);
    for (const Codec codec : kCodecs) {
        for (const size_t size : {0, 1, 100, 32 * 1024, 32 * 1024 + 1, 300'000}) {
            const Bytes bytes = text_like(rng, size);
            const auto small = compress(codec, bytes);
            ASSERT_TRUE(small.has_value()) << to_string(codec);
            const auto again = decompress(codec, *small, kLimit);
            ASSERT_TRUE(again.has_value()) << to_string(codec) << size << again.error().message();
            ASSERT_EQ(*again, bytes) << to_string(codec);
            if (codec != Codec::none && size > 1000) {
                EXPECT_LT(small->size(), size) << to_string(codec);
            }
        }
    }
}

TEST(Compression, RoundTrip_KeepsBytes_ThatCannotBeCompressed) {
    Rng rng(2);
    Bytes bytes(100'000);
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(rng.next());
    }
    for (const Codec codec : kCodecs) {
        EXPECT_EQ(*decompress(codec, *compress(codec, bytes), bytes.size()), bytes);
    }
}

TEST(Compression, Levels_AreUsed) {
    Rng rng(3);
    const Bytes bytes = text_like(rng, 100'000);
    for (const Codec codec : {Codec::gzip, Codec::lz4, Codec::zstd}) {
        const auto fast = compress(codec, bytes, 1);
        const auto best = compress(codec, bytes, 9);
        ASSERT_TRUE(fast.has_value() && best.has_value()) << to_string(codec);
        EXPECT_LT(best->size(), fast->size()) << to_string(codec);
        EXPECT_EQ(*decompress(codec, *best, kLimit), bytes);
    }
}

TEST(Compression, Limit_IsExact) {
    Rng rng(4);
    const Bytes bytes = text_like(rng, 70'000);
    for (const Codec codec : kCodecs) {
        const Bytes small = *compress(codec, bytes);
        EXPECT_TRUE(decompress(codec, small, bytes.size()).has_value()) << to_string(codec);
        EXPECT_TRUE(decompress(codec, small, bytes.size() - 1).error().is(Errc::limit_exceeded))
            << to_string(codec);
    }
}

TEST(Compression, Bomb_TakesNoMoreThanLimit) {
    const Bytes zeros(50 << 20);
    for (const Codec codec : kRealCodecs) {
        const Bytes bomb = *compress(codec, zeros);
        const size_t before = test::allocated_bytes();
        const auto result = decompress(codec, bomb, 1 << 20);
        EXPECT_TRUE(result.error().is(Errc::limit_exceeded)) << to_string(codec);
        // A buffer that doubles up to the limit takes twice the limit in all.
        EXPECT_LE(test::allocated_bytes() - before, size_t{5} << 20) << to_string(codec);
    }
}

TEST(Compression, Decompress_Fails_WhenTruncatedAnywhere) {
    Rng rng(5);
    const Bytes bytes = text_like(rng, 500);
    for (const Codec codec : kRealCodecs) {
        const Bytes small = *compress(codec, bytes);
        for (size_t size = 0; size < small.size(); ++size) {
            const auto result = decompress(codec, ByteView(small).first(size), kLimit);
            // A xerial stream without blocks is a whole stream of nothing.
            const bool is_empty_stream = codec == Codec::snappy && size == 16;
            EXPECT_EQ(result.has_error(), !is_empty_stream) << to_string(codec) << size;
        }
    }
}

TEST(Compression, Decompress_NeverCrashes_WhenDamaged) {
    Rng rng(6);
    const Bytes bytes = text_like(rng, 2000);
    for (const Codec codec : kRealCodecs) {
        const Bytes small = *compress(codec, bytes);
        for (int i = 0; i < 2000; ++i) {
            Bytes damaged = small;
            damaged[rng.below(damaged.size())] = static_cast<uint8_t>(rng.next());
            (void)decompress(codec, damaged, 100'000);
        }
    }
}

TEST(Snappy, RawBlock_IsRead) {
    const std::string text(5000, 'x');
    std::string raw;
    snappy::Compress(text.data(), text.size(), &raw);
    const auto bytes = decompress(Codec::snappy, as_bytes(raw), kLimit);
    ASSERT_TRUE(bytes.has_value());
    EXPECT_EQ(as_text(*bytes), text);
}

TEST(Snappy, Compress_WritesXerialHeader) {
    const Bytes bytes = *compress(Codec::snappy, as_bytes("x"));
    EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + 16),
              (Bytes{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1}));
}

TEST(Snappy, Block_IsRefused_WhenItsSizeIsALie) {
    // A varint of 2 GiB, then one literal.
    const Bytes lie{0xff, 0xff, 0xff, 0xff, 0x07, 0x00, 'x'};
    const size_t before = test::allocated_bytes();
    EXPECT_TRUE(decompress(Codec::snappy, lie, size_t{4} << 30).has_error());
    EXPECT_LE(test::allocated_bytes() - before, 1024U);
}

TEST(Gzip, SeveralMembers_AreReadAsOne) {
    Bytes both = *compress(Codec::gzip, as_bytes("ab"));
    const Bytes second = *compress(Codec::gzip, as_bytes("cd"));
    both.insert(both.end(), second.begin(), second.end());
    EXPECT_EQ(as_text(*decompress(Codec::gzip, both, kLimit)), "abcd");
}

TEST(Compression, UnknownCodec_IsUnsupported) {
    const auto codec = static_cast<Codec>(6);
    EXPECT_TRUE(decompress(codec, as_bytes("x"), kLimit).error().is(Errc::unsupported));
    EXPECT_TRUE(compress(codec, as_bytes("x")).error().is(Errc::unsupported));
}

}  // namespace
}  // namespace lockstep::protocol
