// What holds for every message in every version.

#include "protocol/codec.h"
#include "protocol/frame.h"
#include "protocol/messages/all_messages.h"
#include "tests/unit/protocol/allocation_counter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace lockstep::protocol {
namespace {

/// A version of a message as functions on bytes, so that each test's body is compiled once.
struct Subject {
    std::string name;
    int16_t version;
    Bytes (*random_body)(Rng& rng, int16_t version);
    /// The body encoded again, or nothing where it is malformed.
    Result<Bytes> (*round_trip)(ByteView body, int16_t version);
    Result<std::string> (*json)(ByteView body, int16_t version);
};

template <typename Message>
Bytes random_body(Rng& rng, int16_t version) {
    WireWriter writer;
    encode(protocol::random<Message>(rng, version), version, writer);
    return writer.flatten();
}

template <typename Message>
Result<Bytes> round_trip(ByteView body, int16_t version) {
    LS_TRY(message, decode<Message>(body, version));
    WireWriter writer;
    encode(message, version, writer);
    return writer.flatten();
}

template <typename Message>
Result<std::string> json(ByteView body, int16_t version) {
    LS_TRY(message, decode<Message>(body, version));
    return to_json(message, version);
}

std::vector<Subject> all_subjects() {
    std::vector<Subject> subjects;
    AllMessages::for_each([&]<typename Message>() {
        for (int16_t version = Message::kMinVersion; version <= Message::kMaxVersion; ++version) {
            subjects.push_back({std::string(Message::kName) + " v" + std::to_string(version),
                                version, random_body<Message>, round_trip<Message>, json<Message>});
        }
    });
    return subjects;
}

TEST(Messages, RoundTrip_KeepsBytes_InAllVersions) {
    Rng rng(1);
    for (const Subject& subject : all_subjects()) {
        for (int i = 0; i < 20; ++i) {
            const Bytes body = subject.random_body(rng, subject.version);
            const auto again = subject.round_trip(body, subject.version);
            ASSERT_TRUE(again.has_value()) << subject.name << again.error().message();
            ASSERT_EQ(*again, body) << subject.name;
        }
    }
}

TEST(Messages, Decode_Fails_WhenTruncatedAnywhere) {
    Rng rng(2);
    for (const Subject& subject : all_subjects()) {
        const Bytes body = subject.random_body(rng, subject.version);
        for (size_t size = 0; size < body.size(); ++size) {
            const auto result = subject.round_trip(ByteView(body).first(size), subject.version);
            ASSERT_TRUE(result.has_error()) << subject.name << " cut at " << size;
            ASSERT_TRUE(result.error().is(Errc::malformed)) << subject.name;
        }
    }
}

TEST(Messages, Decode_Fails_WhenBytesAreLeftOver) {
    Rng rng(3);
    for (const Subject& subject : all_subjects()) {
        Bytes body = subject.random_body(rng, subject.version);
        body.push_back(0);
        ASSERT_TRUE(subject.round_trip(body, subject.version).has_error()) << subject.name;
    }
}

/// A bit flip, a length of 2 GiB in either form, or a cut with something else behind it.
void corrupt(Rng& rng, Bytes& body) {
    constexpr uint8_t kHugeFixed[] = {0x7f, 0xff, 0xff, 0xff};
    constexpr uint8_t kHugeCompact[] = {0xff, 0xff, 0xff, 0xff, 0x07};
    if (body.empty()) {
        return;
    }
    const size_t at = rng.below(body.size());
    const auto overwrite = [&](ByteView with) {
        std::copy_n(with.begin(), std::min(with.size(), body.size() - at), body.data() + at);
    };
    switch (rng.below(4)) {
        case 0: body[at] ^= static_cast<uint8_t>(1U << rng.below(8)); break;
        case 1: overwrite(kHugeFixed); break;
        case 2: overwrite(kHugeCompact); break;
        case 3:
            std::rotate(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(at), body.end());
    }
}

/// The smallest struct in an array takes two bytes, the largest about 300 in memory, and a vector
/// that grows takes twice its size; the constant is for error texts.
size_t justified_bytes(size_t input_bytes) {
    return 400 * input_bytes + 2048;
}

TEST(Messages, Decode_TakesOnlyWhatInputJustifies_WhenCorrupted) {
    Rng rng(4);
    for (const Subject& subject : all_subjects()) {
        for (int i = 0; i < 100; ++i) {
            Bytes body = subject.random_body(rng, subject.version);
            for (uint64_t damages = 1 + rng.below(3); damages > 0; --damages) {
                corrupt(rng, body);
            }
            const size_t before = test::allocated_bytes();
            (void)subject.round_trip(body, subject.version);
            const size_t taken = test::allocated_bytes() - before;
            ASSERT_LE(taken, justified_bytes(body.size())) << subject.name;
        }
    }
}

TEST(Messages, Decode_TakesLittleMemory_WhenFrameIsNoise) {
    Rng rng(5);
    for (const Subject& subject : all_subjects()) {
        for (int i = 0; i < 100; ++i) {
            Bytes body(40);
            for (uint8_t& byte : body) {
                byte = rng.chance(0.5) ? static_cast<uint8_t>(rng.below(4))
                                       : static_cast<uint8_t>(rng.next());
            }
            const size_t before = test::allocated_bytes();
            (void)subject.round_trip(body, subject.version);
            ASSERT_LE(test::allocated_bytes() - before, justified_bytes(40)) << subject.name;
        }
    }
}

TEST(Messages, Decode_RefusesArray_WhenItsCountIsTwoGiB) {
    Bytes frame(40, 0);
    store_big_endian<int32_t>(frame.data(), INT32_MAX);
    const size_t before = test::allocated_bytes();
    const auto response = decode<MetadataResponse>(frame, 0);
    ASSERT_TRUE(response.has_error());
    EXPECT_LE(test::allocated_bytes() - before, 1024U);
    EXPECT_EQ(response.error().context,
              "decode MetadataResponse v0, field brokers: array longer than its input");
}

/// JSON with a zero for everything in quotes.
std::string skeleton(const std::string& text) {
    std::string bare;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        if (quoted && text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            quoted = !quoted;
            bare += quoted ? "" : "0";
        } else if (!quoted) {
            bare += text[i];
        }
    }
    return bare;
}

