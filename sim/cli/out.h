/*
 * out.h - text for people and JSON for programs, on stdout.
 */
#ifndef SIM_CLI_OUT_H
#define SIM_CLI_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"

/* One object, indented, and a newline. */
int out_json(const json_t *all, struct err *e);
/* One line for programs that wait for it, on stdout and on --ready-fd (0: there
 * only), which is closed then. */
int out_ready(const char *line, unsigned fd, struct err *e);
/* E_USAGE unless it is open, or 0. */
int out_check_ready_fd(unsigned fd, struct err *e);
/* Escape sequence that begins a style, "" when stdout is no terminal or
 * NO_COLOR is set (no-color.org). */
enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_BAD };
const char *out_style(enum style s);

/* null for NULL, and for the empty one. */
json_t *out_json_text(const char *text);
/* null for the value that stands for none. */
json_t *out_json_number(json_int_t value, json_int_t none);
/* Lower-case hex, colons none; the caller frees; NULL without memory. */
char *out_hex(struct span s);
/* The same as JSON; null for hex of nothing. */
json_t *out_json_hex(struct span s);
json_t *out_json_time(time_t t);
/* A certificate as PEM. */
json_t *out_json_pem(struct span der);

#endif
