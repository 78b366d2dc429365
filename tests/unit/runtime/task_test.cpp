#include "runtime/task.h"

#include "tests/unit/support/manual_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

namespace lockstep::runtime {
namespace {

using std::chrono::milliseconds;
using test::ManualLoop;
using testing::ElementsAre;

Task<int> seven() {
    co_return 7;
}

Task<std::unique_ptr<int>> boxed(int value) {
    co_return std::make_unique<int>(value);
}

Task<int> throws(const char* what) {
    throw std::runtime_error(what);
    co_return 0;
}

Task<int> throws_later(EventLoop& loop) {
    co_await sleep_for(loop, milliseconds(1), {});
    throw std::runtime_error("later");
}

Task<int> passes_through(Task<int> inner) {
    const int value = co_await inner;
    co_return value + 1;
}

Task<std::string> caught(Task<int> inner) {
    std::string what = "nothing";
    try {
        co_await inner;
    } catch (const std::runtime_error& problem) {
        what = problem.what();
    }
    co_return what;
}

Task<int> note(std::vector<int>& into, int value) {
    into.push_back(value);
    co_return value;
}

Task<void> makes_without_awaiting(std::vector<int>& into) {
    Task<int> first = note(into, 1);
    Task<int> second = note(into, 2);
    into.push_back(0);
    co_await second;
    co_await first;
}

/// The farthest that the stack has reached, as the address of a local variable.
struct StackProbe {
    uintptr_t highest = 0;
    uintptr_t lowest = UINTPTR_MAX;
    void touch() {
        char here = 0;
        const auto address = reinterpret_cast<uintptr_t>(&here);
        highest = std::max(highest, address);
        lowest = std::min(lowest, address);
    }
    uintptr_t depth() const { return highest - lowest; }
};

Task<int> touch_stack(StackProbe& probe) {
    probe.touch();
    co_return 1;
}

Task<int> touch_stack_below(StackProbe& probe) {
    const int got = co_await touch_stack(probe);
    co_return got;
}

Task<int> await_many(StackProbe& probe, int times) {
    int sum = 0;
    for (int i = 0; i < times; ++i) {
        const int got = co_await touch_stack_below(probe);
        sum += got;
    }
    co_return sum;
}

Task<int> waits_one_turn(ManualLoop& loop, StackProbe& probe) {
    co_await sleep_for(loop, milliseconds(0), {});
    probe.touch();
    co_return 1;
}

Task<int> await_many_that_wait(ManualLoop& loop, StackProbe& probe, int times) {
    int sum = 0;
    for (int i = 0; i < times; ++i) {
        const int got = co_await waits_one_turn(loop, probe);
        sum += got;
    }
    co_return sum;
}

struct CountsLives {
    explicit CountsLives(int& lives) : lives_(&lives) { ++*lives_; }
    CountsLives(const CountsLives& other) : lives_(other.lives_) { ++*lives_; }
    ~CountsLives() { --*lives_; }
    int* lives_;
};

Task<int> holds(CountsLives held) {
    co_return *held.lives_;
}

TEST(Task, GivesItsValue) {
    ManualLoop loop;
    EXPECT_EQ(run(loop, seven()), 7);
    EXPECT_EQ(run(loop, passes_through(seven())), 8);
}

TEST(Task, GivesAValueThatCanOnlyBeMoved) {
    ManualLoop loop;
    EXPECT_EQ(*run(loop, boxed(5)), 5);
}

TEST(Task, PassesAnExceptionOn) {
    ManualLoop loop;
    EXPECT_EQ(run(loop, caught(throws("now"))), "now");
    EXPECT_EQ(run(loop, caught(passes_through(throws("below")))), "below");
    EXPECT_EQ(run(loop, caught(throws_later(loop))), "later");
    EXPECT_EQ(run(loop, caught(passes_through(throws_later(loop)))), "later");
}

TEST(Task, StartsWhenItIsAwaited) {
    ManualLoop loop;
    std::vector<int> order;
    run(loop, makes_without_awaiting(order));
    EXPECT_THAT(order, ElementsAre(0, 2, 1));
}

TEST(Task, FreesItsFrame_WhenItIsNeverAwaited) {
    int lives = 0;
    {
        Task<int> task = holds(CountsLives(lives));
        EXPECT_EQ(lives, 1);
        Task<int> moved = std::move(task);
        EXPECT_EQ(lives, 1);
    }
    EXPECT_EQ(lives, 0);
}

TEST(Task, DoesNotDeepenTheStack_OverAMillionAwaitsThatFinishAtOnce) {
    ManualLoop loop;
    StackProbe once;
    EXPECT_EQ(run(loop, await_many(once, 2)), 2);
    StackProbe probe;
    EXPECT_EQ(run(loop, await_many(probe, 1'000'000)), 1'000'000);
    EXPECT_EQ(probe.depth(), once.depth());
}

TEST(Task, DoesNotDeepenTheStack_OverManyAwaitsThatWait) {
    ManualLoop loop;
    StackProbe probe;
    EXPECT_EQ(run(loop, await_many_that_wait(loop, probe, 20'000)), 20'000);
    EXPECT_LT(probe.depth(), 64U * 1024);
}

}  // namespace
}  // namespace lockstep::runtime
