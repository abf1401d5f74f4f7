// The main function of every test program, and how an Error of the compiler is shown.
#define CATCH_CONFIG_MAIN
#include "dialect/error.hpp"

#include <catch2/catch.hpp>

CATCH_TRANSLATE_EXCEPTION(const howdah::dialect::Error& error) { return error.message; }
