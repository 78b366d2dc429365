// How a reader shares the memory budget, seen on a whole link between two clusters in memory.

#include "replication/source_reader.h"

#include "base/log.h"
#include "replication/link.h"
#include "tests/unit/replication/two_clusters.h"
#include "tests/unit/support/fake_coordinator.h"

namespace lockstep::replication {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SourceReaderTest : public TwoClustersTest {
protected:
    SourceReaderTest() { log::set_level(log::Level::off); }
    ~SourceReaderTest() override {
        if (link_) {
            test::run(loop_, link_->stop(loop_.now() + seconds(3)));
        }
        log::set_level(log::Level::info);
    }

    void start() {
        LinkSpec spec = link_spec();
        auto filter = TopicFilter::make(spec.topics, {});
        const auto clusters = cluster_specs();
        link_ = std::make_unique<Link>(LinkEnvironment{runtime_, budget_, buffers_},
                                       LinkSetup{clusters[0], clusters[1], std::move(spec),
                                                 std::move(*filter), std::nullopt, seconds(2)});
        link_->start();
    }

    /// Batches of 100 KB that the source gets at once.
    void append(int batches) {
        for (int i = 0; i < batches; ++i) {
            source_log_.append(test::make_batch(source_log_.end, 1, std::string(100'000, 'v')));
        }
    }

    MemoryBudget budget_{loop_, int64_t{64} << 20};
    BufferPool buffers_{1 << 20};
    test::FakeCoordinator target_coordinator_{target_};
    std::unique_ptr<Link> link_;
};

TEST_F(SourceReaderTest, HoldsLittleOfTheBudget_WhileItWaitsForRecords) {
    append(100);
    start();
    loop_.advance(seconds(3));
    ASSERT_EQ(target_log_.end, 100);
    EXPECT_GT(budget_.used_bytes(), 0);
    EXPECT_LE(budget_.used_bytes(), FetchSize::kIdle);
}

TEST_F(SourceReaderTest, FetchesMuchAtOnceAgain_WhenThereIsMuch) {
    start();
    loop_.advance(seconds(3));
    const int before = source_.count(protocol::ApiKey::fetch);
    append(100);
    loop_.advance(seconds(1));
    EXPECT_EQ(target_log_.end, 100);
    EXPECT_LE(source_.count(protocol::ApiKey::fetch) - before, 25);
}

}  // namespace
}  // namespace lockstep::replication
