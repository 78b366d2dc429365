#include "app/import_positions.h"

#include <nlohmann/json.hpp>

#include <limits>

namespace lockstep::app {
namespace {

using Json = nlohmann::json;

constexpr const char* kConnector = "MirrorSourceConnector";  // at the end, with Strimzi

Json parsed(ByteView text) {
    return Json::parse(text.begin(), text.end(), nullptr, false);
}

std::optional<TopicPartition> partition_of(const Json& key, const std::string& cluster) {
    const bool is_key = key.is_array() && key.size() == 2 && key[0].is_string() &&
                        key[0].get<std::string>().ends_with(kConnector) && key[1].is_object();
    if (!is_key) {
        return std::nullopt;
    }
    const Json& what = key[1];
    const bool is_of_it = what.value("cluster", Json()) == cluster && what.contains("topic") &&
                          what["topic"].is_string() && what.contains("partition") &&
                          what["partition"].is_number_unsigned();
    if (!is_of_it || what["partition"].get<uint64_t>() > std::numeric_limits<int32_t>::max()) {
        return std::nullopt;
    }
    return TopicPartition{what["topic"].get<std::string>(),
                          PartitionIndex(what["partition"].get<int32_t>())};
}

}  // namespace

std::optional<replication::NotedOffset> read_noted_offset(ByteView key,
                                                          std::optional<ByteView> value,
                                                          const std::string& cluster) {
    const auto partition = partition_of(parsed(key), cluster);
    if (!partition) {
        return std::nullopt;
    }
    replication::NotedOffset noted{*partition, {}};
    if (value) {
        const Json told = parsed(*value);
        if (!told.is_object() || !told.value("offset", Json()).is_number_unsigned()) {
            return std::nullopt;
        }
        noted.last = Offset(told["offset"].get<int64_t>());
    }
    return noted;
}

}  // namespace lockstep::app
