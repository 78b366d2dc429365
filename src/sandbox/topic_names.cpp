#include "sandbox/topic_names.h"

#include <algorithm>
#include <cctype>

namespace lockstep::sandbox {

protocol::KafkaError judge_topic_name(std::string_view name) {
    constexpr size_t kLongestName = 249;
    const bool is_legal = std::ranges::all_of(name, [](const char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return byte < 128 &&
               (std::isalnum(byte) != 0 || letter == '.' || letter == '_' || letter == '-');
    });
    const bool is_taken = name == "." || name == "..";
    return name.empty() || name.size() > kLongestName || !is_legal || is_taken
               ? protocol::KafkaError::invalid_topic_exception
               : protocol::KafkaError::none;
}

}  // namespace lockstep::sandbox
