#include "base/buffer.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <optional>

namespace lockstep {
namespace {

TEST(BufferPool, GivesExactlyTheSizeAskedFor) {
    BufferPool pool(1 << 20);
    for (const size_t size : {0, 1, 4095, 4096, 4097, 100'000, 10 << 20}) {
        Slice slice = pool.take(size);
        EXPECT_EQ(slice.size, size);
        std::fill_n(slice.data, slice.size, uint8_t{0xab});  // ASan says whether it is all there
    }
}

TEST(BufferPool, UsesABufferAgain_WhenItWasReleased) {
    BufferPool pool(1 << 20);
    const uint8_t* first = nullptr;
    {
        const Slice slice = pool.take(100'000);
        first = slice.data;
        EXPECT_EQ(pool.kept_bytes(), 0U);
    }
    EXPECT_GE(pool.kept_bytes(), 100'000U);
    const Slice again = pool.take(100'000);
    EXPECT_EQ(again.data, first);
    EXPECT_EQ(pool.kept_bytes(), 0U);
}

TEST(BufferPool, NeverHandsOutOneBufferTwice) {
    BufferPool pool(1 << 20);
    { const Slice slice = pool.take(50'000); }
    const Slice one = pool.take(50'000);
    const Slice two = pool.take(50'000);
    EXPECT_NE(one.data, two.data);
}

TEST(BufferPool, KeepsABufferOut_WhileAPartOfItIsHeld) {
    BufferPool pool(1 << 20);
    Slice part;
    {
        Slice whole = pool.take(100'000);
        whole.data[70'000] = 42;
        part = whole.part(70'000, 10);
    }
    EXPECT_EQ(pool.kept_bytes(), 0U);
    EXPECT_EQ(part.size, 10U);
    EXPECT_EQ(part.view()[0], 42);
    part = {};
    EXPECT_GE(pool.kept_bytes(), 100'000U);
}

TEST(BufferPool, KeepsNoMoreThanItsLimit) {
    Rng rng(4);
    constexpr size_t kLimit = 300'000;
    BufferPool pool(kLimit);
    std::vector<Slice> held;
    for (int i = 0; i < 5'000; ++i) {
        if (held.size() < 20 && rng.chance(0.5)) {
            held.push_back(pool.take(rng.below(400'000)));
        } else if (!held.empty()) {
            held.erase(held.begin() + static_cast<ptrdiff_t>(rng.below(held.size())));
        }
        ASSERT_LE(pool.kept_bytes(), kLimit);
    }
    held.clear();
    EXPECT_GT(pool.kept_bytes(), 0U);
}

TEST(BufferPool, KeepsNothing_WhenTheLimitIsZero) {
    BufferPool pool(0);
    { const Slice slice = pool.take(10); }
    EXPECT_EQ(pool.kept_bytes(), 0U);
}

TEST(BufferPool, FreesABufferThatOutlivesIt) {
    std::optional<BufferPool> pool(std::in_place, 1 << 20);
    Slice slice = pool->take(100'000);
    pool.reset();
    slice.data[99'999] = 1;  // still there; LeakSanitizer says whether it is freed below
    EXPECT_EQ(slice.data[99'999], 1);
    slice = {};
}

TEST(BufferPool, WastesNoLargeBuffer_OnASmallWish) {
    BufferPool pool(4 << 20);
    { const Slice large = pool.take(2 << 20); }
    const size_t kept = pool.kept_bytes();
    const Slice small = pool.take(5'000);
    EXPECT_EQ(pool.kept_bytes(), kept);
}

}  // namespace
}  // namespace lockstep
