#include "replication/deletion_follower.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/text.h"
#include "client/admin.h"
#include "replication/followed_record.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace lockstep::replication {

using client::TopicPresence;
using runtime::Task;

namespace {

constexpr auto kPause = std::chrono::seconds(3);

TopicFilter filter_of(const LinkSpec& spec) {
    auto filter = TopicFilter::make(spec.topics, spec.exclude);
    LS_ASSERT(filter.has_value());
    return std::move(*filter);
}

DeletionFacts::Source fact_of(const TopicPresence& presence) {
    switch (presence.kind) {
        case TopicPresence::Kind::there: return DeletionFacts::Source::there;
        case TopicPresence::Kind::gone: return DeletionFacts::Source::gone;
        case TopicPresence::Kind::unknown: break;
    }
    return DeletionFacts::Source::unknown;
}

/// Retention may have raised their starts.
bool have_same_ends(const CopyLogs& one, const CopyLogs& other) {
    return std::ranges::equal(one, other, [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.end == b.second.end;
    });
}

}  // namespace

std::vector<FollowedTopic> followed_topics(const FollowedStore::Entries& entries,
                                           const std::string& source_cluster_id,
                                           const LinkSpec& spec) {
    const TopicFilter filter = filter_of(spec);
    const std::string prefix = followed_topics_prefix(source_cluster_id, spec.name);
    std::vector<FollowedTopic> topics;
    for (auto next = entries.lower_bound(prefix);
         next != entries.end() && next->first.starts_with(prefix); ++next) {
        auto topic = decode_followed_topic(next->first, next->second);
        if (topic.has_error()) {
            log::debug("link {}: {}", spec.name, topic.error().message());
        } else if (filter.matches(topic->topic) &&
                   spec.names.on_target(topic->topic) == topic->target_topic) {
            topics.push_back(std::move(*topic));
        }
    }
    return topics;
}

DeletionFollower::DeletionFollower(DeletionServices services)
    : services_(std::move(services)), store_(services_.target) {
    status_.is_followed = true;
}

std::string DeletionFollower::prefix() const {
    return followed_topics_prefix(services_.source.metadata().cluster_id(), services_.spec.name);
}

Task<void> DeletionFollower::run(std::stop_token stop) {
    auto& loop = services_.source.runtime().loop;
    while (!stop.stop_requested()) {
        co_await runtime::sleep_for(loop, kPause, stop);
        const bool are_known = !services_.source.metadata().cluster_id().empty() &&
                               !services_.target.metadata().cluster_id().empty();
        if (are_known && !stop.stop_requested()) {
            const auto looked = co_await look(stop);
            note(looked, stop);
        }
    }
}

Task<Result<void>> DeletionFollower::look(std::stop_token stop) {
    LS_CO_CHECK(co_await store_.catch_up(stop));
    LS_CO_CHECK(co_await remember_copied(stop));
    auto looked = co_await find(stop);
    LS_CO_TRY(found, std::move(looked));
    tell_what_others_deleted(found.topics);
    waiting_.clear();
    known_.clear();
    Result<void> first_problem;
    for (const FollowedTopic& topic : found.topics) {
        const auto presence = found.at_source.find(topic.topic);
        TopicPresence at_source;
        at_source.kind = TopicPresence::Kind::there;
        if (presence != found.at_source.end()) {
            at_source = presence->second;
        }
        if (at_source.kind != TopicPresence::Kind::there) {
            known_[followed_topic_key(prefix(), topic)] = topic;
        }
        auto acted = co_await act(topic, std::move(at_source), stop);
        if (acted.has_error()) {
            wait_for(topic, acted.error().message());
            first_problem = first_problem.has_error() ? first_problem : std::move(acted);
        }
    }
    status_.waiting = std::move(waiting_);
    co_return first_problem;
}

/// What is not remembered is never deleted: a topic that comes and goes before that stays.
Task<Result<void>> DeletionFollower::remember_copied(std::stop_token stop) {
    FollowedStore::Changes changes;
    for (FollowedTopic& topic : services_.copied()) {
        const std::string key = followed_topic_key(prefix(), topic);
        const auto stored = store_.entries().find(key);
        if (stored != store_.entries().end()) {
            auto known = decode_followed_topic(key, stored->second);
            if (known.has_value() && known->target_id == topic.target_id &&
                std::ranges::find(known->source_ids, topic.source_ids.front()) !=
                    known->source_ids.end()) {
                continue;
            }
            if (known.has_value() && known->target_id == topic.target_id) {
                // Made again at the source, and copied behind the old one.
                topic.source_ids.insert(topic.source_ids.begin(), known->source_ids.begin(),
                                        known->source_ids.end());
            }
        }
        changes[key] = encode_followed_topic(topic);
    }
    auto stored = co_await store_.put(std::move(changes), stop);
    if (stored.has_error()) {
        co_return std::move(stored).error().within("remember the topics that are copied");
    }
    co_return Result<void>();
}

