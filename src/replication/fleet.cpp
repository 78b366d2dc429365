#include "replication/fleet.h"

#include "base/log.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace lockstep::replication {

using runtime::Task;

namespace {

constexpr std::string_view kProtocol = "fleet";
/// Until those who are there must have let this worker in; else they may be dead.
constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kTick = std::chrono::seconds(1);
constexpr auto kShortestRound = std::chrono::seconds(10);  // for the sake of loads
constexpr double kOtherLoad = 0.1;                         // of an even share
constexpr double kSmallLoad = 65536;                       // bytes a second

/// A worker that joined with something that can be read.
struct Joined {
    std::string member_id;
    FleetClaim claim;
};

std::vector<Joined> read_claims(const std::vector<client::GroupRole::Told>& members,
                                const std::string& link) {
    std::vector<Joined> joined;
    for (const auto& member : members) {
        auto claim = FleetClaim::decode(member.metadata);
        if (claim.has_error()) {
            log::warn("link {}: worker {} gets no partitions: {}", link, member.member_id,
                      claim.error().message());
        } else {
            joined.push_back({member.member_id, std::move(*claim)});
        }
    }
    return joined;
}

/// Who owns a partition knows best.
FleetRates merged_rates(const std::vector<Joined>& joined) {
    FleetRates merged;
    FleetRates owned;
    for (const Joined& each : joined) {
        for (const auto& [id, rate] : each.claim.rates) {
            auto& known = each.claim.owned.contains(id) ? owned[id] : merged[id];
            known = std::max(known, rate);
        }
    }
    for (const auto& [id, rate] : owned) {
        merged[id] = rate;
    }
    return merged;
}

size_t count_without(const std::set<TopicPartition>& ids, const std::set<TopicPartition>& others) {
    return static_cast<size_t>(
        std::ranges::count_if(ids, [&](const auto& id) { return !others.contains(id); }));
}

}  // namespace

Fleet::Fleet(client::Cluster& target, Options options, Services services)
    : target_(target),
      options_(std::move(options)),
      services_(std::move(services)),
      member_(target, {options_.group, std::string(kProtocol), options_.session, options_.names},
              *this),
      decided_(target.runtime().loop) {}

Task<void> Fleet::run(std::stop_token stop) {
    const auto others = co_await client::read_assignments(target_, options_.group, stop);
    if (others.has_error() || others->empty()) {
        decide();
    } else {
        take_pauses_of(*others);
    }
    co_await member_.run(stop);
}

/// What is paused is not copied, however long it takes until this worker is let in.
void Fleet::take_pauses_of(const std::vector<Bytes>& assignments) {
    AgreedPauses newest;
    for (const Bytes& assignment : assignments) {
        const auto table = FleetTable::decode(assignment);
        if (table && table->pauses.version > newest.version) {
            newest = table->pauses;
        }
    }
    services_.pauses_changed(services_.pauses->take(std::move(newest)));
}

Task<void> Fleet::watch(std::stop_token stop) {
    auto& loop = target_.runtime().loop;
    const auto patience = loop.now() + kPatience;
    while (!is_decided_ && !stop.stop_requested() && loop.now() < patience) {
        co_await decided_.wait(patience, stop);
    }
    decide();
    while (!stop.stop_requested()) {
        co_await runtime::sleep_for(loop, kTick, stop);
        measure();
        // What is slow to be set down holds up nothing else that is to move.
        if (!set_down_.empty() || has_changed_load()) {
            member_.rejoin();
        }
    }
}

void Fleet::decide() {
    if (!is_decided_) {
        is_decided_ = true;
        decided_.notify_all();
        services_.changed();
    }
}

void Fleet::measure() {
    meter_.sample(target_.runtime().loop.now(), services_.copied);
}

double Fleet::load() const {
    double sum = 0;
    for (const TopicPartition& id : mine_) {
        sum += rate_of(id);
    }
    return sum;
}

/// Whether the leader should know how much this worker copies now.
bool Fleet::has_changed_load() const {
    const bool is_due = target_.runtime().loop.now() - joined_at_ >= kShortestRound;
    if (!table_ || table_->workers.size() < 2 || !is_due || !member_.is_heard()) {
        return false;
    }
    double all = 0;
    for (const auto& [id, rate] : table_->rates) {
        all += rate;
    }
    const double even = all / static_cast<double>(table_->workers.size());
    return std::abs(load() - told_load_) > kOtherLoad * std::max(even, kSmallLoad);
}

void Fleet::know(std::set<TopicPartition> partitions) {
    known_ = std::move(partitions);
    are_all_planned_ = false;
}

void Fleet::tell_known() {
    if (!table_ || are_all_planned_) {
        return;
    }
    are_all_planned_ =
        std::ranges::all_of(known_, [this](const auto& id) { return table_->plan.contains(id); });
    if (!are_all_planned_) {
        member_.rejoin();
    }
}

void Fleet::set_able(bool is_able) {
    if (std::exchange(is_able_, is_able) != is_able) {
        log::info("link {}: this worker {}", options_.link,
                  is_able ? "can copy again" : "lets others copy, as it does not reach the source");
        member_.rejoin();
    }
}

bool Fleet::is_first() const {
    if (!table_ || !member_.is_heard()) {
        return false;
    }
    size_t first = table_->workers.size();
    for (const auto& [id, place] : table_->plan) {
        first = std::min(first, place.worker);
    }
    return first == table_->workers.size()
               ? standing_.is_leader
               : table_->workers[first].member_id == standing_.member_id;
}

bool Fleet::copies(const TopicPartition& id) const {
    if (!table_) {
        return is_decided_;
    }
    return mine_.contains(id) || (standing_.is_leader && !table_->plan.contains(id));
}

