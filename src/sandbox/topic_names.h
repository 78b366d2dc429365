#pragma once

#include "protocol/kafka_error.h"

#include <string_view>

namespace lockstep::sandbox {

/// Whether a topic may be called that (Topic.validate): letters, digits, '.', '_' and '-', at most
/// 249. Error: `invalid_topic_exception`.
protocol::KafkaError judge_topic_name(std::string_view name);

}  // namespace lockstep::sandbox
