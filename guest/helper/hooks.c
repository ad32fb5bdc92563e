// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What is refused and held: as it is written, and as it is read. */

#include <linux/slab.h>

#include "force.h"

DEFINE_MUTEX(force_mutex);
DEFINE_RAW_SPINLOCK(force_lock);
LIST_HEAD(force_refusals);
LIST_HEAD(force_holds);

static void force_list(struct force_hook *hook, struct list_head *list)
{
	raw_spin_lock_irq(&force_lock);
	list_add_tail(&hook->node, list);
	raw_spin_unlock_irq(&force_lock);
}

static void force_unlist(struct force_hook *hook)
{
	raw_spin_lock_irq(&force_lock);
	list_del(&hook->node);
	raw_spin_unlock_irq(&force_lock);
}

/* The rest of a text is the function's callers. */
static int force_arm(struct force_hook *hook, char *callers,
		     struct list_head *list)
{
	int err;

	err = force_callers(hook, callers);
	if (err)
		return err;
	init_completion(&hook->left);
	hook->probe.symbol_name = hook->name;
	hook->probe.post_handler = force_post;
	mutex_lock(&force_mutex);
	force_list(hook, list);
	err = register_kprobe(&hook->probe);
	if (err)
		force_unlist(hook);
	mutex_unlock(&force_mutex);
	return err;
}

int force_refuse(char *text)
{
	char *name = force_word(&text);
	char *value = force_word(&text);
	struct force_hook *hook;
	long number;
	int err;

	if (!name || !value || kstrtol(value, 0, &number))
		return -EINVAL;
	hook = kzalloc(sizeof(*hook), GFP_KERNEL);
	if (!hook)
		return -ENOMEM;
	hook->value = number;
	hook->probe.pre_handler = force_refuse_entry;
	err = strscpy(hook->name, name, sizeof(hook->name)) < 0 ? -EINVAL : 0;
	if (!err)
		err = force_number(&text, &hook->skip);
	if (!err)
		err = force_number(&text, &hook->times);
	if (!err)
		err = force_arm(hook, text, &force_refusals);
	if (err)
		kfree(hook);
	return err;
}

int force_hold(char *text)
{
	char *name = force_word(&text);
	struct force_hook *hook;
	int err;

	if (!name)
		return -EINVAL;
	hook = kzalloc(sizeof(*hook), GFP_KERNEL);
	if (!hook)
		return -ENOMEM;
	hook->probe.pre_handler = force_hold_entry;
	err = strscpy(hook->name, name, sizeof(hook->name)) < 0 ? -EINVAL : 0;
	if (!err)
		err = force_number(&text, &hook->skip);
	if (!err)
		err = force_arm(hook, text, &force_holds);
	if (err)
		kfree(hook);
	return err;
}

int force_release(char *text)
{
	char *name = force_word(&text);
	struct force_hook *hook;
	int err = -ENOENT;

	if (!name)
		return -EINVAL;
	mutex_lock(&force_mutex);
	list_for_each_entry(hook, &force_holds, node) {
		if (hook->released || strcmp(hook->name, name))
			continue;
		force_let_go(hook);
		err = 0;
		break;
	}
	mutex_unlock(&force_mutex);
	return err;
}

int force_call(char *text)
{
	unsigned long arguments[FORCE_ARGUMENTS] = {};
	char *name = force_word(&text);
	unsigned int count = 0;
	unsigned long ip;
	char *word;
	int err;

	if (!name)
		return -EINVAL;
	while ((word = force_word(&text))) {
		if (count == FORCE_ARGUMENTS)
			return -E2BIG;
		err = kstrtoul(word, 0, &arguments[count++]);
		if (err)
			return err;
	}
	err = force_find(name, NULL, &ip);
	if (!err)
		force_jump(ip, arguments);
	return err;
}

int force_clear(char *text)
{
	struct force_hook *hook, *next;

	mutex_lock(&force_mutex);
	list_for_each_entry_safe(hook, next, &force_refusals, node) {
		unregister_kprobe(&hook->probe);
		force_unlist(hook);
		kfree(hook);
	}
	list_for_each_entry_safe(hook, next, &force_holds, node) {
		unregister_kprobe(&hook->probe);
		if (force_let_go(hook))
			wait_for_completion(&hook->left);
		force_unlist(hook);
		kfree(hook);
	}
	mutex_unlock(&force_mutex);
	return 0;
}

int force_refuse_show(struct seq_file *file, void *unused)
{
	struct force_hook *hook;

	mutex_lock(&force_mutex);
	list_for_each_entry(hook, &force_refusals, node)
		seq_printf(file, "%s seen %u refused %u\n", hook->name,
			   hook->seen, hook->refused);
	mutex_unlock(&force_mutex);
	return 0;
}

int force_hold_show(struct seq_file *file, void *unused)
{
	struct force_hook *hook;
	unsigned int i;

	mutex_lock(&force_mutex);
	list_for_each_entry(hook, &force_holds, node) {
		enum force_state state = READ_ONCE(hook->state);

		seq_printf(file, "%s %s", hook->name,
			   state == FORCE_ARMED && !hook->released ? "armed" :
			   state == FORCE_HELD ? "held" : "gone");
		for (i = 0; state == FORCE_HELD && i < FORCE_ARGUMENTS; i++)
			seq_printf(file, " 0x%lx", hook->arguments[i]);
		seq_putc(file, '\n');
	}
	mutex_unlock(&force_mutex);
	return 0;
}
