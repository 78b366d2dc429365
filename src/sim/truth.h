#pragma once

#include "base/bytes.h"
#include "model/ids.h"

#include <map>
#include <string>
#include <vector>

namespace lockstep::sim {

/// What became of a record that was written at the source.
enum class Fate { open, committed, aborted };

/// A key that is null, which is something else than an empty one.
inline const std::string kNullKey = "(null)";

/// The value of a record that has none (a tombstone): by its headers it is told from others.
inline std::string null_value(const std::string& headers) {
    return "(null) " + headers;
}

struct TrueRecord {
    std::string key;
    std::string value;  // of the whole run, no other record has it
    std::string headers;
    int64_t timestamp_ms = 0;
    Fate fate = Fate::committed;
    /// How often the log had been cut, or made anew, when it was written.
    int history = 0;
};

/// What the source has lost.
struct GoneRecord {
    int64_t offset = 0;
    TrueRecord record;
    int lost_in = 0;  // the first history that is without it
};

/// Every record of one source partition that was ever there.
struct TruePartition {
    /// From that offset on, all is lost.
    void lose_from(int64_t offset) {
        ++history;
        const auto first = records.lower_bound(offset);
        for (auto record = first; record != records.end(); ++record) {
            gone.push_back({record->first, std::move(record->second), history});
        }
        records.erase(first, records.end());
    }

    /// What the log has had at each offset, also where retention took it away since.
    std::map<int64_t, TrueRecord> records;
    /// What an unclean election took back, and what was in a topic that was deleted: copies that
    /// were made before may have it.
    std::vector<GoneRecord> gone;
    int history = 0;
    bool was_cut = false;
    /// Compaction, or retention behind a cut, may have taken away what a worker that was not there
    /// could tell the cut from.
    bool may_lack_evidence = false;
    bool was_recreated = false;  // deleted, at least
    /// Of the topic that was deleted there was a copy, of which nothing is left but its offsets.
    bool had_copy_before = false;
    /// So many committed records were deleted before anybody had copied them, since the topic was
    /// last made anew.
    int64_t overtaken_records = 0;
};

/// What the workload knows, and the checkers hold the copies against.
using Truth = std::map<TopicPartition, TruePartition>;

/// A record as a consumer sees it.
struct SeenRecord {
    int64_t offset = 0;
    std::string key;
    std::string value;
    int64_t timestamp_ms = 0;
    std::string headers;
};

}  // namespace lockstep::sim
