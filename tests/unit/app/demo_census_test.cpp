#include "app/demo_census.h"

#include "protocol/record_batch_builder.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

using sandbox::PartitionLog;

constexpr int16_t kProduceVersion = 9;
constexpr int64_t kNowMs = 1'000'000;
constexpr ProducerId kClient{7};
const OriginTag kHome{1};
const OriginTag kAway{2};

ProducerId copier_of(OriginTag origin) {
    return tagged_producer_id(origin, Uuid(), {"orders", PartitionIndex(0)});
}

/// One partition's log, and what a census has read of it.
class DemoCensusTest : public testing::Test {
protected:
    struct Writer {
        ProducerId id;
        int32_t sequence = 0;
        bool is_transactional = false;
    };

    /// Records such as "1=a": key and value, in one batch.
    void write(PartitionLog& log, Writer& writer, const std::vector<std::string>& records) {
        protocol::BatchOptions options;
        options.producer_id = writer.id;
        options.producer_epoch = ProducerEpoch(0);
        options.base_sequence = Sequence(writer.sequence);
        options.attributes =
            writer.is_transactional ? protocol::batch_attribute::kTransactional : int16_t{0};
        protocol::RecordBatchBuilder builder(options);
        for (const std::string& record : records) {
            const size_t middle = record.find('=');
            const std::string key = record.substr(0, middle);
            const std::string value = record.substr(middle + 1);
            builder.add(kNowMs, {.key = as_bytes(key), .value = as_bytes(value)});
            ++writer.sequence;
        }
        const auto appended = log.append(*builder.build(), config_, kNowMs, kProduceVersion);
        ASSERT_FALSE(appended.refusal.is_refused());
    }

    void end(PartitionLog& log, const Writer& writer, bool is_commit) {
        log.append_marker({writer.id, ProducerEpoch(0), is_commit, 0}, config_, kNowMs);
    }

    DemoOrigin compare(DemoCleanup cleanup = DemoCleanup::deleted) {
        at_source_.read(source_);
        at_target_.read(target_);
        return compare_tallies("home", at_source_.committed(kHome), at_target_.copied(kHome),
                               cleanup);
    }

    sandbox::LogConfig config_;
    PartitionLog source_;
    PartitionLog target_;
    DemoLogCensus at_source_{kHome};
    DemoLogCensus at_target_{kAway};
    Writer client_{kClient};
    Writer transaction_{ProducerId(8), 0, true};
    Writer copier_{copier_of(kHome)};
};

TEST_F(DemoCensusTest, TellsWhoseRecordsAreThere) {
    write(target_, client_, {"1=a", "2=b"});
    write(target_, copier_, {"3=c"});
    at_target_.read(target_);
    EXPECT_EQ(at_target_.committed(kAway).records, 2u);
    EXPECT_EQ(at_target_.committed(kHome).records, 1u);
    EXPECT_EQ(at_target_.copied(kHome).records, 1u);
    EXPECT_EQ(at_target_.copied(kAway).records, 0u);
}

TEST_F(DemoCensusTest, FindsACopyTheSame_HoweverItIsCutIntoBatches) {
    write(source_, client_, {"1=a", "2=b"});
    write(source_, client_, {"3=c"});
    EXPECT_EQ(compare().missing, 3u);
    write(target_, copier_, {"1=a"});
    EXPECT_EQ(compare().missing, 2u);
    EXPECT_FALSE(compare().is_same);
    write(target_, copier_, {"2=b", "3=c"});
    EXPECT_EQ(compare().missing, 0u);
    EXPECT_EQ(compare().at_source, 3u);
    EXPECT_TRUE(compare().is_same);
}

TEST_F(DemoCensusTest, FindsWhatIsThereTwice) {
    write(source_, client_, {"1=a"});
    write(target_, copier_, {"1=a", "1=a"});
    EXPECT_EQ(compare().surplus, 1u);
    EXPECT_FALSE(compare().is_same);
}

