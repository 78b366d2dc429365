// The C++ half of the conformance test. A vector is one message as bytes, and as text by which its
// values have names (empty: only the bytes are compared):
//
//     int16 api key | int8 is response | int16 version | int32 size | bytes | int32 size | JSON
//
//     conformance keys                     the api keys that both halves go through
//     conformance check FILE...            decode Kafka's vectors, encode again, compare
//     conformance write SEED COUNT FILE    COUNT random vectors for each message and version

#include "protocol/codec.h"
#include "protocol/messages/all_messages.h"
#include "protocol/wire_reader.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <tuple>

using namespace lockstep;
using namespace lockstep::protocol;

namespace {

struct Vector {
    ApiKey key{};
    bool is_response = false;
    int16_t version = 0;
    ByteView bytes;
    std::string_view text;
};

/// The text of a vector that must be what an untouched message is encoded to.
constexpr std::string_view kDefault = "default";

/// "" or what differs.
using Checker = std::string (*)(const Vector& vector);

struct Entry {
    std::string_view name;
    int16_t min_version;
    int16_t max_version;
    Checker check;
};

using Registry = std::map<std::pair<ApiKey, bool>, Entry>;
using Counts = std::map<std::tuple<ApiKey, bool, int16_t>, int>;

template <typename Message>
std::string check_vector(const Vector& vector) {
    const auto message = decode<Message>(vector.bytes, vector.version);
    if (message.has_error()) {
        return message.error().message();
    }
    WireWriter writer;
    encode(vector.text == kDefault ? Message{} : *message, vector.version, writer);
    const Bytes again = writer.flatten();
    const std::string text = to_json(*message, vector.version);
    const auto [ours, kafkas] = std::ranges::mismatch(again, vector.bytes);
    if (ours != again.end() || kafkas != vector.bytes.end()) {
        return "first difference at byte " + std::to_string(ours - again.begin()) + " (encoded " +
               std::to_string(again.size()) + " bytes, Kafka " +
               std::to_string(vector.bytes.size()) + "): " + text;
    }
    if (!vector.text.empty() && vector.text != kDefault && vector.text != text) {
        return "Lockstep says " + text + "\n    Kafka says " + std::string(vector.text);
    }
    return {};
}

Registry make_registry() {
    Registry registry;
    AllMessages::for_each([&]<typename Message>() {
        registry[{Message::kKey, !kIsRequest<Message>}] = {
            Message::kName, Message::kMinVersion, Message::kMaxVersion, check_vector<Message>};
    });
    return registry;
}

Vector read_vector(WireReader& reader) {
    Vector vector;
    vector.key = static_cast<ApiKey>(reader.read_int16());
    vector.is_response = reader.read_bool();
    vector.version = reader.read_int16();
    vector.bytes = reader.read_bytes(Lengths::fixed);
    vector.text = as_text(reader.read_bytes(Lengths::fixed));
    return vector;
}

/// The number of vectors that failed.
int check_file(const std::string& path, const Registry& registry, Counts& counts) {
    std::ifstream file(path, std::ios::binary);
    const Bytes content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    WireReader reader(content);
    int failures = 0;
    while (reader.remaining() > 0) {
        const Vector vector = read_vector(reader);
        const auto entry = registry.find({vector.key, vector.is_response});
        if (!reader.ok() || entry == registry.end()) {
            std::cerr << path << ": not a file of vectors\n";
            return failures + 1;
        }
        const std::string problem = entry->second.check(vector);
        if (!problem.empty()) {
            std::cerr << entry->second.name << " v" << vector.version << ": " << problem << '\n';
            ++failures;
        }
        ++counts[{vector.key, vector.is_response, vector.version}];
    }
    return failures;
}

int report_missing(const Registry& registry, const Counts& counts) {
    int missing = 0;
    for (const auto& [id, entry] : registry) {
        for (int16_t version = entry.min_version; version <= entry.max_version; ++version) {
            if (!counts.contains({id.first, id.second, version})) {
                std::cerr << entry.name << " v" << version << ": no vector\n";
                ++missing;
            }
        }
    }
    return missing;
}

int check(int file_count, char** files) {
    const Registry registry = make_registry();
    Counts counts;
    int failures = 0;
    for (int i = 0; i < file_count; ++i) {
        failures += check_file(files[i], registry, counts);
    }
    failures += report_missing(registry, counts);
    int total = 0;
    for (const auto& [id, count] : counts) {
        total += count;
    }
    std::cout << "Kafka -> Lockstep: " << total << " vectors of " << registry.size()
              << " messages in " << counts.size() << " message versions, " << failures
              << " failures\n";
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int write(uint64_t seed, int count, const std::string& path) {
    Rng rng(seed);
    WireWriter file;
    int total = 0;
    AllMessages::for_each([&]<typename Message>() {
        for (int16_t version = Message::kMinVersion; version <= Message::kMaxVersion; ++version) {
            for (int i = 0; i < count; ++i, ++total) {
                WireWriter body;
                const auto message = protocol::random<Message>(rng, version);
                encode(message, version, body);
                file.put_int16(static_cast<int16_t>(Message::kKey));
                file.put_bool(!kIsRequest<Message>);
                file.put_int16(version);
                file.put_bytes(body.flatten(), Lengths::fixed);
                file.put_bytes(as_bytes(to_json(message, version)), Lengths::fixed);
            }
        }
    });
    const Bytes bytes = file.flatten();
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    out.close();
    std::cout << "wrote " << total << " vectors\n";
    return out.good() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int print_keys() {
    std::string keys;
    AllMessages::for_each([&]<typename Message>() {
        if constexpr (kIsRequest<Message>) {
            keys += (keys.empty() ? "" : ",") + std::to_string(static_cast<int>(Message::kKey));
        }
    });
    std::cout << keys << '\n';
    return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "keys") {
        return print_keys();
    }
    if (mode == "check" && argc > 2) {
        return check(argc - 2, argv + 2);
    }
    if (mode == "write" && argc == 5) {
        return write(std::strtoull(argv[2], nullptr, 10), std::atoi(argv[3]), argv[4]);
    }
    std::cerr << "usage: conformance keys | check FILE... | write SEED COUNT FILE\n";
    return 2;
}
