// Latencies in buckets that grow by 1/64: quantiles within 1.6 %, a fixed size, one increment per value.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace howdah::bench {

class Histogram {
public:
    void add(std::uint64_t nanoseconds)
    {
        ++buckets_[index(nanoseconds)];
        ++count_;
        sum_ += nanoseconds;
        max_ = nanoseconds > max_ ? nanoseconds : max_;
    }
    std::uint64_t count() const { return count_; }
    double mean() const { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }
    std::uint64_t max() const { return max_; }

    // The upper end of the bucket that holds the value of this rank.
    std::uint64_t quantile(double q) const
    {
        const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets_.size(); ++i)
            if ((seen += buckets_[i]) > rank)
                return upper(i) < max_ ? upper(i) : max_;
        return max_;
    }

private:
    // A value keeps its 7 leading bits: bucket = shift : those bits.
    static constexpr unsigned kept_bits = 7;

    static std::size_t index(std::uint64_t v)
    {
        const unsigned width = static_cast<unsigned>(std::bit_width(v | ((1U << kept_bits) - 1)));
        const unsigned shift = width - kept_bits;
        return (static_cast<std::size_t>(shift) << kept_bits) + static_cast<std::size_t>(v >> shift);
    }
    static std::uint64_t upper(std::size_t i)
    {
        const std::size_t shift = i >> kept_bits;
        return ((std::uint64_t{i & ((1U << kept_bits) - 1)} + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (65 - kept_bits) << kept_bits> buckets_{};
    std::uint64_t count_ = 0, sum_ = 0, max_ = 0;
};

} // namespace howdah::bench
