#include "replication/carried_streams.h"

#include "base/rng.h"
#include "protocol/record_batch_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace lockstep::replication {
namespace {

using protocol::RecordBatchBuilder;
using protocol::RecordBatchView;
using testing::ElementsAre;

constexpr OriginTag kSpoke{0x11};
constexpr OriginTag kStranger{0x22};
constexpr ProducerId kOwnStream{int64_t{1} << 62 | 7};
constexpr ProducerId kSpokeStream{int64_t{1} << 62 | 8};

ProducerId tagged(OriginTag origin) {
    return ProducerId(int64_t{1} << 62 | int64_t{origin.value} << 40 | 5);
}

Bytes batch_at(int64_t base, int32_t records, ProducerId writer) {
    RecordBatchBuilder builder({.base_offset = Offset(base), .producer_id = writer});
    for (int32_t i = 0; i < records; ++i) {
        const std::string value = std::to_string(base + i);
        builder.add(1000, {.value = as_bytes(value)});
    }
    return *builder.build();
}

StreamPlace place(int64_t next, int64_t source) {
    return {Ordinal(next), Offset(source), std::nullopt};
}

class CarriedStreamsTest : public testing::Test {
protected:
    static CarriedStreams streams(const StreamPlace& own, const StreamPlace& spoke) {
        std::vector<TranslatedStream> both;
        both.emplace_back(own, kOwnStream, BatchLimits{});
        both.emplace_back(spoke, kSpokeStream, BatchLimits{});
        return CarriedStreams(CarriedOrigins::only({std::nullopt, kSpoke}, kStranger),
                              std::move(both));
    }

    void take(CarriedStreams& stream, Bytes bytes) {
        const Slice frame = owned_slice(std::move(bytes));
        const auto view = RecordBatchView::open(frame.view());
        ASSERT_TRUE(view.has_value());
        ASSERT_TRUE(stream.take(FetchedBatch{*view, false, frame}).has_value());
    }

    /// What a broker would have: each writer's records by their sequence; and all in order.
    void send(CarriedStreams& stream) {
        ASSERT_TRUE(stream.flush().has_value());
        for (Outgoing& next : stream.take_outgoing()) {
            const auto& outgoing = std::get<client::OutgoingBatch>(next);
            const auto view = RecordBatchView::open(outgoing.bytes.view());
            ASSERT_TRUE(view.has_value());
            EXPECT_EQ(view->producer_id(), outgoing.stream == 0 ? kOwnStream : kSpokeStream);
            auto reader = protocol::RecordReader::open(*view);
            ASSERT_TRUE(reader.has_value());
            int64_t number = view->base_sequence().value();
            for (auto record = *reader->next(); record; record = *reader->next()) {
                const std::string value(as_text(*record->value));
                EXPECT_TRUE(arrived_[outgoing.stream].emplace(number++, value).second);
                order_.push_back(value);
            }
        }
        for (const CarriedStreams::NewRuns& each : stream.take_new_runs()) {
            for (const OffsetRun& run : each.runs) {
                runs_[each.stream].add(run);
            }
        }
    }

