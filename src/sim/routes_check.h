#pragma once

#include "sim/truth.h"

#include <string>
#include <vector>

namespace lockstep::sim {

/// PURE: holds a partition of one cluster against what was written to that partition on each
/// cluster. Each checker has a name, which its problems begin with:
///
///     nothing doubled    no record is there twice, and none has come back
///     order kept         records of one cluster are in the order in which it has them
///     nothing invented   each record was written somewhere, with this key, time and headers
///     nothing aborted    no record of an aborted or open transaction
///     nothing lost       (completeness) each committed record is there
class RoutesCheck {
public:
    struct Origin {
        std::string name;
        const TruePartition* written = nullptr;
    };

    explicit RoutesCheck(const std::vector<Origin>& origins);

    std::vector<std::string> safety(const std::vector<SeenRecord>& seen) const;
    std::vector<std::string> completeness(const std::vector<SeenRecord>& seen) const;

private:
    struct Written {
        size_t origin = 0;
        int64_t offset = 0;
        const TrueRecord* record = nullptr;
    };
    std::vector<Origin> origins_;
    std::map<std::string_view, Written> by_value_;
};

}  // namespace lockstep::sim
