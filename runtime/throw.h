/* Errors with a `code`, thrown from C. */
#ifndef ASSAY_THROW_H
#define ASSAY_THROW_H

/* Throws an Error whose `code` is `code` (such as "ENOENT") and whose message is formatted, at most 127 bytes. `the` is the machine. */
void assay_throw(void *the, const char *code, const char *format, ...) __attribute__((noreturn, format(printf, 3, 4)));

/* Throws the error that `number` (an errno) stands for: code "ENOENT" and the like, message "<what>: <text of the error>". */
void assay_throw_errno(void *the, int number, const char *what) __attribute__((noreturn));

#endif
