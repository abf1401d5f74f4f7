#include "pool/stats.hpp"

#include <algorithm>

namespace howdah::pool {

void Histogram::add(double seconds)
{
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds);
    ++counts[static_cast<std::size_t>(bucket - bounds.begin())];
    ++count;
    sum += seconds;
}

} // namespace howdah::pool
