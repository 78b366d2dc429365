#pragma once

#include "app/config.h"
#include "app/config_store.h"
#include "replication/engine.h"
#include "runtime/runtime.h"

#include <optional>
#include <string>

namespace lockstep::app {

/// Makes a running engine what the newest version of the desired state says, within two seconds of
/// its being applied. The engine begins without links:
///
///     waiting --the state was read--> following: the newest version; the file where there is none
///
/// so that nothing is copied that the state has taken back, however long its cluster is away. A
/// version that is no valid configuration is passed over. Owned by `run`, lives on its loop.
class StateFollower {
public:
    struct Options {
        Config file;                            // the state is on its first cluster
        std::optional<log::Level> fixed_level;  // of --log-level, which no version changes
    };

    /// The engine outlives this.
    StateFollower(runtime::Runtime& runtime, replication::Engine& engine, Options options);

    runtime::Task<void> run(std::stop_token stop);

    /// Ends what run() may be waiting for; call it once stop was requested, before the end of run()
    /// is awaited.
    runtime::Task<void> close() { return cluster_.close(); }

    /// What nothing is copied before; "" once it has happened.
    std::string waits_for() const;

private:
    void report(const Result<void>& looked, bool is_stopping);
    runtime::Task<void> follow();
    std::optional<Config> newest_valid();
    runtime::Task<void> take(Config config);

    runtime::Runtime& runtime_;
    replication::Engine& engine_;
    Config file_;
    std::optional<log::Level> fixed_level_;
    log::Level level_;  // of the configuration that was taken last
    client::Cluster cluster_;
    ConfigStore store_{cluster_};
    int64_t generation_ = 0;  // of the store
    int64_t version_ = 0;     // that was taken, or passed over, last
    bool is_waiting_ = true;
    std::string problem_;
};

}  // namespace lockstep::app
