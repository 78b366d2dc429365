#pragma once

// PURE: what of a link is paused.

#include "base/result.h"
#include "model/pause.h"

#include <set>
#include <string>
#include <utility>

namespace lockstep::replication {

/// The pauses of one link, as they were asked for. A wider one takes in the narrower ones: whoever
/// resumes a link resumes all of it.
class Pauses {
public:
    Pauses() = default;
    /// None of which covers another one.
    explicit Pauses(std::set<PauseScope> scopes) : scopes_(std::move(scopes)) {}

    void add(const PauseScope& scope);

    /// Ends `scope` and all pauses within it. Errc::invalid_argument where something wider is
    /// paused, which would keep it paused.
    Result<void> remove(const PauseScope& scope);

    /// Why a partition is paused; "" where it is not.
    std::string why(const TopicPartition& id) const;
    /// Whether any of the topic is paused.
    bool touches(const std::string& topic) const;
    /// Whether all that `scope` names is paused.
    bool covers(const PauseScope& scope) const;
    const std::set<PauseScope>& scopes() const { return scopes_; }
    bool is_link_paused() const { return scopes_.contains(PauseScope{}); }

private:
    std::set<PauseScope> scopes_;
};

}  // namespace lockstep::replication
