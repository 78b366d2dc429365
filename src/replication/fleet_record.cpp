#include "replication/fleet_record.h"

#include "protocol/wire_reader.h"
#include "protocol/wire_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace lockstep::replication {
namespace {

using protocol::Lengths;
using protocol::WireReader;
using protocol::WireWriter;

constexpr int8_t kClaimVersion = 3;
constexpr int8_t kClaimWithAble = 2;
constexpr int8_t kClaimWithPauses = 3;
constexpr int8_t kTableVersion = 2;
constexpr int8_t kTableWithPauses = 2;

// A rate as one byte: 0 for less than 1 byte/s, then 8 steps for each doubling.
constexpr double kStepsPerDoubling = 8;
constexpr double kLargestStep = 255;

uint8_t step_of(double bytes_per_second) {
    if (!(bytes_per_second >= 1)) {
        return 0;
    }
    const double step = 1 + std::round(kStepsPerDoubling * std::log2(bytes_per_second));
    return static_cast<uint8_t>(std::min(step, kLargestStep));
}

double rate_of(uint8_t step) {
    return step == 0 ? 0 : std::exp2((step - 1) / kStepsPerDoubling);
}

double rate_in(const FleetRates& rates, const TopicPartition& id) {
    const auto found = rates.find(id);
    return found == rates.end() ? 0 : found->second;
}

/// Entries are sorted by topic: each name is written once.
template <typename Entries, typename PutRest>
void put_partitions(WireWriter& writer, const Entries& entries, PutRest put_rest) {
    std::map<std::string_view, std::vector<typename Entries::const_iterator>> topics;
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
        topics[entry->first.topic].push_back(entry);
    }
    writer.put_array_count(topics.size(), Lengths::compact);
    for (const auto& [topic, partitions] : topics) {
        writer.put_string(topic, Lengths::compact);
        writer.put_array_count(partitions.size(), Lengths::compact);
        for (const auto& entry : partitions) {
            writer.put_unsigned_varint(static_cast<uint32_t>(entry->first.partition.value()));
            put_rest(entry->first, entry->second);
        }
    }
}

template <typename ReadRest>
void read_partitions(WireReader& reader, ReadRest read_rest) {
    const size_t topics = reader.read_array_count(Lengths::compact).value_or(0);
    for (size_t i = 0; i < topics && reader.ok(); ++i) {
        const std::string topic(reader.read_string(Lengths::compact));
        const size_t count = reader.read_array_count(Lengths::compact).value_or(0);
        for (size_t j = 0; j < count && reader.ok(); ++j) {
            const auto index = static_cast<int32_t>(reader.read_unsigned_varint());
            read_rest(TopicPartition{topic, PartitionIndex(index)});
        }
    }
}

void put_scope(WireWriter& writer, const PauseScope& scope) {
    writer.put_nullable_string(scope.topic, Lengths::compact);
    writer.put_int32(scope.partition ? scope.partition->value() : -1);
}

PauseScope read_scope(WireReader& reader) {
    PauseScope scope;
    if (const auto topic = reader.read_nullable_string(Lengths::compact)) {
        scope.topic = std::string(*topic);
    }
    const int32_t index = reader.read_int32();
    if (index >= 0 && scope.topic) {
        scope.partition = PartitionIndex(index);
    }
    return scope;
}

void put_pauses(WireWriter& writer, const AgreedPauses& pauses) {
    writer.put_int64(static_cast<int64_t>(pauses.version));
    writer.put_array_count(pauses.scopes.size(), Lengths::compact);
    for (const PauseScope& scope : pauses.scopes) {
        put_scope(writer, scope);
    }
}

AgreedPauses read_pauses(WireReader& reader) {
    AgreedPauses pauses;
    pauses.version = static_cast<uint64_t>(reader.read_int64());
    const size_t count = reader.read_array_count(Lengths::compact).value_or(0);
    for (size_t i = 0; i < count && reader.ok(); ++i) {
        pauses.scopes.insert(read_scope(reader));
    }
    return pauses;
}

int8_t read_version(WireReader& reader, int8_t newest) {
    const int8_t version = reader.read_int8();
    if (version < 1 || version > newest) {
        reader.fail("another version");
    }
    return version;
}

