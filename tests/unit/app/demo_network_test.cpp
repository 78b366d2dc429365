#include "app/demo_network.h"

#include "tests/unit/support/scripted_network.h"

#include <gtest/gtest.h>

#include <array>

namespace lockstep::app {
namespace {

using runtime::Stream;
using runtime::Task;

class DemoNetworkTest : public testing::Test {
protected:
    ~DemoNetworkTest() override { loop_.settle(); }

    /// Connects, then reads until the connection ends.
    Task<void> connect_and_read() {
        auto stream = co_await network_.connect("broker", 9092, runtime::kNever, {});
        if (stream.has_error()) {
            problem_ = stream.error().message();
            co_return;
        }
        is_connected_ = true;
        std::array<uint8_t, 8> bytes{};
        auto got = co_await (*stream)->read_some(bytes);
        is_connected_ = got.has_value();
        if (got.has_error()) {
            problem_ = got.error().message();
        }
    }

    void begin() {
        problem_.clear();
        tasks_.spawn("connection", connect_and_read());
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork real_{loop_};
    std::shared_ptr<test::ScriptedPeer> peer_ = real_.listen({"broker", 9092}, {});
    DemoNetwork network_{real_};
    runtime::TaskGroup tasks_{loop_};
    bool is_connected_ = false;
    std::string problem_;
};

TEST_F(DemoNetworkTest, PassesOn_WhileItIsWhole) {
    begin();
    loop_.advance(std::chrono::milliseconds(2));
    EXPECT_TRUE(is_connected_);
    peer_->wires.front()->send(Bytes{1});
    loop_.settle();
    EXPECT_EQ(problem_, "");
    EXPECT_EQ(tasks_.running(), 0u);
}

TEST_F(DemoNetworkTest, EndsConnections_WhenItIsCut) {
    begin();
    loop_.advance(std::chrono::milliseconds(2));
    network_.cut();
    loop_.settle();
    EXPECT_FALSE(is_connected_);
    EXPECT_NE(problem_, "");
    EXPECT_TRUE(peer_->wires.front()->is_closed_by_client());
}

TEST_F(DemoNetworkTest, RefusesNewConnections_WhileItIsCut) {
    network_.cut();
    begin();
    loop_.advance(std::chrono::milliseconds(2));
    EXPECT_NE(problem_.find("connect to broker:9092 (the link is cut)"), std::string::npos);
    EXPECT_EQ(real_.connects(), 0);
}

TEST_F(DemoNetworkTest, DropsAConnection_ThatWasBeingMadeWhenItWasCut) {
    begin();
    loop_.settle();
    network_.cut();
    loop_.advance(std::chrono::milliseconds(2));
    EXPECT_NE(problem_.find("the link is cut"), std::string::npos);
}

TEST_F(DemoNetworkTest, ConnectsAgain_WhenItIsHealed) {
    network_.cut();
    network_.heal();
    begin();
    loop_.advance(std::chrono::milliseconds(2));
    EXPECT_TRUE(is_connected_);
    network_.cut();
    loop_.settle();
    EXPECT_EQ(tasks_.running(), 0u);
}

}  // namespace
}  // namespace lockstep::app
