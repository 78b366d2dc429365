#include "app/demo_report.h"

#include "app/progress.h"
#include "app/text_layout.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lockstep::app {
namespace {

int64_t lag_of(const DemoPartitionLogs& logs) {
    if (logs.origins.empty()) {
        return std::max<int64_t>(0, logs.source_stable - logs.target_end);
    }
    uint64_t missing = 0;
    for (const DemoOrigin& origin : logs.origins) {
        missing += origin.missing;
    }
    return static_cast<int64_t>(missing);
}

int64_t lag_of(const DemoLogs& logs) {
    int64_t sum = 0;
    for (const auto& [id, partition] : logs) {
        sum += lag_of(partition);
    }
    return sum;
}

const PartitionStatus* find_partition(const LinkStatus& link, const TopicPartition& id) {
    const auto found = std::ranges::find(link.partitions, id, &PartitionStatus::id);
    return found == link.partitions.end() ? nullptr : &*found;
}

struct LinkState {
    std::string name;
    DemoMood mood = DemoMood::busy;
    bool is_in_trouble = false;
};

LinkState state_of(const DemoLinkView& link, Progress progress) {
    if (link.is_paused) {
        return {"paused", DemoMood::bad, true};
    }
    if (link.is_cut) {
        return {"cut", DemoMood::bad, true};
    }
    if (!link.status.problem.empty()) {
        return {"unreachable", DemoMood::bad, true};
    }
    if (progress.blocked > 0) {
        return {fmt::format("{} blocked", progress.blocked), DemoMood::bad, true};
    }
    if (progress.retrying > 0) {
        return {fmt::format("{} retrying", progress.retrying), DemoMood::busy, true};
    }
    if (!link.status.discovered || progress.starting > 0 || progress.partitions == 0) {
        return {"starting", DemoMood::busy, false};
    }
    progress.lag_records = lag_of(link.logs);
    return progress.is_in_step() ? LinkState{"in step", DemoMood::good, false}
                                 : LinkState{"catching up", DemoMood::busy, false};
}

/// Where offsets are kept, the ends of both logs tell it.
std::string fault_of_ends(const DemoPartitionLogs& logs) {
    if (logs.target_end < logs.source_end) {
        return "lacks " +
               count_of(static_cast<size_t>(logs.source_end - logs.target_end), "record");
    }
    if (logs.target_end > logs.source_end) {
        const auto count = static_cast<size_t>(logs.target_end - logs.source_end);
        return "has " + count_of(count, "record") + " too many";
    }
    return "";
}

std::string fault_of_origins(const DemoPartitionLogs& logs) {
    for (const DemoOrigin& origin : logs.origins) {
        if (origin.missing > 0) {
            return fmt::format("lacks {} of {}", count_of(origin.missing, "record"),
                               origin.cluster);
        }
        if (origin.surplus > 0) {
            return fmt::format("has {} of {} too many", count_of(origin.surplus, "record"),
                               origin.cluster);
        }
        if (!origin.is_same) {
            return fmt::format("has other records of {}, or in another order", origin.cluster);
        }
    }
    return "";
}

/// What Lockstep has not, or not yet, proved of a copy that the logs say is whole.
std::string fault_of_proof(const std::optional<VerifiedStatus>& verified,
                           const DemoPartitionLogs& logs) {
    if (verified && verified->differences > 0) {
        return "has " + count_of(verified->differences, "difference");
    }
    // A log that never had a record needs no proof.
    const Offset proved = verified ? verified->to : logs.source_start;
    if (proved < logs.source_end) {
        return fmt::format("was verified only up to {} of {}", proved.value(),
                           logs.source_end.value());
    }
    // Where nothing was deleted, each record must have been compared.
    if (logs.cleanup == DemoCleanup::deleted && logs.source_start == Offset(0)) {
        uint64_t all = 0;
        for (const DemoOrigin& origin : logs.origins) {
            all += origin.at_source;
        }
        const uint64_t compared = verified ? verified->records : 0;
        if (compared < all) {
            return fmt::format("was verified only in {} of {}", compared, count_of(all, "record"));
        }
    }
    return "";
}

std::string fault_of_partition(const PartitionStatus* partition, const DemoPartitionLogs& logs) {
    if (partition == nullptr) {
        return "is not copied";
    }
    if (partition->state != PartitionState::running) {
        return fmt::format("is {}{}{}", to_string(partition->state),
                           partition->reason.empty() ? "" : ": ", partition->reason);
    }
    const std::string fault = logs.origins.empty() ? fault_of_ends(logs) : fault_of_origins(logs);
    return fault.empty() ? fault_of_proof(partition->verified, logs) : fault;
}

/// How much of a partition's copy has been compared, in the source's offsets.
struct ComparedPart {
    int64_t done = 0;
    int64_t all = 0;
};

ComparedPart compared_part(const PartitionStatus& partition, const DemoPartitionLogs& logs) {
    const auto& verified = partition.verified;
    const Offset from = verified ? std::max(logs.source_start, verified->from) : logs.source_start;
    const Offset to = verified ? std::max(from, verified->to) : from;
    const Offset copied_to =
        logs.origins.empty() ? logs.target_end : partition.next_offset.value_or(from);
    return {std::min(to, std::max(from, copied_to)) - from, std::max<int64_t>(0, copied_to - from)};
}

}  // namespace

