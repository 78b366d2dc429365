#pragma once

// PURE: the demo's screen as text.

#include "app/demo_scene.h"

#include <string>

namespace lockstep::app {

struct DemoScreen {
    size_t width = 80;
    size_t height = 24;
    bool has_color = false;
};

/// Lines of at most `width` columns, at most `height` of them, without a line feed behind the last.
/// What does not fit is left out: on low screens the clusters' addresses (they are in the help),
/// then the oldest events, then reasons. Both sizes have a lower limit.
std::string render_demo(const DemoScene& scene, const DemoScreen& screen);

/// The same in one line, for where no screen can be redrawn.
std::string render_demo_line(const DemoScene& scene);

/// "1:05  killed broker 1 of berlin"
std::string render_demo_event(const DemoEvent& event);

}  // namespace lockstep::app
