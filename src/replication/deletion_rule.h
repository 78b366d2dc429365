#pragma once

// PURE: what becomes of a copy whose topic was deleted at the source.
//
//     copied --gone for certain--> gone since T --T + after--> looked through --> deleted
//                ^                      |
//                `--it is there again---'
//
// `__lockstep_followed` (followed_record.h) remembers which topics a link has copied, and since
// when they are gone:
//
//     key    "<source cluster id>|<link>|topic|<topic>|<topic on the target>"
//     value  "1|gone_since=<ms since 1970>|source_ids=<id>,<id>|target_id=<id>"

#include "model/ids.h"
#include "model/link.h"
#include "replication/followed_record.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::replication {

/// A topic that a link has copied.
struct FollowedTopic {
    std::string topic;
    std::string target_topic;
    std::vector<Uuid> source_ids;  // of the topics of that name that were copied into it, in order
    Uuid target_id;
    std::optional<int64_t> gone_since_ms;

    bool operator==(const FollowedTopic&) const = default;
};

/// The beginning of the keys of all that a link has copied from a cluster.
std::string followed_topics_prefix(const std::string& source_cluster_id, const std::string& link);

std::string followed_topic_key(const std::string& prefix, const FollowedTopic& topic);
std::string encode_followed_topic(const FollowedTopic& topic);
/// Errors: `malformed`, `unsupported` for what a newer Lockstep wrote.
Result<FollowedTopic> decode_followed_topic(std::string_view key, std::string_view value);

/// What the clusters say of it.
struct DeletionFacts {
    enum class Source { there, gone, unknown };
    enum class Target { there, gone };  // gone: also where another topic has that name
    Source source = Source::unknown;
    Target target = Target::there;
    int64_t now_ms = 0;
    int64_t gone_for_ms = 0;  // as this process has seen it, by a clock that nobody sets
};

enum class DeletionStep {
    none,
    begin,   // remember that it is gone, and since when
    end,     // it is there again: forget that
    wait,    // it is not time yet
    erase,   // the copy, unless anybody else's records are in it
    forget,  // the topic as a whole: there is no copy any more
};

/// How long the copy stays, from when the topic was first seen to be gone.
int64_t kept_ms(const DeletedRule& rule);

/// `rule` is not `ignore`.
DeletionStep next_step(const FollowedTopic& topic, const DeletedRule& rule,
                       const DeletionFacts& facts);

/// Whether a batch of the copy was written for this topic by Lockstep, under whatever id.
bool is_own_batch(const FollowedTopic& topic, const std::string& source_cluster_id,
                  const TopicPartition& target, ProducerId producer);

}  // namespace lockstep::replication
