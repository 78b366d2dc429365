#pragma once

#include "app/demo_view.h"

#include <string>
#include <string_view>

namespace lockstep::app {

/// The user's terminal while the demo has it: a screen of its own, no cursor, keys as they are
/// pressed. Gives back everything when it is destroyed, and also when the process is ended by a
/// signal or by exit(). At most one at a time.
class DemoTerminal {
public:
    DemoTerminal();
    DemoTerminal(const DemoTerminal&) = delete;
    DemoTerminal& operator=(const DemoTerminal&) = delete;
    ~DemoTerminal();

    /// Whether standard output is a terminal that can be redrawn.
    static bool is_there();

    DemoScreen screen() const;
    bool has_keys() const { return has_keys_; }

    /// What has been typed; never waits.
    std::string read_keys();
    /// Replaces what is shown.
    void draw(std::string_view text);

private:
    bool has_keys_ = false;
};

}  // namespace lockstep::app
