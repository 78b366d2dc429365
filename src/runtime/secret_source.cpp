#include "runtime/secret_source.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace lockstep::runtime {
namespace {

constexpr std::string_view kEnvironment = "${env:";
constexpr std::string_view kFile = "${file:";
constexpr size_t kLargestFileBytes = size_t{1} << 20;

Result<std::string> read_variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
        return Error(Errc::not_found, fmt::format("the environment variable {} is not set", name));
    }
    return std::string(value);
}

Result<std::string> read_file(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                               &std::fclose);
    std::string content(kLargestFileBytes + 1, '\0');
    if (file) {
        content.resize(std::fread(content.data(), 1, content.size(), file.get()));
    }
    if (!file || std::ferror(file.get()) != 0) {
        return Error(std::error_code(errno, std::generic_category()),
                     fmt::format("read the secret in {}", path));
    }
    if (content.size() > kLargestFileBytes) {
        return Error(Errc::limit_exceeded, fmt::format("the secret in {}", path));
    }
    while (content.ends_with('\n') || content.ends_with('\r')) {
        content.pop_back();
    }
    return content;
}

/// The "${env:NAME}" or "${file:/path}" that `text` begins with; "" where it does not.
std::string_view leading_reference(std::string_view text) {
    const size_t end = text.find('}');
    const bool is_one = text.starts_with(kEnvironment) || text.starts_with(kFile);
    return is_one && end != std::string_view::npos ? text.substr(0, end + 1) : "";
}

}  // namespace

Result<std::string> resolve_references(std::string_view text) {
    std::string resolved;
    while (!text.empty()) {
        const std::string_view reference = leading_reference(text);
        if (reference.empty()) {
            const size_t next = std::min(text.find("${", 1), text.size());
            resolved += text.substr(0, next);
            text.remove_prefix(next);
            continue;
        }
        const bool is_variable = reference.starts_with(kEnvironment);
        const size_t begin = is_variable ? kEnvironment.size() : kFile.size();
        const std::string name(reference.substr(begin, reference.size() - begin - 1));
        LS_TRY(value, is_variable ? read_variable(name) : read_file(name));
        resolved += value;
        text.remove_prefix(reference.size());
    }
    return resolved;
}

bool has_literal_part(std::string_view text) {
    while (!leading_reference(text).empty()) {
        text.remove_prefix(leading_reference(text).size());
    }
    return !text.empty();
}

}  // namespace lockstep::runtime
