#include "replication/memory_budget.h"

#include "tests/unit/support/manual_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace lockstep::replication {
namespace {

using LeasePtr = std::shared_ptr<MemoryBudget::Lease>;
using runtime::Task;
using testing::ElementsAre;
using testing::IsEmpty;

class MemoryBudgetTest : public testing::Test {
protected:
    ~MemoryBudgetTest() override {
        stop_.request_stop();
        test::run(loop_, tasks_.join());
    }

    /// Begins to wait for a lease; what is granted is in `granted_`, in order.
    void want(int64_t bytes) {
        tasks_.spawn("want", acquire_and_note(bytes));
        loop_.settle();
    }
    LeasePtr take(int64_t bytes) { return test::run(loop_, budget_.acquire(bytes, {})); }

    Task<void> note_refusal(int64_t bytes, std::stop_token stop, bool& is_refused) {
        const auto lease = co_await budget_.acquire(bytes, stop);
        is_refused = lease == nullptr;
    }

    Task<void> acquire_and_note(int64_t bytes) {
        auto lease = co_await budget_.acquire(bytes, stop_.get_token());
        if (lease == nullptr) {
            ++stopped_;
        } else {
            granted_.push_back(bytes);
            leases_.push_back(std::move(lease));
        }
    }

    test::ManualLoop loop_;
    MemoryBudget budget_{loop_, 100};
    std::stop_source stop_;
    std::vector<int64_t> granted_;
    int stopped_ = 0;
    std::map<Priority, int64_t> fetched_;  // where links compete
    std::vector<LeasePtr> leases_;
    runtime::TaskGroup tasks_{loop_};
};

TEST_F(MemoryBudgetTest, Grants_UpToTheLimit) {
    const auto a = take(60);
    const auto b = take(40);
    EXPECT_EQ(budget_.used_bytes(), 100);
    want(1);
    EXPECT_THAT(granted_, IsEmpty());
}

TEST_F(MemoryBudgetTest, Frees_WhatALeaseHeld) {
    { const auto lease = take(60); }
    EXPECT_EQ(budget_.used_bytes(), 0);
}

TEST_F(MemoryBudgetTest, MakesWait_UntilThereIsRoom) {
    auto first = take(60);
    want(50);
    EXPECT_THAT(granted_, IsEmpty());
    first.reset();
    loop_.settle();
    EXPECT_THAT(granted_, ElementsAre(50));
    EXPECT_EQ(budget_.used_bytes(), 50);
}

TEST_F(MemoryBudgetTest, GrantsInTheOrderOfAsking_WhenRoomIsFreed) {
    auto all = take(100);
    want(30);
    want(40);
    want(50);
    all.reset();
    loop_.settle();
    EXPECT_THAT(granted_, ElementsAre(30, 40));
    leases_.clear();
    loop_.settle();
    EXPECT_THAT(granted_, ElementsAre(30, 40, 50));
}

TEST_F(MemoryBudgetTest, GrantsMoreThanAll_OnlyWhenNothingElseIsHeld) {
    auto little = take(1);
    want(500);
    EXPECT_THAT(granted_, IsEmpty());
    little.reset();
    loop_.settle();
    EXPECT_THAT(granted_, ElementsAre(500));
    want(1);
    EXPECT_THAT(granted_, ElementsAre(500));
    leases_.clear();
    loop_.settle();
    EXPECT_THAT(granted_, ElementsAre(500, 1));
}

TEST_F(MemoryBudgetTest, LetsALeaseShrink_WhichWakesOthers) {
    const auto first = take(100);
    want(50);
    first->resize(50);
    loop_.settle();
    EXPECT_THAT(granted_, ElementsAre(50));
    EXPECT_EQ(budget_.used_bytes(), 100);
}

TEST_F(MemoryBudgetTest, LetsALeaseGrowBeyondTheLimit_AndTheNextWaitLonger) {
    auto first = take(60);
    first->resize(170);
    EXPECT_EQ(budget_.used_bytes(), 170);
    want(10);
    first->resize(91);
    loop_.settle();
    EXPECT_THAT(granted_, IsEmpty());
    first->resize(90);
    loop_.settle();
    EXPECT_THAT(granted_, ElementsAre(10));
}

TEST_F(MemoryBudgetTest, GivesNothing_WhenStopped) {
    const auto all = take(100);
    want(10);
    stop_.request_stop();
    loop_.settle();
    EXPECT_EQ(stopped_, 1);
    want(10);  // stop has been requested before
    EXPECT_EQ(stopped_, 2);
    EXPECT_EQ(budget_.used_bytes(), 100);
}

TEST_F(MemoryBudgetTest, LetsNobodyWaitForEver_WhoWantsMuch) {
    auto most = take(90);
    want(60);
    want(5);  // there would be room
    EXPECT_THAT(granted_, IsEmpty());
    most.reset();
    loop_.settle();
    EXPECT_THAT(granted_, ElementsAre(60, 5));
}

TEST_F(MemoryBudgetTest, ServesThoseBehind_WhenWhoWantsMuchIsStopped) {
    auto most = take(90);
    std::stop_source stop;
    bool is_refused = false;
    tasks_.spawn("want", note_refusal(60, stop.get_token(), is_refused));
    loop_.settle();
    want(5);
    stop.request_stop();
    loop_.settle();
    EXPECT_TRUE(is_refused);
    EXPECT_THAT(granted_, ElementsAre(5));
}

/// Links of each priority that all want more than there is, for as long as they are let.
class SharedBudgetTest : public MemoryBudgetTest {
protected:
    /// Fetches again and again; holds each lease for a tenth of a second, as a target would.
    Task<void> fetch(Priority priority) {
        while (!stop_.stop_requested()) {
            auto lease = co_await budget_.acquire(20, stop_.get_token(), priority);
            if (lease != nullptr) {
                fetched_[priority] += 20;
                co_await runtime::sleep_for(loop_, std::chrono::milliseconds(100),
                                            stop_.get_token());
            }
        }
    }

