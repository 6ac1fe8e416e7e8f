/*
 * Give a fuzzer's inputs to its harness, without libFuzzer: what was found
 * once stays found.
 *
 *   replay_NAME [FILE|FOLDER]...     default: tests/fuzz/corpus/NAME
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/file.h"

#define CORPUS         "tests/fuzz/corpus/"
#define PREFIX         "replay_"
#define MAX_INPUT_SIZE (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
/* A harness may have it. */
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int
replay_file(const char *path)
{
	auto_buf content = BUF_INIT(MAX_INPUT_SIZE);
	auto_buf exact = BUF_INIT(0);
	struct err e = ERR_INIT;

	if (file_read(AT_FDCWD, path, &content, &e) != 0) {
		(void)fprintf(stderr, "%s: %s\n", path, e.msg);
		return -1;
	}
	/* No larger than the input: AddressSanitizer sees its end. */
	buf_init(&exact, content.n);
	if (buf_put(&exact, buf_span(&content)) != 0)
		return -1;
	(void)LLVMFuzzerTestOneInput(exact.p, exact.n);
	return 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* How many files, or -1. */
static int
replay_folder(const char *folder)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_visible, by_name);
	int failed = n < 0;

	if (n < 0)
		(void)fprintf(stderr, "%s: %s\n", folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[4096];

		(void)snprintf(
		    path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (replay_file(path) != 0)
			failed = 1;
		free(names[i]);
	}
	free(names);
	return failed ? -1 : n;
}

static int
replay(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return replay_folder(path);
	return replay_file(path) == 0 ? 1 : -1;
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash != NULL ? slash + 1 : argv[0];
	char folder[256];
	char *fallback[] = { argv[0], folder, NULL };
	int total = 0;

	if (strncmp(name, PREFIX, strlen(PREFIX)) == 0)
		name += strlen(PREFIX);
	(void)snprintf(folder, sizeof(folder), CORPUS "%s", name);
	if (LLVMFuzzerInitialize != NULL &&
	    LLVMFuzzerInitialize(&argc, &argv) != 0)
		return 1;
	if (argc < 2)
		argv = fallback;
	while (*++argv != NULL) {
		int n = replay(*argv);

		if (n < 0)
			return 1;
		total += n;
	}
	(void)printf("%s: %d inputs\n", name, total);
	if (total == 0) {
		(void)fprintf(stderr, "%s: no inputs\n", folder);
		return 1;
	}
	return 0;
}
