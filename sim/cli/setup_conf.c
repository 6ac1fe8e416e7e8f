#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/file.h"
#include "sim/base/suggest.h"
#include "sim/cli/opt.h"
#include "sim/cli/setup_conf.h"

#define CONF_FILE   "swtpm_setup.conf"
#define SYSTEM_FILE "/etc/" CONF_FILE
#define OWN_PREFIX  "odcasim_"

enum kind { TEXT, SVN, FAULT };

static const struct key {
	const char *name;
	enum kind kind;
	size_t offset; /* in struct mint_request */
	const char *example, *help;
} keys[] = {
	/* clang-format off */
	{ "active_pcr_banks", TEXT,  offsetof(struct mint_request, pcr_banks), "sha256",           "allocated PCR banks, where --pcr-banks does not say" },
	{ "odcasim_family",   TEXT,  offsetof(struct mint_request, family),    "adl",              "platform" },
	{ "odcasim_batch",    TEXT,  offsetof(struct mint_request, batch),     "00002004",         "fuse batch" },
	{ "odcasim_svn",      SVN,   offsetof(struct mint_request, svn),       "2",                "security version of the firmware" },
	{ "odcasim_seed",     TEXT,  offsetof(struct mint_request, seed),      "lab-${VMID}",      "the same seed gives the same device; ${VMID} is swtpm_setup's --vmid" },
	{ "odcasim_pki",      TEXT,  offsetof(struct mint_request, pki),       "/etc/odcasim/pki", "hierarchy that 'odcasim ca init' made" },
	{ "odcasim_pki_host", TEXT,  offsetof(struct mint_request, pki_host),  "pki.lab.test",     "host in the URLs of the certificates" },
	{ "odcasim_fault",    FAULT, offsetof(struct mint_request, faults),    "chain.foreign",    "a deviation from silicon; may be repeated" },
	/* clang-format on */
};
#define N_KEYS (sizeof(keys) / sizeof(*keys))

/* Where a line came from, for messages. */
struct line {
	struct setup_conf *conf;
	const char *vmid;
	unsigned number;
	struct err *e;
};

/* --- values -----------------------------------------------------------------
 */

static const char *
variable(const struct line *l, const char *name)
{
	return strcmp(name, "VMID") == 0 ? l->vmid : getenv(name);
}

/* Append what "${NAME}" at text stands for; *ret_n is its length. */
static int
expand_one(const struct line *l, const char *text, size_t *ret_n, FILE *out)
{
	size_t n = strcspn(text, "}");
	const char *value;
	char name[64];

	if (text[n] == '\0' || n - 2 >= sizeof(name))
		return err_set(l->e, E_FORMAT, "'%s' line %u: '${' has no '}'",
		    l->conf->path, l->number);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(n - 2), text + 2);
	if ((value = variable(l, name)) == NULL)
		return err_set(l->e, E_FORMAT, "'%s' line %u: no ${%s} is set",
		    l->conf->path, l->number, name);
	(void)fputs(value, out);
	*ret_n = n + 1;
	return 0;
}

/* *ret belongs to the conf. */
static int
expand(const struct line *l, const char *text, const char **ret)
{
	struct setup_conf *c = l->conf;
	size_t size, n;
	FILE *out;
	int rc = 0;

	if (c->n_values == sizeof(c->values) / sizeof(*c->values))
		return err_set(l->e, E_LIMIT, "'%s' has more than %zu settings",
		    c->path, c->n_values);
	out = open_memstream(&c->values[c->n_values], &size);
	if (out == NULL)
		return err_set(l->e, E_NOMEM, "read '%s'", c->path);
	for (; *text != '\0' && rc == 0; text += n) {
		n = 1;
		if (text[0] == '$' && text[1] == '{')
			rc = expand_one(l, text, &n, out);
		else
			(void)fputc(*text, out);
	}
	if (fclose(out) != 0)
		return err_set(l->e, E_NOMEM, "read '%s'", c->path);
	*ret = c->values[c->n_values++];
	return rc;
}

/* As in swtpm the first one counts. */
static int
store(const struct line *l, const struct key *k, const char *text)
{
	void *to = (char *)&l->conf->device + k->offset;
	struct opt_list *list = to;
	const char *value;

	if (k->kind == SVN)
		return opt_number(text, 1, MAX_SVN, k->name, to, l->e);
	if (expand(l, text, &value) != 0)
		return -1;
	if (k->kind == TEXT && *(const char **)to == NULL)
		*(const char **)to = value;
	if (k->kind == FAULT && list->n < MAX_OPT_LIST)
		list->items[list->n++] = value;
	return 0;
}

/* --- lines ------------------------------------------------------------------
 */

