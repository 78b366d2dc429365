#include "sim/sim_network.h"

#include <gtest/gtest.h>

namespace lockstep::sim {
namespace {

using std::chrono::milliseconds;

class InternetTest : public testing::Test {
protected:
    World world_{1};
    Internet internet_{world_};
};

TEST_F(InternetTest, StaysCut_UntilTheLastOfSeveralCutsIsMended) {
    internet_.block("worker", "broker");
    internet_.block("worker", "broker");
    internet_.unblock("worker", "broker");
    EXPECT_TRUE(internet_.is_blocked("worker", "broker"));
    EXPECT_FALSE(internet_.is_whole());
    internet_.unblock("worker", "broker");
    EXPECT_FALSE(internet_.is_blocked("worker", "broker"));
    EXPECT_TRUE(internet_.is_whole());
}

TEST_F(InternetTest, CutsEachDirectionForItself) {
    internet_.block("worker", "broker");
    internet_.block("broker", "worker");
    internet_.unblock("broker", "worker");
    EXPECT_TRUE(internet_.is_blocked("worker", "broker"));
    EXPECT_FALSE(internet_.is_blocked("broker", "worker"));
}

TEST_F(InternetTest, IsAsSlowAsTheSlowestOfSeveralLags) {
    internet_.begin_lag("broker", milliseconds(20));
    internet_.begin_lag("broker", milliseconds(50));
    internet_.begin_lag("broker", milliseconds(20));
    EXPECT_EQ(internet_.lag_of("broker"), milliseconds(50));
    internet_.end_lag("broker", milliseconds(50));
    EXPECT_EQ(internet_.lag_of("broker"), milliseconds(20));
    internet_.end_lag("broker", milliseconds(20));
    EXPECT_EQ(internet_.lag_of("broker"), milliseconds(20));
    internet_.end_lag("broker", milliseconds(20));
    EXPECT_EQ(internet_.lag_of("broker"), milliseconds(0));
    EXPECT_EQ(internet_.lag_of("another"), milliseconds(0));
}

}  // namespace
}  // namespace lockstep::sim
