// A disk whose flush takes longer, for programs that load this library first (LD_PRELOAD): fsync and fdatasync sleep
// for HOWDAH_BENCH_FLUSH_US microseconds after the real one. Disks in the cloud take 500 to 2,000; the one that a
// benchmark runs on may take 50, and then nothing is to be seen of what many writers gain by flushing together.
#include <dlfcn.h>
#include <time.h>

#include <cstdlib>

namespace {

void wait_for_disk()
{
    static const long micros = [] {
        const char* const given = std::getenv("HOWDAH_BENCH_FLUSH_US");
        return given ? std::atol(given) : 0;
    }();
    timespec left{micros / 1'000'000, micros % 1'000'000 * 1000};
    while (micros > 0 && nanosleep(&left, &left) != 0) {
    }
}

int flush(const char* name, int fd)
{
    using Flush = int (*)(int);
    const auto real = reinterpret_cast<Flush>(dlsym(RTLD_NEXT, name));
    const int outcome = real(fd);
    wait_for_disk();
    return outcome;
}

} // namespace

extern "C" int fsync(int fd) { return flush("fsync", fd); }
extern "C" int fdatasync(int fd) { return flush("fdatasync", fd); }
