#include "replication/pauses.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

void Pauses::add(const PauseScope& scope) {
    if (covers(scope)) {
        return;
    }
    std::erase_if(scopes_, [&scope](const PauseScope& each) { return scope.covers(each); });
    scopes_.insert(scope);
}

Result<void> Pauses::remove(const PauseScope& scope) {
    for (const PauseScope& each : scopes_) {
        if (each != scope && each.covers(scope)) {
            return Error(Errc::invalid_argument,
                         each.topic ? fmt::format("topic {0} is paused as a whole: resume the "
                                                  "topic (lockstep resume {0})",
                                                  *each.topic)
                                    : "the link is paused as a whole: resume the link (lockstep "
                                      "resume --link NAME)");
        }
    }
    std::erase_if(scopes_, [&scope](const PauseScope& each) { return scope.covers(each); });
    return {};
}

std::string Pauses::why(const TopicPartition& id) const {
    if (is_link_paused()) {
        return "the link is paused";
    }
    if (scopes_.contains(PauseScope{id.topic, std::nullopt})) {
        return "its topic is paused";
    }
    return scopes_.contains(PauseScope{id.topic, id.partition}) ? "it is paused" : "";
}

bool Pauses::covers(const PauseScope& scope) const {
    return std::ranges::any_of(scopes_,
                               [&scope](const PauseScope& each) { return each.covers(scope); });
}

bool Pauses::touches(const std::string& topic) const {
    return is_link_paused() || std::ranges::any_of(scopes_, [&topic](const PauseScope& each) {
               return each.topic == topic;
           });
}

}  // namespace lockstep::replication
