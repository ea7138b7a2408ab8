/* The state behind Math.random(): xorshift128+ (Vigna 2014), seeded from the board's entropy or by `--seed`. Not for keys: those take board.entropy(). */
#include "xsAll.h"

#include "host.h"

void assay_random_seed(assay_host *host, uint64_t seed) {
    /* SplitMix64 spreads the seed over the state, which must not be all zero. */
    for (int i = 0; i < 2; i++) {
        uint64_t z = (seed += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        host->random[i] = z ^ (z >> 31);
    }
}

uint32_t assay_random(void *machine) {
    assay_host *host = ((txMachine *)machine)->context;
    uint64_t x = host->random[0];
    const uint64_t y = host->random[1];
    host->random[0] = y;
    x ^= x << 23;
    host->random[1] = x ^ y ^ (x >> 17) ^ (y >> 26);
    return (uint32_t)((host->random[1] + y) >> 32);
}
