#include "replication/preserved_stream.h"

#include "protocol/record_batch_builder.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lockstep::replication {
namespace {

constexpr ProducerId kStream{int64_t{1} << 62 | 77};

Bytes one_record(int64_t offset) {
    protocol::RecordBatchBuilder builder({.base_offset = Offset(offset)});
    builder.add(1000 + offset, {.value = as_bytes("tiny")});
    return *builder.build();
}

/// An answer with one tiny batch for each offset.
Slice answer(int64_t first, int64_t count) {
    Bytes bytes;
    for (int64_t offset = first; offset < first + count; ++offset) {
        std::ranges::copy(one_record(offset), std::back_inserter(bytes));
    }
    return owned_slice(std::move(bytes));
}

void take_all(PreservedStream& stream, const Slice& frame) {
    ByteView rest = frame.view();
    while (!rest.empty()) {
        const auto batch = protocol::next_batch(rest);
        ASSERT_TRUE(batch.has_value() && batch->has_value());
        ASSERT_TRUE(stream.take(FetchedBatch{**batch, false, frame}).has_value());
    }
    ASSERT_TRUE(stream.flush().has_value());
}

// A partition that kept one back would hold its memory for as long as nothing new is fetched, which
// waits for memory.
TEST(PreservedStream, KeepsNothingOfAnAnswer_ThatWasSent) {
    PreservedStream stream(Offset(0), StreamChain(kStream), BatchLimits{}, {});
    for (const int64_t count : {1, 2, 5}) {
        const Slice frame = answer(stream.next_fetch().value(), count);
        const auto before = frame.owner.use_count();
        take_all(stream, frame);
        EXPECT_EQ(stream.take_outgoing().size(), 1U);
        EXPECT_EQ(frame.owner.use_count(), before) << count << " batches";
    }
}

}  // namespace
}  // namespace lockstep::replication
