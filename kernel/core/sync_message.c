// SPDX-License-Identifier: GPL-2.0-only
#include "core/sync_message.h"
#include "core/bytes.h"
#include "core/sctp_state.h"
#include "core/tcp_state.h"

enum {
	/* of a header; version 1 and our kinds have 0 where version 0 has its count */
	COUNT_V0_AT = 0,
	SYNCID_AT = 1,
	SIZE_AT = 2,
	COUNT_AT = 4,
	VERSION_AT = 5,
	SPARE_AT = 6,
	VERSION_1 = 1,
	VERSION_OURS = 128,

	/* of a record of version 1 */
	TYPE_AT = 0,
	PROTOCOL_AT = 1,
	RECORD_SIZE_AT = 2,
	FLAGS_AT = 4,
	STATE_AT = 8,
	CPORT_AT = 10,
	VPORT_AT = 12,
	DPORT_AT = 14,
	FWMARK_AT = 16,
	TIMEOUT_AT = 20,
	ADDRS_AT = 24,
	TYPE_V6 = 1,
	RECORD_SIZE_MASK = 0x0fff,
	RECORD_VERSION_SHIFT = 12,

	/* of one of version 0 */
	V0_PROTOCOL_AT = 1,
	V0_CPORT_AT = 2,
	V0_VPORT_AT = 4,
	V0_DPORT_AT = 6,
	V0_ADDRS_AT = 8,
	V0_FLAGS_AT = 20,
	V0_STATE_AT = 22,

	OPTION_SEQ = 1,
	OPTION_ENGINE_DATA = 2,
	OPTION_ENGINE_NAME = 3,
	OPTION_TIME = 4,		/* ours, as the next */
	OPTION_SERVER = 5,
	OPTION_MAY_BE_SKIPPED = 0x40,
	OPTION_HEAD_LEN = 2,
};

const char *ip_vs_sync_reason_name(unsigned int reason)
{
	static const char *const names[IP_VS_SYNC_REASONS] = {
		[IP_VS_SYNC_FINE] = "fine",
#define NAME(name, text, log) [IP_VS_SYNC_##name] = text,
		IP_VS_SYNC_MESSAGE_REASONS(NAME)
		IP_VS_SYNC_ABORT_REASONS(NAME)
		IP_VS_SYNC_SKIP_REASONS(NAME)
#undef NAME
	};

	return reason < IP_VS_SYNC_REASONS ? names[reason] : "unknown";
}

const char *ip_vs_sync_reason_log(unsigned int reason)
{
	static const char *const logs[IP_VS_SYNC_REASONS] = {
#define LOG(name, text, log) [IP_VS_SYNC_##name] = log,
		IP_VS_SYNC_MESSAGE_REASONS(LOG)
		IP_VS_SYNC_ABORT_REASONS(LOG)
		IP_VS_SYNC_SKIP_REASONS(LOG)
#undef LOG
	};

	return reason < IP_VS_SYNC_REASONS ? logs[reason] : NULL;
}

unsigned int ip_vs_sync_num_states(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return IP_VS_TCP_STATES;
	case IPPROTO_SCTP:
		return IP_VS_SCTP_STATES;
	case IPPROTO_UDP:
	case IPPROTO_ESP:
	case IPPROTO_AH:
		return 1;
	default:
		return 0;
	}
}

/* Where the next record of version 1 starts; what follows the last one may begin earlier, at once. */
static unsigned int aligned(unsigned int off)
{
	return (off + 3) & ~3u;
}

/* Writing */

void ip_vs_sync_begin(struct ip_vs_sync_writer *w, void *data, unsigned int limit, u8 version, u8 syncid,
		      unsigned int trailer_len)
{
	*w = (struct ip_vs_sync_writer){
		.data = (u8 *)data,
		.len = version ? IP_VS_SYNC_HEADER_LEN : IP_VS_SYNC_V0_HEADER_LEN,
		.limit = limit,
		.tail = trailer_len,
		.version = version,
	};
	memset(w->data, 0, w->len);
	w->data[SYNCID_AT] = syncid;
	if (version)
		w->data[VERSION_AT] = VERSION_1;
}

static bool has_seq(const struct ip_vs_sync_record *rec)
{
	return rec->flags & IP_VS_SYNC_F_SEQ_MASK;
}

