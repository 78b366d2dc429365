#include "runtime/asio_loop.h"
#include "runtime/task_group.h"
#include "tests/unit/support/loopback_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace lockstep::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::LoopbackPeer;
using test::LoopbackServer;
using testing::HasSubstr;

using Connected = Result<std::unique_ptr<Stream>>;

struct Attempt {
    std::string host = "127.0.0.1";
    uint16_t port = 0;
    Duration patience = seconds(20);
    std::stop_source stop;
};

Task<void> stop_later(AsioLoop& loop, std::stop_source stop, Duration after) {
    co_await sleep_for(loop, after, {});
    stop.request_stop();
}

Task<void> attempt(AsioLoop& loop, Attempt what, std::optional<Connected>& outcome) {
    AsioNetwork network(loop);
    auto connected = co_await network.connect(what.host, what.port, loop.now() + what.patience,
                                              what.stop.get_token());
    outcome.emplace(std::move(connected));
}

Task<void> join_and_finish(AsioLoop& loop, TaskGroup& group) {
    co_await group.join();
    loop.finish();
}

/// Tries to connect; with `stop_after`, stops the attempt then.
Connected connect(const Attempt& what, std::optional<Duration> stop_after = {}) {
    AsioLoop loop;
    std::optional<Connected> outcome;
    TaskGroup group(loop);
    TaskGroup joining(loop);
    group.spawn("connect", attempt(loop, what, outcome));
    if (stop_after) {
        group.spawn("stop", stop_later(loop, what.stop, *stop_after));
    }
    joining.spawn("join", join_and_finish(loop, group));
    loop.run();
    if (outcome->has_value()) {
        return std::unique_ptr<Stream>();  // its loop ends here
    }
    return std::move(*outcome);
}

/// A port whose listener accepts nothing and whose queue is full: connecting to it takes for ever.
class FullServer {
public:
    FullServer() {
        for (int i = 0; i < 8; ++i) {
            const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_port = htons(server_.port());
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            (void)::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
            clients_.push_back(fd);
        }
    }
    FullServer(const FullServer&) = delete;
    FullServer& operator=(const FullServer&) = delete;
    ~FullServer() {
        for (const int fd : clients_) {
            ::close(fd);
        }
    }
    uint16_t port() const { return server_.port(); }

private:
    LoopbackServer server_;
    std::vector<int> clients_;
};

TEST(AsioConnect, Succeeds_ByAddressAndByName) {
    for (const char* host : {"127.0.0.1", "localhost"}) {
        const LoopbackServer server([](const LoopbackPeer& peer) { peer.receive(1); });
        const auto connected = connect({.host = host, .port = server.port(), .stop = {}});
        EXPECT_TRUE(connected.has_value()) << host;
    }
}

TEST(AsioConnect, SaysDisconnected_WhenRefused) {
    const uint16_t port = test::refused_port();
    const auto connected = connect({.port = port, .stop = {}});
    ASSERT_TRUE(connected.has_error());
    EXPECT_TRUE(connected.error().is(Errc::disconnected));
    EXPECT_THAT(connected.error().message(), HasSubstr("127.0.0.1:" + std::to_string(port)));
    EXPECT_THAT(connected.error().message(), HasSubstr("refused"));
}

TEST(AsioConnect, SaysDisconnected_WhenTheHostCannotBeResolved) {
    // A machine without a network may ask each of its name servers twice before it gives up.
    const auto connected = connect(
        {.host = "no-such-host.invalid", .port = 9092, .patience = seconds(120), .stop = {}});
    ASSERT_TRUE(connected.has_error());
    EXPECT_TRUE(connected.error().is(Errc::disconnected)) << connected.error().message();
    EXPECT_THAT(connected.error().message(), HasSubstr("no-such-host.invalid"));
}

TEST(AsioConnect, SaysTimeout_AtTheDeadline) {
    const FullServer server;
    const auto begun = std::chrono::steady_clock::now();
    const auto connected =
        connect({.port = server.port(), .patience = milliseconds(50), .stop = {}});
    ASSERT_TRUE(connected.has_error());
    EXPECT_TRUE(connected.error().is(Errc::timeout)) << connected.error().message();
    EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(50));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(15));
}

TEST(AsioConnect, SaysStopped_WhenStoppedMeanwhile) {
    const FullServer server;
    const auto connected = connect({.port = server.port(), .stop = {}}, milliseconds(30));
    ASSERT_TRUE(connected.has_error());
    EXPECT_TRUE(connected.error().is(Errc::stopped)) << connected.error().message();
}

TEST(AsioConnect, SaysStopped_WhenStoppedBefore) {
    const LoopbackServer server;
    Attempt what{.port = server.port(), .stop = {}};
    what.stop.request_stop();
    const auto connected = connect(what);
    ASSERT_TRUE(connected.has_error());
    EXPECT_TRUE(connected.error().is(Errc::stopped)) << connected.error().message();
}

TEST(AsioLoop, RunsTimers_InRealTime) {
    AsioLoop loop;
    const TimePoint begun = loop.now();
    std::vector<int> order;
    loop.add_timer(begun + milliseconds(30), [&] {
        order.push_back(2);
        loop.finish();
    });
    loop.add_timer(begun + milliseconds(10), [&] { order.push_back(1); });
    loop.run();
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
    EXPECT_GE(loop.now() - begun, milliseconds(30));
}

TEST(AsioLoop, WallClock_IsTheSystems) {
    const AsioLoop loop;
    const int64_t now = std::chrono::duration_cast<milliseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    EXPECT_NEAR(static_cast<double>(loop.wall_clock_ms()), static_cast<double>(now), 5'000);
}

TEST(AsioLoop, CallsTheHandler_ForEachSignal) {
    AsioLoop loop;
    std::vector<int> numbers;
    loop.on_termination([&](int number) {
        numbers.push_back(number);
        if (numbers.size() == 2) {
            loop.finish();
        } else {
            ::raise(SIGINT);
        }
    });
    loop.add_timer(loop.now(), [] { ::raise(SIGTERM); });
    loop.run();
    EXPECT_EQ(numbers, (std::vector<int>{SIGTERM, SIGINT}));
}

}  // namespace
}  // namespace lockstep::runtime
