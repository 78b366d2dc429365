#include "model/follow_status.h"

namespace lockstep {

std::string_view to_string(FollowState state) {
    switch (state) {
        case FollowState::off: return "off";
        case FollowState::starting: return "starting";
        case FollowState::in_step: return "in_step";
        case FollowState::drifted: return "drifted";
        case FollowState::failing: return "failing";
        case FollowState::unavailable: return "unavailable";
    }
    return "";
}

}  // namespace lockstep
