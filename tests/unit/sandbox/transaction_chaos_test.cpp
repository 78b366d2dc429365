// Producers, coordinators and leaders that come and go, in an order that a seed decides.

#include "protocol/records.h"
#include "tests/unit/sandbox/transaction_world.h"

#include <tuple>

namespace lockstep::sandbox {
namespace {

constexpr uint64_t kSteps = 600;
constexpr const char* kIds[] = {"a", "b", "c"};

struct Client {
    std::string id;
    ProducerIdentity producer;
    int32_t sequence = 0;
};

/// Whether transactions have epochs of their own, and the seed.
using ChaosCase = std::tuple<bool, uint64_t>;

class TransactionChaos : public TransactionWorld, public testing::WithParamInterface<ChaosCase> {
protected:
    TransactionChaos()
        : TransactionWorld(std::get<0>(GetParam()) ? KafkaVersion::v4_3 : KafkaVersion::v3_9, 3) {
        for (const char* id : kIds) {
            clients.push_back({id, {}, 0});
        }
    }

    void step() {
        Client& client = clients.at(chance.below(clients.size()));
        broker = cluster.coordinator_of(client.id);
        switch (chance.below(8)) {
            case 0: return begin(client);
            case 1: return finish(client);
            case 2: return loop.advance(std::chrono::seconds(chance.below(30)));
            case 3: return shake();
            default: return write(client);
        }
    }

    void begin(Client& client) {
        const auto response = init(client.id);
        if (response.error_code == 0) {
            client.producer = {ProducerId(response.producer_id),
                               ProducerEpoch(response.producer_epoch)};
            client.sequence = 0;
        }
    }
    void write(Client& client) {
        if (!has_epochs) {
            add(client.id, client.producer);
        }
        broker = cluster.find_partition("orders", 0)->leader;
        const int16_t version = has_epochs ? 12 : 11;
        const auto answer = produce(client.id, {client.producer, client.sequence}, version);
        client.sequence += answer.error_code == 0 ? 1 : 0;
    }
    void finish(Client& client) {
        const int16_t version = has_epochs ? 5 : 3;
        const auto response = end(client.id, client.producer, chance.chance(0.5), version);
        if (response.error_code == 0 && has_epochs) {
            client.producer = {ProducerId(response.producer_id),
                               ProducerEpoch(response.producer_epoch)};
            client.sequence = 0;
        }
    }
    /// The leader goes, or another one comes.
    void shake() {
        const auto to = static_cast<int32_t>(chance.below(4));
        cluster.move_leader(*cluster.find_partition("orders", 0),
                            to == 0 ? kNoBroker : BrokerId(to));
    }

    std::vector<Client> clients;
    const bool has_epochs = std::get<0>(GetParam());
    Rng chance{std::get<1>(GetParam())};
};

TEST_P(TransactionChaos, NoTransactionHangs_AndNoneGoesOnAfterItsEnd) {
    for (uint64_t i = 0; i < kSteps; ++i) {
        step();
    }
    cluster.move_leader(*cluster.find_partition("orders", 0), BrokerId(1));
    loop.advance(std::chrono::minutes(2));
    EXPECT_EQ(log().last_stable_offset(), log().end_offset());
    EXPECT_FALSE(loop.has_timers());

    // With epochs of their own, the marker has a later one, and no data comes after it.
    std::map<ProducerId, ProducerEpoch> open;
    std::set<std::pair<ProducerId, ProducerEpoch>> ended;
    log().segments().for_each(
        Offset(0), [&](const BatchPlace&, const protocol::RecordBatchView& view) {
            const auto now_open = open.find(view.producer_id());
            if (!view.is_control()) {
                open[view.producer_id()] = view.producer_epoch();
                const bool is_over = ended.contains({view.producer_id(), view.producer_epoch()});
                EXPECT_FALSE(has_epochs && is_over);
            } else if (now_open != open.end()) {
                const int rise = has_epochs ? 1 : 0;
                EXPECT_GE(view.producer_epoch().value(), now_open->second.value() + rise);
                ended.insert({now_open->first, now_open->second});
                open.erase(now_open);
            }
            return true;
        });
    EXPECT_TRUE(open.empty());
    EXPECT_GT(ended.size(), 10);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TransactionChaos,
                         testing::Combine(testing::Bool(), testing::Range<uint64_t>(1, 9)));

}  // namespace
}  // namespace lockstep::sandbox
