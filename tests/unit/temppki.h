/*
 * temppki.h - room for a hierarchy below /tmp, removed by the test.
 */
#ifndef TESTS_UNIT_TEMPPKI_H
#define TESTS_UNIT_TEMPPKI_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

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
