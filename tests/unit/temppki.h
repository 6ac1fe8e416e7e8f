/*
 * temppki.h - room for a hierarchy below /tmp, removed by the test.
 */
#ifndef TESTS_UNIT_TEMPPKI_H
#define TESTS_UNIT_TEMPPKI_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "sim/base/file.h"
#include "sim/base/limits.h"

struct temp {
	char base[64];
	char pki[96]; /* below base; not there yet */
};

static void
make_temp(struct temp *t)
{
	(void)snprintf(t->base, sizeof(t->base), "/tmp/odcasim-test-XXXXXX");
	assert_non_null(mkdtemp(t->base));
	(void)snprintf(t->pki, sizeof(t->pki), "%s/pki", t->base);
}

static void
copy_tree(const char *from, const char *to)
{
	DIR *d = opendir(from);
	const struct dirent *entry;

	assert_non_null(d);
	assert_int_equal(mkdir(to, 0700), 0);
	while ((entry = readdir(d)) != NULL) {
		auto_buf content = BUF_INIT(MAX_SMALL_FILE);
		char inner[512], copy[512];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(
		    inner, sizeof(inner), "%s/%s", from, entry->d_name);
		(void)snprintf(copy, sizeof(copy), "%s/%s", to, entry->d_name);
		if (file_read(AT_FDCWD, inner, &content, NULL) != 0)
			copy_tree(inner, copy);
		else
			assert_int_equal(
			    file_write(AT_FDCWD, copy, buf_span(&content),
				FILE_NOSYNC, NULL),
			    0);
	}
	(void)closedir(d);
}

/* As pki_create(), where any hierarchy will do: RSA keys take a while. */
static inline void
copy_hierarchy(const struct temp *t)
{
	copy_tree("certs/pki", t->pki);
}

static void
remove_tree(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		char inner[512];

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(
		    inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (unlink(inner) != 0)
			remove_tree(inner);
	}
	if (d != NULL)
		(void)closedir(d);
	(void)rmdir(path);
}

#endif
