#include "replication/error_policy.h"

#include "base/result.h"
#include "protocol/kafka_error.h"

#include <string>

namespace lockstep::replication {

using protocol::KafkaError;

namespace {

class TurnCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "turn"; }
    std::string message(int wait) const override {
        return wait == static_cast<int>(TurnWait::not_ours)
                   ? "not this one's turn"
                   : "the turn has come after the logs were looked at";
    }
};

const TurnCategory& turn_category() {
    static const TurnCategory category;
    return category;
}

}  // namespace

std::error_code make_error_code(TurnWait wait) {
    return {static_cast<int>(wait), turn_category()};
}

bool is_wait_for_turn(const std::error_code& error) {
    return error.category() == turn_category();
}

Reaction reaction_to(const std::error_code& error) {
    if (error.category() != protocol::kafka_category()) {
        // What a broker does not speak, or a record format of before Kafka 0.11.
        return error == make_error_code(Errc::unsupported) ? Reaction::block : Reaction::retry;
    }
    if (is_too_large(error)) {
        return Reaction::block;
    }
    switch (static_cast<KafkaError>(error.value())) {
        case KafkaError::out_of_order_sequence_number:
        case KafkaError::duplicate_sequence_number:
        case KafkaError::invalid_producer_epoch:  // another worker is ahead of this one
        case KafkaError::unknown_producer_id:
        case KafkaError::corrupt_message: return Reaction::retry_refused;

        case KafkaError::invalid_timestamp:
        case KafkaError::invalid_record:
        case KafkaError::invalid_topic_exception:
        case KafkaError::invalid_required_acks:
        case KafkaError::invalid_config:
        case KafkaError::policy_violation:
        case KafkaError::unsupported_compression_type:
        case KafkaError::unsupported_for_message_format:
        case KafkaError::topic_authorization_failed:
        case KafkaError::cluster_authorization_failed:
        case KafkaError::security_disabled: return Reaction::block;

        default: return Reaction::retry;
    }
}

bool is_failed_request(const std::error_code& error) {
    return !is_wait_for_turn(error) && error != KafkaError::leader_not_available;
}

bool is_too_large(const std::error_code& error) {
    return error == KafkaError::message_too_large || error == KafkaError::record_list_too_large;
}

}  // namespace lockstep::replication
