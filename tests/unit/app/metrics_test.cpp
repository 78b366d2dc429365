#include "app/metrics_text.h"

#include "tests/unit/app/sample_links.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace lockstep::app {
namespace {

/// The scrape as Prometheus would read it: "name{labels}" to value.
std::map<std::string, std::string> parsed(const std::string& text) {
    std::map<std::string, std::string> values;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const size_t space = line.rfind(' ');
        EXPECT_TRUE(values.emplace(line.substr(0, space), line.substr(space + 1)).second)
            << "twice: " << line;
    }
    return values;
}

constexpr const char* kLink = R"({link="east-to-west",source="east",target="west"})";
constexpr const char* kPartition =
    R"({link="east-to-west",source="east",target="west",topic="orders",partition="3"})";

LinkStatus measured_link() {
    PartitionStatus partition = running_partition("orders", 3, 120, 100);
    partition.oldest_waiting_ms = 998'500;
    partition.copied_records = 12'345'678'901;
    partition.copied_bytes = 4096;
    partition.copied_batches = 9;
    partition.filled_offsets = 4;
    partition.skipped_foreign_records = 7;
    LinkStatus link = sample_link({partition});
    link.errors = 2;
    link.in_flight_bytes = 77;
    link.fetch_latency.observe(0.0001);
    link.fetch_latency.observe(0.3);
    link.produce_latency.observe(60);
    return link;
}

std::map<std::string, std::string> scrape(const std::vector<LinkStatus>& links) {
    return parsed(metrics_text(links, {1048576, 1.5, 1700000000.25}, 1'000'000));
}

TEST(Metrics, HaveTheCountersOfAPartition) {
    auto values = scrape({measured_link()});
    EXPECT_EQ(values[std::string("lockstep_copied_records_total") + kPartition], "12345678901");
    EXPECT_EQ(values[std::string("lockstep_copied_bytes_total") + kPartition], "4096");
    EXPECT_EQ(values[std::string("lockstep_copied_batches_total") + kPartition], "9");
    EXPECT_EQ(values[std::string("lockstep_filled_offsets_total") + kPartition], "4");
    EXPECT_EQ(values[std::string("lockstep_skipped_foreign_records_total") + kPartition], "7");
}

TEST(Metrics, HaveTheLagOfAPartition) {
    auto values = scrape({measured_link()});
    EXPECT_EQ(values[std::string("lockstep_partition_lag_records") + kPartition], "20");
    EXPECT_EQ(values[std::string("lockstep_partition_lag_seconds") + kPartition], "1.5");
}

TEST(Metrics, HaveTheProofOfAPartition) {
    LinkStatus link = measured_link();
    link.partitions[0].verified =
        VerifiedStatus{Offset(0), Offset(70), Offset(90), 88, 0, 2, Difference{Offset(70)}, ""};
    auto values = scrape({link});
    EXPECT_EQ(values[std::string("lockstep_verified_offset") + kPartition], "70");
    EXPECT_EQ(values[std::string("lockstep_verified_records_total") + kPartition], "88");
    EXPECT_EQ(values[std::string("lockstep_verify_differences_total") + kPartition], "2");
}

TEST(Metrics, HaveNoProof_WhereNothingIsCompared) {
    EXPECT_FALSE(
        scrape({measured_link()}).contains(std::string("lockstep_verified_offset") + kPartition));
}

TEST(Metrics, HaveNoLag_WhileItIsNotKnown) {
    const auto values =
        scrape({sample_link({sample_partition("orders", 3, PartitionState::starting)})});
    EXPECT_FALSE(values.contains(std::string("lockstep_partition_lag_records") + kPartition));
    EXPECT_FALSE(values.contains(std::string("lockstep_partition_lag_seconds") + kPartition));
    const auto of_no_age = scrape({sample_link({running_partition("orders", 3, 120, 100)})});
    EXPECT_TRUE(of_no_age.contains(std::string("lockstep_partition_lag_records") + kPartition));
    EXPECT_FALSE(of_no_age.contains(std::string("lockstep_partition_lag_seconds") + kPartition));
}

TEST(Metrics, HaveOneState_PerPartition) {
    const auto values =
        scrape({sample_link({sample_partition("orders", 3, PartitionState::blocked)})});
    std::string states;
    for (const auto& [name, value] : values) {
        if (name.starts_with("lockstep_partition_state")) {
            states += name + " " + value;
        }
    }
    EXPECT_EQ(states, R"(lockstep_partition_state{link="east-to-west",source="east",target="west",)"
                      R"(topic="orders",partition="3",state="blocked"} 1)");
}