TEST(Messages, Json_HasCommasAndBracketsInPlace_InAllVersions) {
    Rng rng(6);
    for (const Subject& subject : all_subjects()) {
        const Bytes body = subject.random_body(rng, subject.version);
        const auto text = subject.json(body, subject.version);
        ASSERT_TRUE(text.has_value()) << subject.name;
        const std::string bare = skeleton(*text);
        ASSERT_TRUE(bare.starts_with('{') && bare.ends_with('}')) << *text;
        for (const char* misplaced : {",,", "[,", "{,", ",]", ",}", "}{", "]["}) {
            ASSERT_EQ(bare.find(misplaced), std::string::npos) << *text;
        }
        ASSERT_EQ(std::ranges::count(bare, '{'), std::ranges::count(bare, '}')) << *text;
        ASSERT_EQ(std::ranges::count(bare, '['), std::ranges::count(bare, ']')) << *text;
    }
}

TEST(Messages, HeaderTable_AgreesWithMessages) {
    AllMessages::for_each([]<typename Message>() {
        for (int16_t version = Message::kMinVersion; version <= Message::kMaxVersion; ++version) {
            EXPECT_EQ(version >= first_flexible_version(Message::kKey),
                      version >= Message::kFirstFlexibleVersion)
                << Message::kName << " v" << version;
        }
    });
}

TEST(Messages, Versions_AreOfRequestAndResponseTheSame) {
    AllMessages::for_each([]<typename Message>() {
        if constexpr (kIsRequest<Message>) {
            EXPECT_EQ(Message::kMinVersion, Message::Response::kMinVersion) << Message::kName;
            EXPECT_EQ(Message::kMaxVersion, Message::Response::kMaxVersion) << Message::kName;
            EXPECT_EQ(Message::kKey, Message::Response::kKey) << Message::kName;
        }
    });
}

}  // namespace
}  // namespace lockstep::protocol
