/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.12 has it here and no longer below asm/. */
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include_next <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif
