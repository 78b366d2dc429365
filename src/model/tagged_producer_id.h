#pragma once

// PURE: how Lockstep's producer ids say where a batch was born.
//
// Brokers hand out producer ids from 0 upwards and never check that an id in a Produce request was
// handed out (true of 2.8, 3.9 and 4.3). So ids with bit 62 set never meet a client's:
//
//     bit 63  62  61 ........ 40  39 ................. 0
//          0   1   origin tag      stream
//
// The origin tag is a hash of the source cluster's id, the stream a hash of the source topic's id
// and partition. Two workers that copy the same partition therefore use the same producer id, and
// the broker sees the second copy of a batch as the duplicate that it is.
//
// A producer id has 2^15 epochs. A stream that has used them up goes on under its next generation:
// the stream number, counted up by one.

#include "model/ids.h"

#include <optional>
#include <string_view>

namespace lockstep {

struct OriginTag {
    uint32_t value = 0;  // 22 bits
    auto operator<=>(const OriginTag&) const = default;
};

OriginTag origin_tag(std::string_view cluster_id);

/// `topic_id` is all zeros where the source has no topic ids; then the name stands for the topic.
/// `renamed_to`: the target's name, where that is another one: a topic that is copied under two
/// names is two streams.
ProducerId tagged_producer_id(OriginTag origin, const Uuid& topic_id,
                              const TopicPartition& partition, std::string_view renamed_to = "");

/// The id of a stream whose first id is `first`, `generation` ids later.
ProducerId producer_id_of_generation(ProducerId first, int64_t generation);

/// Under which ids a stream's filler is written: beyond every generation of the stream. Each series
/// of filler has its own, as brokers remember where the last one ended.
ProducerId filler_producer_id(ProducerId first, int64_t series = 0);
bool is_filler_of(ProducerId id, ProducerId first);

/// Under which id a stream is written whose offsets are not kept; beyond every generation, too.
ProducerId translated_producer_id(ProducerId first);

/// Which generation of the stream `id` is; nothing where it belongs to no or another stream.
std::optional<int64_t> generation_of(ProducerId id, ProducerId first);

/// The origin of a batch that Lockstep wrote; nothing for any other producer id.
std::optional<OriginTag> origin_of(ProducerId producer_id);

}  // namespace lockstep
