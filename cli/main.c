/*
 * The program `hufu`: wiring only.
 */
#include "cli/command.h"

#include "crypto/rand.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    (void)argc;
    if (!hf_is_ok(hf_crypto_init())) {
        fputs("hufu: libsodium cannot be used on this machine\n", stderr);
        return HF_EXIT_UNREADABLE;
    }
    const struct hf_cli cli = {.out = stdout, .err = stderr, .clock = hf_clock_system()};
    return (int)hf_cli_main(&cli, argv);
}