bool Fleet::has_unknown() const {
    return count_without(mine_, known_) > 0;
}

std::optional<uint64_t> Fleet::turn_of(const TopicPartition& id) const {
    const auto turn = turns_.find(id);
    return turn != turns_.end() && member_.is_heard() ? std::optional(turn->second) : std::nullopt;
}

void Fleet::on_set_down(const TopicPartition& id) {
    if (to_set_down_.erase(id) == 0) {
        return;
    }
    set_down_.insert(id);
    if (to_set_down_.empty()) {
        member_.rejoin();
    }
}

Bytes Fleet::join_with() {
    measure();
    set_down_.clear();
    joined_at_ = target_.runtime().loop.now();
    // What has been deleted is nobody's.
    std::erase_if(turns_, [this](const auto& turn) { return !known_.contains(turn.first); });
    FleetClaim claim;
    claim.name = options_.worker;
    claim.generation = standing_.generation;
    claim.is_able = is_able_;
    claim.owned = to_set_down_;
    for (const auto& [id, turn] : turns_) {
        claim.owned.insert(id);
    }
    for (const TopicPartition& id : known_) {
        claim.rates[id] = rate_of(id);
    }
    claim.pauses = services_.pauses->tell();
    return claim.encode();
}

/// As it was measured here, or else by whoever had it before.
double Fleet::rate_of(const TopicPartition& id) const {
    if (const auto measured = meter_.rate_of(id)) {
        return *measured;
    }
    const auto told = table_ ? table_->rates.find(id) : FleetRates::const_iterator();
    return table_ && told != table_->rates.end() ? told->second : 0;
}

std::map<std::string, Bytes> Fleet::assign(const std::vector<Told>& members) {
    const std::vector<Joined> joined = read_claims(members, options_.link);
    std::vector<FleetWorker> workers;
    FleetTable table;
    std::set<TopicPartition> known;
    std::vector<ToldPauses> pauses;
    for (const Joined& each : joined) {
        pauses.push_back(each.claim.pauses);
        workers.push_back(
            {each.member_id, each.claim.generation, each.claim.owned, each.claim.is_able});
        table.workers.push_back({each.member_id, each.claim.name});
        for (const auto& [id, rate] : each.claim.rates) {
            known.insert(id);
        }
    }
    std::map<std::string, Bytes> given;
    for (const Told& member : members) {
        given[member.member_id];  // also who could not be read gets something: nothing
    }
    if (workers.empty()) {
        return given;
    }
    table.rates = merged_rates(joined);
    table.plan = plan_fleet(workers, known, table.rates);
    table.pauses = agree_on_pauses(pauses);
    const Bytes encoded = table.encode();
    for (const Joined& each : joined) {
        given[each.member_id] = encoded;
    }
    return given;
}

void Fleet::on_assigned(const Standing& standing, ByteView assignment) {
    standing_ = standing;
    auto read = FleetTable::decode(assignment);
    if (read.has_error()) {
        log::warn("link {}: it is not known which partitions are this worker's: {}", options_.link,
                  read.error().message());
    } else {
        const auto self =
            std::ranges::find(read->workers, standing.member_id, &FleetTable::Worker::member_id);
        if (self != read->workers.end()) {
            take(std::move(*read), static_cast<size_t>(self - read->workers.begin()));
            return;
        }
    }
    on_out();
}

void Fleet::take(FleetTable table, size_t self) {
    std::set<TopicPartition> mine;
    to_set_down_.clear();
    for (const auto& [id, place] : table.plan) {
        if (place.worker != self) {
            continue;
        }
        if (!place.moves_to) {
            mine.insert(id);
            set_down_.erase(id);
        } else if (!set_down_.contains(id)) {  // the leader did not know: the next round tells it
            to_set_down_.insert(id);
        }
    }
    std::map<TopicPartition, uint64_t> turns;
    for (const TopicPartition& id : mine) {
        const auto known = turns_.find(id);
        turns[id] = known == turns_.end() ? ++last_turn_ : known->second;
    }
    turns_ = std::move(turns);
    if (table_) {
        taken_ += count_without(mine, mine_);
        given_ += count_without(mine_, mine);
    }
    if (!table_ || mine != mine_ || table.workers.size() != table_->workers.size()) {
        log::info(
            "link {}: this worker, {} of {}, has {} of {} partitions{}", options_.link, self + 1,
            table.workers.size(), mine.size(), table.plan.size(),
            to_set_down_.empty() ? "" : fmt::format(", and gives {} away", to_set_down_.size()));
    }
    mine_ = std::move(mine);
    // Before anything of it is copied: it may have been paused all along.
    services_.pauses_changed(services_.pauses->take(table.pauses));
    table_ = std::move(table);
    are_all_planned_ = false;
    told_load_ = load();
    is_decided_ = true;
    decided_.notify_all();
    services_.changed();
}

/// It goes on copying what it had, but owns nothing.
void Fleet::on_out() {
    turns_.clear();
    to_set_down_.clear();
    set_down_.clear();
}

std::string Fleet::worker_of(const TopicPartition& id) const {
    const auto place = table_ ? table_->plan.find(id) : FleetPlan::const_iterator();
    return table_ && place != table_->plan.end() ? table_->workers[place->second.worker].name : "";
}

FleetStatus Fleet::status() const {
    FleetStatus status;
    status.worker = options_.worker;
    status.workers = table_ ? table_->workers.size() : 0;
    status.is_leader = standing_.is_leader;
    status.owned = turns_.size();
    status.taken = taken_;
    status.given = given_;
    status.problem = member_.problem();
    return status;
}

}  // namespace lockstep::replication
