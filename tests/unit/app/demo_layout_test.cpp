#include "app/demo_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace lockstep::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> written_in(const DemoLayout& layout) {
    std::vector<std::string> names;
    for (const DemoPlace& place : layout.places) {
        if (place.is_written) {
            names.push_back(place.name);
        }
    }
    return names;
}

const LinkSpec& link_named(const DemoLayout& layout, const std::string& name) {
    return *std::ranges::find(layout.links, name, &LinkSpec::name);
}

TEST(DemoLayout, KnowsAllStrategies) {
    EXPECT_THAT(demo_strategies(),
                ElementsAre("active-passive", "active-active", "hub-spoke", "mesh"));
}

TEST(DemoLayout, ActivePassive_CopiesOffsetsAndGroups) {
    const DemoLayout layout = demo_layout("active-passive");
    EXPECT_THAT(layout.link_names(), ElementsAre("berlin-paris"));
    EXPECT_THAT(written_in(layout), ElementsAre("berlin"));
    EXPECT_TRUE(layout.has_groups);
    EXPECT_FALSE(layout.links[0].origins.has_value());
    EXPECT_EQ(layout.links[0].offsets, OffsetsMode::preserve);
    EXPECT_EQ(layout.places[1].role, "target");
    EXPECT_EQ(layout.places[2].role, "not linked here");
}

TEST(DemoLayout, ActiveActive_LinksTwoBothWays) {
    const DemoLayout layout = demo_layout("active-active");
    EXPECT_THAT(layout.link_names(), ElementsAre("berlin-paris", "paris-berlin"));
    EXPECT_THAT(written_in(layout), ElementsAre("berlin", "paris"));
    EXPECT_EQ(layout.places[2].role, "not linked here");
    EXPECT_FALSE(layout.has_groups);
}

TEST(DemoLayout, HubSpoke_Relays) {
    const DemoLayout layout = demo_layout("hub-spoke");
    EXPECT_THAT(layout.link_names(),
                ElementsAre("berlin-paris", "paris-berlin", "berlin-london", "london-berlin"));
    EXPECT_THAT(written_in(layout), ElementsAre("berlin", "paris", "london"));
    EXPECT_THAT(*link_named(layout, "berlin-london").origins, ElementsAre("berlin", "paris"));
    EXPECT_THAT(*link_named(layout, "london-berlin").origins, ElementsAre("london"));
    EXPECT_EQ(layout.places[0].role, "hub, written to");
}

TEST(DemoLayout, Mesh_LinksEachWithEachOther) {
    const DemoLayout layout = demo_layout("mesh");
    EXPECT_THAT(layout.link_names(), ElementsAre("berlin-paris", "berlin-london", "paris-berlin",
                                                 "paris-london", "london-berlin", "london-paris"));
    EXPECT_THAT(*link_named(layout, "paris-london").origins, ElementsAre("paris"));
    EXPECT_THAT(written_in(layout), ElementsAre("berlin", "paris", "london"));
}

TEST(DemoLayout, BringsWhatIsWritten_ToEachLinkedClusterOnce) {
    for (const std::string& strategy : demo_strategies()) {
        const DemoLayout layout = demo_layout(strategy);
        EXPECT_EQ(to_string(layout.strategy), strategy);
        EXPECT_THAT(layout.cluster_names(), ElementsAre("berlin", "paris", "london"));
        const RouteProof proof = prove_routes(layout.links);
        EXPECT_THAT(proof.problems, IsEmpty()) << strategy;
        size_t linked = 0;
        for (const DemoPlace& place : layout.places) {
            linked += place.role == "not linked here" ? 0 : 1;
        }
        std::vector<std::string> origins;
        for (const RouteTree& tree : proof.trees) {
            origins.push_back(tree.origin);
            EXPECT_EQ(tree.paths.size(), linked - 1) << strategy << ": " << tree.origin;
        }
        EXPECT_THAT(origins, testing::UnorderedElementsAreArray(written_in(layout))) << strategy;
    }
}

}  // namespace
}  // namespace lockstep::app
