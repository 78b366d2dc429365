#include "replication/copy_start.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

const TopicPartition kOrders{"orders", PartitionIndex(0)};
constexpr StartRule kSince{StartRule::Kind::timestamp, 1'700'000'000'000};

/// A source from 5 to 20, and nothing on the target.
PartitionLogs logs() {
    return {Offset(5), Offset(20), Offset(0), Offset(0), {}};
}

int64_t start_by(const StartRule& rule, const RecordsOfTime& found) {
    PartitionLogs changed = logs();
    EXPECT_TRUE(begin_late(rule, kOrders, found, changed).has_value());
    EXPECT_EQ(changed.source_end, Offset(20));
    return changed.source_start.value();
}

TEST(CopyStart, IsWhatTheRuleSays) {
    EXPECT_EQ(start_by({}, {}), 5);
    EXPECT_EQ(start_by({StartRule::Kind::latest, 0}, {}), 20);
    EXPECT_EQ(start_by(kSince, {{kOrders, Offset(12)}}), 12);
    EXPECT_EQ(start_by(kSince, {{kOrders, Offset(-1)}}), 20) << "all are older";
    EXPECT_EQ(start_by(kSince, {{kOrders, Offset(3)}}), 5) << "deleted since";
}

TEST(CopyStart, FailsWhereTheTimeWasNotAnswered) {
    PartitionLogs changed = logs();
    EXPECT_TRUE(begin_late(kSince, kOrders, {}, changed).error().is(Errc::malformed));
    const RecordsOfTime failed{{kOrders, Error(Errc::timeout, "ask")}};
    EXPECT_TRUE(begin_late(kSince, kOrders, failed, changed).error().is(Errc::timeout));
    EXPECT_EQ(changed.source_start, Offset(5));
}

TEST(CopyStart, IsOpen_WhereNothingWasCopied) {
    EXPECT_TRUE(is_start_open(logs(), false));
    EXPECT_FALSE(is_start_open(logs(), true)) << "a map says where it began";
    PartitionLogs begun = logs();
    begun.target_start = begun.target_end = Offset(9);
    EXPECT_FALSE(is_start_open(begun, false));
}

}  // namespace
}  // namespace lockstep::replication
