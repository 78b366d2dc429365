#pragma once

#include "protocol/kafka_error.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/produce.h"
#include "protocol/messages/write_txn_markers.h"
#include "protocol/record_batch_builder.h"
#include "protocol/records.h"
#include "tests/unit/support/fake_broker.h"

#include <functional>
#include <string>
#include <vector>

namespace lockstep::test {

/// Young, by the clock of a ManualLoop: records that are days old are copied otherwise.
constexpr int64_t kRecordTimeMs = 1'700'003'600'000;

/// A batch of `records` records from `base_offset` on.
inline Bytes make_batch(int64_t base_offset, int records, const std::string& value = "value",
                        int16_t attributes = 0) {
    protocol::RecordBatchBuilder builder(
        {.base_offset = Offset(base_offset), .attributes = attributes});
    for (int i = 0; i < records; ++i) {
        builder.add(kRecordTimeMs + base_offset + i, {.value = as_bytes(value)});
    }
    return *builder.build();
}

/// The log of partition 0 of one topic, on one FakeBroker: answers ListOffsets, Fetch and Produce
/// as a broker without fetch sessions does.
class FakeLog {
public:
    struct Appended {
        int16_t error_code = 0;
        int64_t base_offset = 0;
        int64_t log_append_time_ms = -1;
    };

    FakeLog(ManualLoop& loop, FakeBroker& broker, FakeTopic topic)
        : loop_(loop), topic_(std::move(topic)) {
        using enum protocol::ApiKey;
        broker.on(list_offsets, [this](const ReceivedRequest& r) { answer_list_offsets(r); });
        broker.on(fetch, [this](const ReceivedRequest& r) { on_fetch(r); });
        broker.on(produce, [this](const ReceivedRequest& r) { on_produce(r); });
        broker.on(write_txn_markers, [this](const ReceivedRequest& r) { on_markers(r); });
        broker.on(describe_producers, [this](const ReceivedRequest& r) { describe(r); });
    }
    FakeLog(const FakeLog&) = delete;
    FakeLog& operator=(const FakeLog&) = delete;

    /// Puts a batch at the end as it is. A hole before it stays one.
    void append(Bytes batch) {
        end = protocol::RecordBatchView::open(batch)->next_offset().value();
        batches_.push_back(std::move(batch));
    }

    /// As a broker: gives it the next offsets. The CRC does not cover the base offset.
    Appended append_produced(ByteView records) {
        Bytes batch(records.begin(), records.end());
        store_big_endian<int64_t>(batch.data(), end);
        const Appended appended{0, end, -1};
        append(std::move(batch));
        return appended;
    }

    /// As compaction does: other batches, up to the same end.
    void compact(std::vector<Bytes> batches) { batches_ = std::move(batches); }

    /// Deletes the topic and makes it again.
    void recreate(FakeTopic topic) {
        topic_ = std::move(topic);
        batches_.clear();
        start = end = 0;
    }

    /// As after an unclean election: the newest batches are not there any more.
    void lose_batches(size_t count) {
        batches_.resize(batches_.size() - count);
        end = batches_.empty() ? start : batches().back().next_offset().value();
    }

    std::vector<protocol::RecordBatchView> batches() const {
        std::vector<protocol::RecordBatchView> views;
        for (const Bytes& batch : batches_) {
            views.push_back(*protocol::RecordBatchView::open(batch));
        }
        return views;
    }

    /// How the next fetches and produced batches are dealt with, where not as usual.
    std::function<bool(const ReceivedRequest&)> intercept_fetch;
    std::function<Appended(ByteView)> on_append = [this](ByteView r) { return append_produced(r); };
    std::function<void()> on_list_offsets = [] {};
    int16_t refuse_markers_with = 0;
    int16_t refuse_list_offsets_with = 0;
    int32_t seen_coordinator_epoch = -1;  // of the markers that the newest producer has written
    int fenced = 0;                       // markers with a lower one

    /// Answers a fetch with what is there from its offset on.
    void answer_fetch(const ReceivedRequest& request) {
        const auto message = request.as<protocol::FetchRequest>();
        protocol::FetchResponse response;
        Bytes records;
        for (const auto& topic : message.topics) {
            for (const auto& partition : topic.partitions) {
                records = records_from(partition.fetch_offset, partition.partition_max_bytes);
                auto& entry = response.responses.emplace_back();
                entry.topic = topic_.name;
                entry.topic_id = topic_.id;
                auto& data = entry.partitions.emplace_back();
                data.partition_index = partition.partition;
                if (partition.fetch_offset < start || partition.fetch_offset > end) {
                    data.error_code =
                        static_cast<int16_t>(protocol::KafkaError::offset_out_of_range);
                    continue;
                }
                data.high_watermark = end;
                data.log_start_offset = start;
                data.records.data = records;
            }
        }
        request.answer(response);
    }

