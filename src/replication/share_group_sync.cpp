#include "replication/share_group_sync.h"

#include "protocol/kafka_error.h"
#include "replication/group_report.h"
#include "replication/share_place.h"

namespace lockstep::replication {

using client::ShareGroupStarts;
using client::ShareStart;
using client::ShareStarts;
using runtime::Task;

namespace {

const ShareStarts kNone;

std::optional<LastSeen> last_of(const std::map<TopicPartition, LastSeen>& seen,
                                const TopicPartition& id) {
    const auto found = seen.find(id);
    return found == seen.end() ? std::nullopt : std::optional(found->second);
}

/// Whether a start offset can be believed to be missing. Brokers also tell of none when their share
/// coordinator does not answer them: so one that was there is not gone, and it takes two looks.
bool is_certain(const ShareStart* start, const std::optional<LastSeen>& last) {
    if (start == nullptr) {
        return true;  // the group has nothing to do with the partition
    }
    if (start->error) {
        return false;
    }
    return start->offset || (last && !last->target);
}

}  // namespace

ShareGroupSync::ShareGroupSync(client::Cluster& source, client::Cluster& target, TopicNames names,
                               RangesOf ranges_of)
    : source_{&source, {}, client::ShareStateReader(source), {}, {}, {}},
      target_{&target, std::move(names), client::ShareStateReader(target), {}, {}, {}},
      ranges_of_(std::move(ranges_of)) {}

bool ShareGroupSync::Side::is_active(const std::string& group) const {
    const auto found = listed.find(group);
    return found != listed.end() && found->second.is_active();
}

const ShareStarts& ShareGroupSync::Side::starts_of(const std::string& group) const {
    const auto found = starts.find(group);
    return found == starts.end() || found->second.has_error() ? kNone : *found->second;
}

/// Why nothing is known of a group that the cluster has; "" where it has none, or tells of it. It
/// must not look like a new one.
std::string ShareGroupSync::Side::silence_on(const std::string& group) const {
    const auto found = starts.find(group);
    if (found != starts.end()) {
        return found->second.has_error() ? found->second.error().message() : "";
    }
    return listed.contains(group) ? "its coordinator on " + cluster->name() + " is silent on it"
                                  : "";
}

Task<Result<void>> ShareGroupSync::look(Listed source, Listed target, std::stop_token stop) {
    std::set<std::string> names;
    for (const auto& [name, group] : source) {
        names.insert(name);
    }
    source_.listed = std::move(source);
    target_.listed = std::move(target);
    source_.starts.clear();
    target_.starts.clear();
    std::erase_if(remembered_, [&](const auto& entry) { return !names.contains(entry.first); });
    for (Side* side : {&source_, &target_}) {
        std::erase_if(side->walked,
                      [&](const auto& entry) { return !names.contains(entry.first.first); });
        auto looked = co_await look_at(*side, names, stop);
        LS_CO_CHECK(std::move(looked));
    }
    Outcomes outcomes;
    for (const std::string& name : names) {
        outcomes[name] = compare(name);
    }
    auto confirmed = co_await confirm(outcomes, stop);
    LS_CO_CHECK(std::move(confirmed));
    std::vector<GroupStatus> groups;
    for (auto& [name, outcome] : outcomes) {
        auto status = co_await act(std::move(outcome), stop);
        if (status.partitions > 0 || !status.note.empty()) {
            groups.push_back(std::move(status));
        }
    }
    groups_ = std::move(groups);
    co_return Result<void>();
}

Task<Result<void>> ShareGroupSync::confirm(Outcomes& outcomes, std::stop_token stop) {
    std::set<std::string> names;
    for (const auto& [name, outcome] : outcomes) {
        if (outcome.has_changes()) {
            names.insert(name);
        }
    }
    if (names.empty()) {
        co_return Result<void>();
    }
    for (Side* side : {&source_, &target_}) {
        auto listed = co_await list(*side, names, stop);
        LS_CO_CHECK(std::move(listed));
        auto looked = co_await look_at(*side, names, stop);
        LS_CO_CHECK(std::move(looked));
    }
    for (const std::string& name : names) {
        const auto first = outcomes.extract(name);
        if (source_.listed.contains(name)) {
            Outcome second = compare(name);
            second.agree_with(first.mapped());
            outcomes[name] = std::move(second);
        }
    }
    co_return Result<void>();
}

void ShareGroupSync::Outcome::agree_with(const Outcome& other) {
    const auto keep_common = [](auto& ours, const auto& theirs) {
        return std::erase_if(ours,
                             [&](const auto& entry) { return !theirs.contains(entry.first); });
    };
    const size_t erased = keep_common(to_source.starts, other.to_source.starts) +
                          keep_common(to_target.starts, other.to_target.starts);
    is_agreed = erased == 0;
}

Task<Result<void>> ShareGroupSync::list(Side& side, std::set<std::string> groups,
                                        std::stop_token stop) {
    auto listed = co_await client::list_groups(*side.cluster, stop);
    LS_CO_TRY(all, std::move(listed));
    for (const std::string& name : groups) {
        side.listed.erase(name);
        if (const auto found = all.find(name); found != all.end() && found->second.is_share()) {
            side.listed.insert(all.extract(found));
        }
    }
    co_return Result<void>();
}

/// Only of partitions of the link: the others are nobody's business here.
Task<Result<void>> ShareGroupSync::look_at(Side& side, std::set<std::string> groups,
                                           std::stop_token stop) {
    std::map<BrokerId, std::vector<std::string>> by_coordinator;
    for (const std::string& name : groups) {
        side.starts.erase(name);
        if (const auto group = side.listed.find(name); group != side.listed.end()) {
            by_coordinator[group->second.coordinator].push_back(name);
        }
    }
    ShareGroupStarts all;
    for (auto& [coordinator, names] : by_coordinator) {
        auto described = co_await client::describe_share_groups(*side.cluster, coordinator,
                                                                std::move(names), stop);
        LS_CO_TRY(starts, std::move(described));
        all.merge(starts);
    }
    for (auto& [name, starts] : all) {
        if (starts.has_value()) {
            std::erase_if(*starts,
                          [&](const auto& entry) { return !at_source(side, entry.first); });
        }
    }
    auto read = co_await side.reader.read(std::move(all), stop);
    LS_CO_TRY(starts, std::move(read));
    for (auto& [name, each] : starts) {
        if (each.has_value() && !side.names.are_same()) {
            each = named_as_at_source(side, *each);
        }
    }
    side.starts.merge(starts);
    co_await settle(side, std::move(groups), stop);
    co_return Result<void>();
}

/// The link's partition that has this name on the side; nothing where it is none of the link's.
std::optional<TopicPartition> ShareGroupSync::at_source(const Side& side,
                                                        const TopicPartition& id) const {
    for (const std::string& name : side.names.at_source(id.topic)) {
        if (const TopicPartition there{name, id.partition}; ranges_of_(there)) {
            return there;
        }
    }
    return std::nullopt;
}

ShareStarts ShareGroupSync::named_as_at_source(const Side& side, const ShareStarts& starts) const {
    ShareStarts named;
    for (const auto& [id, start] : starts) {
        if (const auto there = at_source(side, id)) {
            named.emplace(*there, start);
        }
    }
    return named;
}

/// Moves each start to where the group really is.
Task<void> ShareGroupSync::settle(Side& side, std::set<std::string> groups, std::stop_token stop) {
    for (auto& [group, starts] : side.starts) {
        if (starts.has_error() || !groups.contains(group)) {
            continue;
        }
        for (auto& [id, start] : *starts) {
            if (start.error || !start.offset) {
                continue;
            }
            auto place = co_await place_of(side, GroupPartition(group, id), start, stop);
            if (place.has_error()) {
                start.error = place.error().code;
            } else {
                start.offset = *place;
            }
        }
    }
}

/// The first record that is not finished. While the group has members, offsets without a record may
/// hold it back, as reading the log all the time would cost too much; as soon as it has none, and
/// the target has the records, the log tells.
Task<Result<Offset>> ShareGroupSync::place_of(Side& side, GroupPartition id,
                                              const ShareStart& start, std::stop_token stop) {
    const Offset place = client::first_unfinished(*start.offset, start.delivered);
    const Offset end = client::end_of_finished(*start.offset, start.delivered);
    const auto ranges = ranges_of_(id.second);
    if (place >= end || side.is_active(id.first) || !ranges) {
        co_return place;
    }
    const bool is_source = &side == &source_;
    if (ranges->target().end <
        (is_source ? ranges->place_at_source(end) : ranges->place_on_target(end))) {
        co_return place;
    }
    const auto known = side.walked.find(id);
    if (known != side.walked.end() && known->second.start == *start.offset &&
        known->second.delivered == start.delivered) {
        co_return known->second.place;
    }
    const TopicPartition here = side.names.on_target(id.second);
    const auto leader = side.cluster->metadata().leader_of(here);
    DeliveredLog log{{leader ? leader->leader : kNoBroker, here, place}, end, start.delivered};
    auto found = co_await first_unfinished_record(*side.cluster, std::move(log), stop);
    if (found.has_value()) {
        side.walked.insert_or_assign(std::move(id), Walked{*start.offset, start.delivered, *found});
    }
    co_return found;
}

Task<GroupStatus> ShareGroupSync::act(Outcome outcome, std::stop_token stop) {
    GroupStatus status = std::move(outcome.status);
    auto at_source = co_await alter(source_, std::move(outcome.to_source), stop);
    auto on_target = co_await alter(target_, std::move(outcome.to_target), stop);
    for (const auto* altered : {&at_source, &on_target}) {
        if (altered->has_error()) {
            status.note = altered->error().message();
        }
    }
    // Else what has changed has to look changed the next time, too.
    if (outcome.is_agreed && at_source.has_value() && *at_source && on_target.has_value() &&
        *on_target) {
        remembered_[status.name] = std::move(outcome.seen);
    }
    if (status.note.empty() && status.exact < status.partitions) {
        status.note = kLogTooShort;
    }
    for (const Side* side : {&source_, &target_}) {
        if (status.partitions > 0 && status.note.empty() && !side->reader.refusal().empty()) {
            status.note =
                "records that are acknowledged may be delivered again: " + side->reader.refusal();
        }
    }
    co_return status;
}

ShareGroupSync::Outcome ShareGroupSync::compare(const std::string& group) const {
    Outcome outcome;
    outcome.status.name = group;
    outcome.status.type = source_.listed.at(group).type;
    outcome.status.is_active_at_source = source_.is_active(group);
    outcome.status.is_active_at_target = target_.is_active(group);
    outcome.to_source.group = outcome.to_target.group = group;
    if (const auto last = remembered_.find(group); last != remembered_.end()) {
        outcome.seen = last->second;
    }
    for (const Side* side : {&source_, &target_}) {
        outcome.status.note = side->silence_on(group);
        if (!outcome.status.note.empty()) {
            return outcome;
        }
    }
    const ShareStarts& there = target_.starts_of(group);
    for (const auto& [id, start] : source_.starts_of(group)) {
        const auto found = there.find(id);
        compare(id, start, found == there.end() ? nullptr : &found->second, outcome);
    }
    return outcome;
}

/// One partition; `there` is null where the group has nothing to do with it on the target.
void ShareGroupSync::compare(const TopicPartition& id, const ShareStart& here,
                             const ShareStart* there, Outcome& outcome) const {
    const auto ranges = ranges_of_(id);
    const bool is_placed =
        here.error || (here.offset && ranges && ranges->has_place_at_source(*here.offset));
    if (!ranges || !is_placed) {
        return;
    }
    GroupStatus& status = outcome.status;
    const auto last = last_of(outcome.seen, id);
    std::optional<Offset> at_source;
    if (here.offset) {
        at_source = ranges->place_at_source(*here.offset);
    }
    if (here.error || !is_certain(there, last)) {
        status.note = "where it stands in " + id.to_string() + " is not known just now";
        if (!here.error && !there->error && !last) {
            outcome.seen[id] = {at_source, {}};  // the first of two looks
        }
        return;
    }
    GroupPlace place;
    place.source = {at_source, status.is_active_at_source};
    place.target.is_active = status.is_active_at_target;
    if (there != nullptr && there->offset && ranges->has_place_on_target(*there->offset)) {
        place.target.committed = ranges->place_on_target(*there->offset);
    }
    const bool was_set_back =
        there != nullptr && there->offset && !place.target.committed && last && last->target;
    if (was_set_back) {
        status.note = kBeforeTakeOver;
        return;
    }
    place.last = last;
    place.source_log = ranges->source();
    place.target_log = ranges->target();
    const GroupDecision decision = decide(place);
    LastSeen& seen = outcome.seen[id];
    seen = {at_source, place.target.committed};
    if (decision.action == GroupAction::to_target) {
        outcome.to_target.starts[id] = ranges->target_offset(decision.place);
        seen.target = decision.place;
    } else if (decision.action == GroupAction::to_source) {
        outcome.to_source.starts[id] = ranges->source_offset(decision.place);
        seen.source = decision.place;
    }
    if (const auto note = note_on(decision.action); !note.empty()) {
        status.note = note;
    }
    add_to_report(status, *seen.source, seen.target);
}

Task<Result<bool>> ShareGroupSync::alter(Side& side, client::ShareGroupChange change,
                                         std::stop_token stop) {
    if (change.starts.empty()) {
        co_return true;
    }
    if (const auto found = side.listed.find(change.group); found != side.listed.end()) {
        change.coordinator = found->second.coordinator;
    } else {
        auto coordinator = co_await client::find_coordinator(*side.cluster, change.group, stop);
        LS_CO_TRY(broker, std::move(coordinator));
        change.coordinator = broker;
    }
    auto starts = std::exchange(change.starts, {});
    for (const auto& [id, offset] : starts) {
        change.starts.emplace(side.names.on_target(id), offset);
    }
    auto changed = co_await client::alter_share_group(*side.cluster, std::move(change), stop);
    if (changed.has_error() && changed.error().code == protocol::KafkaError::non_empty_group) {
        co_return false;
    }
    LS_CO_CHECK(std::move(changed));
    co_return true;
}

}  // namespace lockstep::replication
