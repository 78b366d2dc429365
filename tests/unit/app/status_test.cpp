#include "app/status_json.h"
#include "app/status_report.h"
#include "app/status_table.h"
#include "tests/unit/app/sample_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using Json = nlohmann::json;

Json json_of(const std::vector<LinkStatus>& links) {
    return Json::parse(status_json(links, Rates(), {12.3456, 1'000'000}));
}

LinkStatus busy_link() {
    PartitionStatus blocked = running_partition("payments", 1, 5000, 1000);
    blocked.state = PartitionState::blocked;
    blocked.reason =
        "the source has no record at offset 1000, its log begins at 1200: records were deleted "
        "before they were copied. Delete the topic on the target, or exclude it";
    PartitionStatus behind = running_partition("orders", 2, 1234567, 1000000);
    behind.oldest_waiting_ms = 1'000'000 - 95'000;
    LinkStatus link =
        sample_link({std::move(blocked), running_partition("orders", 10, 50, 50), std::move(behind),
                     sample_partition("payments", 0, PartitionState::starting)});
    link.errors = 3;
    return link;
}

StatusReport report_of(const std::vector<LinkStatus>& links) {
    auto report = parse_status_report(status_json(links, Rates(), {3725, 1'000'000}));
    EXPECT_TRUE(report.has_value());
    return report.has_value() ? *report : StatusReport();
}

TEST(StatusJson, HasTheProcessAndItsLinks) {
    const Json json = json_of({busy_link()});
    EXPECT_EQ(json["version"], "0.1.0");
    EXPECT_EQ(json["uptime_seconds"], 12.346);
    const Json& link = json["links"][0];
    EXPECT_EQ(link["name"], "east-to-west");
    EXPECT_EQ(link["source"], "east");
    EXPECT_EQ(link["target"], "west");
    EXPECT_EQ(link["source_cluster_id"], "c1");
    EXPECT_EQ(link["target_cluster_id"], "c2");
    EXPECT_EQ(link["problem"], "");
    EXPECT_EQ(link["discovered"], true);
    EXPECT_EQ(link["errors"], 3);
    EXPECT_EQ(link["in_flight_bytes"], 0);
}

TEST(StatusJson, HasEveryFigureOfAPartition) {
    PartitionStatus partition = running_partition("orders", 3, 120, 100);
    partition.source_log_start = Offset(7);
    partition.oldest_waiting_ms = 998'500;
    partition.copied_records = 93;
    partition.copied_bytes = 4096;
    partition.copied_batches = 9;
    partition.verified = VerifiedStatus{Offset(7),
                                        Offset(50),
                                        Offset(90),
                                        80,
                                        2,
                                        1,
                                        Difference{Offset(50), Difference::Kind::only_at_source},
                                        "away"};
    const LinkStatus link = sample_link({partition});
    Rates rates;
    LinkStatus before = link;
    before.partitions[0].copied_records = 0;
    before.partitions[0].copied_bytes = 0;
    rates.sample(0, {before});
    rates.sample(2, {link});
    const Json json = Json::parse(status_json({link}, rates, {1, 1'000'000}));
    EXPECT_EQ(json["links"][0]["partitions"][0], Json::parse(R"({
        "topic": "orders", "target_topic": "orders", "partition": 3,
        "state": "running", "worker": "", "reason": "", "reason_code": "", "offsets": "preserve",
        "translated_why": "",
        "source_log_start": 7, "source_high_watermark": 120, "next_offset": 100,
        "target_log_end": 100,
        "lag_records": 20, "lag_seconds": 1.5, "copied_records": 93, "copied_bytes": 4096,
        "copied_batches": 9, "filled_offsets": 0, "lost_offsets": 0, "skipped_foreign_records": 0,
        "preparation": null, "open_transaction": null,
        "verified": {"from": 7, "to": 50, "compared_to": 90, "records": 80,
                     "compacted_on_one_side": 2, "differences": 1,
                     "first_difference": {"offset": 50, "kind": "only at the source"},
                     "problem": "away"},
        "records_per_second": 46.5, "bytes_per_second": 2048.0})"));
}

TEST(StatusJson, HasNull_ForWhatIsNotKnown) {
    const Json json = json_of({busy_link()});
    const Json& starting = json["links"][0]["partitions"][2];
    EXPECT_EQ(starting["state"], "starting");
    EXPECT_TRUE(starting["source_log_start"].is_null());
    EXPECT_TRUE(starting["source_high_watermark"].is_null());
    EXPECT_TRUE(starting["target_log_end"].is_null());
    EXPECT_TRUE(starting["lag_seconds"].is_null());
    EXPECT_EQ(json["links"][0]["partitions"][0]["lag_seconds"], 95);
    EXPECT_EQ(json["links"][0]["partitions"][1]["lag_seconds"], 0);
    EXPECT_TRUE(json["links"][0]["partitions"][3]["lag_seconds"].is_null());  // some age, not known
    EXPECT_TRUE(starting["verified"].is_null());
}

