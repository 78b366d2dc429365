#include "replication/difference_cause.h"

#include "model/tagged_producer_id.h"
#include "protocol/record_batch_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using Kind = Difference::Kind;
using testing::HasSubstr;

const ProducerId kStream =
    tagged_producer_id(origin_tag("east-id"), Uuid{{1}}, {"orders", PartitionIndex(0)});
const ProducerId kOtherStream =
    tagged_producer_id(origin_tag("north-id"), Uuid{{2}}, {"orders", PartitionIndex(0)});

std::string cause(Kind kind, ProducerId writer) {
    protocol::RecordBatchBuilder builder({.producer_id = writer});
    builder.add(1, {});
    const Bytes batch = *builder.build();
    return cause_of({Offset(0), kind}, *protocol::RecordBatchView::open(batch), kStream);
}

TEST(DifferenceCause, IsWhoeverWroteTheTargetsRecord) {
    EXPECT_THAT(cause(Kind::content, ProducerId(4711)),
                HasSubstr("someone else wrote what the target has there (producer id 4711)"));
    EXPECT_THAT(cause(Kind::only_on_target, kOtherStream), HasSubstr("another topic or cluster"));
    EXPECT_THAT(cause(Kind::only_on_target, kStream),
                HasSubstr("Lockstep copied what the target has there; the source has lost"));
    EXPECT_THAT(cause(Kind::content, kStream), HasSubstr("Lockstep copied what the target has"));
    EXPECT_THAT(cause(Kind::only_at_source, kStream), HasSubstr("the target has compacted it"));
    EXPECT_THAT(cause(Kind::content, filler_producer_id(kStream)), HasSubstr("an empty record"));
}

TEST(DifferenceCause, IsAMarker_WhereTheSourceHadNoRecord) {
    protocol::ControlMarker marker;
    marker.producer_id = kStream;
    const Bytes batch = protocol::make_control_batch(marker);
    EXPECT_THAT(cause_of({Offset(0), Kind::only_at_source}, *protocol::RecordBatchView::open(batch),
                         kStream),
                HasSubstr("Lockstep put a marker there"));
}

TEST(DifferenceCause, IsTheTargetsLog_WhereItHasNothing) {
    EXPECT_THAT(cause_of({Offset(0), Kind::only_at_source}, std::nullopt, kStream),
                HasSubstr("no batch there"));
}

}  // namespace
}  // namespace lockstep::replication
