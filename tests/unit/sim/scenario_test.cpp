#include "sim/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace lockstep::sim {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::IsEmpty;
using testing::Not;

constexpr uint64_t kSeed = 1;
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

Outcome run_with_kill_at(uint64_t step) {
    Scenario scenario(kSeed);
    scenario.only_kill_at(step);
    return scenario.run();
}

TEST(Scenario, KillsTheFirstWorkerAtTheStepThatIsAskedFor) {
    const Outcome whole = run_with_kill_at(kNever);
    EXPECT_THAT(whole.problems, IsEmpty());
    EXPECT_THAT(whole.log, Not(Contains(EndsWith("kill -9 of worker-0.1"))));
    ASSERT_GT(whole.worker_steps, 200U);
    const Outcome killed = run_with_kill_at(whole.worker_steps / 2);
    EXPECT_THAT(killed.problems, IsEmpty());
    EXPECT_THAT(killed.log, Contains(EndsWith("  kill -9 of worker-0.1")));
    EXPECT_EQ(killed.worker_steps, whole.worker_steps / 2);
}

TEST(Scenario, IsTheSameEachTime) {
    const Outcome first = run_with_kill_at(100);
    const Outcome second = run_with_kill_at(100);
    EXPECT_EQ(first.log, second.log);
    EXPECT_EQ(first.steps, second.steps);
}

}  // namespace
}  // namespace lockstep::sim
