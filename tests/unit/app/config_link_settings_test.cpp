#include "tests/unit/app/config_texts.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

const std::string kLink = R"(clusters:
  - {name: east, bootstrap: "127.0.0.1:19092"}
  - {name: west, bootstrap: "127.0.0.1:29092"}
links:
  - source: east
    target: west
    topics: [orders]
    )";

std::string problems_with(const std::string& keys) {
    return problems_of(kLink + keys + "\n");
}

TEST(ConfigLinkSettings, TellWhatIsWrongWithABatchSize) {
    for (const char* size : {"1KiB", "101MiB", "many"}) {
        EXPECT_EQ(problems_with("batch_size: " + std::string(size)),
                  "c.yaml:8:17: \"batch_size\" must be a size from 16KiB to 100MiB, but is \"" +
                      std::string(size) + "\"; write for example 1MiB\n");
    }
    EXPECT_EQ(problems_with("batch_size: 16KiB"), "");
    EXPECT_EQ(problems_with("batch_size: 100MiB"), "");
}

}  // namespace
}  // namespace lockstep::app
