#include "client/answered_error.h"

#include "protocol/kafka_error.h"

namespace lockstep::client {

Error answered_error(int16_t code, const std::optional<std::string>& detail, std::string what) {
    if (code == 0) {
        return {};
    }
    if (detail && !detail->empty()) {
        what += " (" + *detail + ")";
    }
    return {make_error_code(protocol::KafkaError(code)), std::move(what)};
}

}  // namespace lockstep::client
