// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The words that are written, and the functions that they name. */

#include <linux/ctype.h>

#include "force.h"

/* The next word of a text; NULL if there is none. */
char *force_word(char **text)
{
	char *word;

	do {
		word = strsep(text, " \t\n");
	} while (word && !*word);
	return word;
}

int force_number(char **text, unsigned int *number)
{
	char *word = force_word(text);

	return word ? kstrtouint(word, 0, number) : -EINVAL;
}

/*
 * Where a function goes on if its call was caught at the probe: behind the
 * instruction by which it is traced, or, where functions are not, at the
 * breakpoint, which lets it pass.
 */
unsigned long force_inside(const struct kprobe *probe)
{
	unsigned long ip = (unsigned long)probe->addr;

	return probe->flags & KPROBE_FLAG_FTRACE ? ip + MCOUNT_INSN_SIZE : ip;
}

/* Where a function is; ip gets the address at which it can be entered. */
int force_find(const char *name, struct force_range *range, unsigned long *ip)
{
	struct kprobe probe = { .symbol_name = name };
	char symbol[KSYM_SYMBOL_LEN];
	unsigned long offset, size;
	const char *plus;
	int err;

	err = register_kprobe(&probe);
	if (err)
		return err;
	if (ip)
		*ip = force_inside(&probe);
	sprint_symbol(symbol, (unsigned long)probe.addr);
	plus = strrchr(symbol, '+');
	if (!plus || sscanf(plus, "+%lx/%lx", &offset, &size) != 2)
		err = -ENOENT;
	unregister_kprobe(&probe);
	if (err || !range)
		return err;
	range->start = (unsigned long)probe.addr - offset;
	range->end = range->start + size;
	return 0;
}

/* The rest of a text: callers, and what is asked of an argument. */
int force_callers(struct force_hook *hook, char *text)
{
	char *word;
	int err;

	hook->argument = -1;
	while ((word = force_word(&text))) {
		if (isdigit(*word)) {
			if (sscanf(word, "%d>%d", &hook->argument, &hook->above) != 2 ||
			    hook->argument >= FORCE_ARGUMENTS)
				return -EINVAL;
			continue;
		}
		if (hook->caller_count == FORCE_CALLERS)
			return -E2BIG;
		err = force_find(word, &hook->callers[hook->caller_count], NULL);
		if (!err)
			hook->caller_count++;
		else if (err != -ENOENT)
			return err;
	}
	return hook->caller_count ? 0 : -ENOENT;
}
