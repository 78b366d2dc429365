#pragma once

#include "app/import_setting.h"

namespace lockstep::app {

/// PURE. What becomes of a setting of MirrorMaker 2, Kafka Connect or a Kafka client that has no
/// counterpart in Lockstep's file. `key` is without the cluster or flow that it is for; in
/// `producer.`, `consumer.` or `admin.` it may be a client's.
Ruling rule_on(const ForeignSetting& setting, std::string_view key);

}  // namespace lockstep::app
