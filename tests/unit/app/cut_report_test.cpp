#include "app/cut_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using replication::CutPartition;
using replication::CutTransaction;
using replication::LinkCut;

CutPartition whole() {
    CutPartition partition;
    partition.topic = "orders";
    partition.partition = 1;
    partition.copied_to = partition.cut = 1'007;
    return partition;
}

CutPartition cut(int64_t transactions) {
    CutPartition partition = whole();
    partition.partition = 2;
    partition.cut = 990;
    partition.transactions_cut = static_cast<uint64_t>(transactions);
    for (int64_t i = 0; i < transactions; ++i) {
        partition.first.push_back({4001, 3, 990 + i, 1'001 + i, 1'002 + i, true});
    }
    return partition;
}

LinkCut link_of(std::vector<CutPartition> partitions) {
    LinkCut link;
    link.name = "east-to-west";
    link.source = "east";
    link.target = "west";
    link.partitions = std::move(partitions);
    return link;
}

TEST(CutReport, SaysWhatIsCut_AndByWhichTransactions) {
    EXPECT_EQ(render_cuts({link_of({whole(), cut(2)})}),
              "east-to-west: east -> west\n"
              "  orders-1: copied to 1,007, the cut is there\n"
              "  orders-2: copied to 1,007, cut at 990, 17 records behind it, 2 transactions cut\n"
              "    producer 4001 epoch 3: offsets 990 to 1001\n"
              "    producer 4001 epoch 3: offsets 991 to 1002\n"
              "  1 of 2 partitions not cut, 17 records behind the cut\n");
}

TEST(CutReport, ShowsTheFirstTransactions) {
    const std::string text = render_cuts({link_of({cut(13)})});
    EXPECT_NE(text.find("offsets 999 to 1010\n    and 3 more\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("offsets 1000 to"), std::string::npos);
}

TEST(CutReport, SaysWhatIsOpen_AndWhatCannotBeToldApart) {
    LinkCut link = link_of({cut(2)});
    link.partitions[0].first[0].marker_offset.reset();
    link.partitions[0].first[1].is_told_apart = false;
    link.note = "some transactions cannot be told apart";
    const std::string text = render_cuts({link});
    EXPECT_NE(text.find("990 to 1001, still open\n"), std::string::npos) << text;
    EXPECT_NE(text.find("991 to 1002, not told apart\n"), std::string::npos) << text;
    EXPECT_NE(text.find("  note: some transactions"), std::string::npos) << text;
}

TEST(CutReport, SaysWhyNoCutIsKnown) {
    LinkCut away = link_of({});
    away.problem = "orders-0: the target ends at 4,\x1b[31m the source already at 3";
    const std::string text = render_cuts({away});
    EXPECT_NE(text.find("no cut is known: orders-0"), std::string::npos) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_TRUE(has_trouble({link_of({whole()}), away}));
    EXPECT_FALSE(has_trouble({link_of({whole(), cut(1)})}));  // it is known
}

TEST(CutReport, HasEverything_ForScripts) {
    LinkCut link = link_of({whole(), cut(1)});
    link.partitions[1].first[0].marker_offset.reset();
    LinkCut away = link_of({});
    away.problem = "away";
    const auto json = nlohmann::json::parse(cut_json({link, away}));
    EXPECT_EQ(json["links"][0]["known"], true);
    EXPECT_EQ(json["links"][0]["name"], "east-to-west");
    const auto& partition = json["links"][0]["partitions"][1];
    EXPECT_EQ(partition["topic"], "orders");
    EXPECT_EQ(partition["partition"], 2);
    EXPECT_EQ(partition["copied_to"], 1'007);
    EXPECT_EQ(partition["cut"], 990);
    EXPECT_EQ(partition["records_behind"], 17);
    EXPECT_EQ(partition["transactions_cut"], 1);
    const auto& transaction = partition["first_transactions"][0];
    EXPECT_EQ(transaction["producer_id"], 4001);
    EXPECT_EQ(transaction["producer_epoch"], 3);
    EXPECT_EQ(transaction["first_offset"], 990);
    EXPECT_EQ(transaction["last_offset"], 1'001);
    EXPECT_TRUE(transaction["marker_offset"].is_null());
    EXPECT_EQ(transaction["told_apart"], true);
    EXPECT_EQ(json["links"][1]["known"], false);
    EXPECT_EQ(json["links"][1]["problem"], "away");
}

}  // namespace
}  // namespace lockstep::app