static int
unknown_key(const struct line *l, const char *name)
{
	AUTO(suggest_done) struct suggest s;
	char meant[64];

	suggest_init(&s, name);
	for (size_t i = 0; i < N_KEYS; i++)
		suggest_offer(&s, keys[i].name);
	return err_set(l->e, E_FORMAT, "'%s' line %u: unknown setting '%s'%s",
	    l->conf->path, l->number, name, opt_meant(&s, "", meant));
}

static const struct key *
find_key(const char *name)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static char *
trim(char *text)
{
	size_t n;

	text += strspn(text, " \t\r");
	n = strlen(text);
	while (n > 0 && strchr(" \t\r", text[n - 1]) != NULL)
		n--;
	text[n] = '\0';
	return text;
}

/* "name = value", up to a '#'. What swtpm has beside is not ours to judge. */
static int
take_line(const struct line *l, char *text)
{
	char *value, *name;
	const struct key *k;

	text[strcspn(text, "#")] = '\0';
	name = strsep(&text, "=");
	value = text != NULL ? trim(text) : NULL;
	name = trim(name);
	if ((k = find_key(name)) == NULL)
		return strncmp(name, OWN_PREFIX, strlen(OWN_PREFIX)) == 0
			   ? unknown_key(l, name)
			   : 0;
	if (value == NULL || value[0] == '\0')
		return err_set(l->e, E_FORMAT,
		    "'%s' line %u: '%s' has no value", l->conf->path, l->number,
		    name);
	return store(l, k, value);
}

static int
take_text(struct setup_conf *c, const char *vmid, char *text, struct err *e)
{
	struct line l = { .conf = c, .vmid = vmid, .e = e };
	char *one;

	while ((one = strsep(&text, "\n")) != NULL) {
		l.number++;
		if (take_line(&l, one) != 0)
			return err_hint(e, "'odcasim help swtpm_setup' tells "
					   "which settings there are");
	}
	return 0;
}

/* --- files ------------------------------------------------------------------
 */

int
setup_conf_user_path(char ret[static MAX_PATH_LENGTH], struct err *e)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n;

	if (base != NULL && base[0] != '\0')
		n = snprintf(ret, MAX_PATH_LENGTH, "%s/" CONF_FILE, base);
	else if (home != NULL && home[0] != '\0')
		n = snprintf(
		    ret, MAX_PATH_LENGTH, "%s/.config/" CONF_FILE, home);
	else
		return err_set(
		    e, E_NOTFOUND, "neither $XDG_CONFIG_HOME nor $HOME is set");
	return n < MAX_PATH_LENGTH ? 0
				   : err_set(e, E_LIMIT, "path of %d bytes", n);
}

/* The first that can be read, or "". */
static void
find_file(char ret[static MAX_PATH_LENGTH])
{
	if (setup_conf_user_path(ret, NULL) == 0 && access(ret, R_OK) == 0)
		return;
	(void)snprintf(ret, MAX_PATH_LENGTH, "%s",
	    access(SYSTEM_FILE, R_OK) == 0 ? SYSTEM_FILE : "");
}

int
setup_conf_read(
    const char *path, const char *vmid, struct setup_conf *ret, struct err *e)
{
	auto_buf text = BUF_INIT(MAX_SMALL_FILE);

	*ret = (struct setup_conf){ .n_values = 0 };
	if (path == NULL)
		find_file(ret->path);
	else if (snprintf(ret->path, sizeof(ret->path), "%s", path) >=
		 (int)sizeof(ret->path))
		return err_set(e, E_LIMIT, "path of %zu bytes", strlen(path));
	if (ret->path[0] == '\0')
		return 0;
	if (file_read(AT_FDCWD, ret->path, &text, e) != 0)
		return -1;
	if (buf_put_u8(&text, '\0'))
		return err_set(e, E_LIMIT, "'%s' is too long", ret->path);
	return take_text(ret, vmid, (char *)text.p, e);
}

void
setup_conf_done(struct setup_conf *c)
{
	for (size_t i = 0; i < c->n_values; i++)
		free(c->values[i]);
	c->n_values = 0;
}

void
setup_conf_complete(const struct setup_conf *c, struct mint_request *r)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		void *to = (char *)r + keys[i].offset;
		const void *from = (const char *)&c->device + keys[i].offset;

		if (keys[i].kind == TEXT && *(const char **)to == NULL)
			memcpy(to, from, sizeof(char *));
	}
	if (r->svn == 0)
		r->svn = c->device.svn;
	if (r->faults.n == 0)
		r->faults = c->device.faults;
}

void
setup_conf_template(FILE *out)
{
	(void)fputs("# Settings of the TPMs that swtpm_setup makes "
		    "(odcasim).\n",
	    out);
	for (size_t i = 0; i < N_KEYS; i++)
		(void)fprintf(out, "\n# %s\n#%s = %s\n", keys[i].help,
		    keys[i].name, keys[i].example);
}
