#include "replication/verification.h"

#include "base/crc32c.h"
#include "protocol/messages/describe_configs.h"
#include "tests/unit/replication/two_clusters.h"

#include <gmock/gmock.h>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using test::make_batch;
using test::ReceivedRequest;
using testing::HasSubstr;
namespace batch_layout = protocol::batch_layout;

class VerificationTest : public TwoClustersTest {
protected:
    VerificationTest() {
        for (test::FakeBroker* broker : {&source_, &target_}) {
            broker->on(ApiKey::describe_configs, [](const ReceivedRequest& request) {
                request.answer(protocol::DescribeConfigsResponse{});
            });
        }
    }

    LinkVerification verify_topics(std::vector<std::string> topics) {
        VerifyRequest request;
        request.clusters = cluster_specs();
        request.link = link_spec();
        request.link.topics = std::move(topics);
        request.told = [](const VerifiedPartition&) {};
        return test::run(loop_, verify_link(runtime_, std::move(request), {}));
    }

    VerifiedPartition verify() {
        const LinkVerification link = verify_topics({"orders"});
        EXPECT_EQ(link.problem, "");
        EXPECT_EQ(link.partitions.size(), 1U);
        return link.partitions.at(0);
    }
};

/// A batch that says that it is compressed, with noise inside and a CRC that fits.
Bytes noise_batch(int64_t base_offset) {
    Bytes batch = make_batch(base_offset, 5);
    batch[batch_layout::kAttributes + 1] = static_cast<uint8_t>(protocol::Codec::zstd);
    store_big_endian(batch.data() + batch_layout::kCrc,
                     crc32c(ByteView(batch).subspan(batch_layout::kAttributes)));
    return batch;
}

TEST_F(VerificationTest, DoesNotUnpack_WhatIsTheSameByteByByte) {
    for (test::FakeLog* log : {&source_log_, &target_log_}) {
        log->append(noise_batch(0));
        log->append(make_batch(5, 5));
    }
    const VerifiedPartition verified = verify();
    EXPECT_TRUE(verified.is_identical()) << verified.problem;
    EXPECT_EQ(verified.records, 10U);
    EXPECT_EQ(verified.untouched_batches, 2U);
}

TEST_F(VerificationTest, ComparesRecords_WhereTheBatchesHaveOtherBounds) {
    source_log_.append(make_batch(0, 2));
    source_log_.append(make_batch(2, 3));
    source_log_.append(make_batch(5, 5));
    target_log_.append(make_batch(0, 5));
    target_log_.append(make_batch(5, 5));
    const VerifiedPartition verified = verify();
    EXPECT_TRUE(verified.is_identical()) << verified.problem;
    EXPECT_EQ(verified.records, 10U);
    EXPECT_EQ(verified.untouched_batches, 1U);  // side by side again
}

TEST_F(VerificationTest, FindsWhatOneSideLacks_AndWhatDiffers) {
    source_log_.append(make_batch(0, 2));
    source_log_.append(make_batch(2, 2, "one"));
    source_log_.append(make_batch(4, 2));
    target_log_.append(make_batch(0, 2));
    target_log_.append(make_batch(2, 2, "two"));
    target_log_.append(make_batch(5, 1));
    const VerifiedPartition verified = verify();
    EXPECT_EQ(verified.records, 3U);
    ASSERT_EQ(verified.first.size(), 3U);
    EXPECT_EQ(verified.first[0].offset, Offset(2));
    EXPECT_EQ(verified.first[0].kind, Difference::Kind::content);
    EXPECT_EQ(verified.first[2].offset, Offset(4));
    EXPECT_EQ(verified.first[2].kind, Difference::Kind::only_at_source);
}

TEST_F(VerificationTest, SeesOnlyWhatBothLogsHold) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 10));
    source_log_.start = 4;
    target_log_.append(make_batch(0, 10));
    target_log_.append(make_batch(10, 5));
    const VerifiedPartition verified = verify();
    EXPECT_EQ(verified.problem, "");
    EXPECT_EQ(verified.differences, 0U);
    EXPECT_EQ(verified.from, 4);
    EXPECT_EQ(verified.to, 15);
    EXPECT_EQ(verified.records, 11U);
    EXPECT_EQ(verified.not_copied, 5U);
}

TEST_F(VerificationTest, IsNotIdentical_WhereNothingIsCopied) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 10));
    const auto begun = loop_.now();
    const VerifiedPartition verified = verify();
    EXPECT_FALSE(verified.is_identical());
    EXPECT_EQ(verified.problem, "");
    EXPECT_EQ(verified.not_copied, 20U);
    EXPECT_GE(loop_.now() - begun, std::chrono::seconds(10));  // somebody might have been copying
    EXPECT_LT(loop_.now() - begun, std::chrono::seconds(12));
}

