#include "sandbox/quotas.h"

#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"
#include "tests/unit/sandbox/admin_fixture.h"

namespace lockstep::sandbox {

using protocol::AlterClientQuotasRequest;
using protocol::DescribeClientQuotasRequest;
using protocol::KafkaError;

class QuotasTest : public AdminTest {
protected:
    using Parts = std::vector<std::pair<std::string, std::optional<std::string>>>;

    int16_t set(const Parts& parts, const std::string& key, std::optional<double> value,
                bool is_dry = false) {
        AlterClientQuotasRequest request;
        request.validate_only = is_dry;
        auto& entry = request.entries.emplace_back();
        for (const auto& [type, name] : parts) {
            auto& part = entry.entity.emplace_back();
            part.entity_type = type;
            part.entity_name = name;
        }
        auto& change = entry.ops.emplace_back();
        change.key = key;
        change.value = value.value_or(0);
        change.remove = !value.has_value();
        return ask(request, 1).entries.at(0).error_code;
    }
    size_t count(const std::vector<DescribeClientQuotasRequest::ComponentData>& components,
                 bool is_strict) {
        DescribeClientQuotasRequest request;
        request.components = components;
        request.strict = is_strict;
        return ask(request, 1).entries->size();
    }
    static DescribeClientQuotasRequest::ComponentData component(
        const std::string& type, int8_t kind, std::optional<std::string> match = std::nullopt) {
        DescribeClientQuotasRequest::ComponentData one;
        one.entity_type = type;
        one.match_type = kind;
        one.match = std::move(match);
        return one;
    }
    /// What producing `bytes` costs in milliseconds.
    int32_t produce(size_t bytes, const std::string& principal = "User:alice") {
        payload_.assign(bytes, 0);
        protocol::ProduceRequest request;
        request.topic_data.emplace_back().partition_data.emplace_back().records =
            ByteView(payload_);
        Call call = call_of(principal);
        return cluster_->quotas().charge(call, request);
    }

