#include "app/config_link_settings.h"

#include "base/text.h"

#include <fmt/core.h>

namespace lockstep::app {
namespace {

constexpr KeyRule kBatchSize{"batch_size", "a size from 16KiB to 100MiB", "1MiB"};

constexpr int64_t kSmallestBatch = int64_t{16} << 10;
constexpr int64_t kLargestBatch = int64_t{100} << 20;

void report(const KeyRule& rule, const PlacedText& given, ConfigProblems& problems) {
    problems.add(given.at, fmt::format("\"{}\" must be {}, but is \"{}\"; write for example {}",
                                       rule.key, rule.wants, given.text, rule.example));
}

void read_batch_size(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    const auto text = map.text(kBatchSize);
    if (!text) {
        return;
    }
    const auto bytes = parse_byte_size(text->text);
    if (bytes.has_error() || *bytes < kSmallestBatch || *bytes > kLargestBatch) {
        report(kBatchSize, *text, problems);
    } else {
        link.batch_size = *bytes;
    }
}

}  // namespace

void read_link_settings(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    read_batch_size(map, problems, link);
}

}  // namespace lockstep::app
