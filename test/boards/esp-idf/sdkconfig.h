#define CONFIG_IDF_TARGET "esp32c3"