    void start(Priority priority, int readers) {
        for (int i = 0; i < readers; ++i) {
            tasks_.spawn("fetch", fetch(priority));
        }
    }

    double ratio(Priority one, Priority other) {
        return static_cast<double>(fetched_[one]) / static_cast<double>(fetched_[other]);
    }
};

TEST_F(SharedBudgetTest, GivesTheHigherOnesTheirShare_AndStarvesNoLowOne) {
    start(Priority::low, 8);
    start(Priority::normal, 8);
    start(Priority::high, 8);
    loop_.advance(std::chrono::seconds(100));
    EXPECT_GT(fetched_[Priority::low], 1'000);
    EXPECT_NEAR(ratio(Priority::high, Priority::low), 4, 0.2);
    EXPECT_NEAR(ratio(Priority::normal, Priority::low), 2, 0.1);
}

TEST_F(SharedBudgetTest, GivesALowOneAll_WhileNobodyElseWantsIt) {
    start(Priority::low, 8);
    loop_.advance(std::chrono::seconds(10));
    const int64_t alone = fetched_[Priority::low];
    EXPECT_GE(alone, 9'000);  // five leases of 20 at a time, each for a tenth of a second
    start(Priority::high, 8);
    loop_.advance(std::chrono::seconds(10));
    EXPECT_LT(fetched_[Priority::low] - alone, alone / 3);
}

Slice slice_of(size_t size) {
    Slice slice;
    slice.owner = std::shared_ptr<uint8_t[]>(new uint8_t[size]());
    slice.data = slice.owner.get();
    slice.size = size;
    return slice;
}

TEST_F(MemoryBudgetTest, WithLease_HoldsUntilTheLastPartIsLetGo) {
    Slice memory = slice_of(80);
    memory.data[79] = 42;
    const std::weak_ptr<uint8_t[]> watched = memory.owner;
    auto lease = take(80);
    Slice whole = with_lease(std::move(memory), std::move(lease));
    Slice tail = whole.part(70, 10);
    EXPECT_EQ(whole.size, 80U);
    whole = {};
    EXPECT_EQ(budget_.used_bytes(), 80);
    EXPECT_EQ(tail.view()[9], 42);
    tail = {};
    EXPECT_EQ(budget_.used_bytes(), 0);
    EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace lockstep::replication
