/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_FAULTS_GATE_H
#define IP_VS_FAULTS_GATE_H

#include <linux/types.h>

/* Is it this allocation's turn to fail? Every fail_every-th is, see faults.c. */
bool ip_vs_fault(void);

#endif
