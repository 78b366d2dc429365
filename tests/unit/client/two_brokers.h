#pragma once

#include "client/cluster.h"
#include "tests/unit/support/fake_broker.h"

#include <gtest/gtest.h>

namespace lockstep::client {

/// A cluster "eu" of two brokers, whose metadata is known. Who derives from it closes the cluster.
class TwoBrokersTest : public testing::Test {
protected:
    TwoBrokersTest() {
        for (test::FakeBroker* broker : {&broker1_, &broker2_}) {
            broker->metadata = test::metadata_of("eu", 2, {});
        }
        const auto refreshed = test::run(loop_, cluster_.refresh_metadata(nullptr, {}));
        EXPECT_TRUE(refreshed.has_value());
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    test::FakeBroker broker1_{network_, {"eu", 1}};
    test::FakeBroker broker2_{network_, {"eu", 2}};
    Cluster cluster_{runtime_, {"eu", {{"eu", 1}}}, ConnectionOptions{}};
};

}  // namespace lockstep::client
