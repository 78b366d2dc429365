#include "replication/offsets_choice.h"

#include "model/tagged_producer_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using Kind = OffsetsChoice::Kind;
using testing::HasSubstr;

constexpr int64_t kTagged = int64_t{1} << 62;
constexpr ProducerId kStream{kTagged + 5};
const ResumeRules kRules{kStream, false};

PartitionLogs logs(int64_t source_start, int64_t target_end, std::optional<ProducerId> writer) {
    PartitionLogs logs{Offset(source_start), Offset(1000), Offset(0), Offset(target_end), {}};
    if (writer) {
        logs.target_tail = StreamTail{*writer, ProducerEpoch(0), Sequence(3), false};
    }
    return logs;
}

OffsetsChoice choose(const OffsetsFacts& facts, const PartitionLogs& logs) {
    return choose_offsets(facts, logs, kRules);
}

TEST(OffsetsChoice, KeepsThemByDefault) {
    EXPECT_EQ(choose({}, logs(0, 0, {})).kind, Kind::preserve);
    EXPECT_EQ(choose({}, logs(500, 0, {})).kind, Kind::preserve);
    EXPECT_EQ(choose({}, logs(0, 10, kStream)).kind, Kind::preserve);
    EXPECT_EQ(choose({}, logs(0, 10, filler_producer_id(kStream))).kind, Kind::preserve);
}

TEST(OffsetsChoice, Translates_WhereTheTargetHoldsRecordsOfOthers) {
    const auto choice = choose({}, logs(0, 10, ProducerId(3)));
    EXPECT_EQ(choice.kind, Kind::translate);
    EXPECT_EQ(choice.why, "the target has offsets up to 10 that are not the source's");
    EXPECT_EQ(choose({}, logs(0, 1001, {})).kind, Kind::translate);
}

TEST(OffsetsChoice, Translates_WhereMarkersAreForbidden) {
    const OffsetsFacts facts{.marker_problem = "CLUSTER_AUTHORIZATION_FAILED"};
    const auto choice = choose(facts, logs(0, 0, {}));
    EXPECT_EQ(choice.kind, Kind::translate);
    EXPECT_THAT(choice.why, HasSubstr("takes no markers"));
    EXPECT_THAT(choice.why, HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));
    EXPECT_EQ(choose(facts, logs(0, 10, kStream)).kind, Kind::preserve) << "begun that way";
}

TEST(OffsetsChoice, WritesNoMoreFillerThanItMay) {
    OffsetsFacts facts{.max_filler_bytes = 100};
    EXPECT_EQ(choose(facts, logs(100, 0, {})).kind, Kind::preserve);
    EXPECT_EQ(choose(facts, logs(500, 0, {})).kind, Kind::translate);
    EXPECT_THAT(choose(facts, logs(500, 0, {})).why, HasSubstr("400 bytes of filler"));
    facts.wanted = OffsetsMode::preserve;
    EXPECT_EQ(choose(facts, logs(500, 0, {})).kind, Kind::neither);
    facts.max_filler_bytes = 0;
    EXPECT_EQ(choose(facts, logs(0, 0, {})).kind, Kind::preserve);
    EXPECT_EQ(choose(facts, logs(2, 0, {})).kind, Kind::neither);
}

TEST(OffsetsChoice, GoesOnAsItBegan) {
    OffsetsFacts facts{.has_map = true};
    EXPECT_EQ(choose(facts, logs(0, 10, ProducerId(3))).kind, Kind::translate);
    facts.wanted = OffsetsMode::preserve;
    EXPECT_EQ(choose(facts, logs(0, 10, ProducerId(3))).kind, Kind::neither);
    facts = {.wanted = OffsetsMode::translate};
    EXPECT_EQ(choose(facts, logs(0, 10, kStream)).kind, Kind::neither);
    EXPECT_EQ(choose(facts, logs(0, 10, ProducerId(3))).kind, Kind::translate);
    EXPECT_EQ(choose(facts, logs(0, 0, {})).why, "");
}

TEST(OffsetsChoice, PutsNothingBehindACopyThatKeepsAnothersOffsets) {
    constexpr ProducerId kElsewhere{kTagged + (int64_t{7} << 40) + 5};
    for (const OffsetsMode mode : {OffsetsMode::automatic, OffsetsMode::translate}) {
        OffsetsFacts facts{.wanted = mode};
        EXPECT_EQ(choose(facts, logs(0, 10, kElsewhere)).kind, Kind::translate) << "a map says so";
        facts.is_others_copy = true;
        EXPECT_EQ(choose(facts, logs(0, 10, kElsewhere)).kind, Kind::neither);
        EXPECT_THAT(choose(facts, logs(0, 10, kElsewhere)).why, HasSubstr("(offset 9) is from"));
        facts.has_map = true;
        EXPECT_EQ(choose(facts, logs(0, 10, kElsewhere)).kind, Kind::translate) << "it was begun";
    }
}

/// The stream of another topic of the same source.
constexpr ProducerId kFormer{kTagged + (int64_t{1} << 30)};

TEST(OffsetsChoice, DoesNotMixATopicWithTheOneBeforeIt) {
    const Uuid former{{1, 2, 3}};
    for (const OffsetsMode mode :
         {OffsetsMode::automatic, OffsetsMode::preserve, OffsetsMode::translate}) {
        OffsetsFacts facts{.wanted = mode};
        EXPECT_EQ(choose(facts, logs(0, 10, kFormer)).kind, Kind::neither);
        EXPECT_THAT(choose(facts, logs(0, 10, translated_producer_id(kFormer))).why,
                    HasSubstr("deleted at the source and created again"));
        facts.former_topic = former;
        EXPECT_EQ(choose(facts, logs(0, 10, {})).kind, Kind::neither);
        EXPECT_THAT(choose(facts, logs(0, 10, {})).why, HasSubstr(former.to_string()));
        EXPECT_NE(choose(facts, logs(0, 0, {})).kind, Kind::neither) << "its copy was deleted";
    }
}

TEST(OffsetsChoice, PutsATopicBehindTheOneBeforeIt_WhereThatIsWanted) {
    OffsetsFacts facts{.on_recreated = RecreatedRule::continue_behind,
                       .former_topic = Uuid{{1, 2, 3}}};
    EXPECT_EQ(choose(facts, logs(0, 10, kFormer)).kind, Kind::translate);
    facts.on_recreated = RecreatedRule::stop;
    facts.has_map = true;
    EXPECT_EQ(choose(facts, logs(0, 10, kFormer)).kind, Kind::translate) << "it was begun";
}

}  // namespace
}  // namespace lockstep::replication
