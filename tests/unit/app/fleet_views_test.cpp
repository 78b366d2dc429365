// How a link that several workers share is configured and shown.

#include "app/api_json.h"
#include "app/cli.h"
#include "app/config.h"
#include "app/metrics_text.h"
#include "app/operate_report.h"
#include "app/progress.h"
#include "app/status_json.h"
#include "app/status_report.h"
#include "app/status_table.h"
#include "tests/unit/app/sample_links.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

PartitionStatus elsewhere(const std::string& topic, int32_t partition) {
    PartitionStatus status = sample_partition(topic, partition, PartitionState::elsewhere);
    status.worker = "host-b:2";
    return status;
}

LinkStatus shared_link() {
    LinkStatus link = sample_link({running_partition("orders", 0, 50, 50), elsewhere("orders", 1)});
    link.partitions[0].worker = "host-a:1";
    link.fleet = {"host-a:1", 2, true, 1, 3, 4, ""};
    return link;
}

ParsedConfig parsed(const std::string& fleet) {
    return parse_config(fmt::format(R"(clusters:
  - {{name: east, bootstrap: "127.0.0.1:19092"}}
  - {{name: west, bootstrap: "127.0.0.1:29092"}}
links:
  - {{source: east, target: west, topics: [orders]}}
fleet: {}
)",
                                    fleet));
}

std::string table_of(const LinkStatus& link) {
    const auto report = parse_status_report(status_json({link}, Rates(), {1, 1'000'000}));
    EXPECT_TRUE(report.has_value());
    return render_status_table(*report);
}

TEST(FleetConfig, HasASessionAndAName) {
    const auto read = parsed("{session_timeout: 10s, worker: lockstep-1}");
    EXPECT_TRUE(read.problems.empty());
    EXPECT_EQ(read.config.limits.fleet.session_timeout, std::chrono::seconds(10));
    EXPECT_EQ(read.config.limits.fleet.worker, "lockstep-1");
}

TEST(FleetConfig, HasTheSessionOfBrokers_ByDefault) {
    EXPECT_EQ(parsed("{worker: one}").config.limits.fleet.session_timeout, std::chrono::seconds(6));
}

TEST(FleetConfig, SaysWhatASessionMayBe) {
    for (const char* wrong : {"900ms", "2m", "soon"}) {
        const auto read = parsed(fmt::format("{{session_timeout: {}}}", wrong));
        ASSERT_EQ(read.problems.size(), 1U) << wrong;
        EXPECT_THAT(read.problems[0].what,
                    HasSubstr("\"session_timeout\" must be a duration from 1s to 1m"));
    }
}

TEST(FleetStatusJson, SaysWhoHasWhat) {
    const Json json = Json::parse(status_json({shared_link()}, Rates(), {1, 1'000'000}));
    const Json& link = json["links"][0];
    EXPECT_EQ(link["fleet"], Json::parse(R"({"worker": "host-a:1", "workers": 2, "leader": true,
        "owned": 1, "taken": 3, "given": 4, "problem": ""})"));
    EXPECT_EQ(link["partitions"][0]["worker"], "host-a:1");
    EXPECT_EQ(link["partitions"][1]["worker"], "host-b:2");
    EXPECT_EQ(link["partitions"][1]["state"], "elsewhere");
}

TEST(FleetStatusTable, SaysWhoHasWhat) {
    const std::string text = table_of(shared_link());
    EXPECT_THAT(text, HasSubstr("2 partitions: 1 running, 1 elsewhere"));
    EXPECT_THAT(text, HasSubstr("\n  fleet: host-a:1, leader of 2 workers, has 1 partition; "
                                "3 taken, 4 given\n"));
    EXPECT_THAT(text, HasSubstr("copied by host-b:2"));
}

TEST(FleetStatusTable, SaysNothing_OfAWorkerThatIsAlone) {
    LinkStatus link = shared_link();
    link.fleet = {"host-a:1", 1, true, 2, 0, 0, ""};
    EXPECT_THAT(table_of(link), Not(HasSubstr("fleet:")));
}

TEST(FleetStatusTable, SaysWhyNothingIsShared) {
    LinkStatus link = shared_link();
    link.fleet = {"host-a:1", 0, false, 0, 0, 0, "join: GROUP_AUTHORIZATION_FAILED"};
    EXPECT_THAT(table_of(link), HasSubstr("shares with nobody for now: join: GROUP_AUTH"));
}

TEST(FleetMetrics, HaveTheSharesOfALink) {
    const std::string text = metrics_text({shared_link()}, {}, 1'000'000);
    const std::string link = R"({link="east-to-west",source="east",target="west"})";
    EXPECT_THAT(text, HasSubstr("lockstep_fleet_workers" + link + " 2\n"));
    EXPECT_THAT(text, HasSubstr("lockstep_fleet_owned_partitions" + link + " 1\n"));
    EXPECT_THAT(text, HasSubstr("lockstep_fleet_taken_partitions_total" + link + " 3\n"));
    EXPECT_THAT(text, HasSubstr("lockstep_fleet_given_partitions_total" + link + " 4\n"));
}

TEST(FleetMetrics, HaveOnlyCounts_OfWhatAnotherWorkerCopies) {
    LinkStatus link = shared_link();
    EXPECT_THAT(metrics_text({link}, {}, 1'000'000), Not(HasSubstr(R"(partition="1")")));
    link.partitions[1].copied_records = 7;  // before it moved
    const std::string text = metrics_text({link}, {}, 1'000'000);
    EXPECT_THAT(text, testing::ContainsRegex("lockstep_copied_records_total.*\"1\"} 7\n"));
    EXPECT_THAT(text, Not(HasSubstr(R"(partition="1",state=)")));
}

