#include "app/demo_view.h"

#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

using testing::HasSubstr;
using testing::Not;

DemoCluster sample_cluster(std::string name, std::string role) {
    DemoCluster cluster;
    cluster.name = std::move(name);
    cluster.role = std::move(role);
    cluster.bootstrap = "127.0.0.1:40001,127.0.0.1:40002,127.0.0.1:40003";
    cluster.brokers = {{1, true}, {2, true}, {3, true}};
    cluster.records = 12'345;
    cluster.records_per_second = 299.7;
    cluster.bytes_per_second = 30 * 1024;
    return cluster;
}

DemoScene sample_scene() {
    DemoScene scene;
    scene.seconds = 65.9;
    scene.strategy = "active-passive";
    scene.clusters = {sample_cluster("berlin", "source"), sample_cluster("paris", "target")};
    DemoLink link;
    link.source = "berlin";
    link.target = "paris";
    link.state = "in step";
    link.mood = DemoMood::good;
    link.behind = 7;
    link.records_per_second = 301;
    link.verified = 12'000;
    link.verified_part = 0.979;
    scene.links = {link};
    scene.group = {"billing", "berlin", 9000, {{"paris", 9000, 5, 5}}};
    scene.events = {{0.4, "berlin-paris: in step for the first time", false},
                    {5.1, "killed broker 1 of berlin", true}};
    scene.has_keys = true;
    return scene;
}

DemoTrouble sample_trouble() {
    return {{"berlin-paris"},
            {"orders-0", "orders-1"},
            "blocked",
            "the target ends at offset 254, the source already at 236: the source has lost "
            "offsets [236, 254), or someone else wrote to the target",
            true};
}

/// Three clusters that are written to, each linked with each other one.
DemoScene mesh_scene() {
    DemoScene scene = sample_scene();
    scene.strategy = "mesh";
    scene.clusters.push_back(sample_cluster("london", "written to"));
    const DemoLink link = scene.links[0];
    scene.links.clear();
    for (DemoCluster& cluster : scene.clusters) {
        cluster.is_written = true;
        for (const DemoCluster& other : scene.clusters) {
            if (&other != &cluster) {
                scene.links.push_back(link);
                scene.links.back().source = cluster.name;
                scene.links.back().target = other.name;
            }
        }
    }
    scene.group = {};
    return scene;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n')) {
        lines.emplace_back(line);
    }
    return lines;
}

TEST(DemoView, ShowsAllParts) {
    EXPECT_EQ(render_demo(sample_scene(), {80, 24, false}),
              "Lockstep demo: active-passive  Kafka clusters in memory; nothing is kept    1:05\n"
              "\n"
              "CLUSTER   BROKERS     RECORDS  RECORDS/S     BYTES/S\n"
              "berlin    1 2 3        12,345        300    30.0 KiB  source\n"
              "paris     1 2 3        12,345        300    30.0 KiB  target\n"
              "\n"
              "LINK                STATE             BEHIND  RECORDS/S  VERIFIED THE SAME\n"
              "berlin -> paris     in step                7        301  12,000 (97 %)\n"
              "\n"
              "CONSUMER GROUP billing  has read 9,000 records at berlin\n"
              "  would go on at paris from 9,000: exactly there\n"
              "\n"
              "EVENTS\n"
              " 0:00  berlin-paris: in step for the first time\n"
              " 0:05  you: killed broker 1 of berlin\n"
              "\n"
              "q quit  h help  c cut  k broker  K target  p pause  d delete  + add  t lose");
}

TEST(DemoView, NumbersLinks_AndMarksTheChosenOne) {
    DemoScene scene = mesh_scene();
    scene.chosen_link = 1;
    const std::string text = render_demo(scene, {80, 24, false});
    EXPECT_THAT(
        text, HasSubstr("\n 1 berlin -> paris  in step                7        301  12,000 (97 %)\n"
                        ">2 berlin -> london in step                7        301  12,000 (97 %)\n"
                        " 3 paris -> berlin  "));
    EXPECT_THAT(text, Not(HasSubstr("CONSUMER GROUP")));
    EXPECT_THAT(text, testing::EndsWith("\nq quit  h help  1-6 link  c cut  k broker  K target  "
                                        "p pause  d/+/t topic"));
}