TEST_F(VerificationTest, WaitsForTheTarget_UpToWhereTheSourceEndedAtTheStart) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 5));
    target_log_.append(make_batch(0, 10));
    int looks = 0;
    target_log_.on_list_offsets = [&] {
        ++looks;
        if (looks == 4) {  // both have come further meanwhile
            target_log_.append(make_batch(10, 5));
            source_log_.append(make_batch(15, 100));
        }
    };
    const auto begun = loop_.now();
    const VerifiedPartition verified = verify();
    EXPECT_TRUE(verified.is_identical()) << verified.not_copied << verified.problem;
    EXPECT_EQ(verified.to, 15);
    EXPECT_EQ(verified.records, 15U);
    EXPECT_LT(loop_.now() - begun, std::chrono::seconds(1));
}

TEST_F(VerificationTest, TellsTheRestByOffsets_WhereVeryMuchIsNotCopied) {
    for (int64_t base = 0; base < 30'000; base += 100) {
        source_log_.append(make_batch(base, 100));
    }
    EXPECT_EQ(verify().not_copied, 30'000U);
}

TEST_F(VerificationTest, SaysThatNothingWasCompared_WhereNoTopicMatches) {
    const LinkVerification link = verify_topics({"odrers"});
    EXPECT_THAT(link.problem, HasSubstr("no topic of src matches: nothing was compared"));
}

TEST_F(VerificationTest, ComparesOnlyTheTopicsAskedFor) {
    source_log_.append(make_batch(0, 10));
    target_log_.append(make_batch(0, 10));
    VerifyRequest request;
    request.clusters = cluster_specs();
    request.link = link_spec();
    request.only = {"ord.*"};
    request.told = [](const VerifiedPartition&) {};
    EXPECT_EQ(test::run(loop_, verify_link(runtime_, request, {})).partitions.size(), 1U);
    request.only = {"payments"};
    const LinkVerification none = test::run(loop_, verify_link(runtime_, request, {}));
    EXPECT_TRUE(none.has_no_topics);
    EXPECT_THAT(none.problem, HasSubstr("no topic of src matches"));
}

TEST_F(VerificationTest, KeepsToItsRate) {
    for (int64_t base = 0; base < 8; ++base) {
        source_log_.append(make_batch(base, 1, std::string(1 << 20, 'v')));
        target_log_.append(make_batch(base, 1, std::string(1 << 20, 'v')));
    }
    VerifyRequest request;
    request.clusters = cluster_specs();
    request.link = link_spec();
    request.bytes_per_second = 1 << 20;
    request.told = [](const VerifiedPartition&) {};
    const auto begun = loop_.now();
    const LinkVerification verified =
        test::run(loop_, verify_link(runtime_, std::move(request), {}));
    EXPECT_EQ(verified.partitions.at(0).records, 8U);
    EXPECT_GE(loop_.now() - begun, std::chrono::seconds(7));
    EXPECT_LE(loop_.now() - begun, std::chrono::seconds(9));
}

TEST_F(VerificationTest, TellsNoDifference_OfWhatTheTargetDoesNotShow) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 10));
    target_log_.append(make_batch(0, 10));
    target_log_.append(make_batch(10, 10));
    target_log_.intercept_fetch = [&](const test::ReceivedRequest& request) {
        target_log_.intercept_fetch = {};
        target_log_.end = 10;  // as before a transaction that is open there
        target_log_.compact({make_batch(0, 10)});
        target_log_.answer_fetch(request);
        return true;
    };
    const VerifiedPartition verified = verify();
    EXPECT_EQ(verified.differences, 0U);
    EXPECT_FALSE(verified.is_identical());
    EXPECT_THAT(verified.problem, HasSubstr("only up to offset 10"));
}

TEST_F(VerificationTest, IsNotIdentical_WhenABatchIsDamaged) {
    source_log_.append(make_batch(0, 10));
    Bytes damaged = make_batch(0, 10);
    damaged.back() ^= 1;
    target_log_.append(std::move(damaged));
    const VerifiedPartition verified = verify();
    EXPECT_FALSE(verified.is_identical());
    EXPECT_THAT(verified.problem, HasSubstr("batch at offset 0 of orders-0 on dst"));
}

}  // namespace
}  // namespace lockstep::replication
