/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_FAULTS_GATE_H
#define IP_VS_FAULTS_GATE_H

#include <linux/stringify.h>
#include <linux/types.h>

/*
 * Is it this call's turn to fail? Every fail_every-th is, see faults.c.
 * @site: where the call stands
 * @is_known: whether the log has been told that this one fails, too
 */
bool ip_vs_fault(const char *site, bool *is_known);

/* Its names can be read off the module's file, also those of calls that no test has come to. */
#define IP_VS_FAULT()                                                                              \
	({                                                                                         \
		static const char ip_vs_site[] __used __section("ip_vs_sites") =                   \
			"fault-site:" __FILE__ ":" __stringify(__LINE__);                          \
		static bool ip_vs_site_is_known;                                                   \
		ip_vs_fault(ip_vs_site, &ip_vs_site_is_known);                                     \
	})

#endif