TEST(DemoView, LeavesRoomForEvents_WhenManyLinksHaveAProblem) {
    DemoScene scene = mesh_scene();
    for (DemoLink& link : scene.links) {
        link.problem = sample_trouble().reason;
    }
    const std::string text = render_demo(scene, {80, 24, false});
    EXPECT_THAT(text, HasSubstr("\n  the target ends at offset 254"));
    EXPECT_THAT(text, HasSubstr("\n 6 london -> paris"));
    EXPECT_THAT(text, HasSubstr("you: killed broker 1 of berlin"));
}

TEST(DemoView, ShowsAddresses_WhereThereIsRoom) {
    EXPECT_THAT(render_demo(sample_scene(), {80, 40, false}),
                HasSubstr("\n  clients: 127.0.0.1:40001,127.0.0.1:40002,127.0.0.1:40003\n"));
}

TEST(DemoView, MarksBrokersThatAreDown) {
    DemoScene scene = sample_scene();
    scene.clusters[0].brokers[1].is_up = false;
    EXPECT_THAT(render_demo(scene, {80, 24, false}), HasSubstr("\nberlin    1 x 3  "));
}

TEST(DemoView, ShowsTroubleWithItsReason) {
    DemoScene scene = sample_scene();
    scene.troubles = {sample_trouble()};
    EXPECT_THAT(
        render_demo(scene, {80, 30, false}),
        HasSubstr(
            "\nPARTITIONS THAT ARE NOT RUNNING\n"
            "orders-0, orders-1 blocked on berlin-paris\n"
            "  the target ends at offset 254, the source already at 236: the source has lost\n"
            "  offsets [236, 254), or someone else wrote to the target\n"));
}

TEST(DemoView, ShowsDifferences_InsteadOfWhatIsTheSame) {
    DemoScene scene = sample_scene();
    scene.links[0].differences = 2;
    const std::string text = render_demo(scene, {80, 24, false});
    EXPECT_THAT(text, HasSubstr("  2 DIFFER\n"));
    EXPECT_THAT(text, Not(HasSubstr("12,000")));
}

TEST(DemoView, ShowsWhereAGroupIsNotExact) {
    DemoScene scene = sample_scene();
    scene.group.copies = {{"paris", 8000, 3, 5}};
    EXPECT_THAT(render_demo(scene, {80, 24, false}),
                HasSubstr("  would go on at paris from 8,000: 3 of 5 partitions exact\n"));
}

TEST(DemoView, SaysThatAGroupWithoutAPlaceIsNotExact) {
    DemoScene scene = sample_scene();
    scene.group.copies = {{"paris", 0, 0, 0}};
    EXPECT_THAT(render_demo(scene, {80, 24, false}), Not(HasSubstr("exactly there")));
}

void expect_to_fit(DemoScene scene) {
    for (const bool shows_help : {false, true}) {
        scene.shows_help = shows_help;
        for (size_t height = 10; height < 60; ++height) {
            for (const size_t width : {40, 60, 80, 200}) {
                const auto lines = lines_of(render_demo(scene, {width, height, false}));
                EXPECT_LE(lines.size(), height);
                for (const std::string& line : lines) {
                    EXPECT_LE(line.size(), std::min<size_t>(width, 80)) << line;
                }
                EXPECT_THAT(lines.back(), HasSubstr("h "));
            }
        }
    }
}

TEST(DemoView, FitsTheScreen_WhateverHappens) {
    DemoScene scene = sample_scene();
    scene.clusters.push_back(sample_cluster("london", "target"));
    scene.links.push_back(scene.links[0]);
    scene.links[1].target = "london";
    scene.links[1].problem = sample_trouble().reason;
    scene.troubles.assign(9, sample_trouble());
    for (int i = 0; i < 100; ++i) {
        scene.events.push_back({100.0 + i, sample_trouble().reason, false});
    }
    DemoScene mesh = mesh_scene();
    mesh.links[3].problem = sample_trouble().reason;
    mesh.troubles = scene.troubles;
    mesh.events = scene.events;
    expect_to_fit(scene);
    expect_to_fit(mesh);
}

