#include "replication/fleet_plan.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>
#include <utility>

namespace lockstep::replication {
namespace {

constexpr double kIdleBytesPerSecond = 1024;  // what any partition counts for
constexpr double kBegin = 0.10;               // a smaller difference from what is even stays
constexpr double kGoal = 0.05;                // moving ends within this
constexpr double kGain = 0.9;                 // of a difference, at most, is moved at once
constexpr double kCountBegin = 0.20;          // the same for numbers of partitions
constexpr double kHardlyCounts = 2 * kIdleBytesPerSecond;

/// What one worker has, or is to have.
struct Share {
    const FleetWorker* worker = nullptr;
    size_t index = 0;
    double load = 0;
    std::set<std::pair<double, TopicPartition>> partitions;  // by what they count for
    // Who gives something does not get something else in return: only what must move does.
    bool gives = false, gets = false;

    void add(const TopicPartition& id, double weight) {
        load += weight;
        partitions.emplace(weight, id);
    }
    void remove(const TopicPartition& id, double weight) {
        load -= weight;
        partitions.erase({weight, id});
    }
    auto by_load() const { return std::tuple(load, partitions.size(), worker->member_id); }
    auto by_count() const { return std::tuple(partitions.size(), load, worker->member_id); }
};

bool has_less_load(const Share& one, const Share& other) {
    return one.by_load() < other.by_load();
}

bool has_fewer(const Share& one, const Share& other) {
    return one.by_count() < other.by_count();
}

class Planner {
public:
    Planner(const std::vector<FleetWorker>& workers, const FleetRates& rates) : rates_(rates) {
        for (size_t index = 0; index < workers.size(); ++index) {
            shares_.push_back({&workers[index], index, 0, {}});
        }
        std::ranges::sort(shares_, {}, [](const Share& each) {
            return std::tuple(!each.worker->is_able, each.worker->member_id);
        });
        const auto able = static_cast<size_t>(
            std::ranges::count_if(shares_, [](const Share& each) { return each.worker->is_able; }));
        able_ = std::span(shares_).first(able > 0 ? able : shares_.size());
    }

    FleetPlan plan(const std::set<TopicPartition>& known) {
        find_owners();
        give_what_is_free(known);
        take_from_unable();
        if (largest_difference() > kBegin) {
            even_loads();
        }
        even_counts();
        return outcome();
    }

private:
    /// A whole number: sums of these are exact, so that no move can turn out to change nothing.
    double weight_of(const TopicPartition& id) const {
        const auto found = rates_.find(id);
        return kIdleBytesPerSecond +
               (found == rates_.end() ? 0 : std::round(std::max(0.0, found->second)));
    }

    void find_owners() {
        for (Share& share : shares_) {
            for (const TopicPartition& id : share.worker->owned) {
                const auto [owner, is_first] = owners_.try_emplace(id, &share);
                if (!is_first && share.worker->generation > owner->second->worker->generation) {
                    owner->second = &share;
                }
            }
        }
        for (const auto& [id, owner] : owners_) {
            owner->add(id, weight_of(id));
        }
    }

    /// The heaviest first, each to who has least.
    void give_what_is_free(const std::set<TopicPartition>& known) {
        std::vector<std::pair<double, TopicPartition>> free;
        for (const TopicPartition& id : known) {
            if (!owners_.contains(id)) {
                free.emplace_back(-weight_of(id), id);
            }
        }
        std::ranges::sort(free);
        for (const auto& [weight, id] : free) {
            std::ranges::min_element(able_, has_less_load)->add(id, -weight);
        }
    }

    void take_from_unable() {
        for (Share& share : std::span(shares_).subspan(able_.size())) {
            while (!share.partitions.empty()) {
                const TopicPartition id = std::prev(share.partitions.end())->second;
                move(share, *std::ranges::min_element(able_, has_less_load), id);
            }
        }
    }

    double even_load() const {
        double sum = 0;
        for (const Share& share : able_) {
            sum += share.load;
        }
        return sum / static_cast<double>(able_.size());
    }