TEST(StatusJson, SortsPartitions_ByTopicAndNumber) {
    const Json json = json_of({busy_link()});
    std::string order;
    for (const Json& partition : json["links"][0]["partitions"]) {
        order += partition["topic"].get<std::string>() + "-" +
                 std::to_string(partition["partition"].get<int>()) + " ";
    }
    EXPECT_EQ(order, "orders-2 orders-10 payments-0 payments-1 ");
}

TEST(StatusJson, RepairsText_ThatIsNoUtf8) {
    LinkStatus link = sample_link({});
    link.problem = "bad \xff byte";
    EXPECT_EQ(json_of({link})["links"][0]["problem"], "bad \xef\xbf\xbd byte");
}

TEST(StatusReport, RefusesOtherJson) {
    for (const char* text : {"", "{", "[]", "{}", "null", R"({"version":1})",
                             R"({"version":"1","uptime_seconds":1,"links":[{}]})",
                             R"({"version":"1","uptime_seconds":1,"links":{"a":1}})"}) {
        const auto report = parse_status_report(text);
        ASSERT_TRUE(report.has_error()) << text;
        EXPECT_TRUE(report.error().is(Errc::malformed)) << text;
    }
}

TEST(StatusReport, HasNoTrouble_WhileAllIsWell) {
    EXPECT_FALSE(report_of({sample_link({running_partition("a", 0, 9, 1)})}).has_trouble());
}

TEST(StatusReport, HasTrouble_WhenAPartitionIsBlocked) {
    EXPECT_TRUE(report_of({busy_link()}).has_trouble());
}

TEST(StatusReport, HasTrouble_WhenALinkHasAProblem) {
    LinkStatus link = sample_link({});
    link.problem = "east cannot be reached";
    EXPECT_TRUE(report_of({link}).has_trouble());
}

TEST(StatusReport, HasTrouble_WhileALinkKnowsNothingYet) {
    LinkStatus link = sample_link({});
    link.discovered = false;
    EXPECT_TRUE(report_of({link}).has_trouble());
}

/// A copy that is proved up to `to`.
LinkStatus verified_link(int64_t end, int64_t to) {
    LinkStatus link = sample_link({running_partition("orders", 0, end, end)});
    auto& verified = link.partitions[0].verified.emplace();
    verified.to = verified.compared_to = Offset(to);
    return link;
}