Task<Result<DeletionFollower::Found>> DeletionFollower::find(std::stop_token stop) {
    Found found;
    found.topics =
        followed_topics(store_.entries(), services_.source.metadata().cluster_id(), services_.spec);
    std::vector<std::string> missing;
    std::vector<std::string> copies;
    for (const FollowedTopic& topic : found.topics) {
        const bool is_known =
            services_.source.metadata().find_topic(topic.topic) != nullptr && !topic.gone_since_ms;
        if (!is_known) {
            missing.push_back(topic.topic);
            copies.push_back(topic.target_topic);
        }
    }
    if (missing.empty()) {
        co_return found;
    }
    LS_CO_CHECK(co_await services_.target.refresh_metadata(&copies, stop));
    auto asked = co_await client::ask_for_topics(services_.source, std::move(missing), stop);
    found.at_source = std::move(asked);
    co_return found;
}

/// What was gone at the last look and is not remembered any more: another worker has deleted it.
void DeletionFollower::tell_what_others_deleted(const std::vector<FollowedTopic>& topics) {
    for (const auto& [key, topic] : known_) {
        const bool is_remembered = std::ranges::any_of(topics, [&](const FollowedTopic& each) {
            return each.topic == topic.topic && each.target_topic == topic.target_topic &&
                   each.target_id == topic.target_id;
        });
        if (!is_remembered) {
            services_.on_gone(topic, false);
        }
    }
}

/// For how long this process has seen it gone, whatever any clock on a wall says.
int64_t DeletionFollower::gone_for_ms(const FollowedTopic& topic, DeletionFacts::Source source) {
    const std::string key = followed_topic_key(prefix(), topic);
    if (source != DeletionFacts::Source::gone) {
        gone_from_.erase(key);
        return 0;
    }
    const auto now = services_.source.runtime().loop.now();
    const auto from = gone_from_.try_emplace(key, now).first->second;
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - from).count();
}

Task<Result<void>> DeletionFollower::act(FollowedTopic topic, TopicPresence at_source,
                                         std::stop_token stop) {
    const auto* copy = services_.target.metadata().find_topic(topic.target_topic);
    DeletionFacts facts;
    facts.source = fact_of(at_source);
    facts.now_ms = services_.source.runtime().loop.wall_clock_ms();
    facts.gone_for_ms = gone_for_ms(topic, facts.source);
    // A copy that is there, and being copied to, need not be looked for.
    const bool is_there = facts.source == DeletionFacts::Source::there ||
                          (copy != nullptr && copy->id == topic.target_id);
    facts.target = is_there ? DeletionFacts::Target::there : DeletionFacts::Target::gone;
    const DeletionStep step = next_step(topic, services_.spec.on_deleted, facts);
    const bool is_ours = services_.is_ours_to_do();
    switch (step) {
        case DeletionStep::none:
            if (facts.source == DeletionFacts::Source::unknown) {
                wait_for(topic, "whether it is gone cannot be known: " + at_source.problem);
            }
            co_return Result<void>();
        case DeletionStep::begin: {
            if (!is_ours) {
                co_return Result<void>();
            }
            topic.gone_since_ms = facts.now_ms;
            log::info("link {}: topic {} is gone at {}: its copy {} on {} is deleted at {}",
                      services_.spec.name, topic.topic, services_.spec.source, topic.target_topic,
                      services_.spec.target,
                      format_utc(facts.now_ms + kept_ms(services_.spec.on_deleted)));
            wait_for(topic, "");
            auto stored = co_await put(std::move(topic), stop);
            co_return stored;
        }
        case DeletionStep::end: {
            if (!is_ours) {
                co_return Result<void>();
            }
            log::info("link {}: topic {} is there again at {}: its copy stays", services_.spec.name,
                      topic.topic, services_.spec.source);
            topic.gone_since_ms.reset();
            auto stored = co_await put(std::move(topic), stop);
            co_return stored;
        }
        case DeletionStep::wait: wait_for(topic, ""); co_return Result<void>();
        case DeletionStep::forget: {
            auto forgotten = co_await forget_copy(std::move(topic), stop);
            co_return forgotten;
        }
        case DeletionStep::erase: break;
    }
    if (services_.is_paused(topic.topic) || !is_ours) {
        wait_for(topic, is_ours ? "it is paused" : "");
        co_return Result<void>();
    }
    auto erased = co_await erase(std::move(topic), stop);
    co_return erased;
}

/// A broker of the target that has just started may lack what the others know.
Task<Result<void>> DeletionFollower::forget_copy(FollowedTopic topic, std::stop_token stop) {
    std::vector<std::string> names{topic.target_topic};
    const auto asked = co_await client::ask_for_topics(services_.target, std::move(names), stop);
    const TopicPresence& there = asked.at(topic.target_topic);
    if (there.kind == TopicPresence::Kind::unknown) {
        wait_for(topic, "whether its copy is there cannot be known: " + there.problem);
        co_return Result<void>();
    }
    if (there.kind == TopicPresence::Kind::there && there.id == topic.target_id) {
        co_return Result<void>();
    }
    services_.on_gone(topic, false);
    auto forgotten = co_await forget(std::move(topic), stop);
    co_return forgotten;
}

