#include "app/audit_record.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <ctime>
#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using Json = nlohmann::ordered_json;

/// "2026-11-29T12:00:00.250Z".
std::string utc(int64_t ms) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<time_t>(ms / 1000)),
                       ms % 1000);
}

}  // namespace

std::string audit_json(const AuditRecord& record, const AuditStamp& stamp) {
    Json json = {{"time", utc(stamp.now_ms)},
                 {"worker", stamp.worker},
                 {"peer", record.peer},
                 {"action", record.action}};
    if (!record.token.empty()) {
        json["token"] = record.token;
    }
    if (!record.link.empty()) {
        json["link"] = record.link;
        json["topic"] = record.scope.topic ? Json(*record.scope.topic) : Json(nullptr);
        json["partition"] =
            record.scope.partition ? Json(record.scope.partition->value()) : Json(nullptr);
        json["partitions"] = record.partitions;
    }
    if (!record.value.empty()) {
        json["value"] = record.value;
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

AuditKeys::AuditKeys(const std::string& worker, Run run)
    : prefix_(fmt::format("{}-{}-{:08x}", worker, run.start_ms, run.random)) {}

std::string AuditKeys::next() {
    return fmt::format("{}-{}", prefix_, ++count_);
}

}  // namespace lockstep::app