TEST_F(DemoCensusTest, FindsOtherRecordsAndAnotherOrder) {
    write(source_, client_, {"1=a", "2=b"});
    PartitionLog disordered;
    Writer other = copier_;
    write(disordered, other, {"2=b", "1=a"});
    write(target_, copier_, {"1=a", "2=c"});
    EXPECT_EQ(compare().missing, 0u);
    EXPECT_FALSE(compare().is_same);
    target_ = disordered;
    at_target_ = DemoLogCensus(kAway);
    EXPECT_EQ(compare().missing, 0u);
    EXPECT_FALSE(compare().is_same);
}

TEST_F(DemoCensusTest, CountsTransactions_WhenTheyAreCommitted) {
    write(source_, transaction_, {"1=a", "2=b"});
    write(source_, client_, {"3=c"});
    EXPECT_EQ(compare().at_source, 0u);
    end(source_, transaction_, true);
    EXPECT_EQ(compare().at_source, 3u);
}

TEST_F(DemoCensusTest, CountsNoAbortedRecords) {
    write(source_, transaction_, {"1=a"});
    end(source_, transaction_, false);
    write(source_, transaction_, {"2=b"});
    end(source_, transaction_, true);
    EXPECT_EQ(compare().at_source, 1u);
    write(target_, copier_, {"2=b"});
    EXPECT_TRUE(compare().is_same);
}

TEST_F(DemoCensusTest, CountsCopies_ThatStandBehindAnOpenTransaction) {
    write(source_, client_, {"1=a"});
    write(target_, transaction_, {"9=z"});
    write(target_, copier_, {"1=a"});
    EXPECT_TRUE(compare().is_same);
    EXPECT_EQ(at_target_.committed(kHome).records, 0u);  // a relay could not copy it on
    end(target_, transaction_, true);
    at_target_.read(target_);
    EXPECT_EQ(at_target_.committed(kHome).records, 1u);
    EXPECT_EQ(at_target_.committed(kHome).digest, at_target_.copied(kHome).digest);
}

TEST_F(DemoCensusTest, ForgetsNothing_WhenTheFrontIsDeleted) {
    write(source_, client_, {"1=a"});
    write(source_, client_, {"2=b"});
    compare();
    source_.delete_before(Offset(1));
    write(source_, client_, {"3=c"});
    EXPECT_EQ(compare().at_source, 3u);
}

TEST_F(DemoCensusTest, CountsNothing_ThatWasDeletedBeforeItWasSeen) {
    write(source_, client_, {"1=a", "2=b", "3=c"});
    source_.delete_before(Offset(2));  // within the batch
    EXPECT_EQ(compare().at_source, 1u);
}

TEST_F(DemoCensusTest, CountsAnew_WhenTheLogIsCut) {
    write(source_, client_, {"1=a"});
    write(source_, client_, {"2=b"});
    write(target_, copier_, {"1=a", "2=b"});
    EXPECT_TRUE(compare().is_same);
    source_.truncate(Offset(1));
    EXPECT_EQ(compare().surplus, 1u);
    EXPECT_FALSE(compare().is_same);
}

TEST_F(DemoCensusTest, WantsTheNewestOfEachKey_OfACompactedTopic) {
    write(source_, client_, {"1=a", "2=b", "1=c"});
    source_.compact(config_, kNowMs);
    write(target_, copier_, {"2=b"});
    EXPECT_EQ(compare(DemoCleanup::compacted).missing, 1u);
    EXPECT_FALSE(compare(DemoCleanup::compacted).is_same);
    write(target_, copier_, {"1=c"});
    EXPECT_TRUE(compare(DemoCleanup::compacted).is_same);
    write(source_, client_, {"2=d"});
    EXPECT_EQ(compare(DemoCleanup::compacted).missing, 1u);
    write(target_, copier_, {"2=d", "5=e"});
    EXPECT_EQ(compare(DemoCleanup::compacted).surplus, 1u);
    EXPECT_FALSE(compare(DemoCleanup::compacted).is_same);
}

}  // namespace
}  // namespace lockstep::app
