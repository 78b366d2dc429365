#include "replication/offset_record.h"

#include "base/rng.h"
#include "protocol/wire_writer.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

ChunkKey sample_key() {
    ChunkKey key;
    key.stream = {"MkU3OEVBNTcwNTJENDM2Qg", Uuid{{1, 2, 3, 255}}, {"a.b-c_d", PartitionIndex(7)}};
    key.side = MapSide::target;
    key.chunk = 12;
    return key;
}

TEST(ChunkKey, IsATextThatIsReadBack) {
    const auto read = ChunkKey::parse(sample_key().to_string());
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(*read, sample_key());
    EXPECT_EQ(sample_key().to_string(),
              "MkU3OEVBNTcwNTJENDM2Qg:AQID_wAAAAAAAAAAAAAAAA:a.b-c_d:7:t:12");
}

TEST(ChunkKey, RefusesWhatIsNone) {
    const std::string good = sample_key().to_string();
    for (const std::string& bad :
         {std::string(), std::string("a:b"), good + ":1", good + "x", "x" + good.substr(1, 5),
          std::string("c:AQID_wAAAAAAAAAAAAAAAA:t:-1:t:0"),
          std::string("c:AQID_wAAAAAAAAAAAAAAAA:t:1:q:0"), std::string("c:AQID:t:1:t:0")}) {
        EXPECT_TRUE(ChunkKey::parse(bad).has_error()) << bad;
    }
}

StoredChunk sample_chunk() {
    return {Ordinal(5'000'000'000),
            {{Ordinal(0), Offset(100)}, {Ordinal(3), Offset(105)}, {Ordinal(9), Offset(1LL << 40)}},
            StreamForm::all_of_several,
            Uuid{{9, 8, 7}},
            true,
            false};
}

TEST(StoredChunk, IsReadBack) {
    const auto read = StoredChunk::decode(sample_chunk().encode());
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read->next, sample_chunk().next);
    EXPECT_EQ(read->runs, sample_chunk().runs);
    EXPECT_EQ(read->form, StreamForm::all_of_several);
    EXPECT_EQ(read->target_topic_id, (Uuid{{9, 8, 7}}));
    EXPECT_TRUE(read->has_targets_own);
    EXPECT_FALSE(read->is_behind_mirror);
    StoredChunk behind_mirror = sample_chunk();
    behind_mirror.has_targets_own = false;
    behind_mirror.is_behind_mirror = true;
    EXPECT_EQ(*StoredChunk::decode(behind_mirror.encode()), behind_mirror);
}

// As it was written before there were forms.
TEST(StoredChunk, IsReadBack_FromTheFirstVersion) {
    protocol::WireWriter writer;
    writer.put_int8(1);
    writer.put_varlong(7);
    writer.put_varint(2);
    for (const int64_t step : {0, 100, 3, 5}) {
        writer.put_varlong(step);
    }
    const auto read = StoredChunk::decode(writer.flatten());
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read->next, Ordinal(7));
    EXPECT_EQ(read->runs,
              (std::vector<OffsetRun>{{Ordinal(0), Offset(100)}, {Ordinal(3), Offset(105)}}));
    EXPECT_EQ(read->form, StreamForm::unknown);
    EXPECT_TRUE(read->target_topic_id.is_zero());
}

// As it was written before it said whether records came back to where they were born.
TEST(StoredChunk, IsReadBack_FromTheSecondVersion) {
    Bytes older = sample_chunk().encode();
    older[0] = 2;
    older.erase(older.begin() + 2);
    const auto read = StoredChunk::decode(older);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_FALSE(read->has_targets_own);
    EXPECT_EQ(read->form, StreamForm::all_of_several);
    EXPECT_EQ(read->runs, sample_chunk().runs);
}

TEST(StoredChunk, RefusesAnyPartOfItself) {
    const Bytes whole = sample_chunk().encode();
    for (size_t size = 0; size < whole.size(); ++size) {
        EXPECT_TRUE(StoredChunk::decode(ByteView(whole).first(size)).has_error()) << size;
    }
}

TEST(StoredChunk, RefusesOtherVersionsAndMoreThanItself) {
    Bytes newer = sample_chunk().encode();
    newer[0] = 4;
    EXPECT_TRUE(StoredChunk::decode(newer).error().is(Errc::unsupported));
    Bytes other_form = sample_chunk().encode();
    other_form[1] = 5;
    EXPECT_TRUE(StoredChunk::decode(other_form).error().is(Errc::unsupported));
    Bytes longer = sample_chunk().encode();
    longer.push_back(0);
    EXPECT_TRUE(StoredChunk::decode(longer).has_error());
}

TEST(StoredChunk, RefusesRunsThatDoNotFollowEachOther) {
    for (const OffsetRun second : {OffsetRun{Ordinal(0), Offset(9)}, {Ordinal(4), Offset(5)}}) {
        const StoredChunk chunk{Ordinal(9), {{Ordinal(0), Offset(5)}, second}};
        EXPECT_TRUE(StoredChunk::decode(chunk.encode()).has_error());
    }
}

TEST(StoredChunk, TakesAnyBytesWithoutHarm) {
    Rng rng(3);
    for (int i = 0; i < 20'000; ++i) {
        Bytes bytes(rng.below(30));
        for (uint8_t& byte : bytes) {
            byte = static_cast<uint8_t>(rng.below(256));
        }
        if (!bytes.empty()) {
            bytes[0] = static_cast<uint8_t>(1 + i % 3);
        }
        const auto read = StoredChunk::decode(bytes);
        if (read.has_value()) {
            EXPECT_LE(read->runs.size(), bytes.size());
        }
    }
}

TEST(ChunkKey, HasBothNames_OfARenamedTopic) {
    ChunkKey key = sample_key();
    key.stream.renamed_from = "orders";
    key.stream.origin_cluster_id = "elsewhere";
    EXPECT_EQ(key.to_string(),
              "MkU3OEVBNTcwNTJENDM2Qg/elsewhere:AQID_wAAAAAAAAAAAAAAAA:orders>a.b-c_d:7:t:12");
    const auto read = ChunkKey::parse(key.to_string());
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(*read, key);
}

TEST(StreamKey, OfATopicWithTwoNames_IsTwoStreams) {
    const SourcePartition source{"cluster", Uuid{{1}}, {"orders", PartitionIndex(0)}};
    const StreamKey plain = stream_key(source, {});
    const StreamKey renamed = stream_key(source, {{}, "east."});
    EXPECT_EQ(plain.renamed_from, "");
    EXPECT_EQ(renamed.partition.topic, "east.orders");
    EXPECT_EQ(renamed.renamed_from, "orders");
    EXPECT_NE(stream_id(plain), stream_id(renamed));
    EXPECT_NE(preserved_stream_id(plain), preserved_stream_id(renamed));
    EXPECT_EQ(preserved_stream_id(plain),
              tagged_producer_id(origin_tag("cluster"), Uuid{{1}}, {"orders", PartitionIndex(0)}));
}

}  // namespace
}  // namespace lockstep::replication
