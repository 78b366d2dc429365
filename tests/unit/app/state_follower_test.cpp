#include "app/state_follower.h"

#include "tests/unit/app/state_cluster.h"

#include <gmock/gmock.h>

namespace lockstep::app {
namespace {

using protocol::ApiKey;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A configuration with a link of each name. Its other cluster is not reachable.
std::string config_text(const std::vector<std::string>& links, const std::string& level = "off") {
    std::string text =
        "clusters:\n  - {name: east, bootstrap: \"east:1\"}\n"
        "  - {name: west, bootstrap: \"west:1\"}\nlinks:\n";
    for (const std::string& link : links) {
        text += "  - {name: " + link + ", source: east, target: west, topics: [" + link + "]}\n";
    }
    return text + "log: {level: \"" + level + "\"}\n";
}

class StateFollowerTest : public StateClusterTest {
protected:
    StateFollowerTest() {
        engine_.start();
        follow({parse_config(config_text({"file"})).config, std::nullopt});
    }
    ~StateFollowerTest() override {
        end();
        test::run(loop_, engine_.stop());
    }

    void follow(StateFollower::Options options) {
        follower_.emplace(runtime_, engine_, std::move(options));
        following_.emplace(loop_);
        following_->spawn("follow", follower_->run(following_->stop_token()));
    }

    void end() {
        following_->request_stop();
        test::run(loop_, follower_->close());
        test::run(loop_, following_->join());
    }

    std::vector<std::string> links() const {
        std::vector<std::string> names;
        for (const LinkStatus& link : engine_.status()) {
            names.push_back(link.name);
        }
        return names;
    }

    void apply(int64_t version, const std::string& text) {
        append_version(version, text);
        loop_.advance(seconds(2));
    }

    replication::Engine engine_{runtime_, {}};
    std::optional<StateFollower> follower_;
    std::optional<runtime::TaskGroup> following_;
};

TEST_F(StateFollowerTest, RunsNothing_BeforeTheStateWasRead) {
    std::vector<test::ReceivedRequest> held;
    broker_.hold(ApiKey::metadata, held);
    show_topic();
    append_version(7, config_text({"seven"}));
    loop_.advance(seconds(10));
    EXPECT_THAT(links(), IsEmpty());
    EXPECT_EQ(follower_->waits_for(), "the desired state on east");
    ASSERT_EQ(held.size(), 1U);
    broker_.on(ApiKey::metadata,
               [this](const test::ReceivedRequest& r) { r.answer(broker_.metadata); });
    held[0].answer(broker_.metadata);
    loop_.advance(seconds(1));
    EXPECT_THAT(links(), ElementsAre("seven"));
    EXPECT_EQ(follower_->waits_for(), "");
}

TEST_F(StateFollowerTest, RunsNothing_WhileTheStateCannotBeRead) {
    append_version(7, config_text({"seven"}));
    show_topic(1, -1);
    loop_.advance(seconds(60));
    EXPECT_THAT(links(), IsEmpty());
    EXPECT_THAT(follower_->waits_for(), HasSubstr("topic __lockstep_config on east"));
    show_topic();
    loop_.advance(seconds(2));
    EXPECT_THAT(links(), ElementsAre("seven"));
}

TEST_F(StateFollowerTest, RunsTheFile_WhereThereIsNoVersion) {
    loop_.advance(seconds(1));
    EXPECT_THAT(links(), ElementsAre("file"));
    EXPECT_EQ(follower_->waits_for(), "");
    show_topic();
    apply(1, config_text({"file", "one"}));
    EXPECT_THAT(links(), ElementsAre("file", "one"));
}

TEST_F(StateFollowerTest, RunsTheNewestVersionThatIsValid) {
    show_topic();
    append_version(1, config_text({"one"}));
    append_version(2, config_text({"two"}));
    append_version(3, "links: []");
    loop_.advance(seconds(1));
    EXPECT_THAT(links(), ElementsAre("two"));
    append_version(4, config_text({"four"}));
    append_version(5, "clusters: 5");
    loop_.advance(seconds(2));
    EXPECT_THAT(links(), ElementsAre("four"));
    apply(6, "clusters: 6");
    EXPECT_THAT(links(), ElementsAre("four"));
}

TEST_F(StateFollowerTest, RunsTheFile_WhereNoVersionIsValid) {
    show_topic();
    append_version(1, "clusters: 1");
    loop_.advance(seconds(1));
    EXPECT_THAT(links(), ElementsAre("file"));
}

TEST_F(StateFollowerTest, FollowsSmallerNumbers_OfAnotherTopic) {
    show_topic();
    apply(5, config_text({"five"}));
    EXPECT_THAT(links(), ElementsAre("five"));
    log_.recreate(topic(2));
    show_topic(2);
    loop_.advance(seconds(2));
    EXPECT_THAT(links(), ElementsAre("five")) << "there is nothing to follow instead";
    apply(1, config_text({"one"}));
    EXPECT_THAT(links(), ElementsAre("one"));
}

TEST_F(StateFollowerTest, SetsTheLogLevel_OnlyWhereTheConfigurationsLevelChanges) {
    show_topic();
    append_version(1, config_text({"one"}));
    loop_.advance(seconds(1));
    EXPECT_EQ(log::level(), log::Level::off);
    apply(2, config_text({"one"}, "error"));
    EXPECT_EQ(log::level(), log::Level::error);
    log::set_level(log::Level::off);  // as an operator does
    apply(3, config_text({"two"}, "error"));
    EXPECT_THAT(links(), ElementsAre("two"));
    EXPECT_EQ(log::level(), log::Level::off);
}

TEST_F(StateFollowerTest, LeavesTheLogLevel_ThatTheCommandLineFixed) {
    end();
    follow({parse_config(config_text({"file"})).config, log::Level::off});
    show_topic();
    apply(1, config_text({"one"}, "error"));
    EXPECT_THAT(links(), ElementsAre("one"));
    EXPECT_EQ(log::level(), log::Level::off);
}

TEST_F(StateFollowerTest, EndsAtOnce_WhenTheClusterDoesNotAnswer) {
    std::vector<test::ReceivedRequest> held;
    loop_.advance(seconds(2));
    broker_.hold(ApiKey::metadata, held);
    loop_.run_until([&] { return !held.empty(); });
    const auto asked_at = loop_.now();
    end();
    EXPECT_EQ(loop_.now(), asked_at);
}

TEST_F(StateFollowerTest, OpensNoLink_WhenTheEngineStopsMeanwhile) {
    loop_.advance(seconds(1));
    ASSERT_THAT(links(), ElementsAre("file"));
    runtime::TaskGroup tasks(loop_);
    const Config config = parse_config(config_text({"new"})).config;
    tasks.spawn("reconfigure",
                engine_.reconfigure(config.clusters, config.links, milliseconds(500)));
    loop_.turn();
    test::run(loop_, engine_.stop());
    test::run(loop_, tasks.join());
    EXPECT_THAT(links(), IsEmpty());
}

}  // namespace
}  // namespace lockstep::app
