/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef COSIM_FORCE_H
#define COSIM_FORCE_H

#include <linux/completion.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#define FORCE_CALLERS	8
#define FORCE_ARGUMENTS	6
#define FORCE_TEXT	1024

struct force_range {
	unsigned long start;
	unsigned long end;
};

enum force_state {
	FORCE_ARMED,
	FORCE_HELD,
	FORCE_GONE,
};

/* What was written into "refuse" or "hold". */
struct force_hook {
	struct list_head node;
	struct kprobe probe;
	char name[KSYM_NAME_LEN];
	struct force_range callers[FORCE_CALLERS];
	unsigned int caller_count;
	/* Only calls whose argument of this number is above; -1 for all. */
	int argument;
	int above;
	unsigned int skip;

	/* Refusals. */
	unsigned long value;
	unsigned int times;
	unsigned int seen;
	unsigned int refused;

	/* Holds. */
	enum force_state state;
	struct task_struct *task;
	unsigned long arguments[FORCE_ARGUMENTS];
	bool released;
	struct completion left;
};

/* Lists, but for the probes' handlers. */
extern struct mutex force_mutex;
/* What changes in a hook, and membership of the lists. */
extern raw_spinlock_t force_lock;
extern struct list_head force_refusals;
extern struct list_head force_holds;

/* find.c: words of a text, and functions by their names */
char *force_word(char **text);
int force_number(char **text, unsigned int *number);
unsigned long force_inside(const struct kprobe *probe);
int force_find(const char *name, struct force_range *range, unsigned long *ip);
int force_callers(struct force_hook *hook, char *text);

/* detour.c: where calls go instead */
int force_refuse_entry(struct kprobe *probe, struct pt_regs *regs);
int force_hold_entry(struct kprobe *probe, struct pt_regs *regs);
void force_post(struct kprobe *probe, struct pt_regs *regs, unsigned long flags);
bool force_let_go(struct force_hook *hook);
long force_jump(unsigned long ip, const unsigned long *arguments);
int force_detours_begin(void);
void force_detours_end(void);

/* hooks.c: what is written into the files, and read */
int force_refuse(char *text);
int force_hold(char *text);
int force_release(char *text);
int force_call(char *text);
int force_clear(char *text);
int force_refuse_show(struct seq_file *file, void *unused);
int force_hold_show(struct seq_file *file, void *unused);

#endif
