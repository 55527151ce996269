/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sequence numbers of a TCP connection whose payload has got longer or shorter on its way. One record a direction: it
 * knows of the last change, and of what had been before, since a packet from before the change may come again.
 * All numbers are modulo 2^32. Source: spec/apps.md, section 1.
 */
#ifndef IP_VS_CORE_SEQ_ADJUST_H
#define IP_VS_CORE_SEQ_ADJUST_H

#include "core/base.h"

/**
 * struct ip_vs_seq_adjust - how the numbers of a direction differ between sender and receiver
 * @start: number, as sent, of the last packet whose length was changed
 * @delta: what is added to the numbers of later packets
 * @previous: and to those of that one and of earlier ones
 */
struct ip_vs_seq_adjust {
	u32 start;
	u32 delta;
	u32 previous;
};

static inline bool ip_vs_seq_is_after(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

/* The number that the receiver is told. */
static inline u32 ip_vs_seq_forward(const struct ip_vs_seq_adjust *adjust, u32 seq)
{
	return seq + (ip_vs_seq_is_after(seq, adjust->start) ? adjust->delta : adjust->previous);
}

/*
 * What the receiver acknowledges, in the numbers of the sender. To the receiver the packet begins at @start + @previous;
 * whether it has become longer or shorter, who acknowledges more has got it.
 */
static inline u32 ip_vs_seq_back(const struct ip_vs_seq_adjust *adjust, u32 ack)
{
	return ack - (ip_vs_seq_is_after(ack, adjust->start + adjust->previous) ? adjust->delta : adjust->previous);
}

/**
 * ip_vs_seq_note() - a packet's length was changed
 * @is_used: does the record know of a change already? Else it is nothing yet
 * @seq: the packet's number, as sent
 * @diff: by how much it is longer now
 *
 * Returns false for one that has come again: what was done to it is known.
 */
static inline bool ip_vs_seq_note(struct ip_vs_seq_adjust *adjust, bool is_used, u32 seq, int diff)
{
	if (is_used && !ip_vs_seq_is_after(seq, adjust->start))
		return false;
	adjust->previous = is_used ? adjust->delta : 0;
	adjust->delta = adjust->previous + (u32)diff;
	adjust->start = seq;
	return true;
}

#endif
