#include "app/process_name.h"

#include <fmt/core.h>

#include <array>
#include <unistd.h>

namespace lockstep::app {

std::string name_of_process() {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return fmt::format("{}:{}", host.data(), ::getpid());
}

}  // namespace lockstep::app