static bool has_engine_data(const struct ip_vs_sync_record *rec)
{
	return rec->engine_data && rec->engine_data_len && rec->engine[0];
}

static unsigned int engine_name_len(const struct ip_vs_sync_record *rec)
{
	unsigned int len = 0;

	while (len < IP_VS_SYNC_ENGINE_NAME_MAX && rec->engine[len])
		len++;
	return len;
}

static unsigned int record_len(const struct ip_vs_sync_record *rec)
{
	unsigned int len = rec->is_v6 ? IP_VS_SYNC_RECORD6_LEN : IP_VS_SYNC_RECORD4_LEN;

	if (has_seq(rec))
		len += OPTION_HEAD_LEN + IP_VS_SYNC_SEQ_LEN;
	if (has_engine_data(rec))
		len += OPTION_HEAD_LEN + rec->engine_data_len + OPTION_HEAD_LEN + engine_name_len(rec);
	if (rec->has_time)
		len += OPTION_HEAD_LEN + IP_VS_SYNC_TIME_LEN;
	if (rec->has_server)
		len += OPTION_HEAD_LEN + IP_VS_SYNC_SERVER_LEN;
	return len;
}

/* Type and length; returns where the data goes. */
static u8 *put_option(u8 *p, u8 type, unsigned int len)
{
	p[0] = type;
	p[1] = (u8)len;
	return p + OPTION_HEAD_LEN;
}

static u8 *put_options(u8 *p, const struct ip_vs_sync_record *rec)
{
	unsigned int i, len;

	if (has_seq(rec)) {
		p = put_option(p, OPTION_SEQ, IP_VS_SYNC_SEQ_LEN);
		for (i = 0; i < 6; i++, p += 4)
			ip_vs_put32(p, rec->seq[i]);
	}
	if (has_engine_data(rec)) {
		p = put_option(p, OPTION_ENGINE_DATA, rec->engine_data_len);
		memcpy(p, rec->engine_data, rec->engine_data_len);
		p += rec->engine_data_len;
		len = engine_name_len(rec);
		p = put_option(p, OPTION_ENGINE_NAME, len);
		memcpy(p, rec->engine, len);
		p += len;
	}
	if (rec->has_time) {
		p = put_option(p, OPTION_TIME | OPTION_MAY_BE_SKIPPED, IP_VS_SYNC_TIME_LEN);
		ip_vs_put32(p, rec->timeout_ms);
		ip_vs_put32(p + 4, rec->left_ms);
		p += IP_VS_SYNC_TIME_LEN;
	}
	if (rec->has_server) {
		p = put_option(p, OPTION_SERVER | OPTION_MAY_BE_SKIPPED, IP_VS_SYNC_SERVER_LEN);
		*p++ = rec->server;
	}
	return p;
}

static void put_record(u8 *p, const struct ip_vs_sync_record *rec, unsigned int len)
{
	unsigned int addr_len = rec->is_v6 ? 16 : 4;

	p[TYPE_AT] = rec->is_v6 ? TYPE_V6 : 0;
	p[PROTOCOL_AT] = rec->protocol;
	ip_vs_put16(p + RECORD_SIZE_AT, (u16)len);
	ip_vs_put32(p + FLAGS_AT, rec->flags & IP_VS_SYNC_F_SENT);
	ip_vs_put16(p + STATE_AT, rec->state);
	memcpy(p + CPORT_AT, &rec->cport, sizeof(rec->cport));
	memcpy(p + VPORT_AT, &rec->vport, sizeof(rec->vport));
	memcpy(p + DPORT_AT, &rec->dport, sizeof(rec->dport));
	ip_vs_put32(p + FWMARK_AT, rec->fwmark);
	ip_vs_put32(p + TIMEOUT_AT, rec->timeout);
	memcpy(p + ADDRS_AT, &rec->caddr, addr_len);
	memcpy(p + ADDRS_AT + addr_len, &rec->vaddr, addr_len);
	memcpy(p + ADDRS_AT + 2 * addr_len, &rec->daddr, addr_len);
	put_options(p + ADDRS_AT + 3 * addr_len, rec);
}

