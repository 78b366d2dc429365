#pragma once

#include "replication/carried_origins.h"
#include "replication/translated_stream.h"

namespace lockstep::replication {

/// What a link makes of a partition whose offsets are not kept: a TranslatedStream for each origin
/// that it carries, in the order of the source's log.
///
///     source      a1 a2 | b1 | own1 | x1 | a3       x: of an origin that is not carried
///     streams     a: a1 a2 a3    b: b1    own: own1
///     outgoing    a1 a2 | b1 | own1 | a3
///
/// After a failure the streams may not be equally far; each passes over what it has had already.
class CarriedStreams final : public OutgoingStream {
public:
    /// Places and streams as `origins` numbers them.
    CarriedStreams(CarriedOrigins origins, std::vector<TranslatedStream> streams);

    Result<void> take(const FetchedBatch& fetched) override;
    Result<void> flush() override;

    /// The runs of the source's side that what is to be sent begins; they have to be stored first.
    struct NewRuns {
        size_t stream = 0;
        std::vector<OffsetRun> runs;
    };
    std::vector<NewRuns> take_new_runs();

    /// Records that were passed over because they were born elsewhere.
    uint64_t take_skipped() { return std::exchange(skipped_, 0); }

    /// Whether the source had records that were born at neither of both clusters, carried or not.
    bool has_others() const { return has_others_; }

    /// Whether the source had records that were born at the target.
    bool has_targets_own() const { return has_targets_own_; }

private:
    void collect(size_t stream);

    CarriedOrigins origins_;
    std::vector<TranslatedStream> streams_;
    size_t current_ = 0;  // whose batches came last
    uint64_t skipped_ = 0;
    bool has_others_ = false;
    bool has_targets_own_ = false;
};

}  // namespace lockstep::replication
