/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moments in which what another CPU does makes a difference. They last nanoseconds, unless a test build is told to
 * stop in one of them: /sys/module/ip_vs/parameters/pause_at and pause_ms. In all other builds this is nothing.
 */
#ifndef IP_VS_FAULTS_PAUSE_H
#define IP_VS_FAULTS_PAUSE_H

#include <linux/types.h>

enum ip_vs_pause {
	IP_VS_PAUSE_STATE = 1,	/* a connection's time has changed by half, under its lock */
	IP_VS_PAUSE_MAKE = 2,	/* a connection is made but not in the table yet */
	IP_VS_PAUSE_COUNT = 3,	/* a connection too many is counted, and not taken back yet */
	IP_VS_PAUSE_BURIAL = 4,	/* connections are freed, and others that ended meanwhile are not taken yet */
};

#ifdef IP_VS_FAULTS
/* Once: the next one who comes to this place goes on. */
void ip_vs_pause(enum ip_vs_pause place);

/* Once: somebody who has let go of a controller has not said so. */
bool ip_vs_forgets_control(void);

/* For so many jiffies a new wheel has stood still, as those do in which there is nothing. */
u32 ip_vs_wheel_stood_still(void);
#else
static inline void ip_vs_pause(enum ip_vs_pause place)
{
}

static inline bool ip_vs_forgets_control(void)
{
	return false;
}

static inline u32 ip_vs_wheel_stood_still(void)
{
	return 0;
}
#endif

#endif
