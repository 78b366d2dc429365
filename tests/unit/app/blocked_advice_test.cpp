#include "app/blocked_advice.h"

#include "protocol/kafka_error.h"
#include "replication/batch_rewrite.h"
#include "replication/carried_origins.h"
#include "replication/offsets_choice.h"
#include "replication/resume_point.h"
#include "replication/returned_mirror.h"
#include "tests/unit/app/sample_links.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace lockstep::app {
namespace {

using protocol::KafkaError;
using replication::PartitionLogs;

/// docs/operations.md as it is in the tree of this test.
std::string documentation() {
    const std::string here = __FILE__;
    std::ifstream file(here.substr(0, here.rfind("tests/unit/app")) + "docs/operations.md");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(BlockedAdvice, IsInTheDocumentation_WordForWord) {
    const std::string text = documentation();
    for (const BlockedAdvice& each : blocked_advice()) {
        const std::string row = "| `" + std::string(each.code) + "` | " +
                                std::string(each.meaning) + " | " + std::string(each.choice) +
                                " |\n";
        EXPECT_NE(text.find(row), std::string::npos) << "missing: " << row;
    }
}

TEST(BlockedAdvice, HasEachCodeOnce) {
    std::set<std::string_view> codes;
    for (const BlockedAdvice& each : blocked_advice()) {
        EXPECT_TRUE(codes.insert(each.code).second) << each.code;
    }
}

std::string code_of(const std::string& reason) {
    return std::string(advice_for(reason).code);
}

/// A log on each side, of which the target's ends with a record of `writer`.
PartitionLogs logs(int64_t source_start, int64_t source_end, int64_t target_end,
                   int64_t writer = 0) {
    PartitionLogs logs;
    logs.source_start = Offset(source_start);
    logs.source_end = Offset(source_end);
    logs.target_end = Offset(target_end);
    if (writer != 0) {
        logs.target_tail.emplace();
        logs.target_tail->producer_id = ProducerId(writer);
    }
    return logs;
}

constexpr int64_t kStream = 0x4000'0000'0000'1000;

TEST(BlockedAdvice, KnowsTheReasonsOfResumePoints) {
    const replication::ResumeRules rules{ProducerId(kStream), false};
    const auto reason = [&](const PartitionLogs& logs) { return resume_point(logs, rules).reason; };
    EXPECT_EQ(code_of(reason(logs(0, 10, 5, 7))), "foreign_tail");
    EXPECT_EQ(code_of(reason(logs(8, 10, 5, kStream))), "deleted_before_copied");
    EXPECT_EQ(code_of(reason(logs(0, 10, 15, kStream))), "target_ahead");
    replication::StreamMap map;
    map.source.add({replication::Ordinal(0), Offset(0)});
    map.next = replication::Ordinal(20);
    EXPECT_EQ(code_of(resume_translated(logs(0, 10, 15), map, {}).reason), "target_ahead");
    EXPECT_EQ(code_of(resume_translated(logs(30, 40, 15), map, {}).reason),
              "deleted_before_copied");
}

TEST(BlockedAdvice, KnowsTheReasonsOfOffsetsChoices) {
    const replication::ResumeRules rules{ProducerId(kStream), false};
    replication::OffsetsFacts facts;
    facts.wanted = OffsetsMode::preserve;
    facts.has_map = true;
    EXPECT_EQ(code_of(choose_offsets(facts, logs(0, 10, 5), rules).why), "begun_without_offsets");
    facts.has_map = false;
    facts.max_filler_bytes = 1;
    EXPECT_EQ(code_of(choose_offsets(facts, logs(1'000'000, 1'000'001, 0), rules).why),
              "too_much_filler");
    facts.wanted = OffsetsMode::translate;
    EXPECT_EQ(code_of(choose_offsets(facts, logs(0, 10, 5, kStream), rules).why),
              "begun_with_offsets");
    facts.former_topic = Uuid{};
    EXPECT_EQ(code_of(choose_offsets(facts, logs(0, 10, 5, 7), rules).why), "topic_recreated");
}

TEST(BlockedAdvice, KnowsThatAMirrorHasComeBack) {
    EXPECT_EQ(code_of(replication::returned_mirror_text(Offset(7))), "mirror_runs");
}

TEST(BlockedAdvice, KnowsTheReasonsOfStreamsForms) {
    LinkSpec link;
    EXPECT_EQ(code_of(form_problem(replication::StreamForm::one_of_several, link, false)),
              "begun_with_one_origin");
    link.origins.emplace();
    EXPECT_EQ(code_of(form_problem(replication::StreamForm::all_of_several, link, false)),
              "begun_with_all_origins");
    EXPECT_EQ(code_of("records of cluster a may have come to b from cluster c before: by this"),
              "routes_changed");
}

TEST(BlockedAdvice, KnowsKafkasErrors_AndDamage) {
    const auto code_of_error = [](auto error, const char* context) {
        return code_of(Error(make_error_code(error), context).message());
    };
    EXPECT_EQ(code_of_error(KafkaError::cluster_authorization_failed,
                            "fill offsets [5, 6) of orders-0 on west"),
              "filling_not_authorized");
    EXPECT_EQ(code_of_error(KafkaError::topic_authorization_failed, "fetch orders-0 at offset 5"),
              "not_authorized");
    EXPECT_EQ(code_of_error(KafkaError::message_too_large, "produce"), "too_large");
    EXPECT_EQ(code_of_error(KafkaError::invalid_record, "produce"), "invalid_record");
    EXPECT_EQ(code_of_error(KafkaError::invalid_timestamp, "produce"), "invalid_timestamp");
    EXPECT_EQ(code_of_error(KafkaError::policy_violation, "create topic"), "refused_by_policy");
    EXPECT_EQ(code_of_error(KafkaError::unsupported_compression_type, "produce"),
              "compression_not_supported");
    EXPECT_EQ(code_of_error(KafkaError::out_of_order_sequence_number, "produce"),
              "refused_again_and_again");
    EXPECT_EQ(code_of_error(Errc::checksum_mismatch, "fetch orders-0: batch at offset 5: CRC-32C"),
              "source_damaged");
    EXPECT_EQ(code_of_error(Errc::malformed,
                            "offsets [5, 7) are missing, although the topic is "
                            "not compacted"),
              "missing_offsets");
    EXPECT_EQ(code_of_error(Errc::unsupported, "broker 1 speaks no Fetch"), "not_supported");
}

TEST(BlockedAdvice, TakesWhatItDoesNotKnow_ForUnknown) {
    EXPECT_EQ(code_of(""), "unknown");
    EXPECT_EQ(code_of("the moon is in the wrong house"), "unknown");
}

TEST(Explain, SaysSomethingOfEachState) {
    for (const PartitionState state : kAllPartitionStates) {
        const Explanation explanation = explain(sample_partition("orders", 0, state));
        EXPECT_FALSE(explanation.meaning.empty()) << to_string(state);
        EXPECT_FALSE(explanation.choice.empty()) << to_string(state);
        EXPECT_EQ(explanation.code.empty(), state != PartitionState::blocked) << to_string(state);
    }
}

}  // namespace
}  // namespace lockstep::app
