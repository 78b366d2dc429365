// The commands that ask a running Lockstep: their command lines, requests and reports.

#include "app/api_json.h"
#include "app/cli.h"
#include "app/operate_report.h"
#include "tests/unit/app/sample_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace lockstep::app {
namespace {

using testing::HasSubstr;
using testing::Not;

OperateOptions read(const std::vector<std::string>& arguments) {
    const Command command = parse_command_line(arguments);
    const auto* options = std::get_if<OperateOptions>(&command);
    EXPECT_NE(options, nullptr) << std::get<CliExit>(command).text;
    return options != nullptr ? *options : OperateOptions();
}

CliExit refusal(const std::vector<std::string>& arguments) {
    const Command command = parse_command_line(arguments);
    const auto* exit = std::get_if<CliExit>(&command);
    return exit != nullptr ? *exit : CliExit{-1, "a command was found"};
}

TEST(OperateCli, ReadsWhatIsCommonToAll) {
    const auto plain = read({"links"});
    EXPECT_EQ(plain.verb, OperateVerb::links);
    EXPECT_EQ(plain.url, "http://127.0.0.1:7878");
    EXPECT_FALSE(plain.as_json);
    const auto full = read({"topics", "--url", "x:1", "--link", "east", "--json"});
    EXPECT_EQ(full.verb, OperateVerb::topics);
    EXPECT_EQ(full.url, "x:1");
    EXPECT_EQ(full.link, "east");
    EXPECT_TRUE(full.as_json);
    EXPECT_EQ(read({"groups"}).verb, OperateVerb::groups);
}

TEST(OperateCli, ReadsTheMostLag) {
    EXPECT_EQ(read({"lag", "--max", "1000"}).most_records, 1000);
    EXPECT_FALSE(read({"lag"}).most_records.has_value());
    EXPECT_EQ(refusal({"lag", "--max", "-1"}).code, 2);
}

TEST(OperateCli, ReadsWhatToExplain) {
    const auto all = read({"explain", "blocked"});
    EXPECT_EQ(all.state, "blocked");
    EXPECT_EQ(all.topic, "");
    const auto one = read({"explain", "blocked", "orders/3"});
    EXPECT_EQ(one.state, "blocked");
    EXPECT_EQ(one.topic, "orders");
    EXPECT_EQ(one.partition, 3);
    const auto topic = read({"explain", "orders"});
    EXPECT_EQ(topic.state, "");
    EXPECT_EQ(read({"explain", "running"}).state, "running");
    EXPECT_EQ(read({"explain", "running"}).topic, "");
    EXPECT_EQ(operate_page(read({"explain", "retrying"})), "/api/v1/explain?state=retrying");
    EXPECT_EQ(topic.topic, "orders");
    EXPECT_FALSE(topic.partition.has_value());
    EXPECT_EQ(read({"explain"}).topic, "");
}

TEST(OperateCli, ReadsWhatToPause) {
    const auto partition = read({"pause", "orders/3", "--link", "east"});
    EXPECT_EQ(partition.verb, OperateVerb::pause);
    EXPECT_EQ(partition.topic, "orders");
    EXPECT_EQ(partition.partition, 3);
    EXPECT_EQ(partition.link, "east");
    EXPECT_EQ(read({"resume", "--link", "east"}).topic, "");
    EXPECT_EQ(read({"resume", "orders"}).verb, OperateVerb::resume);
}

TEST(OperateCli, RefusesToPauseEverything) {
    EXPECT_EQ(refusal({"pause"}).code, 2);
    EXPECT_THAT(refusal({"pause"}).text, HasSubstr("name a topic, a link with --link, or both"));
}

TEST(OperateCli, RefusesWhatIsNoPartition) {
    for (const char* subject : {"orders/", "orders/x", "/3", "orders/-1", "orders/3/4"}) {
        EXPECT_EQ(refusal({"pause", subject}).code, 2) << subject;
        EXPECT_THAT(refusal({"pause", subject}).text, HasSubstr("orders/3")) << subject;
    }
    EXPECT_EQ(refusal({"explain", "orders", "payments"}).code, 2);
    EXPECT_EQ(refusal({"pause", "orders", "payments"}).code, 2);
}

TEST(OperateCli, ReadsTheLogLevel) {
    EXPECT_EQ(read({"logs", "--level", "debug"}).level, log::Level::debug);
    EXPECT_FALSE(read({"logs"}).level.has_value());
    EXPECT_EQ(refusal({"logs", "--level", "loud"}).code, 2);
}

TEST(OperateCli, ReadsHowStatusIsWatched) {
    const Command command = parse_command_line({"status", "--watch", "--interval", "5"});
    const auto* options = std::get_if<StatusOptions>(&command);
    ASSERT_NE(options, nullptr);
    EXPECT_TRUE(options->is_watch);
    EXPECT_EQ(options->interval_seconds, 5);
    EXPECT_EQ(refusal({"status", "--interval", "5"}).code, 2) << "only with --watch";
}

TEST(OperateRequest, AsksForWhatWasSelected) {
    EXPECT_EQ(operate_page(read({"links"})), "/api/v1/links");
    EXPECT_EQ(operate_page(read({"groups", "--link", "a b/c"})), "/api/v1/groups?link=a%20b%2Fc");
    EXPECT_EQ(operate_page(read({"explain", "blocked"})), "/api/v1/explain?state=blocked");
    EXPECT_EQ(operate_page(read({"explain", "blocked", "orders/3", "--link", "l"})),
              "/api/v1/explain?link=l&topic=orders&partition=3");
    EXPECT_EQ(operate_page(read({"logs", "--level", "debug"})), "/api/v1/log");
    EXPECT_EQ(operate_body(read({"logs", "--level", "debug"})), R"({"level":"debug"})");
    EXPECT_EQ(operate_body(read({"logs"})), "");
    EXPECT_EQ(operate_body(read({"lag"})), "");
    EXPECT_EQ(operate_page(read({"pause", "orders/3"})), "/api/v1/pause");
    EXPECT_EQ(operate_body(read({"pause", "orders/3", "--link", "l"})),
              R"({"link":"l","partition":3,"topic":"orders"})");
}

class OperateReportTest : public testing::Test {
protected:
    OperateReportTest() {
        links_.push_back(sample_link(
            {running_partition("orders", 0, 30, 10), running_partition("orders", 1, 1'005, 5)}));
    }

    OperateReport report(const std::vector<std::string>& arguments) {
        const OperateOptions options = read(arguments);
        const ApiView view{links_, rates_, 0};
        const std::string body = options.verb == OperateVerb::links    ? links_json(view)
                                 : options.verb == OperateVerb::topics ? topics_json(view)
                                 : options.verb == OperateVerb::groups ? groups_json(view)
                                 : options.verb == OperateVerb::lag    ? lag_json(view)
                                                                       : explanations_json(view);
        auto made = operate_report(options, body);
        EXPECT_TRUE(made.has_value());
        std::istringstream lines(made->text);
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), 80U) << line;
        }
        return *made;
    }

    void block_first() {
        links_[0].partitions[0].state = PartitionState::blocked;
        links_[0].partitions[0].reason =
            "the target put the records of offset 10 at offset 12: someone else writes to orders-0";
    }

    Rates rates_;
    std::vector<LinkStatus> links_;
};

TEST_F(OperateReportTest, ListsLinks) {
    const auto fine = report({"links"});
    EXPECT_EQ(fine.text,
              "LINK          SOURCE  TARGET  PARTITIONS  LAG RECORDS  RECORDS/S\n"
              "east-to-west  east    west    2 running         1,020          0\n");
    EXPECT_FALSE(fine.has_trouble);
    links_[0].problem = "west: connection refused";
    links_[0].is_paused = true;
    EXPECT_THAT(report({"links"}).text, HasSubstr("\n    paused; west: connection refused\n"));
    EXPECT_TRUE(report({"links"}).has_trouble);
}

TEST_F(OperateReportTest, ListsTopics) {
    EXPECT_FALSE(report({"topics"}).has_trouble);
    EXPECT_THAT(report({"topics"}).text, HasSubstr("orders  east-to-west  2 running"));
    block_first();
    EXPECT_TRUE(report({"topics"}).has_trouble);
    EXPECT_THAT(report({"topics"}).text, HasSubstr("1 blocked, 1 running"));
}

TEST_F(OperateReportTest, ListsGroups) {
    GroupStatus group = sample_group("billing", 4, 3);
    group.is_active_at_target = true;
    group.behind_records = 12'345;
    group.note = "orders-0 lags";
    links_[0].groups.push_back(std::move(group));
    const auto groups = report({"groups"});
    EXPECT_THAT(groups.text, HasSubstr("billing  east-to-west  target   3 of 4      12,345"));
    EXPECT_THAT(groups.text, HasSubstr("\n    orders-0 lags\n"));
}

TEST_F(OperateReportTest, TellsOfLag_AboveWhatIsAllowed) {
    EXPECT_FALSE(report({"lag"}).has_trouble);
    EXPECT_TRUE(report({"lag", "--max", "999"}).has_trouble);
    EXPECT_FALSE(report({"lag", "--max", "1000"}).has_trouble);
    EXPECT_THAT(report({"lag"}).text, HasSubstr("1,020 records behind\n"));
    EXPECT_THAT(report({"lag"}).text, HasSubstr("?\n")) << "its age is not known";
    links_[0].partitions[0].next_offset.reset();
    EXPECT_TRUE(report({"lag", "--max", "1000"}).has_trouble) << "it is not known";
}

TEST_F(OperateReportTest, ExplainsWhatIsBlocked) {
    EXPECT_FALSE(report({"explain"}).has_trouble);
    block_first();
    const auto explained = report({"explain"});
    EXPECT_TRUE(explained.has_trouble);
    EXPECT_THAT(
        explained.text,
        HasSubstr("orders/0 on east-to-west: blocked (foreign_writer)\n  seen: the target"));
    EXPECT_THAT(explained.text, HasSubstr("\n  what to do: stop whoever writes"));
    EXPECT_THAT(explained.text, HasSubstr("\norders/1 on east-to-west: running\n"));
    links_.clear();
    EXPECT_EQ(report({"explain", "blocked"}).text,
              "no partition is blocked, and no link has a problem\n");
    EXPECT_EQ(report({"explain"}).text, "there is nothing to explain\n");
}

TEST_F(OperateReportTest, ExplainsALinkThatDoesNotWork) {
    links_[0].partitions.clear();
    links_[0].problem = "source: cluster east: connect to east:9092 (Connection refused)";
    const auto explained = report({"explain", "blocked"});
    EXPECT_TRUE(explained.has_trouble);
    EXPECT_THAT(
        explained.text,
        HasSubstr("link east-to-west: does not work\n  seen: source: cluster east: connect"));
    EXPECT_THAT(explained.text, HasSubstr("\n  what to do: mend what was seen"));
    links_[0].problem = "given up after 3 attempts, as retry.attempts says: ...";
    EXPECT_THAT(report({"explain"}).text, HasSubstr("`lockstep resume --link east-to-west`"));
}

TEST_F(OperateReportTest, SaysThatAPartitionIsNotInTheStateAskedFor) {
    const auto explained = report({"explain", "blocked", "orders/0"});
    EXPECT_FALSE(explained.has_trouble);
    EXPECT_THAT(explained.text, HasSubstr("orders/0 on east-to-west: not blocked, but running\n"));
}

TEST(OperateReport, TellsWhatWasChanged) {
    const auto paused = operate_report(read({"pause", "orders"}), changed_json({{"east", 12}}));
    EXPECT_EQ(paused->text, "east: 12 partitions paused\n");
    const auto again = [](const char* verb, size_t unchanged) {
        return operate_report(read({verb, "orders"}), changed_json({{"east", 12, unchanged}}))
            ->text;
    };
    EXPECT_EQ(again("pause", 12), "east: 12 partitions, already paused\n");
    EXPECT_EQ(again("pause", 3), "east: 12 partitions paused, 3 of them already before\n");
    EXPECT_EQ(again("resume", 12), "east: 12 partitions, not paused: nothing to resume\n");
    EXPECT_EQ(again("resume", 3), "east: 12 partitions resumed, 3 of them not paused before\n");
    EXPECT_EQ(operate_report(read({"logs"}), log_json("warn"))->text, "warn\n");
}

TEST(OperateReport, IsMalformed_WhereTheBodyIsAnothers) {
    for (const char* body : {"", "{}", "[]", R"({"links":[{}]})", "<html>"}) {
        EXPECT_TRUE(operate_report(read({"links"}), body).has_error()) << body;
    }
}

}  // namespace
}  // namespace lockstep::app
