#include "sandbox/config_rules.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace lockstep::sandbox {

using protocol::KafkaError;

namespace {

Verdict refuse(KafkaError error, std::string message) {
    return {error, std::move(message)};
}

const Setting* find_setting(const std::string& name, ConfigOwner owner, KafkaVersion version) {
    return owner == ConfigOwner::topic ? find_topic_setting(name, version)
                                       : find_broker_setting(name, version);
}

std::vector<std::string> words_of(std::string_view list) {
    std::vector<std::string> words;
    for (const std::string_view word : split(list, ',')) {
        if (!trim(word).empty()) {
            words.emplace_back(trim(word));
        }
    }
    return words;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ",") + word;
    }
    return text;
}

/// Appending what is there, or taking away what is not, changes nothing.
std::string change_list(std::string_view present, const ConfigChange& change) {
    std::vector<std::string> words = words_of(present);
    for (const std::string& word : words_of(change.value.value_or(""))) {
        const auto place = std::ranges::find(words, word);
        if (change.operation == ConfigOperation::append && place == words.end()) {
            words.push_back(word);
        } else if (change.operation == ConfigOperation::subtract) {
            std::erase(words, word);
        }
    }
    return joined(words);
}

Verdict judge_changes(const std::vector<ConfigChange>& changes) {
    std::set<std::string> names;
    for (const ConfigChange& change : changes) {
        if (!names.insert(change.name).second) {
            return refuse(KafkaError::invalid_request,
                          fmt::format("The setting {} is there twice.", change.name));
        }
        const auto operation = static_cast<int8_t>(change.operation);
        if (operation < 0 || operation > static_cast<int8_t>(ConfigOperation::subtract)) {
            return refuse(KafkaError::invalid_request,
                          fmt::format("Nobody knows the operation {}.", operation));
        }
        if (change.operation != ConfigOperation::erase && !change.value) {
            return refuse(KafkaError::invalid_request,
                          fmt::format("A null value is not supported for {}.", change.name));
        }
    }
    return {};
}

/// Settings that have to fit each other (LogConfig.validate).
Verdict judge_together(const ConfigValues& values) {
    const auto least = values.find("min.compaction.lag.ms");
    const auto most = values.find("max.compaction.lag.ms");
    if (least == values.end() || most == values.end()) {
        return {};
    }
    const auto number = [](const std::string& text) {
        int64_t value = 0;
        const std::string_view trimmed = trim(text);
        std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), value);
        return value;
    };
    if (number(least->second) > number(most->second)) {
        return refuse(KafkaError::invalid_config,
                      "min.compaction.lag.ms is larger than max.compaction.lag.ms.");
    }
    return {};
}

}  // namespace

Verdict change_configs(const std::vector<ConfigChange>& changes, ConfigOwner owner,
                       KafkaVersion version, ConfigValues& values) {
    Verdict verdict = judge_changes(changes);
    if (verdict.is_refused()) {
        return verdict;
    }
    for (const ConfigChange& change : changes) {
        if (change.operation == ConfigOperation::set) {
            values[change.name] = *change.value;
            continue;
        }
        if (change.operation == ConfigOperation::erase) {
            values.erase(change.name);
            continue;
        }
        const Setting* setting = find_setting(change.name, owner, version);
        if (setting == nullptr || setting->type != ConfigType::list) {
            return refuse(version == KafkaVersion::v2_8 ? KafkaError::invalid_request
                                                        : KafkaError::invalid_config,
                          fmt::format("{} is no list: nothing can be appended to it or subtracted "
                                      "from it.",
                                      change.name));
        }
        const auto present = values.find(change.name);
        values[change.name] = change_list(
            present == values.end() ? setting->value_in(version) : present->second, change);
    }
    return {};
}

Verdict judge_topic_configs(const ConfigValues& values, KafkaVersion version) {
    for (const auto& [name, value] : values) {
        const Setting* setting = find_topic_setting(name, version);
        if (setting == nullptr) {
            return refuse(KafkaError::invalid_config,
                          fmt::format("Unknown topic config name: {}", name));
        }
        const auto complaint = judge_config_value(*setting, value, version);
        if (complaint) {
            return refuse(KafkaError::invalid_config, *complaint);
        }
    }
    return judge_together(values);
}

Verdict judge_broker_configs(const ConfigValues& values, ConfigOwner owner, KafkaVersion version) {
    for (const auto& [name, value] : values) {
        const Setting* setting = find_broker_setting(name, version);
        if (setting == nullptr) {
            continue;  // plugins have settings of their own
        }
        if (setting->scope == ConfigScope::read_only) {
            return refuse(KafkaError::invalid_request,
                          fmt::format("{} cannot be changed while brokers run.", name));
        }
        if (setting->scope == ConfigScope::per_broker && owner == ConfigOwner::all_brokers) {
            return refuse(KafkaError::invalid_request,
                          fmt::format("{} can only be changed for one broker.", name));
        }
        const auto complaint = judge_config_value(*setting, value, version);
        if (complaint) {
            return refuse(KafkaError::invalid_request, *complaint);
        }
    }
    return {};
}

}  // namespace lockstep::sandbox