static void put_record_v0(u8 *p, const struct ip_vs_sync_record *rec)
{
	p[0] = 0;
	p[V0_PROTOCOL_AT] = rec->protocol;
	memcpy(p + V0_CPORT_AT, &rec->cport, sizeof(rec->cport));
	memcpy(p + V0_VPORT_AT, &rec->vport, sizeof(rec->vport));
	memcpy(p + V0_DPORT_AT, &rec->dport, sizeof(rec->dport));
	memcpy(p + V0_ADDRS_AT, &rec->caddr, 4);
	memcpy(p + V0_ADDRS_AT + 4, &rec->vaddr, 4);
	memcpy(p + V0_ADDRS_AT + 8, &rec->daddr, 4);
	ip_vs_put16(p + V0_FLAGS_AT, (u16)(rec->flags & IP_VS_SYNC_F_SENT));
	ip_vs_put16(p + V0_STATE_AT, rec->state);
	/* In this machine's own byte order, as the original has it in version 0. */
	if (has_seq(rec))
		memcpy(p + IP_VS_SYNC_V0_RECORD_LEN, rec->seq, IP_VS_SYNC_SEQ_LEN);
}

enum ip_vs_sync_written ip_vs_sync_write(struct ip_vs_sync_writer *w, const struct ip_vs_sync_record *rec)
{
	unsigned int start = w->version ? aligned(w->len) : w->len;
	unsigned int len;

	if (!w->version && rec->is_v6)
		return IP_VS_SYNC_INEXPRESSIBLE;
	if (w->version)
		len = record_len(rec);
	else
		len = IP_VS_SYNC_V0_RECORD_LEN + (has_seq(rec) ? IP_VS_SYNC_SEQ_LEN : 0);
	if (w->count == IP_VS_SYNC_RECORDS_MAX)
		return IP_VS_SYNC_FULL;
	if (w->count && start + len + w->tail > w->limit)
		return IP_VS_SYNC_FULL;

	memset(w->data + w->len, 0, start - w->len);
	if (w->version)
		put_record(w->data + start, rec, len);
	else
		put_record_v0(w->data + start, rec);
	w->len = start + len;
	w->count++;
	return IP_VS_SYNC_WRITTEN;
}

unsigned int ip_vs_sync_finish(struct ip_vs_sync_writer *w, const struct ip_vs_sync_trailer *trailer)
{
	if (trailer)
		w->len += ip_vs_sync_trailer_write(w->data + w->len, trailer, w->tail > IP_VS_SYNC_TRAILER_LEN);
	w->data[w->version ? COUNT_AT : COUNT_V0_AT] = w->count;
	ip_vs_put16(w->data + SIZE_AT, (u16)w->len);
	return w->len;
}

void ip_vs_sync_restamp(void *data, unsigned int len, bool has_tag, const struct ip_vs_sync_trailer *trailer)
{
	unsigned int tail = IP_VS_SYNC_TRAILER_LEN + (has_tag ? IP_VS_SYNC_TAG_LEN : 0);

	ip_vs_sync_trailer_write((u8 *)data + len - tail, trailer, has_tag);
}

void ip_vs_sync_begin_own(void *data, u8 syncid, u8 own_kind)
{
	u8 *p = (u8 *)data;

	memset(p, 0, IP_VS_SYNC_HEADER_LEN);
	p[SYNCID_AT] = syncid;
	p[COUNT_AT] = own_kind;
	p[VERSION_AT] = VERSION_OURS;
}

unsigned int ip_vs_sync_finish_own(void *data, unsigned int body_len, const struct ip_vs_sync_trailer *trailer,
				   bool has_tag)
{
	u8 *p = (u8 *)data;
	unsigned int len = IP_VS_SYNC_HEADER_LEN + body_len;

	ip_vs_put16(p + SPARE_AT, (u16)body_len);
	len += ip_vs_sync_trailer_write(p + len, trailer, has_tag);
	ip_vs_put16(p + SIZE_AT, (u16)len);
	return len;
}

/* Reading */

static unsigned int bytes_left(const struct ip_vs_sync_reader *r)
{
	return r->pos < r->end ? r->end - r->pos : 0;
}

