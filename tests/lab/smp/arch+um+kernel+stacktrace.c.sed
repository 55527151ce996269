# SPDX-License-Identifier: GPL-2.0-or-later
# A CPU other than the first begins on the stack of its thread, which ends anywhere. The walk goes on to where a stack of
# the kernel's would end: out of it, when KASAN notes who frees something there.
/^	frame = (struct stack_frame \*)bp;$/i\
	if (!virt_addr_valid(sp))\
		return;
