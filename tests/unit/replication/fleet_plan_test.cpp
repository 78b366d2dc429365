#include "replication/fleet_plan.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lockstep::replication {
namespace {

using testing::Each;
using testing::ElementsAre;

TopicPartition id_of(int index) {
    return {"orders", PartitionIndex(index)};
}

std::set<TopicPartition> ids_from_to(int from, int to) {
    std::set<TopicPartition> ids;
    for (int index = from; index < to; ++index) {
        ids.insert(id_of(index));
    }
    return ids;
}

/// Workers "a", "b", ... with what they own.
std::vector<FleetWorker> workers_with(const std::vector<std::set<TopicPartition>>& owned) {
    std::vector<FleetWorker> workers;
    for (const auto& ids : owned) {
        workers.push_back({std::string(1, static_cast<char>('a' + workers.size())), 1, ids});
    }
    return workers;
}

/// How many partitions each worker has in the end, by its place.
std::vector<size_t> counts_of(const FleetPlan& plan, size_t workers) {
    std::vector<size_t> counts(workers);
    for (const auto& [id, place] : plan) {
        ++counts[place.moves_to.value_or(place.worker)];
    }
    return counts;
}

std::vector<double> loads_of(const FleetPlan& plan, size_t workers, const FleetRates& rates) {
    std::vector<double> loads(workers);
    for (const auto& [id, place] : plan) {
        loads[place.moves_to.value_or(place.worker)] += rates.at(id);
    }
    return loads;
}

size_t moves_in(const FleetPlan& plan) {
    return static_cast<size_t>(std::ranges::count_if(
        plan, [](const auto& entry) { return entry.second.moves_to.has_value(); }));
}

/// As each worker claims once it has what the plan gives it: without what is to move.
std::vector<FleetWorker> after(const FleetPlan& plan, std::vector<FleetWorker> workers) {
    for (FleetWorker& worker : workers) {
        worker.owned.clear();
        ++worker.generation;
    }
    for (const auto& [id, place] : plan) {
        if (!place.moves_to) {
            workers[place.worker].owned.insert(id);
        }
    }
    return workers;
}

// Sums of fractions are not exact: a move could come out as its own mirror image, for ever.
TEST(FleetPlan, Ends_WhateverTheRates) {
    for (int step = 0; step < 255; ++step) {
        const double rate = std::exp2(step / 8.0);
        for (int partitions = 2; partitions <= 17; ++partitions) {
            const std::set<TopicPartition> ids = ids_from_to(0, partitions);
            FleetRates rates;
            for (const TopicPartition& id : ids) {
                rates[id] = rate;
            }
            for (int split = 0; split <= partitions; ++split) {
                auto workers =
                    workers_with({ids_from_to(0, split), ids_from_to(split, partitions)});
                const auto counts = counts_of(plan_fleet(workers, ids, rates), 2);
                ASSERT_EQ(counts[0] + counts[1], ids.size());
                workers.push_back({"c", 1, {}});
                ASSERT_EQ(plan_fleet(workers, ids, rates).size(), ids.size());
            }
        }
    }
}

TEST(FleetPlan, LeavesWhatWouldComeBack_WithTheNextMeasurement) {
    const auto workers = workers_with({ids_from_to(0, 2), ids_from_to(2, 3)});
    const FleetRates rates{{id_of(0), 100'000}, {id_of(1), 100'000}, {id_of(2), 95'000}};
    EXPECT_EQ(moves_in(plan_fleet(workers, ids_from_to(0, 3), rates)), 0U);
}

TEST(FleetPlan, GivesAllToTheOnlyWorker) {
    const auto plan = plan_fleet(workers_with({{}}), ids_from_to(0, 3), {});
    EXPECT_THAT(counts_of(plan, 1), ElementsAre(3));
    EXPECT_EQ(moves_in(plan), 0U);
}

TEST(FleetPlan, SpreadsIdlePartitions_ByTheirNumber) {
    const auto plan = plan_fleet(workers_with({{}, {}, {}}), ids_from_to(0, 600), {});
    EXPECT_THAT(counts_of(plan, 3), ElementsAre(200, 200, 200));
}

TEST(FleetPlan, SpreadsBusyPartitions_ByTheirBytes) {
    FleetRates rates;
    for (int index = 0; index < 60; ++index) {
        rates[id_of(index)] = 10'000.0 * (1 + index % 7);
    }
    const auto plan = plan_fleet(workers_with({{}, {}, {}}), ids_from_to(0, 60), rates);
    const auto loads = loads_of(plan, 3, rates);
    const double even = std::accumulate(loads.begin(), loads.end(), 0.0) / 3;
    EXPECT_THAT(loads, Each(testing::DoubleNear(even, even / 20)));
}

TEST(FleetPlan, KeepsWhatIsWellWhereItIs) {
    const auto workers = workers_with({ids_from_to(0, 300), ids_from_to(300, 600)});
    EXPECT_EQ(moves_in(plan_fleet(workers, ids_from_to(0, 600), {})), 0U);
}

TEST(FleetPlan, MovesNothing_ForASmallDifference) {
    FleetRates rates;
    for (int index = 0; index < 20; ++index) {
        rates[id_of(index)] = index < 10 ? 109'000 : 100'000;
    }
    const auto workers = workers_with({ids_from_to(0, 10), ids_from_to(10, 20)});
    EXPECT_EQ(moves_in(plan_fleet(workers, ids_from_to(0, 20), rates)), 0U);
}

TEST(FleetPlan, EvensALargeDifference_WithFewMoves) {
    FleetRates rates;
    for (int index = 0; index < 20; ++index) {
        rates[id_of(index)] = index < 10 ? 200'000 : 100'000;
    }
    const auto workers = workers_with({ids_from_to(0, 10), ids_from_to(10, 20)});
    const auto plan = plan_fleet(workers, ids_from_to(0, 20), rates);
    EXPECT_THAT(loads_of(plan, 2, rates), Each(testing::DoubleNear(1'500'000, 150'000)));
    EXPECT_LE(moves_in(plan), 3U);
}

TEST(FleetPlan, TakesForANewWorker_OnlyItsShare) {
    const auto workers = workers_with({ids_from_to(0, 300), ids_from_to(300, 600), {}});
    const auto plan = plan_fleet(workers, ids_from_to(0, 600), {});
    EXPECT_LE(moves_in(plan), 200U);
    EXPECT_THAT(counts_of(plan, 3), Each(testing::AllOf(testing::Ge(180U), testing::Le(220U))));
    for (const auto& [id, place] : plan) {
        EXPECT_TRUE(!place.moves_to || *place.moves_to == 2) << id.to_string();
    }
}

// Six partitions count eight times as much as the other 18: who gave one of these too many got
// something back from the other one that gave.
TEST(FleetPlan, TakesForANewWorker_OnlyItsShare_WhereFewCountMuch) {
    const auto ids = ids_from_to(0, 24);
    for (int noise = 0; noise < 200; ++noise) {
        FleetRates rates;
        for (int index = 0; index < 24; ++index) {
            const bool is_heavy = index < 12 && index % 2 == 0;
            const double off = 0.85 + 0.3 * ((noise * 31 + index * 17) % 101) / 100.0;
            rates[id_of(index)] = (is_heavy ? 160'000 : 20'000) * off;
        }
        auto workers = workers_with({ids_from_to(0, 12), ids_from_to(12, 24)});
        for (int round = 0; round < 4; ++round) {
            workers = after(plan_fleet(workers, ids, rates), workers);
        }
        workers.push_back({"c", 1, {}});
        for (int round = 0; round < 4; ++round) {
            const auto plan = plan_fleet(workers, ids, rates);
            for (const auto& [id, place] : plan) {
                ASSERT_TRUE(!place.moves_to || *place.moves_to == 2)
                    << noise << ", " << round << ": " << id.to_string();
            }
            workers = after(plan, workers);
        }
        const auto loads = loads_of(plan_fleet(workers, ids, rates), 3, rates);
        const double even = std::accumulate(loads.begin(), loads.end(), 0.0) / 3;
        EXPECT_THAT(loads, Each(testing::DoubleNear(even, even / 10))) << noise;
    }
}

// The busiest of all has nothing that it could give; who has too much all the same gives.
TEST(FleetPlan, EvensTheOthers_WhereOneHasASinglePartition) {
    FleetRates rates{{id_of(0), 500'000}};
    for (int index = 1; index < 11; ++index) {
        rates[id_of(index)] = 50'000;
    }
    const auto workers =
        workers_with({ids_from_to(0, 1), ids_from_to(1, 8), ids_from_to(8, 11), {}});
    const auto plan = plan_fleet(workers, ids_from_to(0, 11), rates);
    EXPECT_THAT(loads_of(plan, 4, rates), ElementsAre(500'000, 200'000, 150'000, 150'000));
}

TEST(FleetPlan, LeavesAPartitionWithItsWorker_UntilThatOneHasGivenItUp) {
    const auto ids = ids_from_to(0, 4);
    auto workers = workers_with({ids, {}});
    const auto first = plan_fleet(workers, ids, {});
    EXPECT_EQ(moves_in(first), 2U);
    for (const auto& [id, place] : first) {
        EXPECT_EQ(place.worker, 0U) << id.to_string();
    }
    EXPECT_EQ(plan_fleet(workers, ids, {}), first);  // nobody has given up anything

    workers = after(first, workers);
    const auto second = plan_fleet(workers, ids, {});
    EXPECT_EQ(moves_in(second), 0U);
    EXPECT_THAT(counts_of(second, 2), ElementsAre(2, 2));
    for (const auto& [id, place] : first) {
        EXPECT_EQ(second.at(id).worker, place.moves_to.value_or(place.worker)) << id.to_string();
    }
}

TEST(FleetPlan, SharesOut_WhatADeadWorkerHad) {
    const auto ids = ids_from_to(0, 9);
    const auto plan = plan_fleet(workers_with({ids_from_to(0, 3), ids_from_to(3, 6)}), ids, {});
    EXPECT_EQ(moves_in(plan), 0U);
    EXPECT_THAT(counts_of(plan, 2), testing::UnorderedElementsAre(4, 5));
    EXPECT_EQ(plan.at(id_of(0)).worker, 0U);
    EXPECT_EQ(plan.at(id_of(5)).worker, 1U);
}

TEST(FleetPlan, BelievesTheNewerPlan_WhereTwoOwnTheSame) {
    auto workers = workers_with({{id_of(0)}, {id_of(0)}});
    workers[0].generation = 7;
    workers[1].generation = 8;
    EXPECT_EQ(plan_fleet(workers, {id_of(0)}, {}).at(id_of(0)).worker, 1U);
    workers[0].generation = 9;
    EXPECT_EQ(plan_fleet(workers, {id_of(0)}, {}).at(id_of(0)).worker, 0U);
}

TEST(FleetPlan, PlansWhatSomebodyOwns_ThoughTheLeaderDoesNotKnowIt) {
    const auto plan = plan_fleet(workers_with({{id_of(7)}, {}}), {}, {});
    EXPECT_EQ(plan.at(id_of(7)), (FleetPlace{0, std::nullopt}));
}

TEST(FleetPlan, SpreadsIdlePartitions_BesideBusyOnes) {
    FleetRates rates;
    for (int index = 0; index < 400; ++index) {
        rates[id_of(index)] = index < 2 ? 5'000'000 : 0;
    }
    const auto workers = workers_with({ids_from_to(0, 400), {}});
    const auto plan = plan_fleet(workers, ids_from_to(0, 400), rates);
    EXPECT_THAT(loads_of(plan, 2, rates), ElementsAre(5'000'000, 5'000'000));
    EXPECT_THAT(counts_of(plan, 2), Each(testing::AllOf(testing::Ge(160U), testing::Le(240U))));
}

TEST(FleetPlan, LeavesTheBusiestPartitionAlone_WithAWorker) {
    FleetRates rates;
    for (int index = 0; index < 10; ++index) {
        rates[id_of(index)] = index == 0 ? 9'000'000 : 100'000;
    }
    const auto workers = workers_with({ids_from_to(0, 10), {}});
    const auto plan = plan_fleet(workers, ids_from_to(0, 10), rates);
    EXPECT_THAT(counts_of(plan, 2), testing::UnorderedElementsAre(1, 9));
    EXPECT_LE(moves_in(plan), 9U);
}

TEST(FleetPlan, IsTheSame_InWhateverOrderTheWorkersAreListed) {
    FleetRates rates;
    for (int index = 0; index < 50; ++index) {
        rates[id_of(index)] = 1000.0 * ((index * 37) % 11);
    }
    auto workers = workers_with({ids_from_to(0, 30), ids_from_to(30, 31), {}});
    const auto plan = plan_fleet(workers, ids_from_to(0, 50), rates);
    const auto names = [](const FleetPlan& of, const std::vector<FleetWorker>& by) {
        std::map<TopicPartition, std::string> places;
        for (const auto& [id, place] : of) {
            places[id] = by[place.worker].member_id + " " +
                         (place.moves_to ? by[*place.moves_to].member_id : "");
        }
        return places;
    };
    const auto as_listed = names(plan, workers);
    std::ranges::reverse(workers);
    EXPECT_EQ(names(plan_fleet(workers, ids_from_to(0, 50), rates), workers), as_listed);
}

/// Workers come and go, loads change: in the end all is even, and nothing moves any more.
TEST(FleetPlan, ComesToRest) {
    FleetRates rates;
    for (int index = 0; index < 200; ++index) {
        rates[id_of(index)] = 500.0 * ((index * index) % 97);
    }
    const auto ids = ids_from_to(0, 200);
    auto workers = workers_with({{}, {}});
    for (int round = 0; round < 12; ++round) {
        if (round == 3) {
            workers.push_back({"c", 1, {}});
        } else if (round == 6) {
            workers.erase(workers.begin());
        } else if (round == 8) {
            for (auto& [id, rate] : rates) {
                rate = id.partition.value() < 50 ? 4 * rate : rate;
            }
        }
        const auto plan = plan_fleet(workers, ids, rates);
        EXPECT_EQ(plan.size(), ids.size());
        workers = after(plan, workers);
    }
    const auto plan = plan_fleet(workers, ids, rates);
    EXPECT_EQ(moves_in(plan), 0U);
    const auto loads = loads_of(plan, 2, rates);
    const double even = (loads[0] + loads[1]) / 2;
    EXPECT_THAT(loads, Each(testing::DoubleNear(even, even / 10)));
}

TEST(FleetPlan, TakesAllFromWhoIsNotAble) {
    auto workers = workers_with({ids_from_to(0, 4), ids_from_to(4, 8), ids_from_to(8, 12)});
    workers[0].is_able = false;
    const FleetPlan plan = plan_fleet(workers, ids_from_to(0, 13), {});
    const auto counts = counts_of(plan, 3);
    EXPECT_EQ(counts[0], 0u);
    EXPECT_EQ(counts[1] + counts[2], 13u);
    EXPECT_LE(std::max(counts[1], counts[2]) - std::min(counts[1], counts[2]), 1u);
    EXPECT_EQ(moves_in(plan), 4u) << "what others have stays with them";
    EXPECT_EQ(plan.at(id_of(12)).moves_to, std::nullopt) << "free ones need not be set down";
}

TEST(FleetPlan, LeavesAllWhereItIs_WhereNobodyIsAble) {
    auto workers = workers_with({ids_from_to(0, 4), ids_from_to(4, 8)});
    workers[0].is_able = workers[1].is_able = false;
    EXPECT_EQ(moves_in(plan_fleet(workers, ids_from_to(0, 8), {})), 0u);
}

}  // namespace
}  // namespace lockstep::replication
