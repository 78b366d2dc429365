#include "replication/batch_admission.h"

#include "protocol/record_batch_builder.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::RecordBatchView;
using Verdict = Admission::Verdict;
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
    Verdict verdict;
    const char* reason;
};

void PrintTo(const AdmissionCase& c, std::ostream* out) {
    *out << c.name;
}

class Admit : public testing::TestWithParam<AdmissionCase> {};

TEST_P(Admit, Decides) {
    const AdmissionCase& c = GetParam();
    const Bytes bytes = make_batch(c.batch);
    const Admission admission = admit(*RecordBatchView::open(bytes), Offset(c.next));
    EXPECT_EQ(static_cast<int>(admission.verdict), static_cast<int>(c.verdict));
    EXPECT_EQ(admission.reason, c.reason);
}

const BatchShape kTen{.base_offset = 100, .records = 10};  // offsets 100 to 109

INSTANTIATE_TEST_SUITE_P(
    Position, Admit,
    testing::Values(
        AdmissionCase{"FarBelow", kTen, 500, Verdict::skip, ""},
        AdmissionCase{"LastIsJustBelow", kTen, 110, Verdict::skip, ""},
        AdmissionCase{
            "LastIsNext", kTen, 109, Verdict::block,
            "the target ends at offset 109, inside the source's batch of offsets 100 to 109"},
        AdmissionCase{
            "SecondIsNext", kTen, 101, Verdict::block,
            "the target ends at offset 101, inside the source's batch of offsets 100 to 109"},
        AdmissionCase{"BaseIsNext", kTen, 100, Verdict::copy, ""},
        AdmissionCase{
            "BaseIsOneAbove", kTen, 99, Verdict::block,
            "hole in the source: offsets [99, 100) have no records (compacted, or deleted)"},
        AdmissionCase{
            "BaseIsFarAbove", kTen, 0, Verdict::block,
            "hole in the source: offsets [0, 100) have no records (compacted, or deleted)"},
        AdmissionCase{"OneRecordAtZero", {.base_offset = 0}, 0, Verdict::copy, ""},
        AdmissionCase{"OneRecordBelow", {.base_offset = 0}, 1, Verdict::skip, ""}));

INSTANTIATE_TEST_SUITE_P(
    Content, Admit,
    testing::Values(
        AdmissionCase{"Control",
                      {.base_offset = 7,
                       .attributes = batch_attribute::kControl | batch_attribute::kTransactional},
                      7,
                      Verdict::block,
                      "transaction marker at offset 7"},
        AdmissionCase{
            "Transactional",
            {.base_offset = 7, .records = 3, .attributes = batch_attribute::kTransactional},
            7,
            Verdict::block,
            "transactional records at offsets 7 to 9"},
        AdmissionCase{
            "LogAppendTime",
            {.base_offset = 7, .records = 3, .attributes = batch_attribute::kLogAppendTime},
            7,
            Verdict::block,
            "records at offsets 7 to 9 carry the source's append time, which cannot be kept "
            "without rewriting them"},
        AdmissionCase{
            "DeleteHorizon",
            {.base_offset = 7, .records = 3, .attributes = batch_attribute::kDeleteHorizon},
            7,
            Verdict::block,
            "the batch of offsets 7 to 9 carries a delete horizon (compacted)"},
        AdmissionCase{"FewerRecords",
                      {.base_offset = 7, .records = 3, .last_offset_delta = 3},
                      7,
                      Verdict::block,
                      "hole in the source: the batch of offsets 7 to 10 holds only 3 records "
                      "(compacted)"},
        AdmissionCase{"NoRecords",
                      {.base_offset = 7, .records = 0, .last_offset_delta = 4},
                      7,
                      Verdict::block,
                      "hole in the source: the batch of offsets 7 to 11 holds only 0 records "
                      "(compacted)"},
        AdmissionCase{
            "LargestDelta",
            {.base_offset = 7, .records = 3, .last_offset_delta = INT32_MAX},
            7,
            Verdict::block,
            "hole in the source: the batch of offsets 7 to 2147483654 holds only 3 records "
            "(compacted)"}));

INSTANTIATE_TEST_SUITE_P(
    PositionBeforeContent, Admit,
    testing::Values(AdmissionCase{"MarkerThatIsThereAlready",
                                  {.base_offset = 7, .attributes = batch_attribute::kControl},
                                  8,
                                  Verdict::skip,
                                  ""},
                    AdmissionCase{"CompactedBatchThatIsThereAlready",
                                  {.base_offset = 7, .records = 1, .last_offset_delta = 9},
                                  17,
                                  Verdict::skip,
                                  ""}));

TEST(Admit, CopiesCompressedBatches) {
    for (int16_t codec = 0; codec <= 4; ++codec) {
        const Bytes bytes = make_batch({.base_offset = 3, .records = 2, .attributes = codec});
        EXPECT_EQ(admit(*RecordBatchView::open(bytes), Offset(3)).verdict, Verdict::copy) << codec;
    }
}

TEST(SequenceAt, IsTheOffset_Modulo2To31) {
    EXPECT_EQ(sequence_at(Offset(0)), Sequence(0));
    EXPECT_EQ(sequence_at(Offset(12345)), Sequence(12345));
    EXPECT_EQ(sequence_at(Offset(INT32_MAX)), Sequence(INT32_MAX));
    EXPECT_EQ(sequence_at(Offset(int64_t{INT32_MAX} + 1)), Sequence(0));
    EXPECT_EQ(sequence_at(Offset(int64_t{INT32_MAX} + 2)), Sequence(1));
    EXPECT_EQ(sequence_at(Offset(INT64_MAX)), Sequence(INT32_MAX));
}

}  // namespace
}  // namespace lockstep::replication