    std::map<size_t, std::map<int64_t, std::string>> arrived_;
    std::map<size_t, RunList> runs_;
    std::vector<std::string> order_;
};

TEST_F(CarriedStreamsTest, NumbersEachOriginsRecordsByThemselves) {
    auto stream = streams(place(0, 0), place(100, 0));
    take(stream, batch_at(0, 1, ProducerId(4)));
    take(stream, batch_at(1, 2, tagged(kSpoke)));
    take(stream, batch_at(3, 1, ProducerId(-1)));
    take(stream, batch_at(4, 1, tagged(kSpoke)));
    send(stream);
    EXPECT_THAT(order_, ElementsAre("0", "1", "2", "3", "4"));
    EXPECT_EQ(arrived_[0], (std::map<int64_t, std::string>{{0, "0"}, {1, "3"}}));
    EXPECT_EQ(arrived_[1], (std::map<int64_t, std::string>{{100, "1"}, {101, "2"}, {102, "4"}}));
    EXPECT_EQ(runs_[1].offset_of(Ordinal(102)), Offset(4));
    EXPECT_EQ(stream.take_skipped(), 0U);
}

TEST_F(CarriedStreamsTest, PassesOverWhatIsNotCarried_AndCountsIt) {
    auto stream = streams(place(0, 0), place(0, 0));
    take(stream, batch_at(0, 3, tagged(kStranger)));
    take(stream, batch_at(3, 1, ProducerId(4)));
    send(stream);
    EXPECT_THAT(order_, ElementsAre("3"));
    EXPECT_EQ(stream.take_skipped(), 3U);
    EXPECT_EQ(stream.next_fetch(), Offset(4));
}

TEST_F(CarriedStreamsTest, TellsWhatWasBornAtTheTarget) {
    auto stream = streams(place(0, 0), place(0, 0));
    take(stream, batch_at(0, 1, ProducerId(4)));
    take(stream, batch_at(1, 1, tagged(OriginTag{0x33})));
    EXPECT_FALSE(stream.has_targets_own());
    take(stream, batch_at(2, 1, tagged(kStranger)));  // whose records never go back
    EXPECT_TRUE(stream.has_targets_own());
}

TEST_F(CarriedStreamsTest, BeginsWhereTheStreamIsThatIsFurthestBehind) {
    auto stream = streams(place(7, 3), place(2, 1));
    EXPECT_EQ(stream.next_fetch(), Offset(1));
    take(stream, batch_at(1, 1, tagged(kSpoke)));
    take(stream, batch_at(2, 1, ProducerId(4)));  // had already
    take(stream, batch_at(3, 1, ProducerId(4)));
    send(stream);
    EXPECT_THAT(order_, ElementsAre("1", "3"));
    EXPECT_EQ(arrived_[0], (std::map<int64_t, std::string>{{7, "3"}}));
}

TEST_F(CarriedStreamsTest, BelievesNoDamagedOrigin) {
    auto stream = streams(place(0, 0), place(0, 0));
    Bytes damaged = batch_at(0, 1, tagged(kStranger));
    damaged.back() ^= 1;
    const Slice frame = owned_slice(std::move(damaged));
    const auto view = RecordBatchView::open(frame.view());
    const auto taken = stream.take(FetchedBatch{*view, false, frame});
    EXPECT_TRUE(taken.error().is(Errc::checksum_mismatch));
    EXPECT_EQ(stream.next_fetch(), Offset(0));
}

/// However a broker has taken what was sent before: each record arrives once and in its order.
TEST_F(CarriedStreamsTest, EveryRecordOnce_WhereverItStopped) {
    Rng rng(5);
    for (int round = 0; round < 200; ++round) {
        arrived_.clear();
        std::vector<std::pair<int64_t, ProducerId>> log;
        for (int64_t at = 0; at < 40; ++at) {
            const ProducerId writers[]{ProducerId(4), tagged(kSpoke), tagged(kStranger)};
            log.emplace_back(at, writers[rng.below(3)]);
        }
        int64_t next[2]{0, 0};
        for (size_t attempt = 0; attempt < 6; ++attempt) {
            // Of each stream, some of what was sent has arrived.
            std::map<size_t, std::map<int64_t, std::string>> before = arrived_;
            int64_t source[2]{0, 0};
            for (size_t i = 0; i < 2; ++i) {
                const auto count = static_cast<int64_t>(before[i].size());
                next[i] = attempt == 5 ? count : count - static_cast<int64_t>(rng.below(3));
                next[i] = std::max<int64_t>(next[i], 0);
                before[i].erase(before[i].lower_bound(next[i]), before[i].end());
                source[i] = next[i] == 0 ? 0 : std::stoll(before[i].at(next[i] - 1)) + 1;
            }
            arrived_ = before;
            auto stream = streams(place(next[0], source[0]), place(next[1], source[1]));
            const auto from = static_cast<size_t>(stream.next_fetch().value());
            const size_t to = attempt == 5 ? log.size() : from + rng.below(log.size() - from + 1);
            for (size_t i = from; i < to; ++i) {
                take(stream, batch_at(log[i].first, 1, log[i].second));
            }
            send(stream);
        }
        for (size_t i = 0; i < 2; ++i) {
            int64_t number = 0;
            for (const auto& [at, writer] : log) {
                if (writer == (i == 0 ? ProducerId(4) : tagged(kSpoke))) {
                    EXPECT_EQ(arrived_[i][number++], std::to_string(at));
                }
            }
            EXPECT_EQ(arrived_[i].size(), static_cast<size_t>(number));
        }
    }
}

TEST(CarriedOrigins, AllButOne_IsOneStream) {
    const auto carried = CarriedOrigins::all_but(kStranger);
    EXPECT_EQ(carried.stream_of(ProducerId(4)), 0U);
    EXPECT_EQ(carried.stream_of(tagged(kSpoke)), 0U);
    EXPECT_EQ(carried.stream_of(tagged(kStranger)), std::nullopt);
}

LinkSpec relaying_link() {
    LinkSpec link;
    link.source = "hub";
    link.target = "one";
    link.origins = {"hub", "two"};
    return link;
}

TEST(CarriedBy, WaitsForTheIdsOfRelayedOrigins) {
    ClusterIds ids;
    EXPECT_TRUE(ids.learn("hub", "hub-id").has_value());
    EXPECT_TRUE(ids.learn("one", "one-id").has_value());
    const auto missing = carried_by(relaying_link(), ids);
    EXPECT_TRUE(missing.error().is(Errc::not_found));
    EXPECT_THAT(missing.error().message(), testing::HasSubstr("cluster two"));
    EXPECT_TRUE(ids.learn("two", "two-id").has_value());
    const auto carried = carried_by(relaying_link(), ids);
    ASSERT_TRUE(carried.has_value());
    EXPECT_THAT(carried->clusters, ElementsAre("", "two-id"));
    EXPECT_EQ(carried->origins.stream_of(tagged(origin_tag("two-id"))), 1U);
    EXPECT_EQ(carried->origins.stream_of(tagged(origin_tag("one-id"))), std::nullopt);
}

TEST(CarriedBy, RefusesOriginsThatCannotBeToldApart) {
    ClusterIds ids;
    EXPECT_TRUE(ids.learn("one", "same").has_value());
    EXPECT_TRUE(ids.learn("two", "same").has_value());
    EXPECT_TRUE(carried_by(relaying_link(), ids).error().is(Errc::invalid_argument));
}

TEST(ClusterIds, RefusesAnotherIdOfTheSameCluster) {
    ClusterIds ids;
    EXPECT_TRUE(ids.learn("one", "a").has_value());
    EXPECT_TRUE(ids.learn("one", "").has_value()) << "it does not say";
    EXPECT_TRUE(ids.learn("one", "b").has_error());
    EXPECT_EQ(ids.of("one"), "a");
}

TEST_F(CarriedStreamsTest, TellsOfRecordsOfThirdClusters) {
    std::vector<TranslatedStream> one;
    one.emplace_back(place(0, 0), kOwnStream, BatchLimits{});
    CarriedStreams all(CarriedOrigins::all_but(kStranger), std::move(one));
    auto each = streams(place(0, 0), place(0, 0));
    for (CarriedStreams* carried : {&all, &each}) {
        take(*carried, batch_at(0, 1, ProducerId(4)));
        take(*carried, batch_at(1, 1, tagged(kStranger)));  // the target's own
        EXPECT_FALSE(carried->has_others());
        take(*carried, batch_at(2, 1, tagged(kSpoke)));
        EXPECT_TRUE(carried->has_others());
    }
}

LinkSpec plain_link() {
    LinkSpec link;
    link.source = "hub";
    link.target = "one";
    return link;
}

struct FormStep {
    std::optional<StreamForm> stored;
    StreamForm in_plain_link;
    StreamForm in_replication;
};

TEST(StreamForm, IsWhatTheLinkTakes_AndKeepsThatThereWereOthers) {
    using enum StreamForm;
    for (const FormStep& step : {FormStep{std::nullopt, all, one_origin},
                                 {all, all, one_origin},
                                 {one_origin, all, one_origin},
                                 {unknown, all_of_several, one_of_several},
                                 {all_of_several, all_of_several, one_of_several},
                                 {one_of_several, all_of_several, one_of_several}}) {
        EXPECT_EQ(form_of(step.stored, plain_link()), step.in_plain_link);
        EXPECT_EQ(form_of(step.stored, relaying_link()), step.in_replication);
    }
}

TEST(StreamForm, IsNoProblem_WhereNoOthersWereThere) {
    using enum StreamForm;
    for (const auto form : {unknown, all, all_of_several}) {
        EXPECT_EQ(form_problem(form, plain_link(), true), "");
    }
    EXPECT_EQ(form_problem(one_origin, plain_link(), false), "");
    for (const auto form : {unknown, all, one_origin, one_of_several}) {
        EXPECT_EQ(form_problem(form, relaying_link(), true), "");
    }
}

TEST(StreamForm, IsAProblem_WhereOthersWouldComeAgain_OrNotAtAll) {
    const auto left_out = testing::HasSubstr("by the routes of a replication so far");
    EXPECT_THAT(form_problem(StreamForm::one_of_several, plain_link(), false), left_out);
    EXPECT_THAT(form_problem(StreamForm::one_origin, plain_link(), true), left_out);
    EXPECT_THAT(form_problem(StreamForm::all_of_several, relaying_link(), false),
                testing::HasSubstr("with the records of all origins so far"));
}

}  // namespace
}  // namespace lockstep::replication