TEST(FleetProgress, CountsOnlyWhatThisWorkerCopies) {
    const Progress progress = sum_up({shared_link()}, Rates());
    EXPECT_EQ(progress.partitions, 1U);
    EXPECT_EQ(progress.elsewhere, 1U);
    EXPECT_EQ(progress.starting, 0U);
    EXPECT_TRUE(progress.is_in_step());
}

TEST(FleetProgress, SaysThatOthersCopyAll) {
    const Progress progress = sum_up({sample_link({elsewhere("orders", 1)})}, Rates());
    EXPECT_TRUE(progress.is_in_step());
    EXPECT_EQ(render_progress(progress, 1, 80), "other workers copy all 1 partition");
}

TEST(FleetApi, KnowsTheLag_WhereOthersHaveTheRest) {
    const Rates rates;
    const Json links = Json::parse(links_json({{shared_link()}, rates, 1'000'000}));
    EXPECT_EQ(links["links"][0]["lag_known"], true);
    EXPECT_EQ(links["links"][0]["states"]["elsewhere"], 1);
    const Json lag = Json::parse(lag_json({{shared_link()}, rates, 1'000'000}));
    EXPECT_EQ(lag["partitions"].size(), 1U);
}

TEST(FleetApi, KnowsNoLag_OfWhatOthersHaveAltogether) {
    const Rates rates;
    const LinkStatus link =
        sample_link({running_partition("mine", 0, 5, 5), elsewhere("theirs", 0)});
    const Json topics = Json::parse(topics_json({{link}, rates, 1'000'000}))["topics"];
    EXPECT_EQ(topics[0]["lag_known"], true);
    EXPECT_EQ(topics[1]["topic"], "theirs");
    EXPECT_EQ(topics[1]["lag_known"], false);
    EXPECT_TRUE(topics[1]["lag_seconds"].is_null());
}

// Exit codes and sentences are about the worker that was asked: the answers have to say so.
class FleetReportTest : public testing::Test {
protected:
    OperateReport report(const std::vector<std::string>& arguments) {
        const Command command = parse_command_line(arguments);
        const auto& options = std::get<OperateOptions>(command);
        const ApiView view{
            links_,
            rates_,
            1'000'000,
            {},
            0,
            options.state.empty() ? std::nullopt : std::optional(PartitionState::blocked)};
        const std::string body = options.verb == OperateVerb::links    ? links_json(view)
                                 : options.verb == OperateVerb::topics ? topics_json(view)
                                 : options.verb == OperateVerb::groups ? groups_json(view)
                                 : options.verb == OperateVerb::lag    ? lag_json(view)
                                                                       : explanations_json(view);
        auto made = operate_report(options, body);
        EXPECT_TRUE(made.has_value());
        return *made;
    }

    Rates rates_;
    std::vector<LinkStatus> links_{shared_link()};
};

TEST_F(FleetReportTest, SaysInEachAnswer_WhoHasTheOthers) {
    links_[0].partitions.push_back(elsewhere("orders", 2));
    links_[0].partitions.push_back(elsewhere("orders", 3));
    links_[0].partitions.back().worker = "";
    for (const char* verb : {"links", "topics", "groups", "lag", "explain"}) {
        EXPECT_THAT(report({verb}).text,
                    testing::EndsWith("1 partition is with another worker, which is not known yet\n"
                                      "2 partitions are with worker host-b:2: ask it\n"))
            << verb;
    }
    const auto status = parse_status_report(status_json(links_, rates_, {1, 1'000'000}));
    EXPECT_THAT(render_status_table(*status),
                HasSubstr("\n  2 partitions are with worker host-b:2: ask it\n"));
}

TEST_F(FleetReportTest, DoesNotSayThatAllIsWell_WhereOthersHavePartitions) {
    EXPECT_EQ(report({"explain", "blocked"}).text,
              "no partition of its own is blocked, and no link has a problem\n"
              "1 partition is with worker host-b:2: ask it\n");
    EXPECT_THAT(report({"topics"}).text, HasSubstr("1 elsewhere, 1 running"));
    EXPECT_TRUE(report({"explain", "blocked"}).is_partial);
    EXPECT_TRUE(report({"lag", "--max", "10"}).is_partial);
    EXPECT_TRUE(report({"topics"}).is_partial);
    EXPECT_FALSE(report({"lag"}).is_partial) << "it judges nothing";
    EXPECT_FALSE(report({"links"}).is_partial);
    EXPECT_FALSE(report({"topics"}).has_trouble);
    const auto is_partial = [this] {
        return parse_status_report(status_json(links_, rates_, {1, 1'000'000}))->is_partial();
    };
    EXPECT_TRUE(is_partial());
    links_[0].partitions.pop_back();
    const std::vector<std::vector<std::string>> commands{
        {"explain", "blocked"}, {"lag", "--max", "10"}, {"topics"}};
    for (const auto& command : commands) {
        EXPECT_FALSE(report(command).is_partial) << command[0];
    }
    EXPECT_FALSE(is_partial());
}

TEST_F(FleetReportTest, HasNoLagToTell_OfATopicThatOthersHave) {
    links_[0].partitions.push_back(elsewhere("theirs", 0));
    EXPECT_THAT(report({"topics"}).text,
                testing::ContainsRegex("theirs +east-to-west +1 elsewhere +- +- +0\n"));
}

}  // namespace
}  // namespace lockstep::app
