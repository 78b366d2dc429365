#include "tests/unit/sandbox/disk/disk_world.h"

#include "sandbox/disk/log_scan.h"

#include <filesystem>

namespace lockstep::sandbox::test {
namespace {

class PartitionRecovery : public DiskWorld {
protected:
    void SetUp() override {
        restart();
        cluster_->create_topic("t", 1, 1);
        save();
    }
    void overwrite(const std::string& path, ByteView bytes) {
        ASSERT_TRUE(runtime::write_whole_file(path, bytes).has_value());
    }
};

TEST_F(PartitionRecovery, RecordsAreThereAgain_ByteByByte) {
    append("t", make_batch(3));
    append("t", make_batch(2, "other"));
    const Bytes before = *runtime::read_whole_file(only_file("t"));
    restart();
    EXPECT_EQ(log("t").end_offset(), Offset(5));
    const BatchRange range = log("t").read(Offset(0), Offset(5), 1 << 20);
    EXPECT_EQ(Bytes(range.bytes.view().begin(), range.bytes.view().end()), before);
}

TEST_F(PartitionRecovery, ATornBatchIsCutOff_AtEveryByte) {
    append("t", make_batch(3));
    const std::string path = only_file("t");
    const size_t kept = runtime::read_whole_file(path)->size();
    append("t", make_batch(2));
    const Bytes whole = *runtime::read_whole_file(path);
    for (size_t size = kept; size < whole.size(); ++size) {
        cluster_.reset();
        overwrite(path, ByteView(whole).subspan(0, size));
        restart();
        ASSERT_EQ(log("t").end_offset(), Offset(3)) << size;
        ASSERT_FALSE(log("t").is_damaged()) << size;
        ASSERT_EQ(runtime::read_whole_file(path)->size(), kept) << size;
    }
    EXPECT_EQ(append("t", make_batch(1)).base_offset, Offset(3));
    restart();
    EXPECT_EQ(log("t").end_offset(), Offset(4));
}

TEST_F(PartitionRecovery, DamageInTheMiddle_TakesThePartitionOutOfService) {
    append("t", make_batch(3));
    const std::string path = only_file("t");
    const size_t middle = runtime::read_whole_file(path)->size();
    append("t", make_batch(3));
    append("t", make_batch(3));
    Bytes bytes = *runtime::read_whole_file(path);
    bytes[middle + 70] ^= 1;
    cluster_.reset();
    overwrite(path, bytes);
    restart();
    EXPECT_TRUE(log("t").is_damaged());
    EXPECT_EQ(append("t", make_batch(1)).refusal.error, protocol::KafkaError::kafka_storage_error);
    EXPECT_EQ(*runtime::read_whole_file(path), bytes);  // for people to look at
}

TEST_F(PartitionRecovery, AMissingFileInTheMiddle_TakesThePartitionOutOfService) {
    PartitionFiles files(directory_.path() + "/p", nullptr);
    Bytes first = make_batch(2);
    ASSERT_TRUE(files.append(first).has_value());
    Bytes later = make_batch(1);
    store_big_endian<int64_t>(later.data(), 7);
    overwrite(directory_.path() + "/p/000000-00000000000000000007.log", later);
    PartitionFiles again(directory_.path() + "/p", nullptr);
    again.load([](ByteView) {});
    EXPECT_TRUE(again.is_damaged());
}

TEST_F(PartitionRecovery, ProducersAreKnownAgain_AndRetriesAreDuplicates) {
    append("t", make_batch(2, "v", ProducerId(7), 0));
    restart();
    const Appended retried = append("t", make_batch(2, "v", ProducerId(7), 0));
    EXPECT_TRUE(retried.is_duplicate);
    EXPECT_EQ(retried.base_offset, Offset(0));
    EXPECT_EQ(append("t", make_batch(1, "v", ProducerId(7), 5)).refusal.error,
              protocol::KafkaError::out_of_order_sequence_number);
}

TEST_F(PartitionRecovery, EachStartIsANewLeaderEpoch) {
    append("t", make_batch(1));
    const LeaderEpoch first = log("t").epoch();
    restart();
    EXPECT_EQ(log("t").epoch().value(), first.value() + 1);
    append("t", make_batch(1));
    restart();
    EXPECT_EQ(log("t").epoch().value(), first.value() + 2);
    EXPECT_EQ(log("t").epoch_at(Offset(0)), first);
    EXPECT_EQ(log("t").epoch_at(Offset(1)).value(), first.value() + 1);
    EXPECT_EQ(log("t").end_of_epoch(first)->start, Offset(1));
}

TEST_F(PartitionRecovery, TheLogStartStays_AlsoWhereNothingIsLeft) {
    append("t", make_batch(3));
    append("t", make_batch(3));
    log("t").delete_before(Offset(4));
    cluster_->note_unsaved(changes_by(protocol::ApiKey::delete_records));
    save();
    restart();
    EXPECT_EQ(log("t").start_offset(), Offset(4));
    EXPECT_EQ(log("t").end_offset(), Offset(6));
    log("t").delete_before(Offset(6));
    cluster_->note_unsaved(changes_by(protocol::ApiKey::delete_records));
    save();
    EXPECT_TRUE(runtime::list_directory(partition_directory("t")).empty());
    restart();
    EXPECT_EQ(log("t").start_offset(), Offset(6));
    EXPECT_EQ(append("t", make_batch(1)).base_offset, Offset(6));
    restart();
    EXPECT_EQ(log("t").end_offset(), Offset(7));
}

TEST_F(PartitionRecovery, TruncationAndCompaction_AreKept) {
    for (int i = 0; i < 4; ++i) {
        append("t", make_batch(2));
    }
    log("t").truncate(Offset(5));
    EXPECT_EQ(log("t").end_offset(), Offset(4));
    restart();
    EXPECT_EQ(log("t").end_offset(), Offset(4));
    append("t", make_batch(2));
    cluster_->save();
    log("t").truncate(Offset(0));
    restart();
    EXPECT_EQ(log("t").end_offset(), Offset(0));
    EXPECT_EQ(append("t", make_batch(1)).base_offset, Offset(0));
}

TEST_F(PartitionRecovery, WhatIsRewrittenReplacesTheOldFiles) {
    const auto files = std::make_shared<PartitionFiles>(directory_.path() + "/p", nullptr);
    Bytes first = make_batch(2);
    Bytes second = make_batch(1);
    store_big_endian<int64_t>(second.data(), 2);
    ASSERT_TRUE(files->append(first).has_value());
    ASSERT_TRUE(files->append(second).has_value());
    files->replace({second});
    PartitionFiles again(directory_.path() + "/p", nullptr);
    std::vector<Bytes> found;
    again.load([&](ByteView batch) { found.emplace_back(batch.begin(), batch.end()); });
    EXPECT_EQ(found, std::vector<Bytes>{second});
    EXPECT_EQ(runtime::list_directory(directory_.path() + "/p").size(), 1U);
}

TEST_F(PartitionRecovery, FullDisk_RefusesAndStoresNothing_AndGoesOnWhenThereIsRoom) {
    append("t", make_batch(3));
    const Bytes before = *runtime::read_whole_file(only_file("t"));
    {
        const FileSizeLimit limit(before.size() + 20);
        const Appended refused = append("t", make_batch(3));
        EXPECT_EQ(refused.refusal.error, protocol::KafkaError::kafka_storage_error);
        EXPECT_EQ(refused.base_offset, Offset(-1));
        EXPECT_EQ(
            log("t").append_marker({ProducerId(1), ProducerEpoch(0), true, 0}, {}, 1).refusal.error,
            protocol::KafkaError::kafka_storage_error);
    }
    EXPECT_EQ(*runtime::read_whole_file(only_file("t")), before);
    EXPECT_EQ(log("t").end_offset(), Offset(3));
    EXPECT_EQ(append("t", make_batch(1, "fits")).base_offset, Offset(3));
    restart();
    EXPECT_EQ(log("t").end_offset(), Offset(4));
    const BatchRange range = log("t").read(Offset(0), Offset(4), 1 << 20);
    EXPECT_EQ(range.next_offset, Offset(4));
}

TEST_F(PartitionRecovery, WithFsync_NobodyReadsWhatIsNotSynced) {
    restart(Syncing::yes);
    append("t", make_batch(3));
    EXPECT_EQ(log("t").high_watermark(), Offset(0));
    EXPECT_EQ(log("t").last_stable_offset(), Offset(0));
    EXPECT_TRUE(cluster_->has_unsafe());
    save();
    EXPECT_EQ(log("t").high_watermark(), Offset(3));
    EXPECT_FALSE(cluster_->has_unsafe());
}

TEST_F(PartitionRecovery, WithFsync_RequestsThatComeTogetherShareOneSync) {
    restart(Syncing::yes);
    append("t", make_batch(1));
    runtime::TaskGroup group(loop_);
    int done = 0;
    const auto wait = [](Cluster* cluster, int* count) -> runtime::Task<void> {
        const auto safe = co_await cluster->make_safe();
        *count += safe.has_value() ? 1 : 0;
    };
    group.spawn("first", wait(cluster_.get(), &done));
    append("t", make_batch(1));
    group.spawn("second", wait(cluster_.get(), &done));
    loop_.settle();
    EXPECT_EQ(done, 0);
    loop_.advance(std::chrono::milliseconds(1));
    EXPECT_EQ(done, 2);
    EXPECT_EQ(log("t").high_watermark(), Offset(2));
}

TEST_F(PartitionRecovery, WithFsync_WhatTimersWroteIsSyncedByTheCleanUp) {
    restart(Syncing::yes);
    log("t").append_marker({ProducerId(1), ProducerEpoch(0), true, 0}, {}, 1);
    EXPECT_EQ(log("t").high_watermark(), Offset(0));
    cluster_->clean_up();
    EXPECT_EQ(log("t").high_watermark(), Offset(1));
}

TEST_F(PartitionRecovery, Scan_KeepsOffsetsRising) {
    const Bytes batch = make_batch(2);
    Bytes twice = batch;
    twice.insert(twice.end(), batch.begin(), batch.end());
    const LogScan scan = scan_log(twice, Offset(0));
    EXPECT_EQ(scan.good_bytes, batch.size());
    EXPECT_EQ(scan.end, Offset(2));
}

}  // namespace
}  // namespace lockstep::sandbox::test
