#pragma once

#include <string>
#include <string_view>

namespace lockstep::client {

/// The names by which group coordinators know this worker (member ids), kept from one process to
/// the next: one that died without leaving its groups comes back as the same member, and need not
/// wait until the coordinator has given up the dead one.
class MemberNames {
public:
    virtual ~MemberNames() = default;

    /// "" where there is none.
    virtual std::string name_in(std::string_view group) const = 0;
    /// "": it is a member no more.
    virtual void keep(std::string_view group, std::string_view name) = 0;
};

}  // namespace lockstep::client
