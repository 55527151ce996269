// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include "conn/conn.h"
#include "path/defense.h"

static u64 available_pages(void)
{
	struct sysinfo info;

	si_meminfo(&info);
	return (u64)info.freeram + info.bufferram;
}

static void advance(int *mode, bool low)
{
	WRITE_ONCE(*mode, ip_vs_defense_next(*mode, low));
}

/* Look at the memory and decide. */
static void decide(struct ip_vs_net *ipvs)
{
	struct ip_vs_sysctl *sysctl = &ipvs->sysctl;
	struct ip_vs_defense *defense = &ipvs->defense;
	int amemthresh = READ_ONCE(sysctl->amemthresh);
	u64 available = available_pages();
	bool low = ip_vs_defense_is_low(available, amemthresh);
	int rate;

	lockdep_assert_held(&defense->mutex);
	advance(&sysctl->drop_entry, low);
	advance(&sysctl->drop_packet, low);
	advance(&sysctl->secure_tcp, low);

	rate = ip_vs_defense_drop_rate(sysctl->drop_packet, available, amemthresh,
				       READ_ONCE(sysctl->am_droprate));
	if (sysctl->drop_packet == IP_VS_DEFENSE_ACTIVE)
		WRITE_ONCE(defense->drop_counter, rate);
	WRITE_ONCE(defense->drop_rate, rate);
	WRITE_ONCE(defense->secure_tcp, ip_vs_defense_is_on(sysctl->secure_tcp));
}

/* Some mode is not off, and packets come here. */
static bool is_needed(const struct ip_vs_net *ipvs)
{
	const struct ip_vs_sysctl *sysctl = &ipvs->sysctl;

	return (READ_ONCE(sysctl->drop_entry) || READ_ONCE(sysctl->drop_packet) ||
		READ_ONCE(sysctl->secure_tcp)) &&
	       (READ_ONCE(ipvs->hooked[IP_VS_V4]) || READ_ONCE(ipvs->hooked[IP_VS_V6]));
}

static void look_again(struct ip_vs_net *ipvs)
{
	if (is_needed(ipvs))
		queue_delayed_work(system_dfl_wq, &ipvs->defense.work, HZ);
}

static void defense_worker(struct work_struct *work)
{
	struct ip_vs_net *ipvs = container_of(work, struct ip_vs_net, defense.work.work);
	bool drop_entry;

	mutex_lock(&ipvs->defense.mutex);
	decide(ipvs);
	drop_entry = ip_vs_defense_is_on(ipvs->sysctl.drop_entry);
	mutex_unlock(&ipvs->defense.mutex);
	if (drop_entry)
		ip_vs_conn_drop_random_entries(ipvs);
	look_again(ipvs);
}

void ip_vs_defense_set_mode(struct ip_vs_net *ipvs, int *mode, int value)
{
	mutex_lock(&ipvs->defense.mutex);
	if (*mode != value) {
		WRITE_ONCE(*mode, value);
		decide(ipvs);
	}
	mutex_unlock(&ipvs->defense.mutex);
	look_again(ipvs);
}

void ip_vs_defense_start(struct ip_vs_net *ipvs)
{
	if (is_needed(ipvs))
		queue_delayed_work(system_dfl_wq, &ipvs->defense.work, 0);
}

void ip_vs_defense_init(struct ip_vs_net *ipvs)
{
	mutex_init(&ipvs->defense.mutex);
	INIT_DELAYED_WORK(&ipvs->defense.work, defense_worker);
}

void ip_vs_defense_uninit(struct ip_vs_net *ipvs)
{
	cancel_delayed_work_sync(&ipvs->defense.work);
}
