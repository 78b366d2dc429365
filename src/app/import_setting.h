#pragma once

// What `lockstep import` reads and says of it. Values only.

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

/// One setting of a foreign configuration.
struct ForeignSetting {
    std::string key;    // as a dedicated MirrorMaker 2 would have it in its properties
    std::string value;  // trimmed
    int line = 0;       // in the foreign file; 0: it is not from one place there
    std::string shown;  // the key as it stands in the file, where that is another one
};

/// What the links that are written are for.
enum class ImportUse {
    anew,      // they copy the topics from their start, under their own names
    continued  // they go on with what MirrorMaker 2 has copied, under the names that it gave
};

/// What became of a setting.
enum class Verdict {
    taken,       // Lockstep's file says the same
    changed,     // Lockstep's file says something else, or Lockstep does it otherwise
    not_needed,  // Lockstep has nothing to be told of the kind
    by_hand,     // somebody has to look at it
    unknown,     // nobody knows what it is
};

std::string_view to_string(Verdict verdict);

/// A setting, what became of it, and why ("" where nothing is to be said).
struct Ruling {
    ForeignSetting from;
    Verdict verdict = Verdict::unknown;
    std::string why;
};

/// As Java looks at booleans: True is true. Of ASCII letters.
bool equals_ignoring_case(std::string_view one, std::string_view other);

/// Whether the value is a secret, so that it is shown nowhere.
bool is_secret(std::string_view key);

}  // namespace lockstep::app
