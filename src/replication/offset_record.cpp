#include "replication/offset_record.h"

#include "base/text.h"
#include "protocol/wire_reader.h"
#include "protocol/wire_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace lockstep::replication {
namespace {

constexpr int8_t kVersion = 3;
constexpr int8_t kVersionWithoutFlags = 2;
constexpr int8_t kVersionWithoutForm = 1;
constexpr int8_t kHasTargetsOwn = 0x01;
constexpr int8_t kIsBehindMirror = 2;

template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc() && end == text.data() + text.size() && number >= 0;
}

Error not_a_key(std::string_view text) {
    return Error(Errc::malformed, fmt::format("\"{}\" is no key of a stream's offsets", text));
}

}  // namespace

StreamKey stream_key(const SourcePartition& source, const TopicNames& names) {
    StreamKey key{source.cluster_id, source.topic_id, names.on_target(source.id)};
    if (key.partition.topic != source.id.topic) {
        key.renamed_from = source.id.topic;
    }
    return key;
}

ProducerId preserved_stream_id(const StreamKey& stream) {
    const OriginTag origin = origin_tag(stream.origin());
    const TopicPartition& there = stream.partition;
    if (stream.renamed_from.empty()) {
        return tagged_producer_id(origin, stream.topic_id, there);
    }
    return tagged_producer_id(origin, stream.topic_id, {stream.renamed_from, there.partition},
                              there.topic);
}

ProducerId stream_id(const StreamKey& stream) {
    return translated_producer_id(preserved_stream_id(stream));
}

std::string ChunkKey::to_string() const {
    const std::string& origin = stream.origin_cluster_id;
    const std::string& from = stream.renamed_from;
    return fmt::format("{}{}{}:{}:{}{}{}:{}:{}:{}", stream.source_cluster_id,
                       origin.empty() ? "" : "/", origin, stream.topic_id.to_string(), from,
                       from.empty() ? "" : ">", stream.partition.topic,
                       stream.partition.partition.value(), static_cast<char>(side), chunk);
}

Result<ChunkKey> ChunkKey::parse(std::string_view text) {
    const std::vector<std::string_view> parts = split(text, ':');
    ChunkKey key;
    int32_t partition = -1;
    if (parts.size() != 6 || !parse_whole(parts[3], partition) ||
        !parse_whole(parts[5], key.chunk) || (parts[4] != "s" && parts[4] != "t")) {
        return not_a_key(text);
    }
    const auto topic_id = Uuid::parse(parts[1]);
    if (!topic_id) {
        return not_a_key(text);
    }
    const size_t slash = parts[0].find('/');
    const auto origin = slash == std::string_view::npos ? "" : parts[0].substr(slash + 1);
    const size_t arrow = parts[2].find('>');
    const bool is_renamed = arrow != std::string_view::npos;
    key.stream = {std::string(parts[0].substr(0, slash)),
                  *topic_id,
                  {std::string(is_renamed ? parts[2].substr(arrow + 1) : parts[2]),
                   PartitionIndex(partition)},
                  std::string(is_renamed ? parts[2].substr(0, arrow) : ""),
                  std::string(origin)};
    key.side = static_cast<MapSide>(parts[4].front());
    return key;
}

Bytes StoredChunk::encode() const {
    protocol::WireWriter writer;
    writer.put_int8(kVersion);
    writer.put_int8(static_cast<int8_t>(form));
    writer.put_int8(static_cast<int8_t>((has_targets_own ? kHasTargetsOwn : 0) |
                                        (is_behind_mirror ? kIsBehindMirror : 0)));
    writer.put_uuid(target_topic_id);
    writer.put_varlong(next.value());
    writer.put_varint(static_cast<int32_t>(runs.size()));
    OffsetRun last{Ordinal(0), Offset(0)};
    for (const OffsetRun& run : runs) {
        writer.put_varlong(run.first - last.first);
        writer.put_varlong(run.offset - last.offset);
        last = run;
    }
    return writer.flatten();
}

Result<StoredChunk> StoredChunk::decode(ByteView value) {
    protocol::WireReader reader(value);
    const int8_t version = reader.read_int8();
    if (reader.ok() && (version < kVersionWithoutForm || version > kVersion)) {
        return Error(Errc::unsupported,
                     fmt::format("offsets of version {}: a newer Lockstep wrote them", version));
    }
    StoredChunk chunk;
    if (version != kVersionWithoutForm) {
        const int8_t form = reader.read_int8();
        if (form < 0 || form > static_cast<int8_t>(StreamForm::all_of_several)) {
            return Error(
                Errc::unsupported,
                fmt::format("offsets of a stream of form {}: a newer Lockstep wrote them", form));
        }
        chunk.form = static_cast<StreamForm>(form);
        if (version != kVersionWithoutFlags) {
            const int8_t flags = reader.read_int8();
            chunk.has_targets_own = (flags & kHasTargetsOwn) != 0;
            chunk.is_behind_mirror = (flags & kIsBehindMirror) != 0;
        }
        chunk.target_topic_id = reader.read_uuid();
    }
    chunk.next = Ordinal(reader.read_varlong());
    const int32_t count = reader.read_varint();
    OffsetRun run{Ordinal(0), Offset(0)};
    for (int32_t i = 0; i < count && reader.ok(); ++i) {
        run.first = run.first + reader.read_varlong();
        run.offset = run.offset + reader.read_varlong();
        const bool is_behind = chunk.runs.empty() || (chunk.runs.back().first < run.first &&
                                                      chunk.runs.back().offset < run.offset);
        if (!is_behind || run.first.value() < 0 || run.offset.value() < 0) {
            return Error(Errc::malformed,
                         "the runs of a stream's offsets do not follow each other");
        }
        chunk.runs.push_back(run);
    }
    if (!reader.ok() || count < 0 || reader.remaining() > 0) {
        return Error(Errc::malformed, "a stream's offsets are cut off");
    }
    return chunk;
}

}  // namespace lockstep::replication