/* Where the records end, by nothing but their sizes; 0 if they do not end within the message. */
static unsigned int end_of_records(const struct ip_vs_sync_reader *r)
{
	unsigned int off = r->pos, end = r->pos, size, n;

	for (n = r->left; n; n--) {
		if (r->kind == IP_VS_SYNC_RECORDS_V1) {
			if (off + IP_VS_SYNC_RECORD4_LEN > r->len)
				return 0;
			size = ip_vs_get16(r->data + off + RECORD_SIZE_AT) & RECORD_SIZE_MASK;
			if (size < IP_VS_SYNC_RECORD4_LEN)
				return 0;
		} else {
			if (off + IP_VS_SYNC_V0_RECORD_LEN > r->len)
				return 0;
			size = IP_VS_SYNC_V0_RECORD_LEN;
			if (ip_vs_get16(r->data + off + V0_FLAGS_AT) & IP_VS_SYNC_F_SEQ_MASK)
				size += IP_VS_SYNC_SEQ_LEN;
		}
		end = off + size;
		if (end > r->len)
			return 0;
		off = r->kind == IP_VS_SYNC_RECORDS_V1 ? aligned(end) : end;
	}
	return end;
}

/*
 * It begins with the first byte behind the last record, wherever records end: so nothing that a record says, of
 * which a client may have chosen some, is ever taken for a trailer.
 */
static bool find_trailer(struct ip_vs_sync_reader *r, unsigned int end)
{
	if (!end || end > r->len)
		return false;
	r->has_trailer = ip_vs_sync_trailer_read(r->data + end, r->len - end, &r->trailer, &r->tag);
	if (r->has_trailer)
		r->end = end;
	return r->has_trailer;
}

enum ip_vs_sync_reason ip_vs_sync_open(struct ip_vs_sync_reader *r, const void *data, unsigned int len, u8 syncid)
{
	const u8 *p = (const u8 *)data;

	*r = (struct ip_vs_sync_reader){};
	r->data = p;
	r->len = len;
	r->end = len;
	if (len < IP_VS_SYNC_V0_HEADER_LEN)
		return IP_VS_SYNC_SHORT;
	if (ip_vs_get16(p + SIZE_AT) != len)
		return IP_VS_SYNC_SIZE;
	r->syncid = p[SYNCID_AT];
	if (syncid && syncid != r->syncid)
		return IP_VS_SYNC_SYNCID;
	if (p[COUNT_V0_AT]) {
		r->kind = IP_VS_SYNC_RECORDS_V0;
		r->left = p[COUNT_V0_AT];
		r->pos = IP_VS_SYNC_V0_HEADER_LEN;
		find_trailer(r, end_of_records(r));
		return IP_VS_SYNC_FINE;
	}
	if (len < IP_VS_SYNC_HEADER_LEN)
		return IP_VS_SYNC_SHORT_HEADER;
	r->pos = IP_VS_SYNC_HEADER_LEN;
	if (p[VERSION_AT] == VERSION_OURS) {
		r->kind = IP_VS_SYNC_OURS;
		r->own_kind = p[COUNT_AT];
		return find_trailer(r, r->pos + ip_vs_get16(p + SPARE_AT)) ? IP_VS_SYNC_FINE : IP_VS_SYNC_BODY;
	}
	if (p[VERSION_AT] == VERSION_1 && !ip_vs_get16(p + SPARE_AT)) {
		r->kind = IP_VS_SYNC_RECORDS_V1;
		r->left = p[COUNT_AT];
		find_trailer(r, end_of_records(r));
		return IP_VS_SYNC_FINE;
	}
	/* Of a version that we do not know: to one that knows version 0 only it is a message without records. */
	r->kind = IP_VS_SYNC_RECORDS_V0;
	r->pos = IP_VS_SYNC_V0_HEADER_LEN;
	return IP_VS_SYNC_FINE;
}

enum ip_vs_sync_reason ip_vs_sync_admit(const struct ip_vs_sync_reader *r, bool has_key, const u8 *sum)
{
	if (!has_key)
		return IP_VS_SYNC_FINE;
	if (!r->tag)
		return IP_VS_SYNC_NO_TAG;
	return sum && ip_vs_sync_tag_is(r->tag, sum) ? IP_VS_SYNC_FINE : IP_VS_SYNC_BAD_TAG;
}

/* One option, which is within its record with all its data. */
static enum ip_vs_sync_reason read_option(struct ip_vs_sync_record *rec, u8 type, const u8 *p, unsigned int len)
{
	unsigned int i;