DemoLink describe_demo_link(const DemoLinkView& link, const Rates& rates) {
    const Progress progress = sum_up({link.status}, rates);
    DemoLink shown;
    shown.source = link.status.source;
    shown.target = link.status.target;
    LinkState state = state_of(link, progress);
    shown.state = std::move(state.name);
    shown.mood = state.mood;
    shown.is_in_trouble = state.is_in_trouble;
    shown.behind = lag_of(link.logs);
    shown.records_per_second = link.is_paused ? 0 : progress.records_per_second;
    shown.problem = link.is_paused ? "" : link.status.problem;  // nobody has looked since
    int64_t compared = 0;
    int64_t comparable = 0;
    for (const PartitionStatus& partition : link.status.partitions) {
        if (partition.verified) {
            shown.verified += partition.verified->records;
            shown.differences += partition.verified->differences;
        }
        const auto logs = link.logs.find(partition.id);
        if (logs != link.logs.end()) {
            const ComparedPart part = compared_part(partition, logs->second);
            compared += part.done;
            comparable += part.all;
        }
    }
    shown.verified_part =
        comparable == 0 ? 0 : static_cast<double>(compared) / static_cast<double>(comparable);
    return shown;
}

std::vector<DemoTrouble> demo_troubles(const std::vector<DemoLinkView>& links) {
    std::vector<DemoTrouble> troubles;
    const auto add = [](std::vector<std::string>& names, const std::string& name) {
        if (std::ranges::find(names, name) == names.end()) {
            names.push_back(name);
        }
    };
    for (const DemoLinkView& link : links) {
        for (const PartitionStatus& partition : link.status.partitions) {
            if (partition.state == PartitionState::running || link.is_paused) {
                continue;
            }
            const std::string_view state = to_string(partition.state);
            auto found = std::ranges::find_if(troubles, [&](const DemoTrouble& trouble) {
                return trouble.state == state && trouble.reason == partition.reason;
            });
            if (found == troubles.end()) {
                const bool is_blocked = partition.state == PartitionState::blocked;
                troubles.push_back({{}, {}, std::string(state), partition.reason, is_blocked});
                found = std::prev(troubles.end());
            }
            add(found->links, link.status.name);
            add(found->partitions, partition.id.to_string());
        }
    }
    std::ranges::stable_partition(troubles, &DemoTrouble::is_blocked);
    return troubles;
}

