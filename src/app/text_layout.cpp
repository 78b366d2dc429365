#include "app/text_layout.h"

#include "base/text.h"

#include <fmt/core.h>

namespace lockstep::app {

std::string printable(std::string_view text) {
    std::string clean(text);
    for (char& c : clean) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            c = ' ';
        }
    }
    return clean;
}

std::string wrap_text(std::string_view text, size_t indent, size_t width) {
    const std::string margin(indent, ' ');
    std::string lines;
    std::string line;
    for (const std::string_view word : split(text, ' ')) {
        if (word.empty()) {
            continue;
        }
        if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
            lines += margin + line + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ");
        line += word;
    }
    return line.empty() ? lines : lines + margin + line + "\n";
}

std::string elsewhere_text(size_t partitions, std::string_view worker) {
    return fmt::format("{} {} with {}", count_of(partitions, "partition"),
                       partitions == 1 ? "is" : "are",
                       worker.empty() ? "another worker, which is not known yet"
                                      : fmt::format("worker {}: ask it", worker));
}

std::string count_of(size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", format_count(static_cast<int64_t>(count)), noun,
                       count == 1 ? "" : "s");
}

}  // namespace lockstep::app
