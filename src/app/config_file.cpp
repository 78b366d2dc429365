#include "app/config_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>

namespace lockstep::app {
namespace {

constexpr size_t kLargestFileBytes = 1 << 20;

}  // namespace

std::variant<Config, std::string> read_config_file(const std::string& path,
                                                   std::string* text_read) {
    std::string problems;
    const auto text = read_text_file(path, "name another file with --config", problems);
    if (!text) {
        return problems;
    }
    if (text_read != nullptr) {
        *text_read = *text;
    }
    ParsedConfig parsed = parse_config(*text);
    if (parsed.problems.empty()) {
        return std::move(parsed.config);
    }
    for (const ConfigProblem& problem : parsed.problems) {
        problems += problem.to_string(path) + "\n";
    }
    return problems;
}

std::optional<std::string> read_text_file(const std::string& path, std::string_view advice,
                                          std::string& problem) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                               &std::fclose);
    std::string text(kLargestFileBytes + 1, '\0');
    if (file) {
        text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    }
    if (!file || std::ferror(file.get()) != 0) {
        problem = fmt::format("{}: cannot be read ({}); {}\n", path,
                              std::generic_category().message(errno), advice);
        return std::nullopt;
    }
    if (text.size() > kLargestFileBytes) {
        problem =
            fmt::format("{}: is larger than 1 MiB and so no configuration; {}\n", path, advice);
        return std::nullopt;
    }
    return text;
}

}  // namespace lockstep::app
