#pragma once

#include "sandbox/disk/journal_format.h"
#include "sandbox/disk/partition_files.h"

#include <map>

namespace lockstep::sandbox {

struct DiskOptions {
    std::string directory;
    Syncing syncing = Syncing::no;
    /// The journal is written anew above this size, where most of it is no longer so.
    size_t journal_bytes = 4U << 20;
};

/// A cluster in a directory:
///
///     lock               held (flock) by the process that uses the directory
///     cluster.journal    metadata (journal_format.h, cluster_image.h)
///     topics/ID/INDEX/   a partition's batches (partition_files.h)
///
/// What is written when, so that a crash in between loses nothing that was acknowledged:
/// - records before their answer, metadata before the answer that tells of it;
/// - a log's new start before its old files are deleted, and so for topics;
/// - a transaction's decision before its first marker (TransactionCoordinator).
/// Owned by a Cluster.
class DiskStorage final : public Storage {
public:
    /// Takes the directory, which need not be there, and reads the journal. Errors:
    /// `limit_exceeded` where another process has it, `checksum_mismatch` where the journal is
    /// damaged, what the system said.
    static Result<std::unique_ptr<DiskStorage>> open(DiskOptions options);

    Result<void> restore(Cluster& cluster) override;
    std::shared_ptr<LogStorage> open_log(const Uuid& topic, PartitionIndex index) override;
    Result<void> save(Cluster& cluster, const Unsaved& unsaved) override;
    bool has_unsynced() const override {
        return is_journal_unsynced_ || (unsynced_ && !unsynced_->empty());
    }
    Result<void> sync() override;

private:
    explicit DiskStorage(DiskOptions options)
        : options_(std::move(options)),
          unsynced_(options_.syncing == Syncing::yes ? std::make_shared<Unsynced>() : nullptr) {}

    std::string path_of(const Uuid& topic) const;
    std::string journal_path() const { return options_.directory + "/cluster.journal"; }
    std::shared_ptr<PartitionFiles> open_files(const Uuid& topic, PartitionIndex index);
    Result<void> open_journal();
    void compact_journal();
    void drop_unknown(const Cluster& cluster);

    DiskOptions options_;
    File lock_;
    File journal_;
    Image image_;  // what the journal says
    size_t compacted_bytes_ = 0;
    std::shared_ptr<Unsynced> unsynced_;  // null: nothing is synced
    bool is_journal_unsynced_ = false;
    bool is_journal_lost_ = false;  // a sync failed: what it holds nobody knows
};

}  // namespace lockstep::sandbox
