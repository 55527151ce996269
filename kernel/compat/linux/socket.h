/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.19 gave addresses of unknown length, as kernel_bind() and kernel_connect() take them, a type of their own. */
#include_next <linux/socket.h>

#ifndef IP_VS_COMPAT_SOCKET_H
#define IP_VS_COMPAT_SOCKET_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define sockaddr_unsized sockaddr
#endif

#endif