/// What is wrong with what was read; nothing where all of it was.
Result<void> finish(WireReader& reader, bool is_newer, int8_t version, std::string_view what) {
    if (is_newer) {
        return Error(Errc::unsupported, fmt::format("{} of version {}: a newer Lockstep wrote it",
                                                    what, int{version}));
    }
    if (reader.ok() && reader.remaining() > 0) {
        reader.fail("longer than it should be");
    }
    return reader.ok() ? Result<void>() : reader.error(what);
}

}  // namespace

Bytes FleetClaim::encode() const {
    std::map<TopicPartition, bool> entries;  // whether it is owned
    for (const auto& [id, rate] : rates) {
        entries[id] = false;
    }
    for (const TopicPartition& id : owned) {
        entries[id] = true;
    }
    WireWriter writer;
    writer.put_int8(kClaimVersion);
    writer.put_string(name, Lengths::compact);
    writer.put_int32(generation);
    writer.put_bool(is_able);
    put_partitions(writer, entries, [&](const TopicPartition& id, bool is_owned) {
        writer.put_bool(is_owned);
        writer.put_int8(static_cast<int8_t>(step_of(rate_in(rates, id))));
    });
    put_pauses(writer, pauses.agreed);
    writer.put_array_count(pauses.orders.size(), Lengths::compact);
    for (const PauseOrder& order : pauses.orders) {
        put_scope(writer, order.scope);
        writer.put_bool(order.is_resume);
    }
    return writer.flatten();
}

Result<FleetClaim> FleetClaim::decode(ByteView bytes) {
    WireReader reader(bytes);
    FleetClaim claim;
    const int8_t version = read_version(reader, kClaimVersion);
    claim.name = reader.read_string(Lengths::compact);
    claim.generation = reader.read_int32();
    claim.is_able = version < kClaimWithAble || reader.read_bool();
    read_partitions(reader, [&](TopicPartition id) {
        const bool is_owned = reader.read_bool();
        claim.rates[id] = rate_of(static_cast<uint8_t>(reader.read_int8()));
        if (is_owned) {
            claim.owned.insert(std::move(id));
        }
    });
    if (version >= kClaimWithPauses) {
        claim.pauses.agreed = read_pauses(reader);
        const size_t count = reader.read_array_count(Lengths::compact).value_or(0);
        for (size_t i = 0; i < count && reader.ok(); ++i) {
            PauseScope scope = read_scope(reader);
            claim.pauses.orders.push_back({std::move(scope), reader.read_bool()});
        }
    }
    LS_CHECK(finish(reader, version > kClaimVersion, version, "a worker's claim"));
    return claim;
}

Bytes FleetTable::encode() const {
    WireWriter writer;
    writer.put_int8(kTableVersion);
    writer.put_array_count(workers.size(), Lengths::compact);
    for (const Worker& worker : workers) {
        writer.put_string(worker.member_id, Lengths::compact);
        writer.put_string(worker.name, Lengths::compact);
    }
    put_partitions(writer, plan, [&](const TopicPartition& id, const FleetPlace& place) {
        writer.put_unsigned_varint(static_cast<uint32_t>(place.worker));
        const auto to = place.moves_to ? *place.moves_to + 1 : 0;  // 0: it stays
        writer.put_unsigned_varint(static_cast<uint32_t>(to));
        writer.put_int8(static_cast<int8_t>(step_of(rate_in(rates, id))));
    });
    put_pauses(writer, pauses);
    return writer.flatten();
}

Result<FleetTable> FleetTable::decode(ByteView bytes) {
    WireReader reader(bytes);
    FleetTable table;
    const int8_t version = read_version(reader, kTableVersion);
    const size_t count = reader.read_array_count(Lengths::compact).value_or(0);
    for (size_t i = 0; i < count && reader.ok(); ++i) {
        std::string member_id(reader.read_string(Lengths::compact));
        table.workers.push_back(
            {std::move(member_id), std::string(reader.read_string(Lengths::compact))});
    }
    read_partitions(reader, [&](TopicPartition id) {
        FleetPlace place;
        place.worker = reader.read_unsigned_varint();
        const size_t to = reader.read_unsigned_varint();
        if (to > 0) {
            place.moves_to = to - 1;
        }
        const double rate = rate_of(static_cast<uint8_t>(reader.read_int8()));
        if (place.worker >= count || to > count) {
            reader.fail("there is no such worker");
        }
        table.rates[id] = rate;
        table.plan[std::move(id)] = place;
    });
    if (version >= kTableWithPauses) {
        table.pauses = read_pauses(reader);
    }
    LS_CHECK(finish(reader, version > kTableVersion, version, "a table of partitions"));
    return table;
}

}  // namespace lockstep::replication
