// The command line. Every subcommand is one function elsewhere.
#include "proxy/config.hpp"
#include "proxy/explain.hpp"
#include "proxy/serve.hpp"
#include "proxy/shell.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace howdah::proxy;

int check(const std::string& file)
{
    const auto [config, errors] = load_config(file);
    for (const auto& error : errors)
        std::cerr << error.text() << "\n";
    if (!errors.empty())
        return 1;
    for (const auto& [name, database] : config.databases)
        if (database.postgres.empty())
            std::cerr << file << ": databases." << name << ".postgres is missing: valid with --embedded only\n";
    if (config.databases.empty())
        std::cerr << file << ": no database is configured: valid with --embedded only\n";
    std::cout << file << ": valid\n";
    return 0;
}

int explain_statement(const std::string& sql, const std::string& schema_file,
                      const std::vector<std::string>& parameters)
{
    std::ostringstream schema;
    if (!schema_file.empty()) {
        std::ifstream in(schema_file);
        if (!in) {
            std::cerr << "howdah explain: cannot read " << schema_file << "\n";
            return 1;
        }
        schema << in.rdbuf();
    }
    const auto [text, ok] = explain(sql, schema.str(), parameters);
    std::cout << text;
    return ok ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app("howdah: programs written for SQLite, running on PostgreSQL");
    app.set_version_flag("--version", "howdah " HOWDAH_VERSION);
    app.require_subcommand(1);

    ServeOptions serve_options;
    CLI::App* serve_command = app.add_subcommand("serve", "run the daemon");
    serve_command->add_option("--config", serve_options.config, "the configuration (default: /etc/howdah/howdah.toml)");
    serve_command->add_option("--embedded", serve_options.embedded,
                              "start a private PostgreSQL in this directory, made on first use");

    std::string config_file;
    CLI::App* check_command = app.add_subcommand("check", "validate a configuration");
    check_command->add_option("--config", config_file, "the configuration")->required();

    std::string sql, schema_file;
    std::vector<std::string> parameters;
    CLI::App* explain_command = app.add_subcommand("explain", "show what becomes of a statement, stage by stage");
    explain_command->add_option("--schema", schema_file, "a file with CREATE statements, in SQLite's dialect");
    explain_command->add_option("--param", parameters,
                                "a parameter's value as a SQLite literal, in order (default: 1)");
    explain_command->add_option("sql", sql, "the statement")->required();

    ShellOptions shell_options;
    CLI::App* shell_command = app.add_subcommand("shell", "a SQL prompt");
    shell_command->add_option("--connect", shell_options.address, "address:port or unix:/path of the line protocol")
        ->capture_default_str();
    shell_command->add_option("--user", shell_options.user,
                              "user, where passwords are required; the password is $HOWDAH_PASSWORD");
    shell_command->add_option("database", shell_options.database, "the database")->capture_default_str();

    CLI11_PARSE(app, argc, argv);
    if (*serve_command)
        return serve(serve_options);
    if (*check_command)
        return check(config_file);
    if (*explain_command)
        return explain_statement(sql, schema_file, parameters);
    if (const char* password = std::getenv("HOWDAH_PASSWORD"))
        shell_options.password = password;
    return run_shell(shell_options);
}
