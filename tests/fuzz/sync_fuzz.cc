// SPDX-License-Identifier: GPL-2.0-or-later
// A synchronisation message from anybody: the first byte is the receiver's SyncID, the rest the datagram. What is
// taken from it must be within what the protocol allows, and say the same when it is written and read again.
extern "C" {
#include "core/sync_gone.h"
#include "core/sync_message.h"
#include "core/sync_own.h"
#include "core/sync_pulse.h"
}

#include <stdlib.h>
#include <string.h>

#include <memory>
#include <vector>

namespace {

void Check(bool holds) {
  if (!holds) abort();
}

// Does a pointer of the reader's lead into the message, with so many bytes behind it?
bool Within(const ip_vs_sync_reader& r, const u8* p, unsigned len) {
  return p >= r.data && len <= r.len && p <= r.data + r.len - len;
}

void CheckRecord(const ip_vs_sync_reader& r, const ip_vs_sync_record& rec) {
  Check(!(rec.flags & IP_VS_SYNC_F_ONE_PACKET));
  if (rec.flags & IP_VS_SYNC_F_TEMPLATE)
    Check(!(rec.flags & IP_VS_SYNC_F_NO_CPORT) && rec.state < IP_VS_SYNC_TEMPLATE_STATES);
  else
    Check(rec.state < ip_vs_sync_num_states(rec.protocol));
  if (rec.engine_data)
    Check(rec.engine_data_len && rec.has_engine && Within(r, rec.engine_data, rec.engine_data_len) &&
          r.kind == IP_VS_SYNC_RECORDS_V1);
  Check(!rec.engine[IP_VS_SYNC_ENGINE_NAME_MAX]);
  if (!rec.is_v6) {
    const u8 none[12] = {};
    for (const in6_addr* address : {&rec.caddr, &rec.vaddr, &rec.daddr})
      Check(!memcmp(reinterpret_cast<const u8*>(address) + 4, none, 12));
  }
}

void CheckSame(const ip_vs_sync_record& a, const ip_vs_sync_record& b) {
  Check(a.is_v6 == b.is_v6 && a.protocol == b.protocol && a.state == b.state && a.cport == b.cport &&
        a.vport == b.vport && a.dport == b.dport && a.fwmark == b.fwmark && a.timeout == b.timeout);
  Check((a.flags & IP_VS_SYNC_F_SENT) == b.flags);
  Check(!memcmp(&a.caddr, &b.caddr, 16) && !memcmp(&a.vaddr, &b.vaddr, 16) && !memcmp(&a.daddr, &b.daddr, 16));
  Check(b.has_seq == !!(a.flags & IP_VS_SYNC_F_SEQ_MASK));
  if (b.has_seq) Check(!memcmp(a.seq, b.seq, sizeof a.seq));
  if (a.engine_data && a.engine[0])
    Check(a.engine_data_len == b.engine_data_len && !memcmp(a.engine_data, b.engine_data, a.engine_data_len) &&
          !strcmp(a.engine, b.engine));
  Check(a.has_time == b.has_time && a.timeout_ms == b.timeout_ms && a.left_ms == b.left_ms);
  Check(a.has_server == b.has_server && a.server == b.server);
}

// As a sender that sends on what it has heard.
struct Again {
  std::vector<u8> room;
  ip_vs_sync_writer w;
  std::vector<ip_vs_sync_record> records;
  u8 version;
  unsigned limit;
  const ip_vs_sync_trailer* trailer;
  unsigned trailer_len;

