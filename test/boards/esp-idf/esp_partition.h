#ifndef ESP_PARTITION_H
#define ESP_PARTITION_H
#include <stdint.h>

#include "esp_err.h"
typedef struct esp_partition esp_partition_t;
esp_err_t esp_partition_get_sha256(const esp_partition_t *partition, uint8_t *sha_256);
#endif
