/* main.c - sessiond: what the first word on its command line does. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "admin/command.h"
#include "admin/command_line.h"
#include "admin/serve.h"
#include "base/id.h"
#include "base/secret.h"
#include "conf/conf.h"
#include "version.gen.h"

enum { TEXT_MAX = 256 * 1024 };

/* Nothing of this process is for other eyes: no core, no debugger, no file that others can read. */
static bool
harden(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	umask(077);
	signal(SIGPIPE, SIG_IGN);
	/* A file at its limit is an error to the one who writes it, not the end of everybody. */
	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
		return false;
	/* As many connections as the service manager lets us have. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	return secret_init_libraries() && id_init();
}

static void
print(FILE *to, struct buf *text)
{
	if (text->n > 0)
		fwrite(text->p, 1, text->n, to);
	buf_done(text);
}

static int
version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("sessiond " SESSIOND_VERSION "\n");
	return 0;
}

static int
check_config(int argc, char **argv)
{
	const struct conf *c;
	struct buf out, problems;

	buf_init(&out, TEXT_MAX);
	buf_init(&problems, TEXT_MAX);
	c = conf_load(argc, argv, NULL, &problems);
	if (c)
		conf_print(c, &out);
	conf_free(c);
	print(stdout, &out);
	print(stderr, &problems);
	return c ? 0 : 1;
}

static int
serve_or_help(int argc, char **argv)
{
	struct buf out;

	if (argc != 1 || (strcmp(argv[0], "--help") != 0 && strcmp(argv[0], "-h") != 0))
		return serve(argc, argv);
	buf_init(&out, TEXT_MAX);
	buf_printf(&out, "usage: sessiond serve [flags]\n\n");
	conf_help(&out);
	print(stdout, &out);
	return 0;
}

static int
help(int argc, char **argv)
{
	struct buf out;

	(void)argc;
	(void)argv;
	buf_init(&out, TEXT_MAX);
	buf_printf(&out,
	    "usage: sessiond COMMAND ...\n\n"
	    "  serve              Answer requests until SIGTERM; `sessiond serve --help` lists the flags.\n"
	    "  check-config       Check the configuration, and print what is in effect.\n");
	command_help(&out);
	buf_printf(&out,
	    "  version            Print the version.\n"
	    "  help               Print this.\n\n"
	    "Commands run inside the server that holds --data, or by themselves when none does.\n"
	    "`sessiond COMMAND --help` tells a command's flags.\n");
	print(stdout, &out);
	return 0;
}

static const struct {
	const char *word;
	int (*run)(int argc, char **argv);
} words[] = {
	{ "serve", serve_or_help },
	{ "check-config", check_config },
	{ "version", version },
	{ "--version", version },
	{ "help", help },
	{ "--help", help },
	{ "-h", help },
};

int
main(int argc, char **argv)
{
	if (!harden()) {
		fprintf(stderr, "sessiond: this system gives no randomness, or no way to keep memory private\n");
		return 1;
	}
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(words); i++)
		if (strcmp(argv[1], words[i].word) == 0)
			return words[i].run(argc - 2, argv + 2);
	return command_line(argc - 1, argv + 1);
}
