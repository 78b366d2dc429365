#include "sandbox/disk/journal_format.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

Bytes journal_of(const std::vector<ImageChanges>& entries) {
    Bytes journal;
    for (const ImageChanges& changes : entries) {
        const Bytes entry = encode_entry(changes);
        journal.insert(journal.end(), entry.begin(), entry.end());
    }
    return journal;
}

const std::vector<ImageChanges> kEntries{
    {{"a", "1"}, {"b", "2"}}, {{"a", std::nullopt}, {"c", ""}}, {{"b", "22"}, {"d", "4"}}};
const Image kAfterTwo{{"b", "2"}, {"c", ""}};
const Image kAfterThree{{"b", "22"}, {"c", ""}, {"d", "4"}};

TEST(JournalFormat, Replay_GivesWhatAllEntriesTogetherSay) {
    const Bytes journal = journal_of(kEntries);
    const auto replayed = replay_journal(journal);
    ASSERT_TRUE(replayed.has_value());
    EXPECT_EQ(replayed->image, kAfterThree);
    EXPECT_EQ(replayed->good_bytes, journal.size());
    EXPECT_EQ(replayed->entries, 3U);
}

TEST(JournalFormat, Replay_OfNothingIsNothing) {
    const auto replayed = replay_journal({});
    ASSERT_TRUE(replayed.has_value());
    EXPECT_TRUE(replayed->image.empty());
}

TEST(JournalFormat, TornTail_IsLeftOutAsAWholeAtEveryByte) {
    const Bytes journal = journal_of(kEntries);
    const size_t kept = journal.size() - encode_entry(kEntries.back()).size();
    for (size_t size = kept; size < journal.size(); ++size) {
        const auto replayed = replay_journal(ByteView(journal).subspan(0, size));
        ASSERT_TRUE(replayed.has_value()) << size;
        EXPECT_EQ(replayed->image, kAfterTwo) << size;
        EXPECT_EQ(replayed->good_bytes, kept) << size;
    }
}

TEST(JournalFormat, TailOfZeros_IsLeftOut) {
    Bytes journal = journal_of(kEntries);
    const size_t good = journal.size();
    journal.resize(good + 100);
    const auto replayed = replay_journal(journal);
    ASSERT_TRUE(replayed.has_value());
    EXPECT_EQ(replayed->good_bytes, good);
}

TEST(JournalFormat, DamageBeforeWholeEntries_IsAnErrorAtEveryByte) {
    const Bytes journal = journal_of(kEntries);
    const size_t behind = journal.size() - encode_entry(kEntries.back()).size();
    for (size_t at = 0; at < behind; ++at) {
        Bytes damaged = journal;
        damaged[at] ^= 0x40;
        EXPECT_TRUE(replay_journal(damaged).has_error()) << at;
    }
}

TEST(JournalFormat, DamageInTheLastEntry_LeavesThatOut) {
    Bytes journal = journal_of(kEntries);
    journal.back() ^= 1;
    const auto replayed = replay_journal(journal);
    ASSERT_TRUE(replayed.has_value());
    EXPECT_EQ(replayed->image, kAfterTwo);
}

}  // namespace
}  // namespace lockstep::sandbox