    int64_t start = 0;
    int64_t end = 0;

private:
    void answer_list_offsets(const ReceivedRequest& request) {
        on_list_offsets();
        protocol::ListOffsetsResponse response;
        const auto message = request.as<protocol::ListOffsetsRequest>();
        for (const auto& topic : message.topics) {
            auto& entry = response.topics.emplace_back();
            entry.name = topic.name;
            for (const auto& partition : topic.partitions) {
                auto& answered = entry.partitions.emplace_back();
                answered.partition_index = partition.partition_index;
                answered.error_code = refuse_list_offsets_with;
                answered.offset = offset_of_time(partition.timestamp);
            }
        }
        request.answer(response);
    }

    /// As brokers do: of the first record that is as late; -1 where none is.
    int64_t offset_of_time(int64_t timestamp) const {
        if (timestamp < 0) {
            return timestamp == -2 ? start : end;
        }
        for (const protocol::RecordBatchView& batch : batches()) {
            auto reader = protocol::RecordReader::open(batch);
            while (reader.has_value()) {
                const auto record = reader->next();
                if (record.has_error() || !*record) {
                    break;
                }
                if (reader->timestamp_of(**record) >= timestamp) {
                    return reader->offset_of(**record).value();
                }
            }
        }
        return -1;
    }

    void on_fetch(const ReceivedRequest& request) {
        if (intercept_fetch && intercept_fetch(request)) {
            return;
        }
        const auto message = request.as<protocol::FetchRequest>();
        const bool has_data = message.topics.empty() || message.topics[0].partitions.empty() ||
                              message.topics[0].partitions[0].fetch_offset < end;
        if (has_data || message.max_wait_ms == 0) {
            answer_fetch(request);
        } else {
            loop_.add_timer(loop_.now() + std::chrono::milliseconds(message.max_wait_ms),
                            [this, request] { answer_fetch(request); });
        }
    }

    void on_produce(const ReceivedRequest& request) {
        protocol::ProduceResponse response;
        const auto message = request.as<protocol::ProduceRequest>();
        for (const auto& topic : message.topic_data) {
            auto& entry = response.responses.emplace_back();
            entry.name = topic.name;
            entry.topic_id = topic.topic_id;
            for (const auto& partition : topic.partition_data) {
                const Appended appended = on_append(partition.records.view());
                auto& answered = entry.partition_responses.emplace_back();
                answered.index = partition.index;
                answered.error_code = appended.error_code;
                answered.base_offset = appended.base_offset;
                answered.log_append_time_ms = appended.log_append_time_ms;
            }
        }
        request.answer(response);
    }

    /// As a broker: only with an epoch that is not below the newest of that producer.
    void on_markers(const ReceivedRequest& request) {
        protocol::WriteTxnMarkersResponse response;
        const auto message = request.as<protocol::WriteTxnMarkersRequest>();
        for (const auto& marker : message.markers) {
            const std::string& name = marker.topics.at(0).name;
            int16_t error = refuse_markers_with;
            if (error == 0 && name != topic_.name) {
                error = static_cast<int16_t>(protocol::KafkaError::unknown_topic_or_partition);
            }
            if (error == 0 && marker.coordinator_epoch < seen_coordinator_epoch) {
                ++fenced;
                error = static_cast<int16_t>(protocol::KafkaError::transaction_coordinator_fenced);
            }
            for (const protocol::RecordBatchView& batch : batches()) {
                if (batch.producer_id().value() == marker.producer_id &&
                    batch.producer_epoch().value() > marker.producer_epoch) {
                    error = static_cast<int16_t>(protocol::KafkaError::invalid_producer_epoch);
                }
            }
            if (error == 0) {
                protocol::ControlMarker control;
                control.offset = Offset(end);
                control.producer_id = ProducerId(marker.producer_id);
                control.producer_epoch = ProducerEpoch(marker.producer_epoch);
                append(protocol::make_control_batch(control));
            }
            auto& result = response.markers.emplace_back();
            result.producer_id = marker.producer_id;
            auto& topic = result.topics.emplace_back();
            topic.name = name;
            topic.partitions.emplace_back().error_code = error;
        }
        request.answer(response);
    }

    /// The newest producer.
    void describe(const ReceivedRequest& request) const {
        protocol::DescribeProducersResponse response;
        auto& topic = response.topics.emplace_back();
        topic.name = topic_.name;
        auto& partition = topic.partitions.emplace_back();
        if (!batches_.empty()) {
            auto& producer = partition.active_producers.emplace_back();
            producer.producer_id = batches().back().producer_id().value();
            producer.coordinator_epoch = seen_coordinator_epoch;
        }
        request.answer(response);
    }

    /// Whole batches, the first of them whatever its size.
    Bytes records_from(int64_t offset, int32_t max_bytes) const {
        Bytes records;
        for (const Bytes& batch : batches_) {
            if (protocol::RecordBatchView::open(batch)->last_offset().value() < offset) {
                continue;
            }
            if (!records.empty() && records.size() + batch.size() > size_t(max_bytes)) {
                break;
            }
            records.insert(records.end(), batch.begin(), batch.end());
        }
        return records;
    }

    ManualLoop& loop_;
    FakeTopic topic_;
    std::vector<Bytes> batches_;
};

}  // namespace lockstep::test