	switch (type & ~OPTION_MAY_BE_SKIPPED) {
	case OPTION_SEQ:
		if (len != IP_VS_SYNC_SEQ_LEN || rec->has_seq)
			return IP_VS_SYNC_OPTION_SEQ;
		rec->has_seq = true;
		for (i = 0; i < 6; i++)
			rec->seq[i] = ip_vs_get32(p + 4 * i);
		return IP_VS_SYNC_FINE;
	case OPTION_ENGINE_DATA:
		if (rec->engine_data)
			return IP_VS_SYNC_OPTION_DATA;
		rec->engine_data = p;
		rec->engine_data_len = (u8)len;
		return IP_VS_SYNC_FINE;
	case OPTION_ENGINE_NAME:
		if (len > IP_VS_SYNC_ENGINE_NAME_MAX || rec->has_engine)
			return IP_VS_SYNC_OPTION_NAME;
		rec->has_engine = true;
		memcpy(rec->engine, p, len);
		return IP_VS_SYNC_FINE;
	}
	if (!(type & OPTION_MAY_BE_SKIPPED))
		return IP_VS_SYNC_UNKNOWN_OPTION;
	/* Ours: longer ones are of later senders, shorter ones and second ones of nobody. */
	switch (type & ~OPTION_MAY_BE_SKIPPED) {
	case OPTION_TIME:
		if (len >= IP_VS_SYNC_TIME_LEN && !rec->has_time) {
			rec->has_time = true;
			rec->timeout_ms = ip_vs_get32(p);
			rec->left_ms = ip_vs_get32(p + 4);
		}
		break;
	case OPTION_SERVER:
		if (!rec->has_server) {
			rec->has_server = true;
			rec->server = p[0];
		}
		break;
	}
	return IP_VS_SYNC_FINE;
}

static enum ip_vs_sync_reason read_options(struct ip_vs_sync_record *rec, const u8 *p, const u8 *end)
{
	enum ip_vs_sync_reason reason;
	unsigned int len;

	while (p < end) {
		if (end - p < OPTION_HEAD_LEN)
			return IP_VS_SYNC_OPTION;
		len = p[1];
		if (!len || len > (unsigned int)(end - p) - OPTION_HEAD_LEN)
			return IP_VS_SYNC_OPTION_LEN;
		reason = read_option(rec, p[0], p + OPTION_HEAD_LEN, len);
		if (reason)
			return reason;
		p += OPTION_HEAD_LEN + len;
	}
	return IP_VS_SYNC_FINE;
}

/* What both versions have to prove. */
static enum ip_vs_sync_reason check_record(const struct ip_vs_sync_record *rec)
{
	bool is_template = rec->flags & IP_VS_SYNC_F_TEMPLATE;

	if (rec->flags & IP_VS_SYNC_F_ONE_PACKET || (is_template && rec->flags & IP_VS_SYNC_F_NO_CPORT))
		return IP_VS_SYNC_FLAGS;
	if (is_template)
		return rec->state < IP_VS_SYNC_TEMPLATE_STATES ? IP_VS_SYNC_FINE : IP_VS_SYNC_STATE;
	if (!ip_vs_sync_num_states(rec->protocol))
		return IP_VS_SYNC_PROTOCOL;
	return rec->state < ip_vs_sync_num_states(rec->protocol) ? IP_VS_SYNC_FINE : IP_VS_SYNC_STATE;
}

static enum ip_vs_sync_reason read_record(struct ip_vs_sync_reader *r, struct ip_vs_sync_record *rec)
{
	const u8 *p = r->data + r->pos;
	unsigned int size, fixed, addr_len;
	enum ip_vs_sync_reason reason;

	if (bytes_left(r) < IP_VS_SYNC_RECORD4_LEN)
		return IP_VS_SYNC_TRUNCATED;
	size = ip_vs_get16(p + RECORD_SIZE_AT) & RECORD_SIZE_MASK;
	if (size > bytes_left(r))
		return IP_VS_SYNC_BEYOND;
	r->record_version = p[RECORD_SIZE_AT] >> (RECORD_VERSION_SHIFT - 8);
	if (r->record_version)
		return IP_VS_SYNC_VERSION;
	if (p[TYPE_AT] && !(p[TYPE_AT] & TYPE_V6))
		return IP_VS_SYNC_TYPE;
	rec->is_v6 = p[TYPE_AT] & TYPE_V6;
	fixed = rec->is_v6 ? IP_VS_SYNC_RECORD6_LEN : IP_VS_SYNC_RECORD4_LEN;
	if (size < fixed)
		return IP_VS_SYNC_RECORD_SIZE;
	r->pos += aligned(size);

