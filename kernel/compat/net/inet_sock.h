/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.6 turned the bit fields of a socket into bits with accessors. */
#include_next <net/inet_sock.h>

#ifndef IP_VS_COMPAT_INET_SOCK_H
#define IP_VS_COMPAT_INET_SOCK_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define inet_test_bit(bit, sk) IP_VS_INET_##bit(sk)
#define IP_VS_INET_NODEFRAG(sk) (inet_sk(sk)->nodefrag)
#endif

#endif