    Bytes payload_;
};

constexpr const char* kProduced = "producer_byte_rate";

TEST_F(QuotasTest, WithoutAQuota_NobodyWaits) {
    start();
    EXPECT_EQ(produce(1'000'000), 0);
    EXPECT_LE(connection_.muted_until, loop_.now());
}

TEST_F(QuotasTest, WhoHasUsedUpTenSeconds_WaitsForTheRest) {
    start();
    EXPECT_EQ(set({{"user", "alice"}}, kProduced, 1000), 0);
    EXPECT_EQ(produce(10'000), 0);
    EXPECT_EQ(produce(500), 500);
    EXPECT_EQ(connection_.muted_until, loop_.now() + std::chrono::milliseconds(500));
    loop_.advance(std::chrono::milliseconds(1500));
    EXPECT_EQ(produce(1000), 0);
    EXPECT_EQ(produce(1), 1);
}

TEST_F(QuotasTest, NearestQuota_Counts) {
    start();
    const std::vector<Parts> from_farthest = {
        {{"client-id", std::nullopt}},
        {{"client-id", "client-1"}},
        {{"user", std::nullopt}},
        {{"user", std::nullopt}, {"client-id", std::nullopt}},
        {{"user", std::nullopt}, {"client-id", "client-1"}},
        {{"user", "alice"}},
        {{"user", "alice"}, {"client-id", std::nullopt}},
        {{"user", "alice"}, {"client-id", "client-1"}},
    };
    double rate = 1;
    for (const Parts& parts : from_farthest) {
        rate *= 10;
        EXPECT_EQ(set(parts, kProduced, rate), 0);
        loop_.advance(std::chrono::hours(3));
        // Ten seconds are there, and half a second is missing.
        EXPECT_EQ(produce(static_cast<size_t>(rate * 10)), 0);
        EXPECT_EQ(produce(static_cast<size_t>(rate / 2)), 500);
        if (rate >= 1e5) {
            break;  // the rest would need gigabytes
        }
    }
}

TEST_F(QuotasTest, UsersOfADefaultQuota_DoNotShareIt) {
    start();
    EXPECT_EQ(set({{"user", std::nullopt}}, kProduced, 1000), 0);
    EXPECT_EQ(produce(10'500, "User:alice"), 500);
    EXPECT_EQ(produce(10'000, "User:bob"), 0);
}

TEST_F(QuotasTest, ReadersHaveAQuotaOfTheirOwn) {
    start();
    EXPECT_EQ(set({{"user", "alice"}}, "consumer_byte_rate", 100), 0);
    EXPECT_EQ(produce(5000), 0);
    payload_.assign(1100, 0);
    protocol::FetchResponse response;
    response.responses.emplace_back().partitions.emplace_back().records = ByteView(payload_);
    Call call = call_of("User:alice");
    EXPECT_EQ(cluster_->quotas().charge(call, response), 1000);
}

TEST_F(QuotasTest, AnswersToProducers_SayHowLongTheyWait) {
    start().create_topic("orders", 1, 1);
    EXPECT_EQ(set({{"client-id", "client-1"}}, kProduced, 10), 0);
    payload_.assign(110, 0);
    protocol::ProduceRequest request;
    request.acks = 1;
    request.topic_data.emplace_back().name = "orders";
    request.topic_data[0].partition_data.emplace_back().records = ByteView(payload_);
    EXPECT_EQ(ask(request, 9).throttle_time_ms, 1000);
}

TEST_F(QuotasTest, Alter_RefusesWhatIsNoQuota) {
    start();
    const int16_t invalid = number_of(KafkaError::invalid_request);
    EXPECT_EQ(set({}, kProduced, 1), invalid);
    EXPECT_EQ(set({{"group", "g"}}, kProduced, 1), invalid);
    EXPECT_EQ(set({{"user", ""}}, kProduced, 1), invalid);
    EXPECT_EQ(set({{"ip", "no address"}}, "connection_creation_rate", 1), invalid);
    EXPECT_EQ(set({{"user", "a"}, {"ip", "10.0.0.1"}}, kProduced, 1), invalid);
    EXPECT_EQ(set({{"ip", "10.0.0.1"}}, kProduced, 1), invalid);
    EXPECT_EQ(set({{"user", "a"}}, "connection_creation_rate", 1), invalid);
    EXPECT_EQ(set({{"user", "a"}}, "nonsense", 1), invalid);
    EXPECT_EQ(set({{"user", "a"}}, kProduced, 1.5), invalid);
    EXPECT_EQ(set({{"user", "a"}}, kProduced, 0), invalid);
    EXPECT_EQ(set({{"user", "a"}}, "request_percentage", 1.5), 0);
    EXPECT_EQ(set({{"ip", "10.0.0.1"}}, "connection_creation_rate", 3), 0);
    EXPECT_EQ(cluster_->quotas().all().size(), 2U);
}

TEST_F(QuotasTest, OfATypeThatIsThereTwice_TheLastNameCounts) {
    start();
    EXPECT_EQ(set({{"user", "a"}, {"user", "b"}}, kProduced, 1), 0);
    const QuotaEntity last{{"user", "b"}};
    ASSERT_EQ(cluster_->quotas().all().size(), 1U);
    EXPECT_EQ(cluster_->quotas().all().begin()->first, last);
}

TEST_F(QuotasTest, ValidateOnly_ChangesNothing) {
    start();
    EXPECT_EQ(set({{"user", "a"}}, kProduced, 1, true), 0);
    EXPECT_TRUE(cluster_->quotas().all().empty());
}

TEST_F(QuotasTest, Removing_LeavesNoEntityWithoutQuotas) {
    start();
    EXPECT_EQ(set({{"user", "a"}}, kProduced, 1), 0);
    EXPECT_EQ(set({{"user", "a"}}, kProduced, std::nullopt), 0);
    EXPECT_EQ(set({{"user", "nobody"}}, kProduced, std::nullopt), 0);
    EXPECT_TRUE(cluster_->quotas().all().empty());
}

TEST_F(QuotasTest, Describe_Filters) {
    start();
    EXPECT_EQ(set({{"user", "a"}}, kProduced, 1), 0);
    EXPECT_EQ(set({{"user", std::nullopt}}, kProduced, 2), 0);
    EXPECT_EQ(set({{"user", "a"}, {"client-id", "c"}}, kProduced, 3), 0);
    EXPECT_EQ(set({{"client-id", "c"}}, kProduced, 4), 0);
    EXPECT_EQ(count({}, false), 4U);
    EXPECT_EQ(count({}, true), 0U);
    EXPECT_EQ(count({component("user", 0, "a")}, false), 2U);
    EXPECT_EQ(count({component("user", 0, "a")}, true), 1U);
    EXPECT_EQ(count({component("user", 1)}, false), 1U);
    EXPECT_EQ(count({component("user", 2)}, true), 2U);
    EXPECT_EQ(count({component("user", 2), component("client-id", 2)}, true), 1U);
}

TEST_F(QuotasTest, Describe_RefusesWhatIsNoFilter) {
    start();
    DescribeClientQuotasRequest request;
    request.components = {component("user", 2), component("user", 1)};
    EXPECT_EQ(ask(request, 1).error_code, number_of(KafkaError::invalid_request));
    request.components = {component("group", 2)};
    EXPECT_EQ(ask(request, 1).error_code, number_of(KafkaError::unsupported_version));
    request.components = {component("user", 2), component("ip", 2)};
    EXPECT_EQ(ask(request, 1).error_code, number_of(KafkaError::invalid_request));
    request.components = {component("user", 0)};
    EXPECT_EQ(ask(request, 1).error_code, number_of(KafkaError::invalid_request));
}

TEST_F(QuotasTest, Rights_AreAskedFor) {
    start_guarded();
    EXPECT_EQ(set({{"user", "a"}}, kProduced, 1),
              number_of(KafkaError::cluster_authorization_failed));
    EXPECT_EQ(ask(DescribeClientQuotasRequest{}, 1).error_code,
              number_of(KafkaError::cluster_authorization_failed));
}

}  // namespace lockstep::sandbox
