#include "replication/deletion_rule.h"

#include "base/text.h"
#include "model/tagged_producer_id.h"
#include "replication/offset_record.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace lockstep::replication {
namespace {

constexpr std::string_view kSourceIds = "source_ids";
constexpr std::string_view kTargetId = "target_id";
constexpr std::string_view kGoneSince = "gone_since";

/// With `mirror`: brokers do not all learn of a deletion, or of a new topic, at the same time.
constexpr int64_t kSettleMs = 10'000;

Error malformed(std::string_view key) {
    return Error(Errc::malformed,
                 fmt::format("what was remembered of a topic (\"{}\") cannot be read", key));
}

std::optional<Uuid> id_in(const Settings& settings, std::string_view name) {
    const auto found = settings.find(std::string(name));
    return found == settings.end() ? std::nullopt : Uuid::parse(found->second);
}

}  // namespace

std::string followed_topics_prefix(const std::string& source_cluster_id, const std::string& link) {
    return join_parts({source_cluster_id, link, "topic"}) + "|";
}

std::string followed_topic_key(const std::string& prefix, const FollowedTopic& topic) {
    return prefix + join_parts({topic.topic, topic.target_topic});
}

std::string encode_followed_topic(const FollowedTopic& topic) {
    Settings settings;
    std::string ids;
    for (const Uuid& id : topic.source_ids) {
        ids += (ids.empty() ? "" : ",") + id.to_string();
    }
    settings[std::string(kSourceIds)] = ids;
    settings[std::string(kTargetId)] = topic.target_id.to_string();
    if (topic.gone_since_ms) {
        settings[std::string(kGoneSince)] = std::to_string(*topic.gone_since_ms);
    }
    return encode_settings(settings);
}

Result<FollowedTopic> decode_followed_topic(std::string_view key, std::string_view value) {
    const std::vector<std::string> parts = split_parts(key);
    LS_TRY(settings, decode_settings(value));
    const auto target_id = id_in(settings, kTargetId);
    if (parts.size() != 5 || parts[2] != "topic" || !target_id) {
        return malformed(key);
    }
    FollowedTopic topic{parts[3], parts[4], {}, *target_id, {}};
    for (const std::string_view text : split(settings[std::string(kSourceIds)], ',')) {
        const auto id = Uuid::parse(text);
        if (!id) {
            return malformed(key);
        }
        topic.source_ids.push_back(*id);
    }
    if (const auto since = settings.find(std::string(kGoneSince)); since != settings.end()) {
        int64_t ms = 0;
        const char* end = since->second.data() + since->second.size();
        if (std::from_chars(since->second.data(), end, ms).ptr != end) {
            return malformed(key);
        }
        topic.gone_since_ms = ms;
    }
    return topic;
}

int64_t kept_ms(const DeletedRule& rule) {
    return std::max(kSettleMs, rule.kind == DeletedRule::Kind::after ? rule.after.count() : 0);
}

DeletionStep next_step(const FollowedTopic& topic, const DeletedRule& rule,
                       const DeletionFacts& facts) {
    if (facts.target == DeletionFacts::Target::gone) {
        return DeletionStep::forget;
    }
    if (facts.source == DeletionFacts::Source::there) {
        return topic.gone_since_ms ? DeletionStep::end : DeletionStep::none;
    }
    if (facts.source == DeletionFacts::Source::unknown) {
        return DeletionStep::none;
    }
    if (!topic.gone_since_ms) {
        return DeletionStep::begin;
    }
    const bool is_due =
        facts.now_ms - *topic.gone_since_ms >= kept_ms(rule) && facts.gone_for_ms >= kSettleMs;
    return is_due ? DeletionStep::erase : DeletionStep::wait;
}

bool is_own_batch(const FollowedTopic& topic, const std::string& source_cluster_id,
                  const TopicPartition& target, ProducerId producer) {
    const std::string from = topic.topic == target.topic ? "" : topic.topic;
    return std::ranges::any_of(topic.source_ids, [&](const Uuid& id) {
        const ProducerId first = preserved_stream_id({source_cluster_id, id, target, from, ""});
        return generation_of(producer, first) || is_filler_of(producer, first) ||
               producer == translated_producer_id(first);
    });
}

}  // namespace lockstep::replication
