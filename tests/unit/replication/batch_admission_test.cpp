#include "replication/batch_admission.h"

#include "protocol/record_batch_builder.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::RecordBatchView;
namespace batch_attribute = protocol::batch_attribute;
namespace batch_layout = protocol::batch_layout;

struct BatchShape {
    int64_t base_offset = 0;
    int32_t records = 1;
    int32_t last_offset_delta = -1;  // -1: dense
    int16_t attributes = 0;
};

Bytes make_batch(const BatchShape& shape) {
    protocol::RecordBatchBuilder builder(
        {.base_offset = Offset(shape.base_offset), .attributes = shape.attributes});
    for (int32_t i = 0; i < shape.records; ++i) {
        builder.add(1000, {});
    }
    Bytes batch = *builder.build();
    if (shape.last_offset_delta >= 0) {
        store_big_endian(batch.data() + batch_layout::kLastOffsetDelta, shape.last_offset_delta);
    }
    return batch;
}

struct AdmissionCase {
    const char* name;
    BatchShape batch;
    int64_t next;
    Admission admission;
    bool is_aborted = false;
};

void PrintTo(const AdmissionCase& c, std::ostream* out) {
    *out << c.name;
}

class Admit : public testing::TestWithParam<AdmissionCase> {};

TEST_P(Admit, Decides) {
    const AdmissionCase& c = GetParam();
    const Bytes bytes = make_batch(c.batch);
    const Admission admission = admit(*RecordBatchView::open(bytes), Offset(c.next), c.is_aborted);
    EXPECT_EQ(static_cast<int>(admission), static_cast<int>(c.admission));
}

const BatchShape kTen{.base_offset = 100, .records = 10};  // offsets 100 to 109
constexpr int16_t kMarker = batch_attribute::kControl | batch_attribute::kTransactional;

INSTANTIATE_TEST_SUITE_P(
    Position, Admit,
    testing::Values(AdmissionCase{"FarBelow", kTen, 500, Admission::skip},
                    AdmissionCase{"LastIsJustBelow", kTen, 110, Admission::skip},
                    AdmissionCase{"LastIsNext", kTen, 109, Admission::rewrite},
                    AdmissionCase{"SecondIsNext", kTen, 101, Admission::rewrite},
                    AdmissionCase{"BaseIsNext", kTen, 100, Admission::copy},
                    AdmissionCase{"BaseIsFarAbove", kTen, 0, Admission::copy},
                    AdmissionCase{"OneRecordAtZero", {.base_offset = 0}, 0, Admission::copy},
                    AdmissionCase{"OneRecordBelow", {.base_offset = 0}, 1, Admission::skip}));

INSTANTIATE_TEST_SUITE_P(
    Content, Admit,
    testing::Values(
        AdmissionCase{"Control", {.base_offset = 7, .attributes = kMarker}, 7, Admission::fill},
        AdmissionCase{
            "Transactional",
            {.base_offset = 7, .records = 3, .attributes = batch_attribute::kTransactional},
            7,
            Admission::copy},
        AdmissionCase{
            "Aborted",
            {.base_offset = 7, .records = 3, .attributes = batch_attribute::kTransactional},
            7,
            Admission::fill,
            true},
        AdmissionCase{
            "LogAppendTime",
            {.base_offset = 7, .records = 3, .attributes = batch_attribute::kLogAppendTime},
            7,
            Admission::rewrite},
        AdmissionCase{
            "DeleteHorizon",
            {.base_offset = 7, .records = 3, .attributes = batch_attribute::kDeleteHorizon},
            7,
            Admission::copy},
        AdmissionCase{"FewerRecords",
                      {.base_offset = 7, .records = 3, .last_offset_delta = 3},
                      7,
                      Admission::rewrite},
        AdmissionCase{"NoRecords",
                      {.base_offset = 7, .records = 0, .last_offset_delta = 4},
                      7,
                      Admission::fill},
        AdmissionCase{"LargestDelta",
                      {.base_offset = 7, .records = 3, .last_offset_delta = INT32_MAX},
                      7,
                      Admission::rewrite}));

INSTANTIATE_TEST_SUITE_P(
    PositionBeforeContent, Admit,
    testing::Values(AdmissionCase{"MarkerThatIsThereAlready",
                                  {.base_offset = 7, .attributes = kMarker},
                                  8,
                                  Admission::skip},
                    AdmissionCase{"CompactedBatchThatIsThereAlready",
                                  {.base_offset = 7, .records = 1, .last_offset_delta = 9},
                                  17,
                                  Admission::skip}));

TEST(Admit, CopiesCompressedBatches) {
    for (int16_t codec = 0; codec <= 4; ++codec) {
        const Bytes bytes = make_batch({.base_offset = 3, .records = 2, .attributes = codec});
        EXPECT_EQ(admit(*RecordBatchView::open(bytes), Offset(3), false), Admission::copy) << codec;
    }
}

}  // namespace
}  // namespace lockstep::replication
