#include "runtime/task_group.h"

#include "tests/unit/support/manual_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace lockstep::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ManualLoop;
using testing::ElementsAre;

Task<void> sleep_and_note(EventLoop& loop, int ms, std::vector<int>& into) {
    co_await sleep_for(loop, milliseconds(ms), {});
    into.push_back(ms);
}

Task<void> until_stopped(EventLoop& loop, std::stop_token stop, Wake* wake) {
    const Wake woken = co_await sleep_for(loop, seconds(1000), stop);
    *wake = woken;
}

Task<void> join_and_note(TaskGroup& group, std::vector<int>& into) {
    co_await group.join();
    into.push_back(-1);
}

Task<void> fails() {
    throw std::runtime_error("on purpose");
    co_return;
}

Task<void> spawns_another(TaskGroup& group, EventLoop& loop, std::vector<int>& into) {
    co_await sleep_for(loop, milliseconds(1), {});
    group.spawn("second", sleep_and_note(loop, 5, into));
}

TEST(TaskGroup, Starts_FromTheLoop) {
    ManualLoop loop;
    TaskGroup group(loop);
    std::vector<int> order;
    group.spawn("one", sleep_and_note(loop, 0, order));
    EXPECT_EQ(group.running(), 1U);
    EXPECT_TRUE(order.empty());
    loop.settle();
    EXPECT_EQ(group.running(), 0U);
    EXPECT_THAT(order, ElementsAre(0));
}

TEST(TaskGroup, Join_WaitsForAll) {
    ManualLoop loop;
    TaskGroup group(loop);
    TaskGroup joining(loop);
    std::vector<int> order;
    group.spawn("a", sleep_and_note(loop, 20, order));
    group.spawn("b", sleep_and_note(loop, 10, order));
    joining.spawn("join", join_and_note(group, order));
    loop.advance(milliseconds(15));
    EXPECT_THAT(order, ElementsAre(10));
    loop.advance(milliseconds(15));
    EXPECT_THAT(order, ElementsAre(10, 20, -1));
}

TEST(TaskGroup, Join_WaitsForWhatItsTasksSpawn) {
    ManualLoop loop;
    TaskGroup group(loop);
    TaskGroup joining(loop);
    std::vector<int> order;
    group.spawn("first", spawns_another(group, loop, order));
    joining.spawn("join", join_and_note(group, order));
    loop.advance(milliseconds(100));
    EXPECT_THAT(order, ElementsAre(5, -1));
}

TEST(TaskGroup, Join_ReturnsAtOnce_WhenNothingRuns) {
    ManualLoop loop;
    TaskGroup group(loop);
    run(loop, group.join());
    EXPECT_EQ(group.running(), 0U);
}

TEST(TaskGroup, Join_ServesSeveral) {
    ManualLoop loop;
    TaskGroup group(loop);
    TaskGroup joining(loop);
    std::vector<int> order;
    group.spawn("a", sleep_and_note(loop, 10, order));
    joining.spawn("join", join_and_note(group, order));
    joining.spawn("join", join_and_note(group, order));
    loop.advance(milliseconds(10));
    EXPECT_THAT(order, ElementsAre(10, -1, -1));
}

TEST(TaskGroup, RequestStop_ReachesItsTasks) {
    ManualLoop loop;
    TaskGroup group(loop);
    Wake wake = Wake::notified;
    EXPECT_FALSE(group.stop_requested());
    group.spawn("sleeper", until_stopped(loop, group.stop_token(), &wake));
    loop.settle();
    group.request_stop();
    EXPECT_TRUE(group.stop_requested());
    run(loop, group.join());
    EXPECT_EQ(wake, Wake::stopped);
    EXPECT_FALSE(loop.has_timers());
}

TEST(TaskGroupDeathTest, EndsTheProcess_WhenATaskThrows) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    ManualLoop loop;
    EXPECT_DEATH(
        {
            TaskGroup group(loop);
            group.spawn("the task's name", fails());
            loop.settle();
        },
        "the task's name failed: on purpose");
}

TEST(TaskGroupDeathTest, MayNotBeDestroyedWhileSomethingRuns) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    ManualLoop loop;
    std::vector<int> order;
    EXPECT_DEATH(
        {
            TaskGroup group(loop);
            group.spawn("a", sleep_and_note(loop, 10, order));
        },
        "assertion failed");
}

TEST(Sleep, LastsUntilItsDeadline) {
    ManualLoop loop;
    const TimePoint begun = loop.now();
    EXPECT_EQ(run(loop, sleep_for(loop, milliseconds(250), {})), Wake::timeout);
    EXPECT_EQ(loop.now() - begun, milliseconds(250));
    EXPECT_EQ(run(loop, sleep_until(loop, begun + seconds(1), {})), Wake::timeout);
    EXPECT_EQ(loop.now() - begun, seconds(1));
}

TEST(Sleep, ReturnsAtOnce_WhenStopped) {
    ManualLoop loop;
    std::stop_source stop;
    stop.request_stop();
    const TimePoint begun = loop.now();
    EXPECT_EQ(run(loop, sleep_for(loop, seconds(10), stop.get_token())), Wake::stopped);
    EXPECT_EQ(loop.now(), begun);
}

TEST(Timers, RunInOrderOfTime_ThenOfAdding) {
    ManualLoop loop;
    std::vector<int> order;
    const TimePoint at = loop.now();
    const auto note = [&](int value) { return [&order, value] { order.push_back(value); }; };
    loop.add_timer(at + milliseconds(20), note(20));
    loop.add_timer(at + milliseconds(10), note(1));
    loop.add_timer(at + milliseconds(10), note(2));
    loop.add_timer(at + milliseconds(10), note(3));
    loop.add_timer(at - milliseconds(10), note(0));
    loop.advance(milliseconds(10));
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
    loop.advance(milliseconds(10));
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 20));
}

TEST(Timers, DoNotRun_WhenCancelled) {
    ManualLoop loop;
    std::vector<int> order;
    const auto later = loop.now() + milliseconds(10);
    loop.add_timer(later, [&] { order.push_back(1); });
    const auto cancelled = loop.add_timer(later, [&] { order.push_back(2); });
    loop.cancel_timer(cancelled);
    loop.advance(milliseconds(20));
    EXPECT_THAT(order, ElementsAre(1));
}

}  // namespace
}  // namespace lockstep::runtime
