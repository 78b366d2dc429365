#include "protocol/record_batch_builder.h"
#include "sandbox/partition_log.h"

#include <gtest/gtest.h>

#include <string>

namespace lockstep::sandbox {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr int16_t kVersion = 9;

/// All batches of these tests have the same size.
class LogRetention : public testing::Test {
protected:
    LogRetention() { config_.retention_ms = -1; }

    void append(int64_t timestamp_ms = kNowMs, bool is_transactional = false) {
        protocol::BatchOptions options;
        if (is_transactional) {
            options.producer_id = ProducerId(7);
            options.producer_epoch = ProducerEpoch(0);
            options.base_sequence = Sequence(0);
            options.attributes = protocol::batch_attribute::kTransactional;
        }
        protocol::RecordBatchBuilder builder(options);
        const std::string value(900, 'v');
        builder.add(timestamp_ms, {.value = as_bytes(value)});
        const Bytes batch = *builder.build();
        batch_size_ = static_cast<int64_t>(batch.size());
        ASSERT_FALSE(log_.append(batch, config_, kNowMs, kVersion).refusal.is_refused());
    }
    void append_many(int count) {
        for (int i = 0; i < count; ++i) {
            append();
        }
    }
    /// The log's start, once it was looked at again and again.
    int64_t start_after_clean_ups() {
        for (int i = 0; i < 3; ++i) {
            log_.apply_retention(config_, kNowMs);
        }
        return log_.start_offset().value();
    }

    LogConfig config_;
    PartitionLog log_;
    int64_t batch_size_ = 0;
};

TEST_F(LogRetention, KeepsRetentionBytes_HoweverOftenItIsLookedAt) {
    append_many(8000);  // 8 MB, of which the newest segment holds more than is to be kept
    config_.retention_bytes = 100 * batch_size_;
    EXPECT_EQ(start_after_clean_ups(), 7900);
    EXPECT_EQ(static_cast<int64_t>(log_.size_bytes()), config_.retention_bytes);
}

TEST_F(LogRetention, KeepsTheBatchThatWouldLeaveLessThanRetentionBytes) {
    append_many(20);
    config_.retention_bytes = 10 * batch_size_ + 1;
    EXPECT_EQ(start_after_clean_ups(), 9);
}

TEST_F(LogRetention, KeepsAll_WhereThereIsLessThanRetentionBytes) {
    append_many(20);
    config_.retention_bytes = 21 * batch_size_;
    EXPECT_EQ(start_after_clean_ups(), 0);
}

TEST_F(LogRetention, CountsOnlyWhatIsBehindTheStart) {
    append_many(20);
    log_.delete_before(Offset(15));
    EXPECT_EQ(static_cast<int64_t>(log_.size_bytes()), 5 * batch_size_);
    config_.retention_bytes = 5 * batch_size_;
    EXPECT_EQ(start_after_clean_ups(), 15);
}

TEST_F(LogRetention, TakesWhatIsOlderThanRetentionMs_AndNothingElse) {
    append(kNowMs - kHourMs - 1);
    append(kNowMs - kHourMs - 1);
    append(kNowMs - kHourMs);
    append(kNowMs);
    config_.retention_ms = kHourMs;
    EXPECT_EQ(start_after_clean_ups(), 2);
}

TEST_F(LogRetention, TakesAll_WhereAllIsOld) {
    append(kNowMs - 2 * kHourMs);
    append(kNowMs - 2 * kHourMs);
    config_.retention_ms = kHourMs;
    EXPECT_EQ(start_after_clean_ups(), 2);
    EXPECT_EQ(log_.size_bytes(), 0U);
}

TEST_F(LogRetention, LeavesWhatIsOldBehindWhatIsNot) {
    append(kNowMs);
    append(kNowMs - 2 * kHourMs);
    config_.retention_ms = kHourMs;
    EXPECT_EQ(start_after_clean_ups(), 0);
}

TEST_F(LogRetention, TakesNothing_WhereThePolicyHasNoDelete) {
    append_many(20);
    config_.retention_bytes = 0;
    config_.retention_ms = 0;
    config_.is_deleted = false;
    EXPECT_EQ(start_after_clean_ups(), 0);
}

TEST_F(LogRetention, StopsAtAnOpenTransaction) {
    append_many(5);
    append(kNowMs, true);
    append_many(5);
    config_.retention_bytes = 0;
    EXPECT_EQ(start_after_clean_ups(), 5);
}

}  // namespace
}  // namespace lockstep::sandbox