/// Reading may have taken long: all that made it right to delete the copy must still be so.
Task<Result<bool>> DeletionFollower::is_still_to_go(FollowedTopic topic, CopyLogs searched,
                                                    std::stop_token stop) {
    LS_CO_CHECK(co_await store_.catch_up(stop));
    const auto stored = store_.entries().find(followed_topic_key(prefix(), topic));
    if (stored == store_.entries().end() || stored->second != encode_followed_topic(topic)) {
        co_return false;
    }
    std::vector<std::string> names{topic.topic};
    const auto again = co_await client::ask_for_topics(services_.source, std::move(names), stop);
    if (again.at(topic.topic).kind != TopicPresence::Kind::gone || stop.stop_requested() ||
        services_.is_paused(topic.topic) || !services_.is_ours_to_do()) {
        co_return false;
    }
    auto asked = co_await logs_of_copy(services_.target, std::move(topic), stop);
    LS_CO_TRY(logs, std::move(asked));
    co_return have_same_ends(logs, searched);
}

Task<Result<void>> DeletionFollower::erase(FollowedTopic topic, std::stop_token stop) {
    auto asked = co_await logs_of_copy(services_.target, topic, stop);
    LS_CO_TRY(logs, std::move(asked));
    const std::string key = followed_topic_key(prefix(), topic);
    const auto kept = kept_.find(key);
    std::string foreign;
    if (kept != kept_.end() && kept->second.target_id == topic.target_id &&
        kept->second.logs == logs) {
        foreign = kept->second.why;
    } else {
        CopySearch search{services_.source.metadata().cluster_id(), logs};
        auto searched =
            co_await find_foreign_data(services_.target, topic, std::move(search), stop);
        LS_CO_TRY(found, std::move(searched));
        foreign = std::move(found);
    }
    if (!foreign.empty()) {
        wait_for(topic, "the copy is not deleted: " + foreign);
        kept_[key] = {topic.target_id, std::move(logs), std::move(foreign)};
        co_return Result<void>();
    }
    kept_.erase(key);
    auto looked = co_await is_still_to_go(topic, std::move(logs), stop);
    LS_CO_TRY(goes, std::move(looked));
    if (!goes) {
        wait_for(topic, "");
        co_return Result<void>();
    }
    client::TopicIdentity copy{topic.target_topic, topic.target_id};
    LS_CO_CHECK(co_await client::delete_topic(services_.target, std::move(copy), stop));
    ++status_.deleted;
    log::warn("link {}: topic {} was deleted at {}: deleted its copy {} on {}, as on_deleted says",
              services_.spec.name, topic.topic, services_.spec.source, topic.target_topic,
              services_.spec.target);
    services_.on_gone(topic, true);
    auto forgotten = co_await forget(std::move(topic), stop);
    co_return forgotten;
}

Task<Result<void>> DeletionFollower::put(FollowedTopic topic, std::stop_token stop) {
    FollowedStore::Changes changes;
    changes[followed_topic_key(prefix(), topic)] = encode_followed_topic(topic);
    auto stored = co_await store_.put(std::move(changes), stop);
    co_return stored;
}

/// With what was agreed on of the copy's configs: another topic of that name begins anew.
Task<Result<void>> DeletionFollower::forget(FollowedTopic topic, std::stop_token stop) {
    FollowedStore::Changes changes;
    const std::string key = followed_topic_key(prefix(), topic);
    changes[key] = std::nullopt;
    changes[join_parts({services_.source.metadata().cluster_id(), "config", topic.target_topic})] =
        std::nullopt;
    known_.erase(key);
    kept_.erase(key);
    gone_from_.erase(key);
    auto stored = co_await store_.put(std::move(changes), stop);
    co_return stored;
}

void DeletionFollower::wait_for(const FollowedTopic& topic, std::string problem) {
    if (!problem.empty() && noted_.insert(topic.target_topic + problem).second) {
        log::warn("link {}: topic {}: {}", services_.spec.name, topic.topic, problem);
    }
    const int64_t since = topic.gone_since_ms.value_or(0);
    const int64_t due = topic.gone_since_ms ? since + kept_ms(services_.spec.on_deleted) : 0;
    waiting_.push_back({topic.topic, topic.target_topic, since, due, std::move(problem)});
}

/// Says what keeps it from looking, when that changes.
void DeletionFollower::note(const Result<void>& looked, const std::stop_token& stop) {
    if (stop.stop_requested()) {
        return;
    }
    const std::string seen = looked.has_error() ? looked.error().message() : "";
    if (seen != status_.problem && !seen.empty()) {
        log::warn("link {}: deletions are not followed: {}", services_.spec.name, seen);
    }
    status_.problem = seen;
}

}  // namespace lockstep::replication
