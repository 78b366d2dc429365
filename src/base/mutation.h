#pragma once

// Deliberate bugs, by which the simulation itself is tried: each must be caught by some seed.
// `./dev mutations` runs them all. Only builds with LS_MUTATIONS have them; in all others mutated()
// is false at compile time, and nothing is left of it.

#include <array>
#include <optional>
#include <string_view>

namespace lockstep {

// What each one does, said of the program that has it.
#define LS_MUTATION_LIST(X)                                                                      \
    /* Gaps and the names of writes. */                                                          \
    X(marker_skipped, "a gap gets one marker less than it has offsets")                          \
    X(epoch_reused, "records behind markers keep the markers' epoch")                            \
    X(turn_ignored, "markers are written without having the turn")                               \
    X(old_records_without_turn, "two workers at once send records that brokers forget")          \
    X(compaction_without_turn, "two workers at once copy a compacted log")                       \
    /* What is taken from the source. */                                                         \
    X(aborted_copied, "records of aborted transactions are copied")                              \
    X(abort_without_end, "a producer's records are dropped after its first abort")               \
    X(open_transactions_read, "records are read before their transaction is decided")            \
    X(crc_unchecked_when_forwarded, "forwarded batches get a new CRC, the old is not looked at") \
    X(crc_unchecked_when_made_anew, "batches are unpacked without a look at their CRC")          \
    X(stale_fetch_taken, "an answer for a former position is taken")                             \
    X(compaction_unknown, "a compacted topic's holes are taken for losses")                      \
    /* What becomes of records. */                                                               \
    X(append_time_forgotten, "records with a broker's time get their producer's")                \
    X(merged_times, "merged records all have the time of the first")                             \
    X(headers_dropped, "records that are written anew lose their headers")                       \
    X(begin_sent_again, "a batch that was copied in part is sent as a whole")                    \
    /* Answers and leaders. */                                                                   \
    X(lost_answer_is_yes, "a request without an answer counts as answered well")                 \
    X(answer_of_other_topic, "an answer is looked for by the number of the partition alone")     \
    X(progress_said_early, "what has been sent counts as copied")                                \
    X(lost_connection_unnoticed, "a lane goes on over a new connection")                         \
    X(target_leader_unnoticed, "a new leader's log is not looked at")                            \
    X(tail_of_other_time, "a log's last batch may be told later than its end")                   \
    /* Where to go on. */                                                                        \
    X(resume_skips_record, "the first record after a start is left out")                         \
    X(overrun_unnoticed, "what was deleted before it was copied is passed over")                 \
    X(truncation_unnoticed, "new records follow on those that the source has lost")              \
    X(recreated_unnoticed, "a topic that was created again is taken for the former one")         \
    X(former_topic_unnoticed, "one that was created again while nobody looked is, too")          \
    X(new_partitions_ignored, "the target never gets more partitions")                           \
    /* The start of a log. */                                                                    \
    X(filler_left, "the filler of a raised log is not deleted")                                  \
    X(filler_timeless, "filler has no time, so that brokers forget its producer")                \
    X(filler_one_series, "filler always goes on under the same name")                            \
    X(log_start_not_followed, "what the source deletes stays on the target")                     \
    /* The map of offsets. */                                                                    \
    X(map_off_by_one, "the map says one offset too much of the target")                          \
    X(map_run_forgotten, "a hole of one offset is not in the map")                               \
    X(map_sent_before_stored, "records are sent before their place is stored")                   \
    X(map_keeps_lost_tail, "what the target has lost stays in the map")                          \
    X(map_writes_overlap, "two writes of a map are under way at once")                           \
    /* Groups. */                                                                                \
    X(group_beyond_data, "a group is committed beyond what was copied")                          \
    X(group_stays_behind, "what a group has read on the target is not told to the source")       \
    X(group_off_by_one, "a group's offset on the target is one too high")                        \
    X(group_never_rewound, "a group that goes back at the source does not on the target")        \
    /* Going on at all. */                                                                       \
    X(memory_unbounded, "fetching does not wait for memory")                                     \
    X(memory_leaked, "memory is not given back to the budget")                                   \
    X(turn_asked_once, "who has lost the turn never asks for it again")                          \
    X(fetching_stays_paused, "fetching does not go on once there is room again")                 \
    X(block_is_final, "what was blocked is never tried again")

enum class Mutation {
#define LS_MUTATION_NAME(name, what) name,
    LS_MUTATION_LIST(LS_MUTATION_NAME)
#undef LS_MUTATION_NAME
};

struct MutationText {
    Mutation mutation;
    std::string_view name;
    std::string_view what;
};

inline constexpr std::array kMutations{
#define LS_MUTATION_TEXT(name, what) MutationText{Mutation::name, #name, what},
    LS_MUTATION_LIST(LS_MUTATION_TEXT)
#undef LS_MUTATION_TEXT
};

#ifdef LS_MUTATIONS

constexpr bool kHasMutations = true;
inline std::optional<Mutation> chosen_mutation;  // of the whole process
inline bool mutated(Mutation mutation) {
    return chosen_mutation == mutation;
}

#else

constexpr bool kHasMutations = false;
inline constexpr std::optional<Mutation> chosen_mutation;
constexpr bool mutated(Mutation) {
    return false;
}

#endif

}  // namespace lockstep
