#pragma once

#include "base/assert.h"

#include <map>

namespace lockstep::sim {

/// PURE: how many faults have a hold of a thing at once. Only the last one that ends lets go of it.
template <typename Thing>
class Holds {
public:
    void begin(const Thing& thing) { ++count_[thing]; }

    /// Whether it was the last one.
    bool end(const Thing& thing) {
        const auto found = count_.find(thing);
        LS_ASSERT(found != count_.end());
        if (--found->second > 0) {
            return false;
        }
        count_.erase(found);
        return true;
    }

    bool has(const Thing& thing) const { return count_.contains(thing); }
    bool is_empty() const { return count_.empty(); }

private:
    std::map<Thing, int> count_;
};

}  // namespace lockstep::sim
