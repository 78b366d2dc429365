#pragma once

#include "runtime/files.h"
#include "sandbox/storage.h"

#include <functional>
#include <limits>

namespace lockstep::sandbox {

using runtime::File;

/// Whether what is acknowledged is on the disk, or only with the operating system.
enum class Syncing { no, yes };

class PartitionFiles;

/// Which files have been written and not synced; of all partitions.
using Unsynced = std::vector<std::weak_ptr<PartitionFiles>>;

/// One partition's batches in files of a directory, one behind the other as they are in memory:
///
///     000000-00000000000000000000.log    generation, and the offset at which the file begins
///     000000-00000000000000007315.log
///
/// Batches are appended to the last file; another one begins where it is large. What is rewritten
/// as a whole gets the next generation; a file of an older one is no part of it any more. Owned by
/// a PartitionLog; the DiskStorage knows it, too.
class PartitionFiles final : public LogStorage,
                             public std::enable_shared_from_this<PartitionFiles> {
public:
    /// `unsynced` is told of what is to be synced; null where nothing is.
    PartitionFiles(std::string directory, std::shared_ptr<Unsynced> unsynced)
        : directory_(std::move(directory)),
          unsynced_(std::move(unsynced)),
          syncing_(unsynced_ ? Syncing::yes : Syncing::no) {}

    /// What the directory has: calls `take` for each batch, in order. A torn tail is cut off. What
    /// cannot be read makes the partition damaged.
    void load(const std::function<void(ByteView batch)>& take);

    Result<void> append(ByteView batch) override;
    void truncate(Offset end) override;
    void replace(const std::vector<Bytes>& kept) override;
    void forget_before(Offset start) override;
    Offset safe_end() const override { return safe_end_; }
    bool is_damaged() const override { return is_damaged_; }

    Result<void> sync();

private:
    struct Segment {
        Offset begin;
        File file;
    };

    std::string path_of(Offset begin) const;
    Result<void> add_segment(Offset begin);
    Result<void> load_segment(Offset begin, Offset& end,
                              const std::function<void(ByteView batch)>& take);
    void fail(const Error& error);
    void note_unsynced(Offset begin);

    static constexpr Offset kEverything{std::numeric_limits<int64_t>::max()};

    std::string directory_;
    std::shared_ptr<Unsynced> unsynced_;
    Syncing syncing_;
    int generation_ = 0;
    std::vector<Segment> segments_;
    Offset end_{0};
    Offset safe_end_ = kEverything;
    size_t first_unsynced_ = 0;  // of the segments
    bool has_unsynced_ = false;
    bool is_damaged_ = false;
};

}  // namespace lockstep::sandbox