std::vector<std::string> demo_link_faults(const DemoLinkView& link) {
    if (link.is_paused) {
        return {"Lockstep is paused"};
    }
    if (link.is_cut) {
        return {"it is cut"};
    }
    if (!link.status.problem.empty()) {
        return {link.status.problem};
    }
    if (!link.status.discovered) {
        return {"it has not reached both clusters yet"};
    }
    std::vector<std::string> faults;
    for (const auto& [id, logs] : link.logs) {
        const std::string fault = fault_of_partition(find_partition(link.status, id), logs);
        if (!fault.empty()) {
            faults.push_back(id.to_string() + " " + fault);
        }
    }
    return faults;
}

std::vector<std::string> DemoNews::update(double seconds, const std::vector<DemoLinkView>& links,
                                          const Rates& rates) {
    std::vector<std::string> news;
    for (const DemoLinkView& link : links) {
        Known& known = links_[link.status.name];
        if (!link.is_paused && link.status.problem != known.problem) {
            known.problem = link.status.problem;
            if (!known.problem.empty()) {
                news.push_back(link.status.name + ": " + known.problem);
            }
        }
    }
    for (std::string& text : news_of_partitions(links)) {
        news.push_back(std::move(text));
    }
    for (const DemoLinkView& link : links) {
        std::string text = news_of_link(seconds, link, rates);
        if (!text.empty()) {
            news.push_back(std::move(text));
        }
    }
    return news;
}

/// What is told: which partitions are new, which are in trouble of their own, and which come out of
/// being blocked. That of a link which reaches nobody each one tries again goes without saying.
std::vector<std::string> DemoNews::news_of_partitions(const std::vector<DemoLinkView>& links) {
    std::vector<LinkStatus> statuses;
    for (const DemoLinkView& link : links) {
        if (!link.is_paused) {
            statuses.push_back(link.status);
        }
    }
    struct Kind {
        std::string link;
        PartitionState now;
        PartitionState was;
        auto operator<=>(const Kind&) const = default;
    };
    std::map<Kind, std::vector<StateChange>> kinds;
    for (StateChange& change : changes_.update(statuses)) {
        kinds[{change.link, change.now, change.was}].push_back(std::move(change));
    }
    std::vector<std::string> news;
    for (const auto& [kind, changes] : kinds) {
        const auto link = std::ranges::find_if(links, [&kind = kind](const DemoLinkView& one) {
            return one.status.name == kind.link;
        });
        const bool is_alone = changes.size() == 1;
        const std::string who =
            is_alone ? changes.front().id.to_string() : count_of(changes.size(), "partition");
        const char* is = is_alone ? "is" : "are";
        const std::string& reason = changes.front().reason;
        if (kind.now == PartitionState::running) {
            if (kind.was != PartitionState::retrying) {
                news.push_back(fmt::format("{}: {} {} being copied{}", kind.link, who, is,
                                           kind.was == PartitionState::blocked ? " again" : ""));
            }
        } else if (kind.now == PartitionState::blocked ||
                   (kind.now == PartitionState::retrying && !link->is_cut &&
                    link->status.problem.empty())) {
            news.push_back(
                fmt::format("{}: {} {} {}: {}", kind.link, who, is, to_string(kind.now), reason));
        }
    }
    return news;
}

std::string DemoNews::news_of_link(double seconds, const DemoLinkView& link, const Rates& rates) {
    Known& known = links_[link.status.name];
    const DemoLink shown = describe_demo_link(link, rates);
    if (shown.is_in_trouble && !known.is_in_trouble) {
        known.is_in_trouble = true;
        known.in_trouble_since = seconds;
    }
    if (shown.mood != DemoMood::good || !known.is_in_trouble) {
        return "";
    }
    known.is_in_trouble = false;
    const bool is_first = !std::exchange(known.was_in_step, true);
    return is_first ? link.status.name + ": in step for the first time"
                    : fmt::format("{}: in step again, after {:.1f} s", link.status.name,
                                  seconds - known.in_trouble_since);
}

}  // namespace lockstep::app
