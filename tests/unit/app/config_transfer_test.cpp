#include "tests/unit/app/config_texts.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

std::string problems_with(const std::string& key) {
    return problems_of(R"(clusters:
  - {name: east, bootstrap: "127.0.0.1:19092"}
  - {name: west, bootstrap: "127.0.0.1:29092"}
links:
  - source: east
    target: west
    topics: [orders]
    )" + key + "\n");
}

TEST(ConfigTransfer, TellsWhatIsWrong) {
    EXPECT_EQ(problems_with("compression: zstt"),
              "c.yaml:8:18: \"compression\" has no choice \"zstt\"; did you mean \"zstd\"?\n");
    EXPECT_EQ(problems_with("bandwidth: 1KiB"),
              "c.yaml:8:16: \"bandwidth\" must be a size of at least 64KiB, for so much a second, "
              "but is \"1KiB\"; write for example 10MiB\n");
    EXPECT_EQ(problems_with("sync_interval: 10ms"),
              "c.yaml:8:20: \"sync_interval\" must be continuous, or a duration from 1s to 1d, but "
              "is \"10ms\"; write for example 15m\n");
    for (const char* start : {"2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T24:00:00Z",
                              "2026-01-01T00:00:00+01", "yesterday"}) {
        EXPECT_EQ(problems_with("start: \"" + std::string(start) + "\""),
                  "c.yaml:8:12: \"start\" must be earliest, latest or a time in UTC, but is \"" +
                      std::string(start) + "\"; write for example 2026-01-31T12:00:00Z\n");
    }
}

TEST(ConfigTransfer, TakesEveryWord) {
    for (const char* key : {"compression: keep", "compression: none", "start: earliest",
                            "start: latest", "start: 1970-01-01T00:00:00Z", "bandwidth: 64KiB",
                            "sync_interval: continuous", "sync_interval: 1d"}) {
        EXPECT_EQ(problems_with(key), "") << key;
    }
}

}  // namespace
}  // namespace lockstep::app
