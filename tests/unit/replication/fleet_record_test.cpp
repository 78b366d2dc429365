#include "replication/fleet_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

const TopicPartition kOrders0{"orders", PartitionIndex(0)};
const TopicPartition kOrders7{"orders", PartitionIndex(7)};
const TopicPartition kUsers0{"users", PartitionIndex(0)};

FleetClaim claim() {
    FleetClaim claim;
    claim.name = "host-a:17";
    claim.generation = 5;
    claim.owned = {kOrders7, kUsers0};
    claim.rates = {{kOrders0, 0}, {kOrders7, 1'000'000}, {kUsers0, 3}};
    claim.pauses = {{41, {PauseScope{"orders", std::nullopt}}},
                    {{PauseScope(), false}, {PauseScope{"users", PartitionIndex(0)}, true}}};
    return claim;
}

FleetTable table() {
    FleetTable table;
    table.workers = {{"id-a", "host-a:17"}, {"id-b", "host-b:18"}};
    table.plan = {{kOrders0, {0, std::nullopt}}, {kOrders7, {0, 1}}, {kUsers0, {1, std::nullopt}}};
    table.rates = {{kOrders0, 1e9}, {kOrders7, 0.5}, {kUsers0, 70}};
    table.pauses = {42, {PauseScope(), PauseScope{"orders", PartitionIndex(7)}}};
    return table;
}

TEST(FleetRecord, KeepsAClaim) {
    const auto decoded = FleetClaim::decode(claim().encode());
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
    EXPECT_EQ(decoded->name, "host-a:17");
    EXPECT_EQ(decoded->generation, 5);
    EXPECT_EQ(decoded->owned, claim().owned);
    EXPECT_TRUE(decoded->is_able);
    EXPECT_EQ(decoded->pauses, claim().pauses);
    FleetClaim unable = claim();
    unable.is_able = false;
    EXPECT_FALSE(FleetClaim::decode(unable.encode())->is_able);
}

/// What a claim ends with that has no pauses: their version, and how many there are.
constexpr size_t kNoPauses = 8 + 1 + 1;

TEST(FleetRecord, ReadsClaimsOfFormerVersions) {
    FleetClaim without_pauses = claim();
    without_pauses.pauses = {};
    Bytes second = without_pauses.encode();
    second[0] = 2;
    second.resize(second.size() - kNoPauses);
    ASSERT_TRUE(FleetClaim::decode(second).has_value());
    EXPECT_EQ(FleetClaim::decode(second)->owned, claim().owned);
    EXPECT_EQ(FleetClaim::decode(second)->pauses, ToldPauses());
    Bytes first = second;
    first[0] = 1;
    first.erase(first.begin() + 15);  // behind version, name and generation: "able"
    const auto decoded = FleetClaim::decode(first);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
    EXPECT_EQ(decoded->owned, claim().owned);
    EXPECT_TRUE(decoded->is_able);
}

TEST(FleetRecord, KeepsRates_ToATenth) {
    const auto decoded = FleetClaim::decode(claim().encode());
    ASSERT_TRUE(decoded.has_value());
    ASSERT_EQ(decoded->rates.size(), claim().rates.size());
    for (const auto& [id, rate] : claim().rates) {
        EXPECT_NEAR(decoded->rates.at(id), rate, rate / 10) << id.to_string();
    }
    EXPECT_EQ(FleetClaim::decode(decoded->encode())->rates, decoded->rates);  // not less each time
}

TEST(FleetRecord, KeepsATable) {
    const auto decoded = FleetTable::decode(table().encode());
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
    EXPECT_EQ(decoded->workers, table().workers);
    EXPECT_EQ(decoded->plan, table().plan);
    EXPECT_NEAR(decoded->rates.at(kOrders0), 1e9, 1e8);
    EXPECT_EQ(decoded->rates.at(kOrders7), 0);
    EXPECT_EQ(decoded->pauses, table().pauses);
}

TEST(FleetRecord, ReadsATableOfTheFirstVersion) {
    FleetTable without_pauses = table();
    without_pauses.pauses = {};
    Bytes first = without_pauses.encode();
    first[0] = 1;
    first.resize(first.size() - kNoPauses + 1);  // a table has no orders
    const auto decoded = FleetTable::decode(first);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
    EXPECT_EQ(decoded->plan, table().plan);
    EXPECT_EQ(decoded->pauses, AgreedPauses());
}

TEST(FleetRecord, RefusesWhatIsCutOff_AtEveryByte) {
    const Bytes whole_claim = claim().encode();
    for (size_t size = 0; size < whole_claim.size(); ++size) {
        EXPECT_TRUE(FleetClaim::decode(ByteView(whole_claim).first(size)).has_error()) << size;
    }
    const Bytes whole_table = table().encode();
    for (size_t size = 0; size < whole_table.size(); ++size) {
        EXPECT_TRUE(FleetTable::decode(ByteView(whole_table).first(size)).has_error()) << size;
    }
}

TEST(FleetRecord, RefusesWhatIsLonger) {
    Bytes longer = claim().encode();
    longer.push_back(0);
    EXPECT_TRUE(FleetClaim::decode(longer).error().is(Errc::malformed));
}

TEST(FleetRecord, SaysWhatANewerVersionWrote) {
    Bytes newer = table().encode();
    newer[0] = 3;
    const auto decoded = FleetTable::decode(newer);
    ASSERT_TRUE(decoded.has_error());
    EXPECT_TRUE(decoded.error().is(Errc::unsupported));
    EXPECT_THAT(decoded.error().message(), testing::HasSubstr("a newer Lockstep wrote it"));
}

TEST(FleetRecord, RefusesAWorkerThatIsNotListed) {
    FleetTable wrong = table();
    wrong.plan[kUsers0] = {2, std::nullopt};
    EXPECT_TRUE(FleetTable::decode(wrong.encode()).error().is(Errc::malformed));
    wrong.plan[kUsers0] = {0, 2};
    EXPECT_TRUE(FleetTable::decode(wrong.encode()).error().is(Errc::malformed));
}

TEST(FleetRecord, TakesLittleRoom_ForManyPartitions) {
    FleetTable many;
    for (int worker = 0; worker < 3; ++worker) {
        many.workers.push_back({"lockstep-0123456789-0123456789-0123456789", "host:12345"});
    }
    for (int index = 0; index < 5'000; ++index) {
        const TopicPartition id{"orders-" + std::to_string(index / 50), PartitionIndex(index % 50)};
        many.plan[id] = {static_cast<size_t>(index % 3), std::nullopt};
        many.rates[id] = index;
    }
    EXPECT_LT(many.encode().size(), 25'000U);
}

}  // namespace
}  // namespace lockstep::replication
