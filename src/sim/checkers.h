#pragma once

#include "model/link.h"
#include "protocol/records.h"
#include "sandbox/cluster.h"
#include "sim/truth.h"
#include "sim/workload.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::sim {

SeenRecord seen_record(const protocol::RecordReader& reader, const protocol::Record& record);

/// What a consumer that reads committed records sees of a partition, from its start to its end.
/// Of one that begins later, what it sees from there on.
std::vector<SeenRecord> consume(const sandbox::PartitionLog& log, Offset from = Offset(0));

/// What an operator has asked for, as far as checkers must know it.
struct CopyRules {
    OffsetsMode offsets = OffsetsMode::preserve;
    OverrunRule on_overrun = OverrunRule::stop;
    RecreatedRule on_recreated = RecreatedRule::stop;
};

/// PURE: holds one copied partition against the truth. Each checker has a name, which its
/// problems begin with:
///
///     nothing lost       what the source still shows is there; of a compacted topic, the newest
///                        record of each key
///     nothing doubled    no record is there twice
///     order kept         records are in the order of the source
///     nothing invented   each record was written at the source, with this key, value and time
///     nothing aborted    no record of an aborted or open transaction
///     offsets equal      (preserve) each record has the offset that it has at the source
///     nothing mixed      nothing follows on records that the source has lost, as long as anything
///                        tells so
///     nothing silent     whoever lacks records for good, or has what the source lost, says so: by
///                        what blocks it, or how many offsets it has passed over
///     no false alarm     nobody says that offsets were lost where none were
///     nothing said early what a worker calls copied is there
class CopyCheck {
public:
    CopyCheck(const TopicPlan& plan, CopyRules rules) : plan_(plan), rules_(rules) {}

    /// At any time: what is there must be right, though not all need be there.
    std::vector<std::string> safety(const TruePartition& truth,
                                    const std::vector<SeenRecord>& copied) const;
    /// At any time: the last records of the source before `claimed` are among what was copied.
    static std::vector<std::string> honesty(const std::vector<SeenRecord>& source,
                                            const std::vector<SeenRecord>& copied, Offset claimed);
    /// At the end, once all is copied.
    std::vector<std::string> completeness(const std::vector<SeenRecord>& source,
                                          const std::vector<SeenRecord>& copied) const;
    /// What the workers say of the partition.
    struct Said {
        std::string blocked_because = {};  // "" where it is in step
        uint64_t lost_offsets = 0;         // passed over, over all workers there ever were
    };
    /// Whether Lockstep may refuse to go on with it for good, for that reason.
    bool may_block(const TruePartition& truth, const std::vector<SeenRecord>& copied,
                   const std::string& reason) const;
    /// At the end.
    std::vector<std::string> silence(const TruePartition& truth,
                                     const std::vector<SeenRecord>& copied, const Said& said) const;

private:
    std::vector<std::string> miscounted(const TruePartition& truth, const Said& said) const;

    const TopicPlan& plan_;
    const CopyRules rules_;
};

/// Of how many bytes of records a process may hold: its limit, and beyond it one answer for each
/// reader. An answer has a whole batch of each partition, whatever was asked for.
struct MemoryRule {
    int64_t limit_bytes = 0;
    int64_t readers = 0;
};

/// PURE: checker "bounded memory".
std::optional<std::string> memory_problem(const std::string& worker, int64_t held_bytes,
                                          const MemoryRule& rule);

/// PURE: checker "nothing refused", for a world in which nothing goes wrong and one worker copies:
/// once it has begun, no request of its link fails any more. To wait for the turn, and to look at
/// the logs once more where it came after the first look, is expected, and no failure: the link's
/// count leaves it out.
class RefusalCheck {
public:
    /// `errors`: the link's count now. What is wrong with it.
    std::optional<std::string> look(uint64_t errors);

private:
    std::optional<uint64_t> errors_;  // of the look before
};

}  // namespace lockstep::sim
