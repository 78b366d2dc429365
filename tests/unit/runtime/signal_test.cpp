#include "runtime/signal.h"

#include "tests/unit/support/manual_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::runtime {
namespace {

using std::chrono::milliseconds;
using test::ManualLoop;
using testing::ElementsAre;

struct Woken {
    int who;
    Wake wake;
    bool operator==(const Woken&) const = default;
};

/// Waits on one signal with several tasks, and keeps who was woken, in order.
class SignalTest : public testing::Test {
protected:
    ~SignalTest() override {
        signal_.notify_all();
        loop_.settle();
    }

    void wait(int who, TimePoint deadline = kNever, std::stop_token stop = {}) {
        tasks_.spawn("waiter", wait_and_note(who, deadline, std::move(stop)));
        loop_.settle();
    }

    TimePoint after(int ms) const { return loop_.now() + milliseconds(ms); }

    ManualLoop loop_;
    Signal signal_{loop_};
    std::vector<Woken> woken_;
    std::vector<int> rounds_;
    TaskGroup tasks_{loop_};

private:
    Task<void> wait_and_note(int who, TimePoint deadline, std::stop_token stop) {
        const Wake wake = co_await signal_.wait(deadline, stop);
        woken_.push_back({who, wake});
    }
};

TEST_F(SignalTest, WakesAll_InTheOrderOfTheirComing) {
    for (int who = 1; who <= 4; ++who) {
        wait(who);
    }
    signal_.notify_all();
    EXPECT_TRUE(woken_.empty());  // from the loop, not from within notify_all
    loop_.settle();
    EXPECT_THAT(woken_, ElementsAre(Woken{1, Wake::notified}, Woken{2, Wake::notified},
                                    Woken{3, Wake::notified}, Woken{4, Wake::notified}));
}

TEST_F(SignalTest, HasNoMemory) {
    signal_.notify_all();
    wait(1);
    loop_.advance(milliseconds(10));
    EXPECT_TRUE(woken_.empty());
}

TEST_F(SignalTest, WakesOnTimeout_AtTheDeadlineAndNotBefore) {
    wait(1, after(10));
    loop_.advance(milliseconds(9));
    EXPECT_TRUE(woken_.empty());
    loop_.advance(milliseconds(1));
    EXPECT_THAT(woken_, ElementsAre(Woken{1, Wake::timeout}));
}

TEST_F(SignalTest, TimesOutSoon_WhenTheDeadlineHasPassed) {
    wait(1, loop_.now() - milliseconds(1));
    EXPECT_THAT(woken_, ElementsAre(Woken{1, Wake::timeout}));
}

TEST_F(SignalTest, WakesOneWaiterOnce_WhenNotifiedAndThenDue) {
    wait(1, after(10));
    signal_.notify_all();
    loop_.advance(milliseconds(20));
    EXPECT_THAT(woken_, ElementsAre(Woken{1, Wake::notified}));
    EXPECT_FALSE(loop_.has_timers());
}

TEST_F(SignalTest, LeavesTheOthers_WhenOneInTheMiddleTimesOut) {
    wait(1);
    wait(2, after(5));
    wait(3);
    loop_.advance(milliseconds(5));
    signal_.notify_all();
    loop_.settle();
    EXPECT_THAT(woken_, ElementsAre(Woken{2, Wake::timeout}, Woken{1, Wake::notified},
                                    Woken{3, Wake::notified}));
}

TEST_F(SignalTest, DoesNotWait_WhenStopWasRequestedBefore) {
    std::stop_source stop;
    stop.request_stop();
    wait(1, kNever, stop.get_token());
    EXPECT_THAT(woken_, ElementsAre(Woken{1, Wake::stopped}));
}

TEST_F(SignalTest, WakesOnStop_WhileItWaits) {
    std::stop_source stop;
    wait(1, after(100), stop.get_token());
    stop.request_stop();
    loop_.settle();
    EXPECT_THAT(woken_, ElementsAre(Woken{1, Wake::stopped}));
    EXPECT_FALSE(loop_.has_timers());
}

TEST_F(SignalTest, WakesOneWaiterOnce_WhenNotifiedAndThenStopped) {
    std::stop_source stop;
    wait(1, kNever, stop.get_token());
    signal_.notify_all();
    stop.request_stop();
    loop_.settle();
    EXPECT_THAT(woken_, ElementsAre(Woken{1, Wake::notified}));
}

TEST_F(SignalTest, StopsOnlyThoseWhoHaveItsToken) {
    std::stop_source stop;
    std::stop_source other;
    wait(1, kNever, stop.get_token());
    wait(2, kNever, other.get_token());
    stop.request_stop();
    loop_.settle();
    EXPECT_THAT(woken_, ElementsAre(Woken{1, Wake::stopped}));
}

Task<void> wait_twice(Signal& signal, std::vector<int>& rounds) {
    co_await signal.wait();
    rounds.push_back(1);
    co_await signal.wait();
    rounds.push_back(2);
}

TEST_F(SignalTest, DoesNotWakeWhoComesBackDuringTheSameNotification) {
    tasks_.spawn("waiter", wait_twice(signal_, rounds_));
    loop_.settle();
    signal_.notify_all();
    loop_.settle();
    EXPECT_THAT(rounds_, ElementsAre(1));
}

TEST(SignalDeathTest, MayNotBeDestroyedWhileSomeoneWaits) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    ManualLoop loop;
    std::vector<int> rounds;
    EXPECT_DEATH(
        {
            TaskGroup tasks(loop);
            Signal signal(loop);
            tasks.spawn("waiter", wait_twice(signal, rounds));
            loop.settle();
        },
        "assertion failed");
}

}  // namespace
}  // namespace lockstep::runtime
