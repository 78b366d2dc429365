#include "app/typed_words.h"

#include "base/text.h"

#include <charconv>

namespace lockstep::app {

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words = split(line, ' ');
    for (std::string_view& word : words) {
        word = trim(word);
    }
    std::erase_if(words, [](std::string_view word) { return word.empty(); });
    return words;
}

std::optional<int> number_of(std::string_view word) {
    int number = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_number = read.ec == std::errc() && read.ptr == word.data() + word.size();
    return is_number && number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace lockstep::app
