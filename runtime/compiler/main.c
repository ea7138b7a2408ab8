/*
 * assay-compiler: one JavaScript module → an image (runtime/image.h).
 *
 *   assay-compiler --source bundle.js --lines bundle.lines --out app.xsa [--resource NAME=FILE]…
 *
 * `--lines` says where each line of the module came from: first the number of files, a name per line, then per line of the module
 * `FILE:LINE` (FILE counts from 0), or `-` if it is from nowhere. Errors go to stderr as `file:line: message`; exit 1 for an error in the
 * module, 64 for a wrong command line, 66 for a file that cannot be read or written.
 */
#include "xsAll.h"
#include "xsScript.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "link.h"
#include "writer.h"

#define NO_FILE 0xFFFFu
#define MAX_RESOURCES 64
#define STACK_BYTES (4 * 1024 * 1024)

typedef struct {
    const char *source;
    const char *lines;
    const char *out;
    const char *resources[MAX_RESOURCES];
    size_t resource_count;
} options;

typedef struct {
    const char **files;
    size_t file_count;
    link_source *sources;
    size_t source_count;
} line_map;

/* What the parser's callbacks have to know: XS hands them the machine, whose context is this. */
typedef struct {
    assay_host host; /* first, so that the machine's context is a host as well */
    const line_map *map;
} compilation;

static void __attribute__((noreturn, format(printf, 2, 3))) stop(int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(code);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count == 0 ? 1 : count, size);
    if (memory == NULL) stop(ASSAY_EXIT_MEMORY, "assay-compiler: out of memory");
    return memory;
}

static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    long length;
    char *content;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
        stop(ASSAY_EXIT_NO_INPUT, "assay-compiler: cannot read %s: %s", path, strerror(errno));
    content = allocate((size_t)length + 1, 1);
    if (fread(content, 1, (size_t)length, file) != (size_t)length) stop(ASSAY_EXIT_NO_INPUT, "assay-compiler: cannot read %s: %s", path, strerror(errno));
    fclose(file);
    *size = (size_t)length;
    return content;
}

/* Cuts the next line off `*text`. */
static char *next_line(char **text) {
    char *line = *text;
    char *end = strchr(line, '\n');
    if (end == NULL) *text = line + strlen(line);
    else {
        *end = 0;
        *text = end + 1;
    }
    return line;
}

static void read_map(line_map *map, const char *path) {
    size_t size;
    char *text = read_file(path, &size);
    size_t lines = 0;
    map->file_count = (size_t)strtoul(next_line(&text), NULL, 10);
    if (map->file_count >= NO_FILE) stop(ASSAY_EXIT_USAGE, "assay-compiler: expected fewer than 65535 files in %s, got %zu", path, map->file_count);
    map->files = allocate(map->file_count, sizeof *map->files);
    for (size_t i = 0; i < map->file_count; i++) map->files[i] = next_line(&text);
    for (const char *p = text; *p != 0; p++) lines += *p == '\n';
    map->sources = allocate(lines + 1, sizeof *map->sources);
    while (*text != 0) {
        char *line = next_line(&text);
        link_source *source = &map->sources[map->source_count++];
        char *colon = strchr(line, ':');
        const unsigned long file = colon == NULL ? NO_FILE : strtoul(line, NULL, 10);
        const unsigned long number = colon == NULL ? 0 : strtoul(colon + 1, NULL, 10);
        source->file = file < map->file_count ? (uint16_t)file : (uint16_t)NO_FILE;
        source->line = number <= 0xFFFF ? (uint16_t)number : 0;
    }
}

