#include "protocol/transaction_log.h"

#include "protocol/record_batch_builder.h"

#include <gmock/gmock.h>

#include <string>

namespace lockstep::protocol {
namespace {

using testing::ElementsAre;

Bytes from_hex(std::string_view hex) {
    std::string digits;
    for (const char c : hex) {
        if (c != ' ') {
            digits += c;
        }
    }
    Bytes bytes;
    for (size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

const Bytes kKey = from_hex("0000 0006 6c6f61642d6a");

Result<std::optional<TransactionState>> parse(ByteView key, std::optional<ByteView> value) {
    Record record;
    record.key = key;
    record.value = value;
    return parse_transaction_state(record);
}

TransactionState parsed(std::string_view value) {
    const Bytes bytes = from_hex(value);
    const auto state = parse(kKey, bytes);
    EXPECT_TRUE(state.has_value()) << state.error().message();
    return **state;
}

TopicPartition partition(const std::string& topic, int32_t index) {
    return {topic, PartitionIndex(index)};
}

// As a broker of 2.8.2 wrote it.
TEST(TransactionLog, ReadsVersion0) {
    const TransactionState state = parsed(
        "0000 0000000000000007 0003 0000ea60 02 00000001 0001 74 00000002 00000002 00000001"
        "000001a209dd961c 000001a209dd959e");
    EXPECT_EQ(state.transactional_id, "load-j");
    EXPECT_EQ(state.producer_id, ProducerId(7));
    EXPECT_EQ(state.producer_epoch, ProducerEpoch(3));
    EXPECT_EQ(state.status, TransactionStatus::prepare_commit);
    EXPECT_THAT(state.partitions, ElementsAre(partition("t", 2), partition("t", 1)));
    EXPECT_EQ(state.updated_ms, 0x1a209dd961c);
    EXPECT_EQ(state.transaction_version, 0);
}

TEST(TransactionLog, ReadsVersion0_WithoutPartitions) {
    const TransactionState state =
        parsed("0000 0000000000000000 0000 0000ea60 00 ffffffff 000001a209dd9465 ffffffffffffffff");
    EXPECT_EQ(state.status, TransactionStatus::empty);
    EXPECT_THAT(state.partitions, ElementsAre());
}

// As a broker of 4.3.0 wrote it for a producer whose epoch rises with each transaction.
TEST(TransactionLog, ReadsVersion1_AndItsTags) {
    const TransactionState state = parsed(
        "0001 0000000000000001 0002 0000ea60 02 02 02 6a 02 00000001 00"
        "000001a209dd4e48 000001a209dd4e3f 02 00 08 0000000000000001 02 02 0002");
    EXPECT_EQ(state.producer_id, ProducerId(1));
    EXPECT_EQ(state.producer_epoch, ProducerEpoch(2));
    EXPECT_EQ(state.status, TransactionStatus::prepare_commit);
    EXPECT_THAT(state.partitions, ElementsAre(partition("j", 1)));
    EXPECT_EQ(state.updated_ms, 0x1a209dd4e48);
    EXPECT_EQ(state.transaction_version, 2);
}

TEST(TransactionLog, ReadsVersion1_OfAnOlderProducer) {
    const TransactionState state = parsed(
        "0001 0000000000000000 0000 0000ea60 04 01 000001a209dd4126 000001a209dd40de"
        "01 00 08 0000000000000000");
    EXPECT_EQ(state.status, TransactionStatus::complete_commit);
    EXPECT_THAT(state.partitions, ElementsAre());
    EXPECT_EQ(state.transaction_version, 0);
}

TEST(TransactionLog, HasNothingToSayOfAForgottenId) {
    const auto forgotten = parse(kKey, std::nullopt);
    ASSERT_TRUE(forgotten.has_value());
    EXPECT_FALSE(forgotten->has_value());
}

TEST(TransactionLog, RefusesVersionsThatItDoesNotKnow) {
    const auto key = parse(from_hex("0001 0006 6c6f61642d6a"), std::nullopt);
    ASSERT_TRUE(key.has_error());
    EXPECT_TRUE(key.error().is(Errc::unsupported));
    const auto value = parse(kKey, from_hex("0002 0000000000000000"));
    ASSERT_TRUE(value.has_error());
    EXPECT_TRUE(value.error().is(Errc::unsupported));
}

TEST(TransactionLog, IsMalformed_WhereverItIsCutShort) {
    for (const std::string_view whole :
         {"0000 0000000000000007 0003 0000ea60 02 00000001 0001 74 00000002 00000002 00000001"
          "000001a209dd961c 000001a209dd959e",
          "0001 0000000000000001 0002 0000ea60 02 02 02 6a 02 00000001 00"
          "000001a209dd4e48 000001a209dd4e3f 02 00 08 0000000000000001 02 02 0002"}) {
        const Bytes bytes = from_hex(whole);
        for (size_t size = 0; size < bytes.size(); ++size) {
            const auto cut = parse(kKey, ByteView(bytes).first(size));
            ASSERT_TRUE(cut.has_error()) << size;
            EXPECT_TRUE(cut.error().is(Errc::malformed)) << cut.error().message();
        }
    }
    for (size_t size = 0; size < kKey.size(); ++size) {
        EXPECT_TRUE(parse(ByteView(kKey).first(size), std::nullopt).has_error()) << size;
    }
}

}  // namespace
}  // namespace lockstep::protocol
