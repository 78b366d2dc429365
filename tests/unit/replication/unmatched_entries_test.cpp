#include "replication/unmatched_entries.h"

#include <gmock/gmock.h>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kTopics{"orders", "payments-eu", "payments-us", "__lockstep_audit"};

LinkSpec spec_of(std::vector<std::string> topics, std::vector<std::string> exclude = {}) {
    LinkSpec spec;
    spec.topics = std::move(topics);
    spec.exclude = std::move(exclude);
    return spec;
}

TEST(UnmatchedEntries, AreNone_WhereEachHasATopic) {
    EXPECT_THAT(unmatched_entries(spec_of({"orders", "payments-.*"}), kTopics), IsEmpty());
}

TEST(UnmatchedEntries, NameTheTopicThatWasMeant) {
    const auto found = unmatched_entries(spec_of({"ordrs", "orders", "invoices-.*"}), kTopics);
    EXPECT_THAT(found,
                ElementsAre(UnmatchedEntry{"ordrs", "orders"}, UnmatchedEntry{"invoices-.*", ""}));
    EXPECT_EQ(describe(found[0], "east"),
              "no topic of east matches \"ordrs\"; did you mean \"orders\"?");
    EXPECT_EQ(describe(found[1], "east"), "no topic of east matches \"invoices-.*\"");
}

TEST(UnmatchedEntries, AreAlsoThose_WhoseTopicsAreExcluded) {
    EXPECT_THAT(unmatched_entries(spec_of({"payments-.*", "orders"}, {"payments.*"}), kTopics),
                ElementsAre(UnmatchedEntry{"payments-.*", ""}));
    EXPECT_THAT(unmatched_entries(spec_of({"orders"}, {"ord.*"}), kTopics),
                ElementsAre(UnmatchedEntry{"orders", ""}));
}

TEST(UnmatchedEntries, AreThoseThatOnlyLockstepsOwnTopicsMatch) {
    EXPECT_THAT(unmatched_entries(spec_of({"__lockstep.*"}), kTopics),
                ElementsAre(UnmatchedEntry{"__lockstep.*", ""}));
}

}  // namespace
}  // namespace lockstep::replication
