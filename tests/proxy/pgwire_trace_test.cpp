// Plays tests/wire/*.trace, whole and one byte at a time. HOWDAH_REWRITE=1 writes what came of it back into the files.
#include "../support/wire_script.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace howdah::test;

namespace {

std::vector<std::filesystem::path> trace_files()
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(HOWDAH_SOURCE_DIR "/tests/wire"))
        if (entry.path().extension() == ".trace")
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::string contents(const std::filesystem::path& file)
{
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

std::string expected(const WireScript& script)
{
    std::string text;
    for (const auto& line : script.lines)
        text += std::string(1, line.kind) + "  " + line.text + "\n";
    return text;
}

} // namespace

TEST_CASE("each conversation on the wire goes as it is written down")
{
    const bool rewrite = std::getenv("HOWDAH_REWRITE") != nullptr;
    for (const auto& file : trace_files()) {
        std::string rewritten;
        for (const WireScript& script : read_scripts(contents(file))) {
            INFO(file.filename().string() << "\n" << script.title);
            const std::string whole = play(script, 1U << 20U);
            rewritten += (rewritten.empty() ? "" : "\n") + script.title + whole;
            if (!rewrite)
                CHECK(whole == expected(script));
            CHECK(play(script, 1) == whole);
        }
        if (rewrite)
            std::ofstream(file) << rewritten;
    }
}
