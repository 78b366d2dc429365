#include "app/comment_secrets.h"

#include "runtime/secret_source.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace lockstep::app {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::array<std::string_view, 8> kLastWords{
    "password", "passwd", "passphrase", "pwd", "secret", "token", "keystore.key", "private.key"};
// What Lockstep itself writes in place of a secret: `import` into a configuration, `history`.
constexpr std::array<std::string_view, 2> kMasks{"(hidden)", "(a secret)"};

bool is_of_key(char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' ||
           letter == '-' || letter == '.';
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char letter) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    });
    return result;
}

/// A value as a YAML document or a line of properties has it: in quotes, or up to what ends it.
std::string_view value_at(std::string_view rest) {
    if (rest.starts_with('"') || rest.starts_with('\'')) {
        return rest.substr(1, rest.find(rest.front(), 1) - 1);
    }
    size_t end = 0;
    while (end < rest.size() && std::string_view(" \t,;]}").find(rest[end]) == rest.npos) {
        const size_t closed = rest.substr(end).starts_with("${") ? rest.find('}', end) : end;
        end = closed == rest.npos ? rest.size() : closed + 1;
    }
    return rest.substr(0, end);
}

struct Found {
    size_t key = 0;  // where it begins
    size_t key_size = 0;
    size_t value = 0;
};

/// The first literal secret of a comment.
std::optional<Found> find_in(std::string_view comment) {
    const std::string words = lower(comment);
    size_t end = 0;
    while (end < comment.size()) {
        const size_t begin = end;
        while (end < comment.size() && is_of_key(comment[end])) {
            ++end;
        }
        const std::string_view word = std::string_view(words).substr(begin, end - begin);
        if (word.empty()) {
            ++end;
            continue;
        }
        const bool is_key = std::ranges::any_of(
            kLastWords, [&](std::string_view last) { return word.ends_with(last); });
        const bool is_quoted =
            end < comment.size() && (comment[end] == '"' || comment[end] == '\'');
        const size_t sign = comment.find_first_not_of(kBlanks, is_quoted ? end + 1 : end);
        if (!is_key || sign == comment.npos || (comment[sign] != ':' && comment[sign] != '=')) {
            continue;
        }
        const size_t value = comment.find_first_not_of(kBlanks, sign + 1);
        if (value == comment.npos) {
            continue;
        }
        const std::string_view rest = comment.substr(value);
        const bool is_masked = std::ranges::any_of(
            kMasks, [&](std::string_view mask) { return rest.starts_with(mask); });
        const std::string_view written = value_at(rest);
        if (!is_masked && runtime::has_literal_part(written)) {
            return Found{begin, end - begin, value};
        }
        end = value + written.size();
    }
    return std::nullopt;
}

}  // namespace

std::vector<CommentSecret> secrets_in_comments(std::string_view text,
                                               const std::function<bool(size_t)>& is_in_value) {
    std::vector<CommentSecret> secrets;
    size_t line_begin = 0;
    for (int line = 1; line_begin < text.size(); ++line) {
        const size_t line_end = std::min(text.find('\n', line_begin), text.size());
        for (size_t at = line_begin; at < line_end; ++at) {
            const bool may_begin = at == line_begin || kBlanks.find(text[at - 1]) != text.npos;
            if (text[at] != '#' || !may_begin || is_in_value(at)) {
                continue;
            }
            const std::string_view comment = text.substr(at, line_end - at);
            if (const auto found = find_in(comment)) {
                const size_t last = comment.find_last_not_of(kBlanks);
                secrets.push_back({at + found->value,
                                   last + 1 - found->value,
                                   {line, static_cast<int>(at + found->value - line_begin) + 1},
                                   std::string(comment.substr(found->key, found->key_size))});
            }
            break;
        }
        line_begin = line_end + 1;
    }
    return secrets;
}

}  // namespace lockstep::app
