#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <map>
#include <optional>
#include <string>

namespace lockstep::sandbox {

/// What is saved of a cluster's metadata: values by key (cluster_image.h says which).
using Image = std::map<std::string, std::string>;
/// New values by key; nothing: the key is gone.
using ImageChanges = std::map<std::string, std::optional<std::string>>;

// PURE: the file cluster.journal, entries one behind the other, each of them one set of changes
// that counts as a whole:
//
//     size of the payload (4 bytes) | CRC-32C of the payload (4) | payload
//
// The payload is, for each change: size of the key (4), key, size of the value (4; -1: gone), value

/// One entry's bytes.
Bytes encode_entry(const ImageChanges& changes);

/// What a journal's bytes say.
struct Replayed {
    Image image;
    size_t good_bytes = 0;  // behind that is at most an entry whose end was not written
    size_t entries = 0;
};

/// Errors: `checksum_mismatch` where an entry is damaged and there are whole ones behind it: that
/// is no torn tail.
Result<Replayed> replay_journal(ByteView journal);

void apply(const ImageChanges& changes, Image& image);

}  // namespace lockstep::sandbox
