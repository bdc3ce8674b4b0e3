/* Targets: gateway/config.c, gateway/reader.c. Whatever is accepted is within its bounds. */
#include "gateway/config.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct hf_config *config = NULL;
    struct hf_problem problem = {.code = HF_OK};
    int fd = memfd_create("hufud.json", MFD_CLOEXEC);
    fuzz_require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hf_status status = hf_config_read(path, &config, &problem);
    fuzz_require(hf_is_ok(status) == (config != NULL));
    if (config) {
        fuzz_require(config->workers >= 1 && config->workers <= HF_CONFIG_MAX_WORKERS);
        fuzz_require(config->n_sources >= 1 && config->n_sources <= HF_CONFIG_MAX_SOURCES);
        fuzz_require(config->banks.port && config->audience && config->origin);
        fuzz_require(config->limits.max_accesses >= 1 && config->paths.log);
    } else if (status.code == HF_CONFIG_INVALID) {
        fuzz_require(problem.line >= 1 && problem.detail[0]);
    }
    hf_config_free(config);
    close(fd);
    return 0;
}
