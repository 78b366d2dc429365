#include "replication/user_difference.h"

#include <fmt/core.h>

namespace lockstep::replication {

UserDifference user_difference(const UserSides& sides) {
    UserDifference difference;
    for (const auto& [credential, iterations] : sides.wanted) {
        const auto found = sides.found.find(credential);
        if (found == sides.found.end()) {
            difference.create.push_back(credential);
        } else if (found->second != iterations) {
            difference.change.push_back(credential);
        } else if (!sides.set_before.contains(credential)) {
            difference.set_again.push_back(credential);
        } else {
            ++difference.in_step;
        }
    }
    for (const auto& [credential, is_created] : sides.is_created) {
        if (!sides.wanted.contains(credential)) {
            const bool is_there = sides.found.contains(credential);
            (is_created && is_there ? difference.remove : difference.forget).push_back(credential);
        }
    }
    return difference;
}

std::string words_of(const Credential& credential) {
    return fmt::format("user {}, {}", credential.user, to_string(credential.mechanism));
}

}  // namespace lockstep::replication
