#pragma once

// PURE: what of a link is paused on all its workers, whichever of them was asked for it.

#include "replication/pauses.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace lockstep::replication {

/// What an operator wants of a worker.
struct PauseOrder {
    PauseScope scope;
    bool is_resume = false;

    bool operator==(const PauseOrder&) const = default;
};

/// What a link's workers have agreed upon, as the table of one of their rounds had it.
struct AgreedPauses {
    uint64_t version = 0;  // one more whenever it has changed
    std::set<PauseScope> scopes;

    bool operator==(const AgreedPauses&) const = default;
};

/// What a worker joins a round with: the newest agreement that it knows, and what it was asked for
/// since.
struct ToldPauses {
    AgreedPauses agreed;
    std::vector<PauseOrder> orders;

    bool operator==(const ToldPauses&) const = default;
};

/// What is otherwise than before, as another worker was asked for it.
struct PauseChanges {
    std::vector<PauseScope> paused;
    std::vector<PauseScope> resumed;
};

/// The newest agreement that any of the workers knows, with the orders of all on top.
AgreedPauses agree_on_pauses(const std::vector<ToldPauses>& told);

/// The pauses of a link, as one of its workers sees them. An order counts here at once, and
/// elsewhere from the next round on; one that was given while a round went on is told in the one
/// after it. Without other workers, all this is its own.
class SharedPauses {
public:
    void pause(const PauseScope& scope);
    /// Errc::invalid_argument where something wider is paused.
    Result<void> resume(const PauseScope& scope);

    /// For a round that begins now.
    ToldPauses tell();
    /// What that round has come to.
    PauseChanges take(AgreedPauses agreed);

    const Pauses& now() const { return now_; }

private:
    struct Numbered {
        uint64_t number = 0;
        PauseOrder order;
    };

    void add(PauseOrder order);

    AgreedPauses agreed_;
    std::deque<Numbered> orders_;  // that no agreement has yet
    uint64_t newest_ = 0;          // of the orders
    uint64_t told_ = 0;            // up to here, in the round that goes on
    Pauses now_;
};

}  // namespace lockstep::replication
