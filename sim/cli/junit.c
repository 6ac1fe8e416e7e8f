#include <stdlib.h>
#include <time.h>

#include "sim/base/clock.h"
#include "sim/base/file.h"
#include "sim/cli/junit.h"
#include "sim/report/xml.h"

static double
seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

int
junit_begin(const char *path, struct junit *ret, struct err *e)
{
	*ret = (struct junit){ .path = path };
	if (path == NULL)
		return 0;
	if (file_try_put(path, e) != 0)
		return -1;
	if ((ret->out = open_memstream(&ret->cases, &ret->n)) == NULL)
		return err_set(e, E_NOMEM, "results");
	ret->when = clock_now();
	return 0;
}

void
junit_done(struct junit *j)
{
	if (j->out != NULL)
		(void)fclose(j->out);
	free(j->cases);
	*j = (struct junit){ .path = NULL };
}

/* --- a case -----------------------------------------------------------------
 */

static void
put_attribute(const char *name, const char *value, FILE *out)
{
	(void)fprintf(out, " %s=\"", name);
	xml_text(value, out);
	(void)fputc('"', out);
}

static void
put_element(const char *name, const char *message, const char *text, FILE *out)
{
	(void)fprintf(out, "      <%s", name);
	if (message != NULL)
		put_attribute("message", message, out);
	(void)fputc('>', out);
	if (text != NULL)
		xml_lines(text, out);
	(void)fprintf(out, "</%s>\n", name);
}

void
junit_add(struct junit *j, const struct junit_case *c)
{
	static const char *const names[] = { [JUNIT_FAILED] = "failure",
		[JUNIT_ERROR] = "error",
		[JUNIT_SKIPPED] = "skipped" };

	if (j->path == NULL)
		return;
	j->counts[c->result]++;
	j->ns += c->ns;
	(void)fprintf(j->out, "    <testcase");
	put_attribute("classname", c->class, j->out);
	put_attribute("name", c->name, j->out);
	(void)fprintf(j->out, " time=\"%.3f\">\n", seconds(c->ns));
	if (c->result != JUNIT_PASSED)
		put_element(names[c->result], c->message, c->text, j->out);
	if (c->output != NULL)
		put_element("system-out", NULL, c->output, j->out);
	(void)fprintf(j->out, "    </testcase>\n");
}

/* --- the file ---------------------------------------------------------------
 */

static void
put_counts(const struct junit *j, const char *suite, FILE *out)
{
	const unsigned *n = j->counts;

	put_attribute("name", suite, out);
	(void)fprintf(out,
	    " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" "
	    "time=\"%.3f\"",
	    n[JUNIT_PASSED] + n[JUNIT_FAILED] + n[JUNIT_ERROR] +
		n[JUNIT_SKIPPED],
	    n[JUNIT_FAILED], n[JUNIT_ERROR], n[JUNIT_SKIPPED], seconds(j->ns));
}

static void
put_file(const struct junit *j, const char *suite, FILE *out)
{
	struct tm tm;
	char when[32];

	/* Of UTC; the format has no place for a zone. */
	(void)strftime(
	    when, sizeof(when), "%Y-%m-%dT%H:%M:%S", gmtime_r(&j->when, &tm));
	(void)fprintf(
	    out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	put_counts(j, suite, out);
	(void)fprintf(out, ">\n  <testsuite");
	put_counts(j, suite, out);
	(void)fprintf(out, " timestamp=\"%s\">\n", when);
	(void)fwrite(j->cases, 1, j->n, out);
	(void)fprintf(out, "  </testsuite>\n</testsuites>\n");
}

int
junit_write(struct junit *j, const char *suite, struct err *e)
{
	auto_free char *text = NULL;
	size_t n = 0;
	FILE *out;

	if (j->path == NULL)
		return 0;
	if (fflush(j->out) != 0 || (out = open_memstream(&text, &n)) == NULL)
		return err_set(e, E_NOMEM, "results");
	put_file(j, suite, out);
	if (fclose(out) != 0)
		return err_set(e, E_NOMEM, "results");
	return file_put(j->path, (struct span){ (const uint8_t *)text, n }, e);
}