TEST(DemoView, KeepsRoomForTheNewestEvents_BesideMuchTrouble) {
    DemoScene scene = sample_scene();
    scene.troubles.assign(9, sample_trouble());
    EXPECT_THAT(render_demo(scene, {80, 24, false}), HasSubstr("killed broker 1 of berlin"));
}

TEST(DemoView, ShortensEventsThatAreLong) {
    DemoScene scene = sample_scene();
    scene.events = {{1, sample_trouble().reason, false}};
    EXPECT_THAT(render_demo(scene, {80, 24, false}),
                HasSubstr("\n 0:01  the target ends at offset 254, the source already at 236: the "
                          "source h...\n"));
}

TEST(DemoView, HelpIsWhole_On24Lines) {
    DemoScene scene = sample_scene();
    scene.clusters[0].is_written = true;
    scene.clusters.push_back(sample_cluster("london", "target"));
    scene.shows_help = true;
    const std::string text = render_demo(scene, {80, 24, false});
    EXPECT_THAT(text, HasSubstr("clients: 127.0.0.1:40001"));
    EXPECT_THAT(text, HasSubstr("\nPrograms write to berlin: orders, "));
    EXPECT_THAT(text, HasSubstr("\nt  lose the newest records of orders-0 at berlin (an unclean "
                                "election)\n"));
    EXPECT_THAT(text, HasSubstr("q quit  h back"));
    EXPECT_THAT(text, Not(HasSubstr("EVENTS")));
    EXPECT_THAT(text, Not(HasSubstr("choose the link")));
}

TEST(DemoView, HelpOfSeveralLinksIsWhole_On24Lines) {
    DemoScene scene = mesh_scene();
    scene.shows_help = true;
    const std::string text = render_demo(scene, {80, 24, false});
    EXPECT_THAT(text, HasSubstr("\nPrograms write to berlin, paris and london: orders, "));
    EXPECT_THAT(text, HasSubstr("\n1-6  choose the link that the next three keys are about\n"));
    EXPECT_THAT(text, HasSubstr("(an unclean election)\n"));
}

TEST(DemoView, SaysHowToEndIt_WithoutAKeyboard) {
    DemoScene scene = sample_scene();
    scene.has_keys = false;
    EXPECT_THAT(render_demo(scene, {80, 24, false}), testing::EndsWith("\nCtrl-C ends it."));
}

TEST(DemoView, SaysThatItIsEnding) {
    DemoScene scene = sample_scene();
    scene.is_ending = true;
    EXPECT_THAT(render_demo(scene, {80, 24, false}), HasSubstr("Nothing is written any more"));
}

TEST(DemoView, PaintsWithoutMovingAnything) {
    const std::string plain = render_demo(sample_scene(), {80, 24, false});
    const std::string painted = render_demo(sample_scene(), {80, 24, true});
    std::string stripped;
    for (size_t at = 0; at < painted.size(); ++at) {
        if (painted[at] == '\x1b') {
            at = painted.find('m', at);
        } else {
            stripped += painted[at];
        }
    }
    EXPECT_EQ(stripped, plain);
    EXPECT_THAT(painted, HasSubstr("\x1b[32min step"));
    EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
}

TEST(DemoView, LetsNoForeignTextSteerTheTerminal) {
    DemoScene scene = sample_scene();
    scene.links[0].problem = "bad\x1b[2J\nnews";
    scene.events = {{1, "worse\x1b[2J", false}};
    scene.troubles = {{{"l"}, {"p\x1b"}, "blocked", "r\x1b", true}};
    EXPECT_THAT(render_demo(scene, {80, 30, false}), Not(HasSubstr("\x1b")));
    EXPECT_THAT(render_demo_line(scene), Not(HasSubstr("\x1b")));
}

TEST(DemoLine, SaysTheSameInShort) {
    EXPECT_EQ(render_demo_line(sample_scene()),
              " 1:05  berlin 12,345  paris 12,345  berlin->paris in step, 7 behind, 12,000 "
              "verified");
    DemoScene scene = sample_scene();
    scene.links[0].differences = 1;
    EXPECT_THAT(render_demo_line(scene), testing::EndsWith(", 1 DIFFER"));
}

}  // namespace
}  // namespace lockstep::app