    /// From what is even, as a part of that.
    double largest_difference() const {
        const double even = even_load();
        double largest = 0;
        for (const Share& share : able_) {
            largest = std::max(largest, std::abs(share.load - even));
        }
        return even > 0 ? largest / even : 0;
    }

    void even_loads() {
        const double even = even_load();
        std::set<const Share*> has_nothing_to_give;
        while (largest_difference() > kGoal) {
            Share* from = nullptr;
            Share* to = nullptr;
            for (Share& share : able_) {
                if (!share.gets && !has_nothing_to_give.contains(&share) &&
                    (!from || has_less_load(*from, share))) {
                    from = &share;
                }
                if (!share.gives && (!to || has_less_load(share, *to))) {
                    to = &share;
                }
            }
            if (!from || !to || from->load <= even || to->load >= even) {
                return;
            }
            const double wanted = std::min(from->load - even, even - to->load);
            const double fitting = wanted + kGoal * even;
            if (const auto chosen = best_of(*from, wanted, fitting, from->load - to->load)) {
                move(*from, *to, *chosen);
            } else {
                has_nothing_to_give.insert(from);
            }
        }
    }

    /// The partition that counts for about so much, if it can be for no more than `fitting`, and
    /// always for clearly less than `below`: what counts for as much would only turn the difference
    /// round, and come back with the next measurement.
    static std::optional<TopicPartition> best_of(const Share& share, double wanted, double fitting,
                                                 double below) {
        const auto above = share.partitions.lower_bound({wanted, TopicPartition{}});
        const bool has_above = above != share.partitions.end() && above->first < kGain * below;
        if (above == share.partitions.begin()) {
            return has_above ? std::optional(above->second) : std::nullopt;
        }
        const auto under = std::prev(above);
        const bool may_be_above =
            has_above && (above->first <= fitting || under->first <= kHardlyCounts);
        const bool above_is_nearer = may_be_above && above->first - wanted < wanted - under->first;
        if (above_is_nearer) {
            return above->second;
        }
        return under->first < kGain * below ? std::optional(under->second) : std::nullopt;
    }

    /// With the lightest ones, as long as that leaves the loads as even as they are to be.
    void even_counts() {
        size_t partitions = 0;
        for (const Share& share : able_) {
            partitions += share.partitions.size();
        }
        const double even = even_load();
        const double allowed =
            kCountBegin * static_cast<double>(partitions) / static_cast<double>(able_.size());
        while (true) {
            auto from = std::ranges::max_element(able_, has_fewer);
            auto to = std::ranges::min_element(able_, has_fewer);
            const size_t more = from->partitions.size() - to->partitions.size();
            if (more <= 1 || static_cast<double>(more) <= allowed || from->gets || to->gives) {
                return;
            }
            const auto [weight, id] = *from->partitions.begin();
            const bool is_light = weight <= kHardlyCounts &&
                                  from->load - weight >= even * (1 - kGoal) &&
                                  to->load + weight <= even * (1 + kGoal);
            if (!is_light) {
                return;
            }
            move(*from, *to, id);
        }
    }

    void move(Share& from, Share& to, const TopicPartition& id) {
        const double weight = weight_of(id);
        from.gives = to.gets = true;
        from.remove(id, weight);
        to.add(id, weight);
    }

    FleetPlan outcome() const {
        FleetPlan plan;
        for (const Share& share : shares_) {
            for (const auto& [weight, id] : share.partitions) {
                const auto owner = owners_.find(id);
                if (owner == owners_.end() || owner->second == &share) {
                    plan[id] = {share.index, std::nullopt};
                } else {
                    plan[id] = {owner->second->index, share.index};
                }
            }
        }
        return plan;
    }

    const FleetRates& rates_;
    std::vector<Share> shares_;  // those that are able first, each by member id
    std::span<Share> able_;      // of these, who may have partitions
    std::map<TopicPartition, Share*> owners_;
};

}  // namespace

FleetPlan plan_fleet(const std::vector<FleetWorker>& workers, const std::set<TopicPartition>& known,
                     const FleetRates& rates) {
    return Planner(workers, rates).plan(known);
}

}  // namespace lockstep::replication
