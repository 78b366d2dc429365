#pragma once

#include "client/admin.h"
#include "client/batch_producer.h"
#include "protocol/record_batch.h"
#include "replication/offset_record.h"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace lockstep::replication {

/// The maps of streams whose offsets are not kept, in the compacted topic `__lockstep_offsets` on
/// the target.
///
/// A run of the source's side is stored before its records are sent: whatever happens then, the map
/// says where each record of the target comes from. The target's side follows, and can be read
/// from the headers of the target's batches again.
///
/// Who writes a stream's chunks goes on with the sequence of those that it has read, under the
/// stream's producer id: of two workers that write at once the broker takes one (KIP-98).
///
/// One for a link, on its shard.
class OffsetsStore {
public:
    struct LogStarts {
        Offset source;
        Offset target;
    };

    static constexpr const char* kTopic = "__lockstep_offsets";
    static constexpr int32_t kPartitions = 8;

    /// What was put into another topic, or behind the end, is not there any more.
    struct TargetLog {
        Uuid topic_id;  // all zeros where the target has no topic ids
        Offset end;
    };

    using Saved = std::function<void(const Result<void>&)>;

    OffsetsStore(client::Cluster& target, client::BatchProducer& producer);
    ~OffsetsStore();

    /// How the topic has to be created, where the target has it not.
    static client::NewTopic topic(int16_t replication_factor);

    /// Whether the target's metadata has it.
    bool is_there() const { return target_.metadata().find_topic(kTopic) != nullptr; }

    /// Reads what has been stored of the stream's source partition since the last time. Where the
    /// topic has lost its end (an unclean election), all that it has: what is known stays so only
    /// as far as it goes on from that, and is stored again.
    runtime::Task<Result<void>> catch_up(StreamKey key, std::stop_token stop);

    /// The same of all streams.
    runtime::Task<Result<void>> catch_up_all(std::stop_token stop);

    /// How often the topic has lost an end: what was read of all streams need not be known then.
    int losses() const { return losses_; }

    /// Whether anything was ever stored of the stream.
    bool has(const StreamKey& stream) const;

    /// Whether anything was ever stored of the stream with this producer id; as far as all was
    /// read.
    bool has_stream(ProducerId id) const { return last_.contains(id); }

    /// Whether anything was ever stored of any origin's records of the same source partition.
    bool has_any_of(const StreamKey& stream) const;

    /// Another topic of the same name at the same source, of which the target still has records,
    /// whatever their origins.
    std::optional<Uuid> former_of(const StreamKey& stream, const TargetLog& at_target) const;

    struct OtherRoute {
        std::string source_cluster_id;
        bool is_sure = true;  // else it brought records of any origins
    };
    /// From which other cluster records of the same origin came to the partition before, and still
    /// are there; as far as all was read.
    std::optional<OtherRoute> other_route_of(const StreamKey& stream,
                                             const TargetLog& at_target) const;

    /// In which form the source's own records have come to the partition; nothing where none have,
    /// nor any by its streams of other origins.
    std::optional<StreamForm> own_form(const StreamKey& stream, const TargetLog& at_target) const;

    /// Whether streams of single other origins have come to the partition, by whatever cluster; as
    /// far as all was read.
    bool has_others_beside(const StreamKey& stream, const TargetLog& at_target) const;

    /// Which of the target's topics the stream's records are in. What is known of another one's,
    /// which was deleted, is forgotten.
    void set_target_topic(const StreamKey& stream, const Uuid& topic_id);

    /// An empty map where nothing was stored. Stays where it is.
    StreamMap& map_of(const StreamKey& key);

    /// Stores more runs of the source's side and then adds them to the map. `id` is the stream's
    /// producer id; `saved` is called later, once.
    void add_source_runs(const StreamKey& stream, ProducerId id, std::vector<OffsetRun> runs,
                         Saved saved);

    /// The same, for who waits for it.
    runtime::Task<Result<void>> store_source_runs(StreamKey stream, ProducerId id,
                                                  std::vector<OffsetRun> runs,
                                                  std::stop_token stop);

    /// Stores, in the place of all that was known of the stream, where its record number `first`
    /// comes from and goes to, as the first of all that are known. Those before, if there are any,
    /// keep their numbers. Nothing of it may be on its way.
    struct Begin {
        Offset source;
        Offset target;
        Ordinal first{0};
    };
    runtime::Task<Result<void>> store_begin(StreamKey stream, ProducerId id, Begin begin,
                                            std::stop_token stop);

    /// Whether another worker has written to the stream's map what this one has not read, or the
    /// topic has lost its end: nothing can be stored until catch_up().
    bool is_outdated(const StreamKey& stream) const;

    /// Looks, where the topic's leaders are others than before, whether they have what was stored:
    /// maps of which they may lack something are outdated.
    runtime::Task<Result<void>> check_ends(std::stop_token stop);

    /// Stores the target's side as far as it has changed, and all of the map where the topic is
    /// another one than before. A failure does no harm: see is_outdated().
    void save_target_runs(const StreamKey& stream, ProducerId id);

    /// Its map's target side may have been cut: what comes behind is stored from there on.
    void on_target_cut(const StreamKey& stream);

    /// Stores that the source has none of the stream's next records before `passed`, unless
    /// something of the stream is being stored. Failures do no harm.
    void save_passed(const StreamKey& stream, ProducerId id, Offset passed);

    /// Forgets what is said of records that neither log has: they are before the logs' starts.
    void forget_before(const StreamKey& stream, ProducerId id, LogStarts starts);

private:
    struct Stream;
    class Partition;
    using Chunk = std::pair<ChunkKey, std::optional<StoredChunk>>;  // none: it is forgotten

    Stream& stream_of(const StreamKey& key);
    std::vector<Stream*> streams_of(StreamKey key) const;
    Partition& partition_of(const StreamKey& key);
    Partition& partition_at(int32_t index);
    /// With the streams of the source partition of `anew` from the start, if they are stale.
    runtime::Task<Result<void>> catch_up_partition(Partition& partition,
                                                   std::optional<StreamKey> anew,
                                                   std::stop_token stop);
    runtime::Task<Result<void>> read_on(Partition& partition, std::stop_token stop);
    runtime::Task<Result<void>> check_end(Partition& partition, client::PartitionLeader leader,
                                          std::stop_token stop);
    runtime::Task<Result<bool>> still_has_end(Partition& partition, BrokerId leader,
                                              std::stop_token stop);
    std::vector<Stream*> begin_anew(Partition& partition);
    runtime::Task<Result<void>> find_place(Partition& partition, BrokerId leader,
                                           std::stop_token stop);
    void lose_end(Partition& partition);
    Result<bool> take_in(Partition& partition, ByteView records);
    Result<void> take_in(const protocol::RecordBatchView& batch);
    void notice_other_topic();
    void write(Stream& stream, ProducerId id, const std::vector<Chunk>& chunks, Saved saved);
    runtime::Task<Result<void>> saved_by(std::function<void(Saved)> begin, std::stop_token stop);

    client::Cluster& target_;
    client::BatchProducer& producer_;
    std::map<StreamKey, std::unique_ptr<Stream>> streams_;
    std::map<ProducerId, Sequence> last_;  // of what each stream has stored
    std::array<std::unique_ptr<Partition>, kPartitions> partitions_;
    int losses_ = 0;
    Uuid topic_id_;  // all zeros as long as it is not known
};

}  // namespace lockstep::replication
