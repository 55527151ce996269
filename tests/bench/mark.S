/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does nothing: profile.c sees that it runs. Linked to stand at the addresses in mark.h. */
	.globl _start
_start:
	mov $60, %eax
	xor %edi, %edi
	syscall
