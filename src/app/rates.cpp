#include "app/rates.h"

namespace lockstep::app {

void RateMeter::sample(double now_seconds, uint64_t count) {
    if (size_ > 0 && count < newest().count) {
        size_ = 0;
    }
    samples_[next_] = {now_seconds, count};
    next_ = (next_ + 1) % kSamples;
    size_ = size_ < kSamples ? size_ + 1 : kSamples;
}

double RateMeter::per_second() const {
    if (size_ < 2) {
        return 0;
    }
    const Sample& last = newest();
    const Sample& first = samples_[(next_ + kSamples - size_) % kSamples];
    const double seconds = last.at - first.at;
    return seconds > 0 ? static_cast<double>(last.count - first.count) / seconds : 0;
}

void Rates::sample(double now_seconds, const std::vector<LinkStatus>& links) {
    ++generation_;
    for (const LinkStatus& link : links) {
        Partitions& partitions = links_[link.name];
        for (const PartitionStatus& partition : link.partitions) {
            Meters& meters = partitions[partition.id];
            meters.records.sample(now_seconds, partition.copied_records);
            meters.bytes.sample(now_seconds, partition.copied_bytes);
            meters.generation = generation_;
        }
    }
    for (auto& [name, partitions] : links_) {
        std::erase_if(partitions,
                      [&](const auto& entry) { return entry.second.generation != generation_; });
    }
    std::erase_if(links_, [](const auto& entry) { return entry.second.empty(); });
}

PartitionRate Rates::of(const std::string& link, const TopicPartition& id) const {
    const auto partitions = links_.find(link);
    if (partitions == links_.end()) {
        return {};
    }
    const auto meters = partitions->second.find(id);
    if (meters == partitions->second.end()) {
        return {};
    }
    return {meters->second.records.per_second(), meters->second.bytes.per_second()};
}

}  // namespace lockstep::app
