#include "replication/shared_pauses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const PauseScope kLink;
const PauseScope kOrders{"orders", std::nullopt};
const PauseScope kOrders3{"orders", PartitionIndex(3)};
const PauseScope kUsers{"users", std::nullopt};

/// Workers that meet in rounds.
class SharedPausesTest : public testing::Test {
protected:
    AgreedPauses agree() {
        std::vector<ToldPauses> told;
        for (SharedPauses* worker : workers_) {
            told.push_back(worker->tell());
        }
        return agree_on_pauses(told);
    }

    void round() {
        const AgreedPauses agreed = agree();
        for (SharedPauses* worker : workers_) {
            worker->take(agreed);
        }
    }

    SharedPauses a_;
    SharedPauses b_;
    std::vector<SharedPauses*> workers_{&a_, &b_};
};

TEST_F(SharedPausesTest, CountsAtOnceWhereItWasAsked_AndElsewhereAfterARound) {
    a_.pause(kOrders);
    EXPECT_THAT(a_.now().scopes(), ElementsAre(kOrders));
    EXPECT_THAT(b_.now().scopes(), IsEmpty());
    round();
    EXPECT_THAT(b_.now().scopes(), ElementsAre(kOrders));
    EXPECT_THAT(a_.now().scopes(), ElementsAre(kOrders));
}

TEST_F(SharedPausesTest, SaysWhatIsOtherwise_AsAnotherWorkerWasAsked) {
    a_.pause(kOrders);
    AgreedPauses agreed = agree();
    EXPECT_THAT(a_.take(agreed).paused, IsEmpty());
    EXPECT_THAT(b_.take(agreed).paused, ElementsAre(kOrders));
    ASSERT_TRUE(b_.resume(kOrders).has_value());
    agreed = agree();
    EXPECT_THAT(a_.take(agreed).resumed, ElementsAre(kOrders));
    EXPECT_THAT(b_.take(agreed).resumed, IsEmpty());
}

TEST_F(SharedPausesTest, IsResumedByAnyOfThem) {
    a_.pause(kOrders);
    round();
    ASSERT_TRUE(b_.resume(kOrders).has_value());
    round();
    EXPECT_THAT(a_.now().scopes(), IsEmpty());
    round();
    EXPECT_THAT(a_.now().scopes(), IsEmpty()) << "an order counts once";
    EXPECT_THAT(b_.now().scopes(), IsEmpty());
}

TEST_F(SharedPausesTest, KeepsWhatSeveralWereAskedForAtOnce) {
    a_.pause(kOrders);
    b_.pause(kUsers);
    round();
    EXPECT_THAT(a_.now().scopes(), ElementsAre(kOrders, kUsers));
    EXPECT_EQ(a_.now().scopes(), b_.now().scopes());
}

TEST_F(SharedPausesTest, TellsWhatItWasAskedForDuringARound_InTheNext) {
    a_.pause(kOrders);
    const AgreedPauses agreed = agree();
    a_.pause(kUsers);
    a_.take(agreed);
    b_.take(agreed);
    EXPECT_THAT(a_.now().scopes(), ElementsAre(kOrders, kUsers));
    EXPECT_THAT(b_.now().scopes(), ElementsAre(kOrders));
    round();
    EXPECT_THAT(b_.now().scopes(), ElementsAre(kOrders, kUsers));
}

TEST_F(SharedPausesTest, TellsAgain_WhereARoundCameToNothing) {
    a_.pause(kOrders);
    agree();
    round();
    EXPECT_THAT(b_.now().scopes(), ElementsAre(kOrders));
}

TEST_F(SharedPausesTest, GivesItToWhoComesLater) {
    a_.pause(kOrders);
    round();
    SharedPauses fresh;
    workers_ = {&fresh, &b_};
    round();
    EXPECT_THAT(fresh.now().scopes(), ElementsAre(kOrders));
    EXPECT_THAT(b_.now().scopes(), ElementsAre(kOrders));
}

TEST_F(SharedPausesTest, BelievesWhoWasThereLast) {
    a_.pause(kOrders);
    round();
    workers_ = {&b_};
    ASSERT_TRUE(b_.resume(kOrders).has_value());
    b_.pause(kUsers);
    round();
    workers_ = {&a_, &b_};  // which missed that
    round();
    EXPECT_THAT(a_.now().scopes(), ElementsAre(kUsers));
    EXPECT_THAT(b_.now().scopes(), ElementsAre(kUsers));
}

TEST_F(SharedPausesTest, TakesANarrowerOneIntoAWider_AndResumesBoth) {
    a_.pause(kOrders3);
    b_.pause(kOrders);
    round();
    EXPECT_THAT(a_.now().scopes(), ElementsAre(kOrders));
    EXPECT_TRUE(a_.resume(kOrders3).error().is(Errc::invalid_argument));
    a_.pause(kLink);
    round();
    ASSERT_TRUE(b_.resume(kLink).has_value());
    round();
    EXPECT_THAT(a_.now().scopes(), IsEmpty());
}

TEST_F(SharedPausesTest, ToldNothingTwice_WhatANewerOrderMakesVoid) {
    for (int i = 0; i < 100; ++i) {
        a_.pause(kOrders);
        ASSERT_TRUE(a_.resume(kOrders).has_value());
    }
    EXPECT_EQ(a_.tell().orders.size(), 1U);
}

TEST(AgreeOnPauses, NobodyHasAny) {
    EXPECT_EQ(agree_on_pauses({}), AgreedPauses());
    EXPECT_EQ(agree_on_pauses({ToldPauses(), ToldPauses()}), AgreedPauses());
}

TEST(AgreeOnPauses, AVersionStaysWhereNothingIsOtherwise) {
    const AgreedPauses agreed{7, {kOrders}};
    const AgreedPauses same = agree_on_pauses({{agreed, {{kOrders, false}}}, {{3, {kUsers}}, {}}});
    EXPECT_EQ(same, agreed);
    EXPECT_EQ(agree_on_pauses({{agreed, {{kOrders, true}}}}).version, 8U);
}

}  // namespace
}  // namespace lockstep::replication
