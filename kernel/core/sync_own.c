// SPDX-License-Identifier: GPL-2.0-only
#include "core/sync_own.h"
#include "core/bytes.h"

unsigned int ip_vs_sync_write_heartbeat(void *data, u8 syncid, const struct ip_vs_sync_heartbeat *body,
					const struct ip_vs_sync_trailer *trailer, bool has_tag)
{
	u8 *p = (u8 *)data + IP_VS_SYNC_HEADER_LEN;

	ip_vs_sync_begin_own(data, syncid, IP_VS_SYNC_HEARTBEAT);
	ip_vs_put32(p, body->interval_ms);
	ip_vs_put32(p + 4, body->entries);
	ip_vs_put32(p + 8, body->queued);
	p[12] = body->roles;
	p[13] = body->threads;
	p[14] = body->role;
	p[15] = 0;
	ip_vs_put64(p + 16, body->told);
	ip_vs_put32(p + 24, body->age_ms);
	ip_vs_put32(p + 28, 0);
	return ip_vs_sync_finish_own(data, IP_VS_SYNC_HEARTBEAT_LEN, trailer, has_tag);
}

enum ip_vs_sync_reason ip_vs_sync_read_heartbeat(const struct ip_vs_sync_reader *r, struct ip_vs_sync_heartbeat *body)
{
	const u8 *p = r->data + r->pos;

	if (r->end - r->pos < IP_VS_SYNC_HEARTBEAT_LEN)
		return IP_VS_SYNC_BODY;
	body->interval_ms = ip_vs_get32(p);
	body->entries = ip_vs_get32(p + 4);
	body->queued = ip_vs_get32(p + 8);
	body->roles = p[12];
	body->threads = p[13];
	body->role = p[14];
	body->told = ip_vs_get64(p + 16);
	body->age_ms = ip_vs_get32(p + 24);
	return IP_VS_SYNC_FINE;
}

unsigned int ip_vs_sync_write_want_table(void *data, u8 syncid, const struct ip_vs_sync_want_table *body,
					 const struct ip_vs_sync_trailer *trailer, bool has_tag)
{
	u8 *p = (u8 *)data + IP_VS_SYNC_HEADER_LEN;

	ip_vs_sync_begin_own(data, syncid, IP_VS_SYNC_WANT_TABLE);
	ip_vs_put64(p, body->to);
	ip_vs_put32(p + 8, body->request);
	return ip_vs_sync_finish_own(data, IP_VS_SYNC_WANT_TABLE_LEN, trailer, has_tag);
}

enum ip_vs_sync_reason ip_vs_sync_read_want_table(const struct ip_vs_sync_reader *r,
						  struct ip_vs_sync_want_table *body)
{
	const u8 *p = r->data + r->pos;

	if (r->end - r->pos < IP_VS_SYNC_WANT_TABLE_LEN)
		return IP_VS_SYNC_BODY;
	body->to = ip_vs_get64(p);
	body->request = ip_vs_get32(p + 8);
	return IP_VS_SYNC_FINE;
}

unsigned int ip_vs_sync_write_table(void *data, u8 syncid, const struct ip_vs_sync_table *body,
				    const struct ip_vs_sync_trailer *trailer, bool has_tag)
{
	u8 *p = (u8 *)data + IP_VS_SYNC_HEADER_LEN;

	ip_vs_sync_begin_own(data, syncid, IP_VS_SYNC_TABLE);
	ip_vs_put64(p, body->to);
	ip_vs_put32(p + 8, body->request);
	ip_vs_put32(p + 12, body->sent);
	ip_vs_put32(p + 16, body->total);
	p[20] = body->phase;
	memset(p + 21, 0, 3);
	return ip_vs_sync_finish_own(data, IP_VS_SYNC_TABLE_LEN, trailer, has_tag);
}

enum ip_vs_sync_reason ip_vs_sync_read_table(const struct ip_vs_sync_reader *r, struct ip_vs_sync_table *body)
{
	const u8 *p = r->data + r->pos;

	if (r->end - r->pos < IP_VS_SYNC_TABLE_LEN || p[20] > IP_VS_SYNC_TABLE_END)
		return IP_VS_SYNC_BODY;
	body->to = ip_vs_get64(p);
	body->request = ip_vs_get32(p + 8);
	body->sent = ip_vs_get32(p + 12);
	body->total = ip_vs_get32(p + 16);
	body->phase = p[20];
	return IP_VS_SYNC_FINE;
}

/* Bits of a server's first byte. */
enum { SERVER_V6 = 1, SERVICE_V6 = 2, SERVER_GONE = 4 };

static void put_server(u8 *p, const struct ip_vs_sync_server *server)
{
	memset(p, 0, IP_VS_SYNC_SERVER_ENTRY_LEN);
	p[0] = (server->is_v6 ? SERVER_V6 : 0) | (server->is_service_v6 ? SERVICE_V6 : 0) |
	       (server->is_gone ? SERVER_GONE : 0);
	p[1] = server->protocol;
	ip_vs_put32(p + 4, server->fwmark);
	memcpy(p + 8, &server->vport, sizeof(server->vport));
	memcpy(p + 10, &server->dport, sizeof(server->dport));
	memcpy(p + 12, &server->vaddr, server->is_service_v6 ? 16 : 4);
	memcpy(p + 28, &server->daddr, server->is_v6 ? 16 : 4);
}

unsigned int ip_vs_sync_write_servers(void *data, u8 syncid, const struct ip_vs_sync_server *servers, unsigned int n,
				      const struct ip_vs_sync_trailer *trailer, bool has_tag)
{
	u8 *p = (u8 *)data + IP_VS_SYNC_HEADER_LEN;
	unsigned int i;

	ip_vs_sync_begin_own(data, syncid, IP_VS_SYNC_SERVERS);
	for (i = 0; i < n; i++)
		put_server(p + i * IP_VS_SYNC_SERVER_ENTRY_LEN, &servers[i]);
	return ip_vs_sync_finish_own(data, n * IP_VS_SYNC_SERVER_ENTRY_LEN, trailer, has_tag);
}

bool ip_vs_sync_next_server(struct ip_vs_sync_reader *r, struct ip_vs_sync_server *server)
{
	const u8 *p = r->data + r->pos;

	if (r->end - r->pos < IP_VS_SYNC_SERVER_ENTRY_LEN)
		return false;
	*server = (struct ip_vs_sync_server){};
	server->is_v6 = p[0] & SERVER_V6;
	server->is_service_v6 = p[0] & SERVICE_V6;
	server->is_gone = p[0] & SERVER_GONE;
	server->protocol = p[1];
	server->fwmark = ip_vs_get32(p + 4);
	memcpy(&server->vport, p + 8, sizeof(server->vport));
	memcpy(&server->dport, p + 10, sizeof(server->dport));
	memcpy(&server->vaddr, p + 12, server->is_service_v6 ? 16 : 4);
	memcpy(&server->daddr, p + 28, server->is_v6 ? 16 : 4);
	r->pos += IP_VS_SYNC_SERVER_ENTRY_LEN;
	return true;
}
