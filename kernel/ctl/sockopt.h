/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CTL_SOCKOPT_H
#define IP_VS_CTL_SOCKOPT_H

/* The socket options of old programs, for all namespaces. 0 or a negative errno. */
int ip_vs_sockopt_init(void);
void ip_vs_sockopt_exit(void);

#endif
