#include "app/blocked_advice.h"

#include "base/assert.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <array>

namespace lockstep::app {
namespace {

// In the order in which they are tried: what is more particular comes first.
constexpr std::array<BlockedAdvice, 33> kAdvice{{
    {"given_up", R"(^given up after \d+ attempts?, as retry\.attempts says)",
     "given up after N attempts, as `retry.attempts` of the link says",
     "mend what the rest of the reason names, then `lockstep resume` the partition, its topic or "
     "the link: it goes on where the logs end, and nothing is lost"},
    {"name_on_target",
     R"(would come back there as|would all be called .* on the target)"
     R"(|on the target it would be called)",
     "it cannot have the name on the target that `prefix` or `rename` gives it: another topic "
     "has it, it is no legal name, or the topic would come back to where it comes from",
     "rename it to something else, or leave it out (`exclude`); nothing is made on the target "
     "before"},
    {"routes_changed", R"(records of cluster .* (came|may have come) to .* before)",
     "records of cluster X came to Y from cluster Z before",
     "the routes of a replication were changed: see \"Several clusters that are written to\""},
    {"begun_with_all_origins", R"(has been copied with the records of all origins so far)",
     "it has been copied by a plain link so far, with records of several origins, and a "
     "replication is wanted now",
     "set the plain link again, or delete the target's topic"},
    {"begun_with_one_origin", R"(has been copied by the routes of a replication so far)",
     "it has been copied by a replication so far, beside other origins, and a plain link is "
     "wanted now",
     "set the replication again, or delete the target's topic"},
    {"mirror_runs", R"(has written to it since it was taken over)",
     "MirrorMaker 2 has written to the copy after `import --continue`: a record that the source "
     "has, too, and Lockstep has not written",
     "stop MirrorMaker 2, and see to it that nothing starts it again; then run `lockstep import "
     "--continue` again, with the configuration that Lockstep runs with as `--config`: it goes on "
     "within 10 s behind what either of both has copied. What is there twice by then stays so"},
    {"routes_doubled", R"(records of .* would come )",
     "records of X would come to Y twice, or would come back",
     "two links, or a ring of them, are for the same topic: leave it out of one, or make a "
     "replication of them"},
    {"filling_not_authorized", R"(fill offsets \[.*(AUTHORIZATION|not authorized))",
     "Lockstep may not write the transaction markers that take up offsets without records",
     "give Lockstep's user CLUSTER_ACTION (from Kafka 3.8 on, ALTER does too) on the target "
     "cluster; it goes on within 10 s"},
    {"foreign_tail", R"(the target's last record .*was written by)",
     "the target's last record was written by someone else",
     "the target topic is not a copy: delete it, or leave it out of the link"},
    {"other_source", R"(keeps the offsets of another cluster)",
     "the target is a copy that keeps the offsets of another cluster",
     "other brokers than before answer as the source: mend its `bootstrap`, and set `clusters.id`, "
     "which finds that at once. If they are right: leave the topic out of one of two links, or "
     "delete the target topic, and it is copied anew"},
    {"foreign_writer",
     R"(put the records of offset|filler of offset \d+ is at offset|says that the records of)",
     "the target put the records of offset N at M: someone else writes to the target topic",
     "stop whoever writes to the target topic, delete it there, and it is copied anew"},
    {"deleted_before_copied", R"(has deleted offsets \[.*before they were copied)",
     "the source has deleted offsets [a, b) before they were copied",
     "the copy lacks them for good: set `on_overrun: continue` to go on behind them, or delete the "
     "target topic to start anew"},
    {"missing_offsets", R"(offsets \[\d+, \d+\) are missing)",
     "offsets [a, b) are missing at the source, although the topic is not compacted",
     "the broker passes over what it cannot read: let a healthy replica lead, or restore the "
     "segment. Where the topic was compacted once, or the records are given up: `on_overrun: "
     "continue` goes on behind them and counts them as lost"},
    {"source_damaged",
     R"(checksum mismatch|malformed data|magic \d|no whole batch|begins before the end)"
     R"(|a second time)",
     "batch at offset N: checksum mismatch, malformed, magic; N bytes that are no whole batch; "
     "begins before the end of the one before it",
     "the source's broker gives back something else than it was given, its disk is damaged most "
     "likely: let a healthy replica lead, or restore the segment; it goes on within 10 s"},
    {"source_truncated", R"(has lost offsets \[.*that were copied)",
     "the source has lost offsets [a, b) that were copied, and has other records there now",
     "an unclean election, or a source that was set up anew. What the target has there is all that "
     "is left of the old records: keep it under another name if it matters, delete the target "
     "topic, and it is copied anew"},
    {"target_ahead", R"(the source already (at|ends at) )",
     "the target ends at N, the source already at M",
     "the source lost records, or was exchanged: compare before you do anything"},
    {"map_lost", R"(the map of its offsets is lost)",
     "the map of its offsets is lost, as a whole or in part, and cannot be told from both logs "
     "again",
     "`__lockstep_offsets` was deleted, or has lost its newest part (an unclean election), and "
     "records look the same: restore that topic, or delete "
     "the target topic to start anew"},
    {"target_stamps_time", R"(stamps its own time)", "the target topic stamps its own time",
     "set `message.timestamp.type=CreateTime` there, delete what was copied, restart; or set "
     "`append_time: clear`"},
    {"topic_recreated", R"(was deleted at the source and created again)",
     "the topic was deleted at the source and created again",
     "the copy is kept; delete it on the target to let the new topic be copied, then restart; or "
     "set `on_recreated: continue` to have the new one's records behind the old one's"},
    {"topic_deleted", R"(was deleted at the source; the copy is kept)",
     "the topic was deleted at the source, or Lockstep may not DESCRIBE it there any more",
     "nothing, if that was meant: the copy is kept. Else give Lockstep's user the right DESCRIBE "
     "on "
     "it at the source. When the topic is there again, it goes on by itself, or says that it is "
     "another one"},
    {"topic_deleted_with_copy", R"(was deleted at the source; its copy)",
     "the topic was deleted at the source, or Lockstep may not DESCRIBE it there any more; the "
     "link "
     "has an `on_deleted`",
     "nothing, if that was meant: `status` says when the copy is deleted, or what keeps it. "
     "`on_deleted: ignore` keeps it for good"},
    {"begun_with_offsets", R"(has been copied with its offsets so far)",
     "it has been copied with its offsets so far, and `offsets: translate` is wanted now",
     "set `offsets` to preserve or auto, or delete the target's topic"},
    {"begun_without_offsets", R"(has been copied without its offsets so far)",
     "it has been copied without its offsets so far, and `offsets: preserve` is wanted now",
     "set `offsets` to translate or auto, or delete the target's topic"},
    {"too_much_filler", R"(max_filler is)",
     "the source's log starts so high that more filler than `max_filler` would be needed",
     "raise `max_filler`, or set `offsets` to auto or translate"},
    {"invalid_record", R"(INVALID_RECORD)", "INVALID_RECORD at offset N",
     "the record cannot be in the target's topic: one without a key in a compacted topic, most "
     "likely. Change the target topic's cleanup.policy; it goes on within 10 s"},
    {"too_large", R"(MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE)",
     "MESSAGE_TOO_LARGE: the target takes no batch of that size",
     "raise `max.message.bytes` of the target topic; it goes on within 10 s"},
    {"invalid_timestamp", R"(INVALID_TIMESTAMP)",
     "INVALID_TIMESTAMP: the target takes no record of that time",
     "widen `message.timestamp.before.max.ms` and `.after.max.ms` of the target topic (before "
     "Kafka 3.6 `message.timestamp.difference.max.ms`); it goes on within 10 s"},
    {"not_authorized", R"(AUTHORIZATION_FAILED|SECURITY_DISABLED)",
     "not authorized, at the source or on the target",
     "give Lockstep's user the right that the reason names (see \"What the target needs\"); it "
     "goes on within 10 s"},
    {"refused_by_policy", R"(INVALID_CONFIG|POLICY_VIOLATION|INVALID_TOPIC)",
     "the target refuses to create the topic: INVALID_CONFIG, POLICY_VIOLATION, "
     "INVALID_TOPIC_EXCEPTION",
     "create the topic on the target yourself, with the source's partition count; it goes on "
     "within 10 s"},
    {"compression_not_supported", R"(UNSUPPORTED_COMPRESSION_TYPE)",
     "UNSUPPORTED_COMPRESSION_TYPE: the target does not know the codec of the batches",
     "take a target of Kafka 2.1 or later, or have the producers compress by another codec"},
    {"not_supported", R"(not supported|UNSUPPORTED_FOR_MESSAGE_FORMAT)",
     "a broker does not speak what is needed, or has records of a format before Kafka 0.11",
     "upgrade that cluster, or the topic's message format; see the versions in README.md"},
    {"refused_again_and_again",
     R"(OUT_OF_ORDER_SEQUENCE|DUPLICATE_SEQUENCE|INVALID_PRODUCER_EPOCH|UNKNOWN_PRODUCER|CORRUPT)",
     "the target has refused the same batch several times: OUT_OF_ORDER_SEQUENCE_NUMBER, "
     "INVALID_PRODUCER_EPOCH, CORRUPT_MESSAGE",
     "look for a second Lockstep with another configuration of this link, and at the target "
     "broker's log; it is tried again every 10 s"},
    {"unknown", R"()", "something else",
     "the reason says what was seen and where; the log around it says more"},
}};

}  // namespace

std::span<const BlockedAdvice> blocked_advice() {
    return kAdvice;
}

const BlockedAdvice& advice_for(std::string_view reason) {
    for (const BlockedAdvice& each : kAdvice) {
        if (RE2::PartialMatch(re2::StringPiece(reason.data(), reason.size()),
                              re2::StringPiece(each.pattern.data(), each.pattern.size()))) {
            return each;
        }
    }
    LS_ASSERT(false);
    return kAdvice.back();
}

Explanation explain_problem(const LinkStatus& link) {
    const bool has_given_up = link.problem.starts_with("given up");
    return {"",
            "one of its clusters cannot be looked at: new topics are not found, and what is copied "
            "may stand still",
            has_given_up
                ? fmt::format("mend what was seen, then `lockstep resume --link {}`", link.name)
                : "mend what was seen: the address, the network, or the rights of "
                  "Lockstep's user; it is tried again by itself"};
}

Explanation explain(const PartitionStatus& partition) {
    switch (partition.state) {
        case PartitionState::starting: return {"", "its logs have not been read yet", "wait"};
        case PartitionState::preparing:
            return {"",
                    "the source's log starts above 0: the target's log is being raised to the same "
                    "start",
                    "wait; consumers of the target can see empty records until it is done"};
        case PartitionState::running:
            return {"", "it is copied, and in step or catching up", "nothing"};
        case PartitionState::retrying:
            return {"", "something failed that heals by itself; the reason says what",
                    "look at the cluster that the reason names, if it lasts"};
        case PartitionState::paused:
            return {"", "an operator has paused it", "`lockstep resume` lets it go on"};
        case PartitionState::promoted: return {"", "its target has been promoted", "nothing"};
        case PartitionState::elsewhere:
            return {"", "another worker of the fleet copies it", "ask that worker"};
        case PartitionState::blocked: break;
    }
    const BlockedAdvice& advice = advice_for(partition.reason);
    return {std::string(advice.code), std::string(advice.meaning), std::string(advice.choice)};
}

}  // namespace lockstep::app