	addr_len = rec->is_v6 ? 16 : 4;
	rec->protocol = p[PROTOCOL_AT];
	rec->flags = ip_vs_get32(p + FLAGS_AT);
	rec->state = ip_vs_get16(p + STATE_AT);
	memcpy(&rec->cport, p + CPORT_AT, sizeof(rec->cport));
	memcpy(&rec->vport, p + VPORT_AT, sizeof(rec->vport));
	memcpy(&rec->dport, p + DPORT_AT, sizeof(rec->dport));
	rec->fwmark = ip_vs_get32(p + FWMARK_AT);
	rec->timeout = ip_vs_get32(p + TIMEOUT_AT);
	memcpy(&rec->caddr, p + ADDRS_AT, addr_len);
	memcpy(&rec->vaddr, p + ADDRS_AT + addr_len, addr_len);
	memcpy(&rec->daddr, p + ADDRS_AT + 2 * addr_len, addr_len);
	reason = read_options(rec, p + fixed, p + size);
	if (reason)
		return reason;
	reason = check_record(rec);
	if (reason)
		return reason;
	if (rec->engine_data && !rec->has_engine)
		return IP_VS_SYNC_ENGINE_UNNAMED;
	return IP_VS_SYNC_FINE;
}

static enum ip_vs_sync_reason read_record_v0(struct ip_vs_sync_reader *r, struct ip_vs_sync_record *rec)
{
	const u8 *p = r->data + r->pos;

	if (bytes_left(r) < IP_VS_SYNC_V0_RECORD_LEN)
		return IP_VS_SYNC_V0_TRUNCATED;
	rec->flags = ip_vs_get16(p + V0_FLAGS_AT);
	rec->has_seq = rec->flags & IP_VS_SYNC_F_SEQ_MASK;
	if (rec->has_seq) {
		if (bytes_left(r) < IP_VS_SYNC_V0_RECORD_LEN + IP_VS_SYNC_SEQ_LEN)
			return IP_VS_SYNC_V0_SEQ;
		memcpy(rec->seq, p + IP_VS_SYNC_V0_RECORD_LEN, IP_VS_SYNC_SEQ_LEN);
		r->pos += IP_VS_SYNC_SEQ_LEN;
	}
	r->pos += IP_VS_SYNC_V0_RECORD_LEN;

	rec->protocol = p[V0_PROTOCOL_AT];
	memcpy(&rec->cport, p + V0_CPORT_AT, sizeof(rec->cport));
	memcpy(&rec->vport, p + V0_VPORT_AT, sizeof(rec->vport));
	memcpy(&rec->dport, p + V0_DPORT_AT, sizeof(rec->dport));
	memcpy(&rec->caddr, p + V0_ADDRS_AT, 4);
	memcpy(&rec->vaddr, p + V0_ADDRS_AT + 4, 4);
	memcpy(&rec->daddr, p + V0_ADDRS_AT + 8, 4);
	rec->state = ip_vs_get16(p + V0_STATE_AT);
	return check_record(rec);
}

/* Those that cost the rest of the message stand in front of those that cost a record. */
static bool is_abort(enum ip_vs_sync_reason reason)
{
	return reason < IP_VS_SYNC_UNKNOWN_OPTION;
}

enum ip_vs_sync_step ip_vs_sync_next(struct ip_vs_sync_reader *r, struct ip_vs_sync_record *rec,
				     enum ip_vs_sync_reason *reason)
{
	if (!r->left)
		return IP_VS_SYNC_END;
	r->left--;
	*rec = (struct ip_vs_sync_record){};
	*reason = r->kind == IP_VS_SYNC_RECORDS_V1 ? read_record(r, rec) : read_record_v0(r, rec);
	if (!*reason)
		return IP_VS_SYNC_RECORD;
	if (!is_abort(*reason))
		return IP_VS_SYNC_SKIPPED;
	r->left = 0;
	return IP_VS_SYNC_ABORTED;
}
