// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Where calls go instead.
 *
 * A kprobe at a function's entry may send the processor somewhere else. A call
 * that is refused goes to a function that returns its first argument, which has
 * become VALUE. One that is held goes to a function that sleeps, and then to
 * where it was to go: by a kprobe, too, past the place where it was caught. So no
 * function needs to be fit for a call by its address.
 */

#include <linux/wait.h>

#include "force.h"

/* A task on its way to a function, not by a call. */
struct force_jump {
	struct list_head node;
	struct task_struct *task;
	unsigned long ip;
};

static LIST_HEAD(force_jumps);
static DECLARE_WAIT_QUEUE_HEAD(force_queue);

/* Probes whose handlers change where a call goes must not be optimised. */
void force_post(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static void force_arguments(const struct pt_regs *regs, unsigned long *arguments)
{
	arguments[0] = regs->di;
	arguments[1] = regs->si;
	arguments[2] = regs->dx;
	arguments[3] = regs->cx;
	arguments[4] = regs->r8;
	arguments[5] = regs->r9;
}

static bool force_is_meant(const struct force_hook *hook,
			   const struct pt_regs *regs)
{
	unsigned long back = *(unsigned long *)regs->sp;
	unsigned long arguments[FORCE_ARGUMENTS];
	unsigned int i;

	if (hook->argument >= 0) {
		force_arguments(regs, arguments);
		if ((int)arguments[hook->argument] <= hook->above)
			return false;
	}
	for (i = 0; i < hook->caller_count; i++)
		if (back > hook->callers[i].start && back <= hook->callers[i].end)
			return true;
	return false;
}

static noinline long force_return(long value)
{
	return value;
}

int force_refuse_entry(struct kprobe *probe, struct pt_regs *regs)
{
	struct force_hook *hook = container_of(probe, struct force_hook, probe);
	unsigned long flags;
	bool refuse;

	if (!force_is_meant(hook, regs))
		return 0;
	raw_spin_lock_irqsave(&force_lock, flags);
	refuse = hook->seen >= hook->skip && hook->refused < hook->times;
	hook->seen++;
	hook->refused += refuse;
	raw_spin_unlock_irqrestore(&force_lock, flags);
	if (!refuse)
		return 0;
	regs->di = hook->value;
	regs->ip = (unsigned long)force_return;
	return 1;
}

/* Never runs beyond its first instruction, where the task's jump begins. */
static noinline __attribute__((__noipa__))
long force_go_on(unsigned long a, unsigned long b, unsigned long c,
		 unsigned long d, unsigned long e, unsigned long f)
{
	WARN_ONCE(1, "cosim_force: nowhere to go on\n");
	return -ENOSYS;
}

static int force_go_on_entry(struct kprobe *probe, struct pt_regs *regs)
{
	struct force_jump *jump;
	unsigned long flags;
	int goes = 0;

	raw_spin_lock_irqsave(&force_lock, flags);
	list_for_each_entry(jump, &force_jumps, node) {
		if (jump->task != current)
			continue;
		list_del(&jump->node);
		regs->ip = jump->ip;
		goes = 1;
		break;
	}
	raw_spin_unlock_irqrestore(&force_lock, flags);
	return goes;
}

static struct kprobe force_go_on_probe = {
	.addr = (kprobe_opcode_t *)force_go_on,
	.pre_handler = force_go_on_entry,
	.post_handler = force_post,
};

long force_jump(unsigned long ip, const unsigned long *arguments)
{
	struct force_jump jump = { .task = current, .ip = ip };

	raw_spin_lock_irq(&force_lock);
	list_add(&jump.node, &force_jumps);
	raw_spin_unlock_irq(&force_lock);
	return force_go_on(arguments[0], arguments[1], arguments[2],
			   arguments[3], arguments[4], arguments[5]);
}

/* Where a held call has gone: it waits, and goes to where it was to go. */
static noinline long force_wait(void)
{
	unsigned long arguments[FORCE_ARGUMENTS];
	struct force_hook *hook;
	unsigned long ip;
	long result;

	raw_spin_lock_irq(&force_lock);
	list_for_each_entry(hook, &force_holds, node)
		if (hook->state == FORCE_HELD && hook->task == current)
			break;
	raw_spin_unlock_irq(&force_lock);
	wait_event_idle(force_queue, READ_ONCE(hook->released));
	memcpy(arguments, hook->arguments, sizeof(arguments));
	ip = force_inside(&hook->probe);
	WRITE_ONCE(hook->state, FORCE_GONE);
	/* From here on the hook may go. */
	complete_all(&hook->left);
	result = force_jump(ip, arguments);
	module_put(THIS_MODULE);
	return result;
}

/* Whether the function was called by a task, with interrupts on. */
static bool force_may_sleep(const struct kprobe *probe,
			    const struct pt_regs *regs)
{
	int count = preempt_count();

	/* A breakpoint is taken as an NMI is. */
	if (!(probe->flags & KPROBE_FLAG_FTRACE))
		count -= NMI_OFFSET + HARDIRQ_OFFSET;
	if (count & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET))
		return false;
	return regs->flags & X86_EFLAGS_IF;
}

int force_hold_entry(struct kprobe *probe, struct pt_regs *regs)
{
	struct force_hook *hook = container_of(probe, struct force_hook, probe);
	bool hold = false;
	unsigned long flags;

	if (!force_may_sleep(probe, regs) || !force_is_meant(hook, regs))
		return 0;
	raw_spin_lock_irqsave(&force_lock, flags);
	if (hook->state == FORCE_ARMED && !hook->released &&
	    hook->seen++ >= hook->skip && try_module_get(THIS_MODULE)) {
		hook->state = FORCE_HELD;
		hook->task = current;
		force_arguments(regs, hook->arguments);
		hold = true;
	}
	raw_spin_unlock_irqrestore(&force_lock, flags);
	if (!hold)
		return 0;
	regs->ip = (unsigned long)force_wait;
	return 1;
}

/* Called with the mutex. Returns whether a call was caught. */
bool force_let_go(struct force_hook *hook)
{
	bool caught;

	raw_spin_lock_irq(&force_lock);
	caught = hook->state != FORCE_ARMED;
	hook->released = true;
	raw_spin_unlock_irq(&force_lock);
	wake_up_all(&force_queue);
	return caught;
}

int force_detours_begin(void)
{
	return register_kprobe(&force_go_on_probe);
}

void force_detours_end(void)
{
	unregister_kprobe(&force_go_on_probe);
	/* A task that has gone on may have a few instructions left in here. */
	synchronize_rcu_tasks();
}