TEST(Metrics, CountWhatIsBlocked_ByTheReasonsCode) {
    std::vector<PartitionStatus> partitions;
    for (const char* reason :
         {"the source has deleted offsets [3, 5) before they were copied",
          "the source has deleted offsets [7, 9) before they were copied", "INVALID_RECORD"}) {
        partitions.push_back(sample_partition("orders", static_cast<int32_t>(partitions.size()),
                                              PartitionState::blocked));
        partitions.back().reason = reason;
    }
    partitions.push_back(sample_partition("orders", 9, PartitionState::running));
    auto values = scrape({sample_link(partitions)});
    const std::string family =
        R"(lockstep_blocked_partitions{link="east-to-west",source="east",target="west",code=)";
    EXPECT_EQ(values[family + R"("deleted_before_copied"})"], "2");
    EXPECT_EQ(values[family + R"("invalid_record"})"], "1");
    EXPECT_EQ(
        std::ranges::count_if(values,
                              [&](const auto& each) {
                                  return each.first.starts_with("lockstep_blocked_partitions");
                              }),
        2);
}

TEST(Metrics, HaveTheFiguresOfALink) {
    auto values = scrape({measured_link()});
    EXPECT_EQ(values[std::string("lockstep_link_up") + kLink], "1");
    EXPECT_EQ(values[std::string("lockstep_errors_total") + kLink], "2");
    EXPECT_EQ(values[std::string("lockstep_in_flight_bytes") + kLink], "77");
}

TEST(Metrics, SayThatALinkIsDown_WhenItHasAProblem) {
    LinkStatus link = measured_link();
    link.problem = "west cannot be reached";
    EXPECT_EQ(scrape({link})[std::string("lockstep_link_up") + kLink], "0");
}

TEST(Metrics, SayThatALinkIsDown_UntilItsTopicsAreKnown) {
    LinkStatus link = measured_link();
    link.discovered = false;
    EXPECT_EQ(scrape({link})[std::string("lockstep_link_up") + kLink], "0");
}

TEST(Metrics, HaveCumulativeHistograms) {
    auto values = scrape({measured_link()});
    const auto bucket = [&](const std::string& bound) {
        return values[R"(lockstep_fetch_duration_seconds_bucket{link="east-to-west",source="east",)"
                      R"(target="west",le=")" +
                      bound + "\"}"];
    };
    EXPECT_EQ(bucket("0.2"), "1");
    EXPECT_EQ(bucket("0.5"), "2");
    EXPECT_EQ(bucket("5"), "2");
    EXPECT_EQ(bucket("+Inf"), "2");
    EXPECT_EQ(values[std::string("lockstep_fetch_duration_seconds_count") + kLink], "2");
    EXPECT_NEAR(std::stod(values[std::string("lockstep_fetch_duration_seconds_sum") + kLink]),
                0.3001, 1e-9);
}

TEST(Metrics, CountWhatIsAboveTheLastBound_OnlyAtInfinity) {
    auto values = scrape({measured_link()});
    const std::string bucket =
        R"(lockstep_produce_duration_seconds_bucket{link="east-to-west",source="east",)"
        R"(target="west",le=")";
    EXPECT_EQ(values[bucket + "5\"}"], "0");
    EXPECT_EQ(values[bucket + "+Inf\"}"], "1");
}

TEST(Metrics, HaveTheProcess) {
    auto values = scrape({});
    EXPECT_EQ(values[R"(lockstep_build_info{version="0.1.0"})"], "1");
    EXPECT_EQ(values["process_resident_memory_bytes"], "1048576");
    EXPECT_EQ(values["process_cpu_seconds_total"], "1.5");
    EXPECT_EQ(values["process_start_time_seconds"], "1700000000.25");
}

TEST(Metrics, HaveHelpAndType_ForEachFamily) {
    const std::string text = metrics_text({measured_link()}, {}, 0);
    std::istringstream lines(text);
    std::string family;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
        } else if (line.starts_with("# TYPE ")) {
            EXPECT_EQ(line.substr(7, line.find(' ', 7) - 7), family);
        } else {
            EXPECT_TRUE(line.starts_with(family)) << line;
        }
    }
}

TEST(ProcessStats, AreThoseOfThisProcess) {
    const ProcessStats stats = read_process_stats(5);
    EXPECT_GT(stats.resident_bytes, 1 << 20);
    EXPECT_GT(stats.cpu_seconds, 0);
    EXPECT_EQ(stats.start_time_seconds, 5);
}

}  // namespace
}  // namespace lockstep::app
