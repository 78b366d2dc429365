#include "replication/offsets_choice.h"

#include "model/tagged_producer_id.h"
#include "replication/log_start.h"

#include <fmt/core.h>

namespace lockstep::replication {
namespace {

using Kind = OffsetsChoice::Kind;

/// Why the target's log cannot begin where the source's does; "" where it can, or need not.
std::string filler_problem(const OffsetsFacts& facts, const PartitionLogs& logs) {
    const int64_t bytes =
        logs.source_start > logs.target_end ? filler_bytes(logs.target_end, logs.source_start) : 0;
    if (!facts.max_filler_bytes || bytes <= *facts.max_filler_bytes) {
        return "";
    }
    return fmt::format(
        "the source's log starts at offset {}: to begin there, {} bytes of filler would be written "
        "to the target, and max_filler is {}",
        logs.source_start.value(), bytes, *facts.max_filler_bytes);
}

bool is_kept_already(const PartitionLogs& logs, const ResumeRules& rules) {
    return logs.target_tail && (is_filler_of(logs.target_tail->producer_id, rules.stream) ||
                                generation_of(logs.target_tail->producer_id, rules.stream));
}

/// Whether the target holds another topic of this name from the same source: the topic was created
/// anew while nobody was there to see it.
bool holds_former_topic(const OffsetsFacts& facts, const PartitionLogs& logs,
                        const ResumeRules& rules) {
    if (facts.has_map || is_kept_already(logs, rules) || logs.target_end.value() == 0) {
        return false;
    }
    const auto writer =
        logs.target_tail ? std::optional(logs.target_tail->producer_id) : std::nullopt;
    const bool is_by_another_stream = writer && origin_of(*writer) == origin_of(rules.stream) &&
                                      *writer != translated_producer_id(rules.stream);
    return facts.former_topic || is_by_another_stream;
}

std::string recreated(const OffsetsFacts& facts) {
    return fmt::format(
        "the topic was deleted at the source and created again{}: the target has "
        "records of the one before",
        facts.former_topic ? " (its id was " + facts.former_topic->to_string() + ")" : "");
}

/// Whatever came behind it would end that copy, and be taken for its records.
std::string others_copy(const PartitionLogs& logs) {
    return fmt::format(
        "the target is a copy that keeps the offsets of another cluster: its last record (offset "
        "{}) is from there (producer id {}). Either another cluster answers at the source's "
        "address than before, or two links are for this topic",
        logs.target_end.value() - 1, logs.target_tail->producer_id.value());
}

/// Why offsets cannot be kept from the beginning; "" where they can.
std::string obstacle(const OffsetsFacts& facts, const PartitionLogs& logs,
                     const ResumeRules& rules) {
    if (logs.target_tail || logs.target_end > logs.source_end) {
        return fmt::format("the target has offsets up to {} that are not the source's",
                           logs.target_end.value());
    }
    if (!facts.marker_problem.empty()) {
        return "the target takes no markers for offsets without a record: " + facts.marker_problem;
    }
    return is_kept_already(logs, rules) ? "" : filler_problem(facts, logs);
}

}  // namespace

OffsetsChoice choose_offsets(const OffsetsFacts& facts, const PartitionLogs& logs,
                             const ResumeRules& rules) {
    const bool is_kept = is_kept_already(logs, rules);
    if (facts.on_recreated == RecreatedRule::stop && holds_former_topic(facts, logs, rules)) {
        return {Kind::neither, recreated(facts)};
    }
    if (facts.is_others_copy && !facts.has_map && facts.wanted != OffsetsMode::preserve) {
        return {Kind::neither, others_copy(logs)};
    }
    if (facts.wanted == OffsetsMode::translate) {
        if (is_kept && !facts.has_map) {
            return {Kind::neither,
                    "it has been copied with its offsets so far: set offsets to preserve or auto, "
                    "or delete the target's topic"};
        }
        return {Kind::translate, ""};
    }
    if (facts.has_map) {
        return facts.wanted == OffsetsMode::preserve
                   ? OffsetsChoice{Kind::neither,
                                   "it has been copied without its offsets so far: set offsets to "
                                   "translate or auto, or delete the target's topic"}
                   : OffsetsChoice{Kind::translate, "it was begun that way"};
    }
    if (facts.wanted == OffsetsMode::preserve) {
        const std::string problem = filler_problem(facts, logs);
        return problem.empty() ? OffsetsChoice{} : OffsetsChoice{Kind::neither, problem};
    }
    const std::string problem = is_kept ? "" : obstacle(facts, logs, rules);
    return problem.empty() ? OffsetsChoice{} : OffsetsChoice{Kind::translate, problem};
}

}  // namespace lockstep::replication