LinkStatus differing_link() {
    LinkStatus link = verified_link(5'000, 1'234);
    link.partitions[0].verified->differences = 3;
    link.partitions[0].verified->first_difference =
        Difference{Offset(1'234), Difference::Kind::content};
    return link;
}

TEST(StatusReport, HasTrouble_WhenACopyDiffers) {
    EXPECT_FALSE(report_of({verified_link(5'000, 1'234)}).has_trouble());
    EXPECT_TRUE(report_of({differing_link()}).has_trouble());
}

TEST(StatusTable, ShowsWhatIsStillUnverified) {
    const std::string text = render_status_table(report_of({verified_link(5'000, 1'234)}));
    EXPECT_THAT(text,
                testing::HasSubstr(
                    "  TOPIC   PART  STATE       LAG RECORDS LAG TIME RECORDS/S UNVERIFIED\n"
                    "  orders     0  running               0       0s         0      3,766\n"));
}

TEST(StatusTable, SaysLoudly_ThatACopyDiffers) {
    EXPECT_THAT(
        render_status_table(report_of({differing_link()})),
        testing::HasSubstr("THE COPY IS NOT THE SAME: 3 differences, the first at offset 1234\n"
                           "      (differs)\n"));
}

TEST(StatusTable, SaysWhyACopyIsNotCompared) {
    LinkStatus link = verified_link(5'000, 1'234);
    link.partitions[0].verified->problem = "fetch: refused";
    EXPECT_THAT(render_status_table(report_of({link})),
                testing::HasSubstr("not compared with its source for now: fetch: refused"));
}

TEST(StatusTable, ShowsPartitions_SortedAndWithReasons) {
    EXPECT_EQ(render_status_table(report_of({busy_link()})), R"(lockstep 0.1.0, up 1h02m

east-to-west: east -> west, 4 partitions: 1 blocked, 1 starting, 2 running
  238,567 records behind, 0 records/s, 0 B/s, 3 errors

  TOPIC     PART  STATE       LAG RECORDS LAG TIME RECORDS/S UNVERIFIED
  orders       2  running         234,567    1m35s         0          -
  orders      10  running               0       0s         0          -
  payments     0  starting              ?        ?         0          -
  payments     1  blocked           4,000        ?         0          -
      the source has no record at offset 1000, its log begins at 1200: records
      were deleted before they were copied. Delete the topic on the target, or
      exclude it
)");
}

TEST(StatusTable, TellsOfTheLastError) {
    LinkStatus link = sample_link({running_partition("orders", 0, 5, 5)});
    EXPECT_THAT(render_status_table(report_of({link})), testing::HasSubstr(", 0 errors\n\n"));
    link.errors = 3;
    link.last_error = LastError{"fetch orders-0 at offset 5: timed out", 1'000'000 - 95'000};
    EXPECT_THAT(render_status_table(report_of({link})),
                testing::HasSubstr(", 3 errors\n"
                                   "  the last error 1m35s ago: fetch orders-0 at offset 5: timed "
                                   "out\n\n"));
}

TEST(StatusTable, WarnsOfEntries_ThatMatchNoTopic) {
    LinkStatus link = sample_link({});
    link.unmatched = {{"ordrs", "orders"}};
    EXPECT_THAT(render_status_table(report_of({link})),
                testing::HasSubstr("\n  warning: no topic of east matches \"ordrs\"; did you mean "
                                   "\"orders\"?\n"));
    EXPECT_FALSE(report_of({link}).has_trouble());
}

TEST(StatusTable, ShowsALink_ThatIsStillSearching) {
    LinkStatus link = sample_link({});
    link.discovered = false;
    link.problem = "connect to east at 127.0.0.1:19092: Connection refused; it is tried again";
    EXPECT_EQ(render_status_table(report_of({link})), R"(lockstep 0.1.0, up 1h02m

east-to-west: east -> west, still looking for topics
  problem: connect to east at 127.0.0.1:19092: Connection refused; it is tried
  again
)");
}

TEST(StatusTable, ShowsAPriority_ThatIsNotTheUsualOne) {
    LinkStatus link = sample_link({});
    link.priority = Priority::low;
    EXPECT_THAT(render_status_table(report_of({link})), testing::HasSubstr(", low priority, "));
}

TEST(StatusTable, ShowsALinkWithoutTopics) {
    EXPECT_EQ(render_status_table(report_of({sample_link({})})), R"(lockstep 0.1.0, up 1h02m

east-to-west: east -> west, 0 partitions
)");
}

TEST(StatusTable, SaysWhatHoldsARunningPartitionBack) {
    LinkStatus link = sample_link({running_partition("orders", 3, 100, 100)});
    link.marker_problem = "not allowed";
    link.partitions[0].open_transaction =
        OpenTransaction{Offset(17), ProducerId(4711), 1'000'000 - 75'000};
    link.partitions[0].lost_offsets = 1'234;
    const std::string text = render_status_table(report_of({link}));
    EXPECT_THAT(text, testing::HasSubstr("  takes no transaction markers: not allowed\n"));
    EXPECT_THAT(text, testing::HasSubstr("held back at offset 17 by an open transaction"));
    EXPECT_THAT(text, testing::HasSubstr("1,234 offsets lost"));
}

TEST(StatusJson, SaysHowFarALogStartIsRaised) {
    PartitionStatus partition = running_partition("orders", 3, 100, 100);
    partition.preparation = Preparation{Offset(1'000), Offset(5'000), 1'000'000 - 10'000};
    partition.target_log_end = Offset(2'000);
    const Json json = json_of({sample_link({partition})});
    EXPECT_EQ(json["links"][0]["partitions"][0]["preparation"],
              Json::parse(R"({"from": 1000, "to": 5000, "done": 0.25, "seconds_left": 30.0})"));
    EXPECT_THAT(render_status_table(report_of({sample_link({partition})})),
                testing::HasSubstr("25 % done, about 30s left"));
    partition.target_log_end = Offset(1'000);
    EXPECT_THAT(render_status_table(report_of({sample_link({partition})})),
                testing::HasSubstr("0 % done\n"));
}

TEST(StatusTable, ShowsWhereEachGroupWouldFindItself) {
    LinkStatus link = sample_link({});
    link.groups.push_back({"billing", "classic", true, false, 3, 3, 0, 0, ""});
    link.groups.push_back({"shipping", "consumer", false, true, 2, 1, 12, 0, "not yet"});
    const std::string text = render_status_table(report_of({link}));
    EXPECT_THAT(text,
                testing::HasSubstr(
                    R"(  GROUP                       MEMBERS       EXACT    READ AGAIN   PASSED OVER
  billing                     source       3 of 3             0             0
  shipping                    target       1 of 2            12             0
      not yet
)"));
}

TEST(StatusTable, FitsIn80Columns_AndCutsNoName) {
    const std::string longest = "a-topic-whose-name-is-longer-than-the-column-for-it";
    LinkStatus link = busy_link();
    link.partitions.push_back(running_partition(longest, 99999, int64_t{1} << 33, 0));
    link.partitions.push_back(
        running_partition(longest, 99998, int64_t{1} << 33, int64_t{1} << 33));
    link.partitions.back().verified.emplace();
    const std::string text = render_status_table(report_of({link}));
    EXPECT_NE(text.find("\n  " + longest + "\n"), std::string::npos) << text;
    size_t begin = 0;
    while (begin < text.size()) {
        const size_t end = text.find('\n', begin);
        EXPECT_LE(end - begin, 80u) << text.substr(begin, end - begin);
        begin = end + 1;
    }
}

TEST(StatusTable, LetsNoReasonSteerTheTerminal) {
    LinkStatus link = sample_link({sample_partition("a", 0, PartitionState::retrying)});
    link.partitions[0].reason = "broker says \x1b[31mred\x07\nand more";
    const std::string text = render_status_table(report_of({link}));
    EXPECT_NE(text.find("      broker says [31mred and more\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace lockstep::app