  Again(const ip_vs_sync_reader& r, u8 version)
      : version(version), limit(r.len), trailer(r.has_trailer ? &r.trailer : nullptr),
        trailer_len(!r.has_trailer ? 0 : IP_VS_SYNC_TRAILER_LEN + (r.tag ? IP_VS_SYNC_TAG_LEN : 0)) {
    Begin();
  }
  void Begin() {
    room.assign(limit > IP_VS_SYNC_MESSAGE_MIN_ROOM ? limit : IP_VS_SYNC_MESSAGE_MIN_ROOM, 0xaa);
    ip_vs_sync_begin(&w, room.data(), limit, version, 3, trailer_len);
    records.clear();
  }
  void Write(const ip_vs_sync_record& rec) {
    auto written = ip_vs_sync_write(&w, &rec);
    if (written == IP_VS_SYNC_FULL) {
      Finish();
      Begin();
      written = ip_vs_sync_write(&w, &rec);
    }
    Check(written == IP_VS_SYNC_WRITTEN);
    records.push_back(rec);
  }
  void Finish() {
    unsigned len = ip_vs_sync_finish(&w, trailer);
    Check(len <= room.size() && (len <= limit || records.size() == 1 || records.empty()));
    std::vector<u8> message(room.begin(), room.begin() + len);
    ip_vs_sync_reader r;
    if (version || !records.empty()) Check(ip_vs_sync_open(&r, message.data(), len, 3) == IP_VS_SYNC_FINE);
    else return;
    Check(r.has_trailer == !!trailer);
    if (trailer) Check(r.trailer.instance == trailer->instance && r.trailer.sequence == trailer->sequence);
    for (const auto& rec : records) {
      ip_vs_sync_record read;
      ip_vs_sync_reason reason;
      Check(ip_vs_sync_next(&r, &read, &reason) == IP_VS_SYNC_RECORD);
      if (version) CheckSame(rec, read);
    }
    ip_vs_sync_record read;
    ip_vs_sync_reason reason;
    Check(ip_vs_sync_next(&r, &read, &reason) == IP_VS_SYNC_END);
  }
};

void ReadRecords(ip_vs_sync_reader r) {
  unsigned count = 0;
  Again again(r, r.kind == IP_VS_SYNC_RECORDS_V1);
  for (;;) {
    ip_vs_sync_record rec;
    memset(&rec, 0xaa, sizeof rec);
    ip_vs_sync_reason reason = IP_VS_SYNC_FINE;
    const auto step = ip_vs_sync_next(&r, &rec, &reason);
    if (step == IP_VS_SYNC_END) break;
    Check(++count <= IP_VS_SYNC_RECORDS_MAX);
    if (step == IP_VS_SYNC_RECORD) {
      Check(reason == IP_VS_SYNC_FINE);
      CheckRecord(r, rec);
      again.Write(rec);
    } else {
      Check(reason != IP_VS_SYNC_FINE && reason < IP_VS_SYNC_REASONS);
      if (step == IP_VS_SYNC_ABORTED) Check(ip_vs_sync_next(&r, &rec, &reason) == IP_VS_SYNC_END);
    }
  }
  again.Finish();
}

void ReadOwn(ip_vs_sync_reader r) {
  Check(r.has_trailer && r.pos <= r.end);
  ip_vs_sync_heartbeat heartbeat;
  ip_vs_sync_want_table want;
  ip_vs_sync_table table;
  ip_vs_sync_server server;
  switch (r.own_kind) {
    case IP_VS_SYNC_HEARTBEAT:
      if (!ip_vs_sync_read_heartbeat(&r, &heartbeat)) {
        // Whatever it says, and whatever was said before.
        static ip_vs_sync_pulse pulse;
        pulse.messages++;
        ip_vs_sync_pulse_beat(&pulse, &heartbeat, r.trailer.instance, r.trailer.time_ms, 1700000000000);
        Check(pulse.beats && pulse.lag_ms >= heartbeat.age_ms);
      }
      break;
    case IP_VS_SYNC_WANT_TABLE: ip_vs_sync_read_want_table(&r, &want); break;
    case IP_VS_SYNC_TABLE:
      if (!ip_vs_sync_read_table(&r, &table)) Check(table.phase <= IP_VS_SYNC_TABLE_END);
      break;
    case IP_VS_SYNC_SERVERS: {
      unsigned before = r.end - r.pos, n = 0;
      auto gone = std::make_unique<ip_vs_sync_gone>();
      for (; ip_vs_sync_next_server(&r, &server); n++) {
        const bool has_room = ip_vs_sync_gone_note(gone.get(), &server);
        Check(has_room || (server.is_gone && gone->count == IP_VS_SYNC_GONE_MAX));
        Check(ip_vs_sync_gone_has(gone.get(), &server) == (has_room && server.is_gone));
        if (has_room && server.is_gone) Check(ip_vs_sync_gone_has_told(gone.get(), &server));
      }
      Check(n == before / IP_VS_SYNC_SERVER_ENTRY_LEN);
      break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (!size) return 0;
  // a copy that ends where the message ends
  std::vector<u8> message(data + 1, data + size);
  message.shrink_to_fit();
  // The size is what nearly all would fail at.
  if (message.size() >= 4 && data[0] & 0x80) {
    message[2] = message.size() >> 8;
    message[3] = message.size() & 0xff;
  }
  ip_vs_sync_reader r;
  const u8 syncid = data[0] & 0x7f;
  const auto reason = ip_vs_sync_open(&r, message.data(), message.size(), syncid);
  if (reason != IP_VS_SYNC_FINE) return 0;
  Check(!syncid || r.syncid == syncid);
  Check(r.pos <= r.len && r.end <= r.len);
  if (r.has_trailer) Check(r.end + IP_VS_SYNC_TRAILER_LEN + (r.tag ? IP_VS_SYNC_TAG_LEN : 0) <= r.len);
  Check(!r.tag || (r.has_trailer && r.tag == r.data + r.len - IP_VS_SYNC_TAG_LEN));
  const u8 sum[IP_VS_SYNC_TAG_LEN] = {};
  ip_vs_sync_admit(&r, true, sum);
  if (r.kind == IP_VS_SYNC_OURS) ReadOwn(r);
  else ReadRecords(r);
  return 0;
}
