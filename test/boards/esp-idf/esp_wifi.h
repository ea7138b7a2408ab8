#ifndef ESP_WIFI_H
#define ESP_WIFI_H
#include "esp_err.h"
typedef enum { WIFI_MODE_NULL = 0, WIFI_MODE_STA, WIFI_MODE_AP, WIFI_MODE_APSTA } wifi_mode_t;
esp_err_t esp_wifi_get_mode(wifi_mode_t *mode);
#endif