static void report(void *console, txString path, txInteger line, txString format, va_list arguments) {
    const compilation *job = ((txMachine *)console)->context;
    (void)path;
    if (line > 0 && (size_t)line <= job->map->source_count && job->map->sources[line - 1].file != NO_FILE)
        fprintf(stderr, "%s:%d: ", job->map->files[job->map->sources[line - 1].file], job->map->sources[line - 1].line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

static void ignore_warning(void *console, txString path, txInteger line, txString format, va_list arguments) {
    (void)console;
    (void)path;
    (void)line;
    (void)format;
    (void)arguments;
}

static int get_character(void *stream) {
    txStringCStream *from = stream;
    /* bytes, not signed characters: a byte above 0x7F must not look like the end */
    return from->offset < from->size ? (unsigned char)from->buffer[from->offset++] : C_EOF;
}

/* Parses and generates code; ends the process at an error in the source. */
static txScript *compile(compilation *job, char *source, size_t size) {
    txMachine *the = job->host.machine;
    txStringCStream stream = { source, 0, (txSize)size };
    txParser parser;
    txParserJump jump;
    txScript *volatile script = NULL;
    fxInitializeParser(&parser, the, 1024 * 1024, 1993);
    parser.stackLimit = (char *)job->host.stack_limit;
    parser.reportError = report;
    parser.reportWarning = ignore_warning;
    parser.firstJump = &jump;
    if (c_setjmp(jump.jmp_buf) == 0) {
        char path[] = "bundle";
        parser.path = fxNewParserSymbol(&parser, path);
        fxParserTree(&parser, &stream, get_character, mxDebugFlag, NULL);
        fxParserHoist(&parser);
        fxParserBind(&parser);
        if (parser.errorCount == 0) script = fxParserCode(&parser);
    }
    if (parser.errorCount > 0 || script == NULL) exit(1);
    fxTerminateParser(&parser);
    return script;
}

static void link_names(link_job *link, txMachine *the, image_parts *parts) {
    parts->first_id = the->keyIndex;
    parts->symbols = allocate(link->name_count, sizeof *parts->symbols);
    for (size_t i = 1; i < link->name_count; i++) {
        const txID before = the->keyIndex;
        if (!link->used[i]) continue;
        link->ids[i] = fxNewNameC(the, (txString)link->names[i]);
        /* XS has its own names already */
        if (the->keyIndex != before) parts->symbols[parts->symbol_count++] = link->names[i];
    }
}

static void parse_options(options *given, int count, char **words) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(words[i], "--source") == 0) given->source = words[i + 1];
        else if (strcmp(words[i], "--lines") == 0) given->lines = words[i + 1];
        else if (strcmp(words[i], "--out") == 0) given->out = words[i + 1];
        else if (strcmp(words[i], "--resource") == 0 && given->resource_count < MAX_RESOURCES) given->resources[given->resource_count++] = words[i + 1];
        else stop(ASSAY_EXIT_USAGE, "assay-compiler: unexpected %s", words[i]);
    }
    if (given->source == NULL || given->lines == NULL || given->out == NULL) stop(ASSAY_EXIT_USAGE, "assay-compiler: expected --source FILE --lines FILE --out FILE [--resource NAME=FILE]");
}

int main(int count, char **words) {
    options given = { 0 };
    line_map map = { 0 };
    compilation job = { .map = &map };
    image_parts parts = { 0 };
    image_resource resources[MAX_RESOURCES];
    link_job link = { 0 };
    size_t size;
    char *source;
    txScript *script;
    const char *wrong;
    const char *name;

    parse_options(&given, count, words);
    source = read_file(given.source, &size);
    read_map(&map, given.lines);
    /* its numbers of lines are 16 bits wide */
    if (map.source_count > 0xFFFF) stop(1, "%s: expected at most 65535 lines, got %zu", given.source, map.source_count);

    job.host.limits = (assay_limits){ .slots = 65536, .chunks = 4 * 1024 * 1024, .values = 4096, .keys = 32000 };
    job.host.stack_limit = (uintptr_t)&job - STACK_BYTES;
    assay_machine_open(&job.host);
    script = compile(&job, source, size);

    link.code = (const uint8_t *)script->codeBuffer;
    link.code_size = (size_t)script->codeSize;
    link.name_count = (size_t)(uint8_t)script->symbolsBuffer[0] | ((size_t)(uint8_t)script->symbolsBuffer[1] << 8);
    link.names = allocate(link.name_count, sizeof *link.names);
    name = (const char *)script->symbolsBuffer + 2;
    for (size_t i = 1; i < link.name_count; i++) {
        link.names[i] = name;
        name += strlen(name) + 1;
    }
    link.sources = map.sources;
    link.source_count = map.source_count;
    link.ids = allocate(link.name_count, sizeof *link.ids);
    link.used = allocate(link.name_count, 1);
    link.moved = allocate(link.code_size + 1, sizeof *link.moved);
    if ((wrong = link_measure(&link)) != NULL) stop(1, "%s: %s", given.source, wrong);
    link_names(&link, job.host.machine, &parts);
    link.linked = allocate(link.linked_size, 1);
    link.lines = allocate(link.code_size, 8);
    if ((wrong = link_write(&link)) != NULL) stop(1, "%s: %s", given.source, wrong);

    for (size_t i = 0; i < given.resource_count; i++) {
        char *equals = strchr(given.resources[i], '=');
        if (equals == NULL) stop(ASSAY_EXIT_USAGE, "assay-compiler: expected --resource NAME=FILE, got %s", given.resources[i]);
        *equals = 0;
        resources[i].name = given.resources[i];
        resources[i].data = (const uint8_t *)read_file(equals + 1, &resources[i].size);
    }
    parts.version[0] = XS_MAJOR_VERSION;
    parts.version[1] = XS_MINOR_VERSION;
    parts.version[2] = XS_PATCH_VERSION;
    parts.code = link.linked;
    parts.code_size = link.linked_size;
    parts.files = map.files;
    parts.file_count = map.file_count;
    parts.lines = link.lines;
    parts.line_count = link.line_count;
    parts.resources = resources;
    parts.resource_count = given.resource_count;
    if (image_write(&parts, given.out) != 0) stop(ASSAY_EXIT_NO_INPUT, "assay-compiler: cannot write %s: %s", given.out, strerror(errno));
    return 0;
}

/* Asked by AddressSanitizer where that is linked: a program that runs once leaves its memory to the system. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

/* The compiler runs no code, so nothing ever waits. */
bool assay_board_wait(assay_host *host, double milliseconds) {
    (void)host;
    (void)milliseconds;
    return false;
}

double assay_ticks(void) { return 0; }
