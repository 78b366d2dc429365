#pragma once

#include "protocol/record_batch_builder.h"
#include "sandbox/disk/disk_storage.h"
#include "sandbox/group_coordinator.h"
#include "tests/unit/sandbox/disk/temporary_directory.h"
#include "tests/unit/support/manual_loop.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <csignal>
#include <optional>

namespace lockstep::sandbox::test {

inline Bytes make_batch(int records, const std::string& value = "value",
                        ProducerId producer = ProducerId(-1), int32_t sequence = -1) {
    protocol::BatchOptions options;
    options.producer_id = producer;
    options.producer_epoch = ProducerEpoch(static_cast<int16_t>(producer.value() < 0 ? -1 : 0));
    options.base_sequence = Sequence(sequence);
    protocol::RecordBatchBuilder builder(options);
    for (int i = 0; i < records; ++i) {
        builder.add(1'700'000'000'000, {.value = as_bytes(value)});
    }
    return *builder.build();
}

/// No file may grow beyond so many bytes, as on a disk that is full.
class FileSizeLimit {
public:
    explicit FileSizeLimit(size_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    rlimit before_{};
};

/// A cluster in a directory that can end at any moment and begin again.
class DiskWorld : public ::testing::Test {
protected:
    ~DiskWorld() override { cluster_.reset(); }

    Result<void> start(Syncing syncing = Syncing::no, size_t journal_bytes = 4U << 20) {
        cluster_.reset();
        ClusterOptions options;
        options.brokers = brokers_;
        cluster_ = std::make_unique<Cluster>(loop_, rng_, options);
        LS_TRY(storage, DiskStorage::open({directory_.path(), syncing, journal_bytes}));
        return cluster_->keep_in(std::move(storage));
    }
    /// As kill -9: whatever is not on its way to the disk is gone.
    void restart(Syncing syncing = Syncing::no) {
        const Result<void> started = start(syncing);
        ASSERT_TRUE(started.has_value()) << started.error().message();
    }
    void save() {
        const Result<void> saved = cluster_->save_and_sync();
        ASSERT_TRUE(saved.has_value()) << saved.error().message();
    }
    Topic& topic(const std::string& name) { return *cluster_->find_topic(name); }
    PartitionLog& log(const std::string& name, size_t index = 0) {
        return topic(name).partitions[index]->log;
    }
    Appended append(const std::string& name, const Bytes& batch) {
        return log(name).append(batch, topic(name).log_config, cluster_->now_ms(), 9);
    }
    std::string partition_directory(const std::string& name) {
        return directory_.path() + "/topics/" + topic(name).id.to_string() + "/0";
    }
    std::string only_file(const std::string& name) {
        const auto names = runtime::list_directory(partition_directory(name));
        EXPECT_EQ(names.size(), 1U);
        return partition_directory(name) + "/" + names.front();
    }

    lockstep::test::ManualLoop loop_;
    Rng rng_{1};
    int32_t brokers_ = 1;
    TemporaryDirectory directory_;
    std::unique_ptr<Cluster> cluster_;
};

}  // namespace lockstep::sandbox::test
