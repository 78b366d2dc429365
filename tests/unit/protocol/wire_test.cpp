#include "protocol/wire_reader.h"
#include "protocol/wire_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace lockstep::protocol {
namespace {

TEST(WireReader, FirstError_IsKept_AndZerosFollow) {
    const Bytes input{0, 1};
    WireReader reader(input);
    EXPECT_EQ(reader.read_int32(), 0);
    reader.fail("later");
    EXPECT_EQ(reader.read_int8(), 0);
    EXPECT_STREQ(reader.problem(), "truncated");
    EXPECT_EQ(reader.remaining(), 0U);
}

TEST(WireReader, Varints_ComeBack_AtTheirLimits) {
    constexpr int64_t kNumbers[] = {0,   1,         -1,        63,        64,        -64,
                                    -65, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1LL << 40};
    for (const int64_t number : kNumbers) {
        WireWriter writer;
        writer.put_varlong(number);
        writer.put_varint(static_cast<int32_t>(number));
        writer.put_unsigned_varint(static_cast<uint32_t>(number));
        const Bytes bytes = writer.flatten();
        WireReader reader(bytes);
        EXPECT_EQ(reader.read_varlong(), number);
        EXPECT_EQ(reader.read_varint(), static_cast<int32_t>(number));
        EXPECT_EQ(reader.read_unsigned_varint(), static_cast<uint32_t>(number));
        EXPECT_TRUE(reader.ok());
        EXPECT_EQ(reader.remaining(), 0U);
    }
}

TEST(WireReader, Varint_IsRefused_WhenItNeverEnds) {
    const Bytes input(20, 0xff);
    WireReader small(input);
    small.read_unsigned_varint();
    EXPECT_FALSE(small.ok());
    WireReader large(input);
    large.read_varlong();
    EXPECT_FALSE(large.ok());
}

TEST(WireReader, Varint_IsRefused_WhenItHasMoreThan32Bits) {
    const Bytes input{0xff, 0xff, 0xff, 0xff, 0x1f};
    WireReader reader(input);
    reader.read_unsigned_varint();
    EXPECT_FALSE(reader.ok());
}

TEST(WireReader, ArrayCount_IsRefused_WhenAboveInput) {
    const Bytes input{0, 0, 0, 3, 1, 1};
    WireReader reader(input);
    EXPECT_EQ(reader.read_array_count(Lengths::fixed), 0U);
    EXPECT_FALSE(reader.ok());
}

TEST(WireReader, ArrayCount_IsRefused_WhenAboveTheMillion) {
    Bytes input(WireReader::kMaxArrayCount + 100, 0);
    store_big_endian<int32_t>(input.data(), WireReader::kMaxArrayCount + 1);
    WireReader reader(input);
    reader.read_array_count(Lengths::fixed);
    EXPECT_STREQ(reader.problem(), "array beyond the limit");
}

TEST(WireReader, NegativeLengths_AreRefused_ButMinusOneIsNull) {
    const Bytes null{0xff, 0xff};
    EXPECT_FALSE(WireReader(null).read_nullable_string(Lengths::fixed).has_value());
    const Bytes negative{0xff, 0xfe};
    WireReader reader(negative);
    reader.read_nullable_string(Lengths::fixed);
    EXPECT_FALSE(reader.ok());
}

TEST(WireWriter, Strings_ComeBack_InBothForms) {
    for (const Lengths lengths : {Lengths::fixed, Lengths::compact}) {
        WireWriter writer;
        writer.put_string("text", lengths);
        writer.put_nullable_string(std::nullopt, lengths);
        writer.put_bytes(as_bytes("bytes"), lengths);
        writer.put_nullable_bytes(std::nullopt, lengths);
        const Bytes bytes = writer.flatten();
        WireReader reader(bytes);
        EXPECT_EQ(reader.read_string(lengths), "text");
        EXPECT_EQ(reader.read_nullable_string(lengths), std::nullopt);
        EXPECT_EQ(as_text(reader.read_bytes(lengths)), "bytes");
        EXPECT_FALSE(reader.read_nullable_bytes(lengths).has_value());
        EXPECT_TRUE(reader.ok());
    }
}

TEST(WireWriter, Gather_KeepsOrder_WhenExternalBytesLieBetween) {
    const Bytes first{1, 2};
    const Bytes second{3};
    WireWriter writer;
    writer.put_int32(0);
    writer.put_external(first);
    writer.put_external(second);
    writer.put_int8(9);
    writer.patch_int32(0, static_cast<int32_t>(writer.size()));
    std::vector<ByteView> parts;
    writer.gather(parts);
    ASSERT_EQ(parts.size(), 4U);
    EXPECT_EQ(parts[1].data(), first.data());
    EXPECT_EQ(writer.flatten(), (Bytes{0, 0, 0, 8, 1, 2, 3, 9}));
}

TEST(WireWriter, Clear_ForgetsExternalBytes) {
    const Bytes external{1, 2};
    WireWriter writer;
    writer.put_external(external);
    writer.clear();
    EXPECT_EQ(writer.size(), 0U);
    EXPECT_TRUE(writer.flatten().empty());
}

}  // namespace
}  // namespace lockstep::protocol
