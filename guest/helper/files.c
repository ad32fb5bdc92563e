// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * cosim_force - refuses chosen calls of a driver, and stops it at others.
 *
 * For guests of mlx5-cosim, which make an unmodified mlx5_core run out of
 * memory at one place, or stop it between two of its steps. The module knows no
 * driver: which functions matter, the harness says by their names (see
 * harness/src/stage/linux/forcing.rs). Files in debugfs, all plain text:
 *
 * mlx5_cosim/refuse   write "FUNCTION VALUE SKIP TIMES CALLER...": of the calls
 *                     of FUNCTION by a CALLER the first SKIP pass, the next
 *                     TIMES do not happen and return VALUE
 * mlx5_cosim/hold     write "FUNCTION SKIP CALLER...": after SKIP such calls
 *                     the next one waits before its first instruction
 * mlx5_cosim/release  write "FUNCTION": the call that waits goes on; one that
 *                     has not come will not wait
 * mlx5_cosim/call     write "FUNCTION ARGUMENT...": calls it, here and now
 * mlx5_cosim/clear    write anything: all is as if nothing had been written;
 *                     calls that wait go on
 *
 * Reading "refuse" gives "FUNCTION seen N refused M", reading "hold" gives
 * "FUNCTION armed", "FUNCTION held ARGUMENT..." or "FUNCTION gone", a line for
 * each thing that was written, in that order.
 *
 * A function is named as kprobes name it, "mlx5_core:free_4k". Of the callers
 * those that exist count, and one has to: compilers make several functions into
 * one. A call is a caller's if it returns into it. Beside the callers "N>M" may
 * stand: only calls count whose argument N, from 0, an int, is above M. Functions that are held or
 * called take at most six arguments, all in registers.
 */

#include <linux/debugfs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "force.h"

static struct dentry *force_folder;

static ssize_t force_write(const char __user *buffer, size_t size,
			   int (*act)(char *text))
{
	char *text;
	int err;

	if (size > FORCE_TEXT)
		return -E2BIG;
	text = memdup_user_nul(buffer, size);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = act(text);
	kfree(text);
	return err ?: size;
}

static int force_nothing_show(struct seq_file *file, void *unused)
{
	return 0;
}

#define FORCE_FILE(name, show)							\
static ssize_t name##_write(struct file *file, const char __user *buffer,	\
			    size_t size, loff_t *at)				\
{										\
	return force_write(buffer, size, name);					\
}										\
static int name##_open(struct inode *inode, struct file *file)			\
{										\
	return single_open(file, show, NULL);					\
}										\
static const struct file_operations name##_file = {				\
	.owner = THIS_MODULE,							\
	.open = name##_open,							\
	.read = seq_read,							\
	.write = name##_write,							\
	.llseek = seq_lseek,							\
	.release = single_release,						\
}

FORCE_FILE(force_refuse, force_refuse_show);
FORCE_FILE(force_hold, force_hold_show);
FORCE_FILE(force_release, force_nothing_show);
FORCE_FILE(force_call, force_nothing_show);
FORCE_FILE(force_clear, force_nothing_show);

static int __init force_init(void)
{
	int err;

	err = force_detours_begin();
	if (err)
		return err;
	force_folder = debugfs_create_dir("mlx5_cosim", NULL);
	debugfs_create_file("refuse", 0600, force_folder, NULL, &force_refuse_file);
	debugfs_create_file("hold", 0600, force_folder, NULL, &force_hold_file);
	debugfs_create_file("release", 0200, force_folder, NULL, &force_release_file);
	debugfs_create_file("call", 0200, force_folder, NULL, &force_call_file);
	debugfs_create_file("clear", 0200, force_folder, NULL, &force_clear_file);
	return 0;
}

static void __exit force_exit(void)
{
	debugfs_remove(force_folder);
	force_clear(NULL);
	force_detours_end();
}

module_init(force_init);
module_exit(force_exit);
MODULE_DESCRIPTION("Refuses chosen calls of a driver and stops it at others");
MODULE_LICENSE("Dual MIT/GPL");
