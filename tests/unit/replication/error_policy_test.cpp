#include "replication/error_policy.h"

#include "base/result.h"
#include "protocol/kafka_error.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::KafkaError;

struct ReactionCase {
    KafkaError error;
    Reaction reaction;
};

void PrintTo(const ReactionCase& c, std::ostream* out) {
    *out << to_string(c.error);
}

class ReactionTo : public testing::TestWithParam<ReactionCase> {};

TEST_P(ReactionTo, IsThatOfTheTable) {
    EXPECT_EQ(static_cast<int>(reaction_to(make_error_code(GetParam().error))),
              static_cast<int>(GetParam().reaction));
}

// An operator has to change a topic's or broker's settings, or somebody's rights.
INSTANTIATE_TEST_SUITE_P(
    Blocks, ReactionTo,
    testing::Values(ReactionCase{KafkaError::message_too_large, Reaction::block},
                    ReactionCase{KafkaError::record_list_too_large, Reaction::block},
                    ReactionCase{KafkaError::invalid_timestamp, Reaction::block},
                    ReactionCase{KafkaError::invalid_record, Reaction::block},
                    ReactionCase{KafkaError::invalid_topic_exception, Reaction::block},
                    ReactionCase{KafkaError::invalid_required_acks, Reaction::block},
                    ReactionCase{KafkaError::invalid_producer_epoch, Reaction::retry_refused},
                    ReactionCase{KafkaError::invalid_config, Reaction::block},
                    ReactionCase{KafkaError::policy_violation, Reaction::block},
                    ReactionCase{KafkaError::unsupported_compression_type, Reaction::block},
                    ReactionCase{KafkaError::unsupported_for_message_format, Reaction::block},
                    ReactionCase{KafkaError::topic_authorization_failed, Reaction::block},
                    ReactionCase{KafkaError::cluster_authorization_failed, Reaction::block},
                    ReactionCase{KafkaError::security_disabled, Reaction::block}));

INSTANTIATE_TEST_SUITE_P(
    RetriesRefused, ReactionTo,
    testing::Values(ReactionCase{KafkaError::out_of_order_sequence_number, Reaction::retry_refused},
                    ReactionCase{KafkaError::duplicate_sequence_number, Reaction::retry_refused},
                    ReactionCase{KafkaError::unknown_producer_id, Reaction::retry_refused},
                    ReactionCase{KafkaError::corrupt_message, Reaction::retry_refused}));

// These pass by themselves, or when both logs are looked at again.
INSTANTIATE_TEST_SUITE_P(
    Retries, ReactionTo,
    testing::Values(ReactionCase{KafkaError::not_leader_or_follower, Reaction::retry},
                    ReactionCase{KafkaError::leader_not_available, Reaction::retry},
                    ReactionCase{KafkaError::fenced_leader_epoch, Reaction::retry},
                    ReactionCase{KafkaError::unknown_leader_epoch, Reaction::retry},
                    ReactionCase{KafkaError::offset_out_of_range, Reaction::retry},
                    ReactionCase{KafkaError::unknown_topic_or_partition, Reaction::retry},
                    ReactionCase{KafkaError::unknown_topic_id, Reaction::retry},
                    ReactionCase{KafkaError::not_enough_replicas, Reaction::retry},
                    ReactionCase{KafkaError::not_enough_replicas_after_append, Reaction::retry},
                    ReactionCase{KafkaError::request_timed_out, Reaction::retry},
                    ReactionCase{KafkaError::network_exception, Reaction::retry},
                    ReactionCase{KafkaError::kafka_storage_error, Reaction::retry},
                    ReactionCase{KafkaError::throttling_quota_exceeded, Reaction::retry},
                    ReactionCase{KafkaError::unknown_server_error, Reaction::retry},
                    ReactionCase{static_cast<KafkaError>(9999), Reaction::retry}));

TEST(ReactionToOwnErrors, BlocksOnlyWhatIsNotSupported) {
    EXPECT_EQ(reaction_to(make_error_code(Errc::unsupported)), Reaction::block);
    for (const Errc code : {Errc::timeout, Errc::disconnected, Errc::malformed, Errc::stopped,
                            Errc::checksum_mismatch, Errc::not_found, Errc::internal}) {
        EXPECT_EQ(reaction_to(make_error_code(code)), Reaction::retry) << static_cast<int>(code);
    }
}

TEST(ReactionToOwnErrors, DoesNotMixUpCategories) {
    // The number of Errc::unsupported in other categories.
    const int number = static_cast<int>(Errc::unsupported);
    EXPECT_EQ(reaction_to(std::error_code(number, std::generic_category())), Reaction::retry);
}

TEST(FailedRequests, AreNoneThatWaitForALeader_OrForTheirTurn) {
    EXPECT_FALSE(is_failed_request(make_error_code(KafkaError::leader_not_available)));
    EXPECT_FALSE(is_failed_request(make_error_code(TurnWait::not_ours)));
    EXPECT_FALSE(is_failed_request(make_error_code(TurnWait::looked_before)));
    EXPECT_TRUE(is_failed_request(make_error_code(KafkaError::not_enough_replicas)));
    EXPECT_TRUE(is_failed_request(make_error_code(Errc::timeout)));
}

}  // namespace
}  // namespace lockstep::replication
