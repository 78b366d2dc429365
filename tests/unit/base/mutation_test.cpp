#include "base/mutation.h"

#include <gtest/gtest.h>

#include <set>

namespace lockstep {
namespace {

constexpr size_t kFewestMutations = 25;

TEST(Mutation, ListHasEnough_EachWithANameOfItsOwn) {
    std::set<std::string_view> names;
    std::set<std::string_view> texts;
    for (const MutationText& text : kMutations) {
        names.insert(text.name);
        texts.insert(text.what);
    }
    EXPECT_GE(kMutations.size(), kFewestMutations);
    EXPECT_EQ(names.size(), kMutations.size());
    EXPECT_EQ(texts.size(), kMutations.size());
}

#ifndef LS_MUTATIONS
TEST(Mutation, NoneIsInTheProgram_UnlessItWasBuiltForThem) {
    static_assert(!kHasMutations);
    for (const MutationText& text : kMutations) {
        EXPECT_FALSE(mutated(text.mutation));
    }
    EXPECT_FALSE(chosen_mutation.has_value());
}
#endif

}  // namespace
}  // namespace lockstep
