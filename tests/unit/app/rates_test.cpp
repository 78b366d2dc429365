#include "app/rates.h"

#include "tests/unit/app/sample_links.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

TEST(RateMeter, IsZero_UntilThereAreTwoSamples) {
    RateMeter meter;
    EXPECT_EQ(meter.per_second(), 0);
    meter.sample(1, 100);
    EXPECT_EQ(meter.per_second(), 0);
}

TEST(RateMeter, DividesByTheTimeThatPassed) {
    RateMeter meter;
    meter.sample(10, 100);
    meter.sample(12, 500);
    EXPECT_DOUBLE_EQ(meter.per_second(), 200);
}

TEST(RateMeter, ForgetsOldSamples) {
    RateMeter meter;
    meter.sample(0, 0);
    meter.sample(1, 1000000);
    for (int second = 2; second <= 6; ++second) {
        meter.sample(second, 1000000);
    }
    EXPECT_DOUBLE_EQ(meter.per_second(), 0);
}

TEST(RateMeter, BeginsAgain_WhenTheCounterDoes) {
    RateMeter meter;
    meter.sample(0, 1000);
    meter.sample(1, 2000);
    meter.sample(2, 10);
    EXPECT_EQ(meter.per_second(), 0);
    meter.sample(3, 30);
    EXPECT_DOUBLE_EQ(meter.per_second(), 20);
}

TEST(RateMeter, IsZero_WhenNoTimePassed) {
    RateMeter meter;
    meter.sample(1, 0);
    meter.sample(1, 100);
    EXPECT_EQ(meter.per_second(), 0);
}

TEST(Rates, KeepPartitionsApart) {
    LinkStatus link =
        sample_link({running_partition("a", 0, 0, 0), running_partition("a", 1, 0, 0)});
    Rates rates;
    rates.sample(0, {link});
    link.partitions[0].copied_records = 10;
    link.partitions[1].copied_bytes = 70;
    rates.sample(1, {link});
    EXPECT_DOUBLE_EQ(rates.of(link.name, link.partitions[0].id).records_per_second, 10);
    EXPECT_DOUBLE_EQ(rates.of(link.name, link.partitions[0].id).bytes_per_second, 0);
    EXPECT_DOUBLE_EQ(rates.of(link.name, link.partitions[1].id).bytes_per_second, 70);
}

TEST(Rates, KeepLinksApart) {
    LinkStatus one = sample_link({running_partition("a", 0, 0, 0)});
    LinkStatus two = one;
    two.name = "other";
    Rates rates;
    rates.sample(0, {one, two});
    two.partitions[0].copied_records = 5;
    rates.sample(1, {one, two});
    EXPECT_DOUBLE_EQ(rates.of("east-to-west", one.partitions[0].id).records_per_second, 0);
    EXPECT_DOUBLE_EQ(rates.of("other", one.partitions[0].id).records_per_second, 5);
}

TEST(Rates, ForgetPartitions_ThatAreGone) {
    LinkStatus link = sample_link({running_partition("a", 0, 0, 0)});
    const TopicPartition id = link.partitions[0].id;
    Rates rates;
    rates.sample(0, {link});
    link.partitions[0].copied_records = 10;
    rates.sample(1, {link});
    link.partitions.clear();
    rates.sample(2, {link});
    EXPECT_EQ(rates.of(link.name, id).records_per_second, 0);
    EXPECT_EQ(rates.of("nobody", id).records_per_second, 0);
}

}  // namespace
}  // namespace lockstep::app
