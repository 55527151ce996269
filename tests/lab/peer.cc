// SPDX-License-Identifier: GPL-2.0-or-later
// What shell tools cannot do for the lab: servers that say who they are, clients that count who
// answered, hand-made packets with everything in them chosen, a decoder that prints one line a packet
// (tcpdump's lines differ between versions and hide checksums), and generic netlink messages with
// attributes no library would build; a watch on how long a CPU keeps everybody waiting; and what directors say
// to each other. Runs in the guest, linked statically.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/membarrier.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <new>
#include <string>
#include <vector>

using std::string;
using std::vector;
using Bytes = vector<uint8_t>;

namespace {

[[noreturn]] __attribute__((format(printf, 1, 2))) void die(const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  fputs("peer: ", stderr);
  vfprintf(stderr, format, ap);
  fputc('\n', stderr);
  va_end(ap);
  exit(2);
}

string print(const char *format, ...) __attribute__((format(printf, 1, 2)));
string print(const char *format, ...) {
  char text[512];
  va_list ap;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  return text;
}

int64_t now_ms() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// ---------------------------------------------------------------------------------------------------
// Words "key=value" or "key", as given on the command line.
class Words {
 public:
  explicit Words(char **argv) {
    for (; *argv; argv++) {
      string word = *argv;
      size_t eq = word.find('=');
      map_[word.substr(0, eq)] = eq == string::npos ? "1" : word.substr(eq + 1);
    }
  }
  void set(const string &key, const string &value) { map_[key] = value; }
  bool has(const string &key) const { return map_.count(key); }
  string text(const string &key, const string &otherwise = "") const {
    auto it = map_.find(key);
    return it == map_.end() ? otherwise : it->second;
  }
  long number(const string &key, long otherwise = 0) const {
    auto it = map_.find(key);
    return it == map_.end() ? otherwise : strtol(it->second.c_str(), nullptr, 0);
  }

 private:
  std::map<string, string> map_;
};

// timeout=MS: how long to wait for an answer. The guest's kernel may be a slow one, see lib.sh.
int timeout_ms(const Words &w) {
  const char *slow = getenv("slow");
  return w.number("timeout", 5000) * (slow ? atoi(slow) : 1);
}

struct Endpoint {
  sockaddr_storage ss{};
  socklen_t len = 0;
  int family() const { return ss.ss_family; }
  sockaddr *sa() { return reinterpret_cast<sockaddr *>(&ss); }
};

Endpoint endpoint(const string &address, int port) {
  Endpoint e;
  auto *v4 = reinterpret_cast<sockaddr_in *>(&e.ss);
  auto *v6 = reinterpret_cast<sockaddr_in6 *>(&e.ss);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    e.len = sizeof *v4;
  } else if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    e.len = sizeof *v6;
  } else {
    die("not an address: %s", address.c_str());
  }
  return e;
}

// ---------------------------------------------------------------------------------------------------
// serve NAME [sctp:]PORT...: TCP and UDP, or SCTP, both families. TCP and SCTP: greets with the name, then
// echoes. UDP: answers each datagram with "name text", from the address it was sent to (it may be the virtual
// one).
int serve(char **argv) {
  string name = *argv++;
  string greeting = name + "\n";
  struct Socket {
    int fd;
    enum { listener, udp, stream } kind;
  };
  vector<Socket> sockets;
  signal(SIGPIPE, SIG_IGN);
  for (; *argv; argv++) {
    string word = *argv;
    bool is_sctp = word.starts_with("sctp:");
    for (int type : {SOCK_STREAM, SOCK_DGRAM}) {
      if (is_sctp && type == SOCK_DGRAM) continue;
      int fd = socket(AF_INET6, type | SOCK_NONBLOCK, is_sctp ? IPPROTO_SCTP : 0), one = 1, zero = 0;
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
      setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
      sockaddr_in6 any{};
      any.sin6_family = AF_INET6;
      any.sin6_port = htons(atoi(word.c_str() + (is_sctp ? 5 : 0)));
      if (bind(fd, reinterpret_cast<sockaddr *>(&any), sizeof any) < 0) die("bind %s: %s", *argv, strerror(errno));
      if (type == SOCK_STREAM && listen(fd, 4096) < 0) die("listen: %s", strerror(errno));
      sockets.push_back({fd, type == SOCK_STREAM ? Socket::listener : Socket::udp});
    }
  }
  puts("ready");
  fflush(stdout);
  vector<pollfd> poll_set;
  static char data[65536];
  for (;;) {
    poll_set.clear();
    for (auto &s : sockets) poll_set.push_back({s.fd, POLLIN, 0});
    poll(poll_set.data(), poll_set.size(), -1);
    size_t count = sockets.size();
    for (size_t i = 0; i < count; i++) {
      if (!poll_set[i].revents) continue;
      const Socket s = sockets[i];
      if (s.kind == Socket::listener) {
        int fd;
        while ((fd = accept4(s.fd, nullptr, nullptr, 0)) >= 0) {
          (void)!write(fd, greeting.data(), greeting.size());
          sockets.push_back({fd, Socket::stream});
        }
      } else if (s.kind == Socket::stream) {
        ssize_t n = read(s.fd, data, sizeof data);
        if (n > 0) {
          (void)!write(s.fd, data, n);
        } else {
          close(s.fd);
          sockets[i].fd = -1;
        }
      } else {
        char control[256];
        sockaddr_in6 from;
        string reply = name + " ";
        iovec in{data, sizeof data};
        msghdr m{};
        m.msg_name = &from;
        m.msg_namelen = sizeof from;
        m.msg_iov = &in;
        m.msg_iovlen = 1;
        m.msg_control = control;
        m.msg_controllen = sizeof control;
        ssize_t n = recvmsg(s.fd, &m, 0);
        if (n < 0) continue;
        reply.append(data, n);
        iovec out{reply.data(), reply.size()};
        m.msg_iov = &out;
        // the same packet info sends from the address the datagram came to; not bound to its interface
        for (cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
          if (h->cmsg_type == IPV6_PKTINFO) reinterpret_cast<in6_pktinfo *>(CMSG_DATA(h))->ipi6_ifindex = 0;
        sendmsg(s.fd, &m, 0);
      }
    }
    std::erase_if(sockets, [](const Socket &s) { return s.fd < 0; });
  }
}

// ---------------------------------------------------------------------------------------------------
// Clients.
string failure(int err) {
  switch (err) {
    case ECONNREFUSED: return "refused";
    case ETIMEDOUT: return "timeout";
    case EHOSTUNREACH: return "unreachable";
    case ENETUNREACH: return "no-network";
    case ECONNRESET: return "reset";
    case EMSGSIZE: return "too-big";
    default: return print("error-%d", err);
  }
}

bool readable(int fd, int ms) {
  pollfd p{fd, POLLIN, 0};
  return poll(&p, 1, ms) > 0;
}

int open_socket(int type, Endpoint &to, const Words &w, long index) {
  int fd = socket(to.family(), type, w.has("sctp") ? IPPROTO_SCTP : 0), one = 1;
  if (fd < 0) die("socket: %s", strerror(errno));
  if (w.has("sport") || w.has("bind")) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    string any = to.family() == AF_INET ? "0.0.0.0" : "::";
    Endpoint from = endpoint(w.text("bind", any), w.has("sport") ? w.number("sport") + (w.has("fixed") ? 0 : index) : 0);
    if (bind(fd, from.sa(), from.len) < 0) die("bind: %s", strerror(errno));
  }
  if (w.has("rst")) {
    linger l{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
  }
  return fd;
}

// Reads the server's name, up to a newline or blank or the end.
string read_name(int fd, int ms) {
  char text[2048];
  if (!readable(fd, ms)) return "timeout";
  ssize_t n = recv(fd, text, sizeof text - 1, 0);
  if (n < 0) return failure(errno);
  if (n == 0) return "closed";
  text[n] = 0;
  text[strcspn(text, "\n ")] = 0;
  return text;
}

string ask_one(int type, Endpoint &to, const Words &w, long index, int &fd) {
  int ms = timeout_ms(w);
  fd = open_socket(type, to, w, index);
  timeval tv{ms / 1000, ms % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
  if (connect(fd, to.sa(), to.len) < 0) return failure(errno == EINPROGRESS ? ETIMEDOUT : errno);
  if (type == SOCK_DGRAM) {
    string data(w.number("len", 4), 'x');
    if (send(fd, data.data(), data.size(), 0) < 0) return failure(errno);
  }
  return read_name(fd, ms);
}

// Each line of standard input is said on all of these connections; prints how many got it back.
void say_on_all(const vector<int> &open, const Words &w) {
  char line[256], back[sizeof line];
  int ms = timeout_ms(w);
  while (fgets(line, sizeof line, stdin)) {
    size_t len = strlen(line), answered = 0;
    for (int fd : open) (void)!send(fd, line, len, MSG_NOSIGNAL);
    int64_t end = now_ms() + ms;
    for (int fd : open) {
      size_t got = 0;
      while (got < len && readable(fd, std::max<int64_t>(end - now_ms(), 0))) {
        ssize_t n = recv(fd, back + got, len - got, 0);
        if (n <= 0) break;
        got += n;
      }
      answered += got == len && !memcmp(line, back, len);
    }
    printf("%zu of %zu\n", answered, open.size());
    fflush(stdout);
  }
}

// ask tcp|udp|sctp ADDR PORT N [sport=P [fixed]] [bind=A] [timeout=MS] [rst] [len=L] [hold] [again] [parallel]
// One line: who answered, in order. hold: keeps all open until standard input ends. again: so, and says each line of it
// on all of them, see above. parallel: all at once, and prints how often each answered.
int ask(char **argv) {
  int type = string(argv[0]) == "udp" ? SOCK_DGRAM : SOCK_STREAM;
  Endpoint to = endpoint(argv[1], atoi(argv[2]));
  long n = atol(argv[3]);
  Words w(argv + 4);
  if (string(argv[0]) == "sctp") w.set("sctp", "1");
  if (!w.has("parallel")) {
    vector<int> open;
    for (long i = 0; i < n; i++) {
      int fd;
      string who = ask_one(type, to, w, i, fd);
      printf("%s%s", i ? " " : "", who.c_str());
      if (w.has("hold") || w.has("again")) open.push_back(fd);
      else close(fd);
    }
    puts("");
    fflush(stdout);
    if (w.has("again")) say_on_all(open, w);
    char byte;
    if (w.has("hold"))
      while (read(0, &byte, 1) > 0) {}
    return 0;
  }
  struct Client {
    int fd;
    bool connected;
  };
  std::map<string, long> seen;
  vector<pollfd> set;
  for (long i = 0; i < n; i++) {
    int fd = open_socket(type | SOCK_NONBLOCK, to, w, i);
    if (connect(fd, to.sa(), to.len) < 0 && errno != EINPROGRESS) {
      seen[failure(errno)]++;
      close(fd);
      continue;
    }
    if (type == SOCK_DGRAM) (void)!send(fd, "hello", 5, 0);
    set.push_back({fd, POLLIN, 0});
  }
  int64_t end = now_ms() + timeout_ms(w);
  vector<int> done;
  while (!set.empty() && now_ms() < end) {
    if (poll(set.data(), set.size(), 100) <= 0) continue;
    for (auto &p : set) {
      if (!p.revents) continue;
      seen[read_name(p.fd, 0)]++;
      // all stay open until the last one answered: they are to be there at the same time
      done.push_back(p.fd);
      p.fd = -1;
    }
    std::erase_if(set, [](const pollfd &p) { return p.fd < 0; });
  }
  if (!set.empty()) seen["timeout"] += set.size();
  const char *sep = "";
  for (auto &[who, count] : seen) {
    printf("%s%s=%ld", sep, who.c_str(), count);
    sep = " ";
  }
  puts("");
  fflush(stdout);
  char byte;
  if (w.has("hold"))
    while (read(0, &byte, 1) > 0) {}
  return 0;
}

// pulse ADDR PORT [every=MS] [sport=P]: one flow of UDP, a datagram every so often. For each line of standard input, and
// at its end, prints who has answered, how many of the datagrams sent since the last line have come back, and the longest
// time in milliseconds that nothing came.
int pulse(char **argv) {
  Endpoint to = endpoint(argv[0], atoi(argv[1]));
  Words w(argv + 2);
  int fd = open_socket(SOCK_DGRAM, to, w, 0);
  if (connect(fd, to.sa(), to.len) < 0) die("connect: %s", strerror(errno));
  long every = w.number("every", 20), sent = 0, came = 0;
  int64_t next = now_ms(), last = next, longest = 0;
  std::map<string, bool> who;
  pollfd set[2] = {{fd, POLLIN, 0}, {0, POLLIN, 0}};
  for (bool goes_on = true; goes_on;) {
    if (now_ms() >= next) {
      (void)!send(fd, "pulse\n", 6, MSG_DONTWAIT);
      sent++;
      next = std::max(next + every, now_ms() - every);
    }
    poll(set, 2, std::max<int64_t>(next - now_ms(), 0));
    int64_t now = now_ms();
    longest = std::max(longest, now - last);
    char text[256];
    ssize_t n;
    while ((n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
      text[n] = 0;
      text[strcspn(text, "\n ")] = 0;
      who[text] = true;
      came++;
      last = now;
    }
    if (!set[1].revents) continue;
    goes_on = read(0, text, sizeof text) > 0;
    string names;
    for (auto &[name, _] : who) names += (names.empty() ? "" : ",") + name;
    printf("%s %ld of %ld, longest %lld ms\n", names.empty() ? "nobody" : names.c_str(), came, sent,
           static_cast<long long>(longest));
    fflush(stdout);
    who.clear();
    sent = came = 0;
    longest = 0;
    last = now_ms();
  }
  return 0;
}

// pace FILE ORIGINAL: is standard input the same as the original? Prints "whole" or what it is instead. Meanwhile it writes into
// the file how many bytes came, and the longest time in milliseconds that nothing did: after each that was longer than all
// before, ten times a second, and at the end.
int pace(char **argv) {
  static char data[65536];
  int64_t last = now_ms(), longest = 0, noted = last;
  size_t bytes = 0;
  int original = open(argv[1], O_RDONLY | O_CLOEXEC);
  off_t size = original < 0 ? -1 : lseek(original, 0, SEEK_END);
  void *memory = size <= 0 ? MAP_FAILED : mmap(nullptr, size, PROT_READ, MAP_SHARED, original, 0);
  if (memory == MAP_FAILED) die("%s: %s", argv[1], strerror(errno));
  auto note = [&](const char *what) {
    FILE *file = fopen((string(argv[0]) + ".new").c_str(), "w");
    if (!file) die("%s: %s", argv[0], strerror(errno));
    fprintf(file, "%zu bytes, longest %lld ms%s\n", bytes, static_cast<long long>(longest), what);
    fclose(file);
    rename((string(argv[0]) + ".new").c_str(), argv[0]);
  };
  bool same = true;
  ssize_t n;
  while (same && (n = read(0, data, sizeof data)) > 0) {
    int64_t now = now_ms();
    same = n <= size - static_cast<off_t>(bytes) && !memcmp(data, static_cast<char *>(memory) + bytes, n);
    bytes += n;
    if (now - last > longest || now - noted >= 100) {
      longest = std::max(longest, now - last);
      noted = now;
      note("");
    }
    last = now_ms();
  }
  note(", ended");
  puts(!same ? "another file" : static_cast<off_t>(bytes) == size ? "whole" : "cut short");
  return 0;
}

// talk ADDR PORT [from=FIFO] [sport=P] [timeout=MS]: one TCP connection. Prints the server's name, then
// sends each line of standard input (or of the FIFO, which never ends) and prints what comes back.
int talk(char **argv) {
  Endpoint to = endpoint(argv[0], atoi(argv[1]));
  Words w(argv + 2);
  int fd, ms = timeout_ms(w);
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, nullptr, _IOLBF, 0);
  puts(ask_one(SOCK_STREAM, to, w, 0, fd).c_str());
  char line[1024], back[2048];
  FILE *in = w.has("from") ? fopen(w.text("from").c_str(), "r+") : stdin;
  while (in && fgets(line, sizeof line, in)) {
    if (write(fd, line, strlen(line)) < 0) {
      puts(failure(errno).c_str());
      continue;
    }
    if (!readable(fd, ms)) {
      puts("timeout");
      continue;
    }
    ssize_t n = read(fd, back, sizeof back - 1);
    if (n < 0) {
      puts(failure(errno).c_str());
    } else {
      back[n] = 0;
      back[strcspn(back, "\n")] = 0;
      puts(n ? back : "closed");
    }
  }
  close(fd);
  return 0;
}

// ---------------------------------------------------------------------------------------------------
// Packets.
void put16(Bytes &b, size_t at, uint16_t v) {
  b[at] = v >> 8;
  b[at + 1] = v;
}
void put32(Bytes &b, size_t at, uint32_t v) {
  put16(b, at, v >> 16);
  put16(b, at + 2, v);
}
uint16_t get16(const uint8_t *p) { return p[0] << 8 | p[1]; }
uint32_t get32(const uint8_t *p) { return uint32_t{get16(p)} << 16 | get16(p + 2); }

uint32_t sum_of(const uint8_t *p, size_t n, uint32_t sum = 0) {
  for (; n > 1; p += 2, n -= 2) sum += get16(p);
  if (n) sum += *p << 8;
  return sum;
}
// the sum of SCTP: CRC32c, as the header has it (little endian)
uint32_t crc_of(const uint8_t *p, size_t n) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < n; i++) {
    // the field itself counts as 0
    crc ^= i >= 8 && i < 12 ? 0 : p[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return __builtin_bswap32(~crc);
}

uint16_t fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

struct Address {
  int family;
  uint8_t raw[16];
  size_t len() const { return family == AF_INET ? 4 : 16; }
};
Address address(const string &text) {
  Address a{};
  if (inet_pton(AF_INET, text.c_str(), a.raw) == 1) a.family = AF_INET;
  else if (inet_pton(AF_INET6, text.c_str(), a.raw) == 1) a.family = AF_INET6;
  else die("not an address: %s", text.c_str());
  return a;
}

uint32_t pseudo_sum(const uint8_t *addresses, size_t address_len, uint8_t proto, uint32_t len) {
  return sum_of(addresses, 2 * address_len) + proto + (len >> 16) + (len & 0xffff);
}

int protocol(const string &name) {
  if (name == "tcp") return IPPROTO_TCP;
  if (name == "udp") return IPPROTO_UDP;
  if (name == "icmp") return IPPROTO_ICMP;
  if (name == "icmp6") return IPPROTO_ICMPV6;
  if (name == "sctp") return IPPROTO_SCTP;
  if (name == "esp") return IPPROTO_ESP;
  if (name == "ah") return IPPROTO_AH;
  return atoi(name.c_str());
}

// The chunks of SCTP by name, shortened: "INIT", "COOKIE-ECHO+ABORT"; 4 bytes of nothing in each.
const char *const chunk_names[] = {"DATA", "INIT", "INIT-ACK", "SACK", "HEARTBEAT", "HEARTBEAT-ACK", "ABORT",
                                   "SHUTDOWN", "SHUTDOWN-ACK", "ERROR", "COOKIE-ECHO", "COOKIE-ACK", "ECNE", "CWR",
                                   "SHUTDOWN-COMPLETE"};
Bytes chunks(const string &names) {
  Bytes all;
  for (size_t at = 0, end; at <= names.size(); at = end + 1) {
    end = std::min(names.find('+', at), names.size());
    string name = names.substr(at, end - at);
    size_t type = 0;
    while (type < std::size(chunk_names) && name != chunk_names[type]) type++;
    if (type == std::size(chunk_names)) die("chunk %s?", name.c_str());
    all.insert(all.end(), {uint8_t(type), 0, 0, 8, 0, 0, 0, 0});
  }
  return all;
}

Bytes bytes(const string &hex) {
  Bytes all;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) all.push_back(strtoul(hex.substr(i, 2).c_str(), nullptr, 16));
  return all;
}

// The IP packet that the words with this prefix ("" or "in.") describe.
Bytes make_packet(const Words &w, const string &prefix) {
  auto key = [&](const char *name) { return prefix + name; };
  Address src = address(w.text(key("src"))), dst = address(w.text(key("dst")));
  bool v6 = src.family == AF_INET6;
  int proto = protocol(w.text(key("proto"), "tcp"));
  Bytes payload(w.number(key("len"), 0), 'x');
  if (w.has(key("hex"))) {
    payload = bytes(w.text(key("hex")));
  } else if (w.has(key("data"))) {
    string text = w.text(key("data"));
    payload.assign(text.begin(), text.end());
  }
  Bytes l4;
  size_t sum_at = 0;
  if (proto == IPPROTO_TCP) {
    // opt=: options in hexadecimal, filled up with zeros
    Bytes options = bytes(w.text(key("opt"), ""));
    options.resize((options.size() + 3) & ~size_t{3});
    l4.resize(20);
    l4.insert(l4.end(), options.begin(), options.end());
    put16(l4, 0, w.number(key("sport")));
    put16(l4, 2, w.number(key("dport")));
    put32(l4, 4, w.number(key("seq"), 1));
    put32(l4, 8, w.number(key("ack"), 0));
    l4[12] = l4.size() / 4 << 4;
    static const string letters = "FSRPAU";
    for (char f : w.text(key("flags"), "S")) {
      size_t bit = letters.find(f);
      if (bit != string::npos) l4[13] |= 1 << bit;
    }
    // doff=: a length of the header that is a lie, in words
    if (w.has(key("doff"))) l4[12] = w.number(key("doff")) << 4;
    put16(l4, 14, 65535);
    sum_at = 16;
  } else if (proto == IPPROTO_UDP) {
    l4.resize(8);
    put16(l4, 0, w.number(key("sport")));
    put16(l4, 2, w.number(key("dport")));
    put16(l4, 4, 8 + payload.size());
    sum_at = 6;
  } else if (proto == IPPROTO_SCTP) {
    l4.resize(12);
    put16(l4, 0, w.number(key("sport")));
    put16(l4, 2, w.number(key("dport")));
    if (w.has(key("chunk"))) payload = chunks(w.text(key("chunk")));
    Bytes whole = l4;
    whole.insert(whole.end(), payload.begin(), payload.end());
    put32(l4, 8, crc_of(whole.data(), whole.size()) ^ (w.has(key("badsum")) ? 0x55 : 0));
  } else if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
    l4.resize(8);
    l4[0] = w.number(key("type"));
    l4[1] = w.number(key("code"));
    if (w.has(key("rest"))) put32(l4, 4, w.number(key("rest")));
    else if (w.has(key("mtu"))) put32(l4, 4, w.number(key("mtu")));
    if (prefix.empty() && w.has("in.src")) {
      Bytes inner = make_packet(w, "in.");
      // routers quote at least 8 bytes of the transport header; IPv6 quotes as much as fits
      size_t quote = w.number("quote", v6 ? 1000 : 28);
      if (inner.size() > quote) inner.resize(quote);
      payload = inner;
    }
    sum_at = 2;
  }
  l4.insert(l4.end(), payload.begin(), payload.end());
  // a transport header that ends too early, in a packet whose length says so
  if (w.has(key("l4"))) l4.resize(std::min<size_t>(l4.size(), w.number(key("l4"))));
  if (l4.size() < sum_at + 2) sum_at = 0;
  size_t ip_len = v6 ? 40 : 20;
  // of IPv4 two words of no-operation, of IPv6 an extension header without any
  Bytes extension;
  if (w.has(key("options"))) {
    if (v6) extension = {uint8_t(proto), 0, 1, 4, 0, 0, 0, 0};
    else ip_len += 8;
  }
  Bytes p(ip_len, 1);
  if (!v6) {
    p[0] = 0x40 | ip_len / 4;
    p[1] = w.number(key("tos"), 0);
    put16(p, 2, ip_len + l4.size());
    put16(p, 4, w.number(key("id"), 1));
    put16(p, 6, (w.has(key("df")) ? 0x4000 : 0) | (w.has(key("mf")) ? 0x2000 : 0) | w.number(key("frag"), 0));
    p[8] = w.number(key("ttl"), 64);
    p[9] = proto;
    memcpy(&p[12], src.raw, 4);
    memcpy(&p[16], dst.raw, 4);
    put16(p, 10, 0);
    put16(p, 10, ~fold(sum_of(p.data(), ip_len)));
  } else {
    put32(p, 0, 6u << 28 | w.number(key("tos"), 0) << 20);
    put16(p, 4, extension.size() + l4.size());
    p[6] = w.has(key("options")) ? IPPROTO_DSTOPTS : proto;
    p[7] = w.number(key("ttl"), 64);
    memcpy(&p[8], src.raw, 16);
    memcpy(&p[24], dst.raw, 16);
  }
  if (sum_at && !w.has(key("nosum"))) {
    uint32_t sum = sum_of(l4.data(), l4.size());
    if (proto != IPPROTO_ICMP) sum += pseudo_sum(&p[v6 ? 8 : 12], src.len(), proto, l4.size());
    uint16_t v = ~fold(sum);
    if (v == 0 && proto == IPPROTO_UDP) v = 0xffff;
    if (w.has(key("badsum"))) v ^= 0x5555;
    put16(l4, sum_at, v);
  }
  p.insert(p.end(), extension.begin(), extension.end());
  p.insert(p.end(), l4.begin(), l4.end());
  return p;
}

// Cuts a packet into fragments with `size` bytes of payload each (a multiple of 8).
vector<Bytes> fragments(const Bytes &packet, size_t size, uint32_t id) {
  vector<Bytes> all;
  bool v6 = packet[0] >> 4 == 6;
  size_t head = v6 ? 40 : 20;
  for (size_t at = head; at < packet.size(); at += size) {
    size_t n = std::min(size, packet.size() - at);
    bool more = at + n < packet.size();
    Bytes f(packet.begin(), packet.begin() + head);
    if (v6) {
      Bytes fh(8);
      fh[0] = f[6];
      put16(fh, 2, (at - head) | (more ? 1 : 0));
      put32(fh, 4, id);
      f[6] = 44;
      put16(f, 4, n + 8);
      f.insert(f.end(), fh.begin(), fh.end());
    } else {
      put16(f, 2, head + n);
      put16(f, 4, id);
      put16(f, 6, (at - head) / 8 | (more ? 0x2000 : 0));
      put16(f, 10, 0);
      put16(f, 10, ~fold(sum_of(f.data(), 20)));
    }
    f.insert(f.end(), packet.begin() + at, packet.begin() + at + n);
    all.push_back(f);
  }
  return all;
}

// The address `by` further on in its last 32 bits.
string later_address(const string &text, uint32_t by) {
  Address a = address(text);
  Bytes last(a.raw + a.len() - 4, a.raw + a.len());
  put32(last, 0, get32(last.data()) + by);
  memcpy(a.raw + a.len() - 4, last.data(), 4);
  char later[INET6_ADDRSTRLEN];
  return inet_ntop(a.family, a.raw, later, sizeof later);
}

// Where hand-made packets go out: dev=IF, to dmac=MAC. cpu=N: who receives them does so there.
class Wire {
 public:
  Wire(const Words &w, bool v6) : fd_(socket(AF_PACKET, SOCK_DGRAM, 0)) {
    // One CPU's queues keep the order: whatever these packets cause has happened when a later packet
    // sent this way arrives.
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(w.number("cpu", 0), &one);
    sched_setaffinity(0, sizeof one, &one);
    to_.sll_family = AF_PACKET;
    to_.sll_ifindex = if_nametoindex(w.text("dev").c_str());
    to_.sll_protocol = htons(v6 ? ETH_P_IPV6 : ETH_P_IP);
    to_.sll_halen = 6;
    unsigned m[6];
    if (sscanf(w.text("dmac").c_str(), "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6) die("dmac?");
    for (int i = 0; i < 6; i++) to_.sll_addr[i] = m[i];
  }
  bool send(const Bytes &p) {
    return sendto(fd_, p.data(), p.size(), 0, reinterpret_cast<sockaddr *>(&to_), sizeof to_) >= 0;
  }

 private:
  int fd_;
  sockaddr_ll to_{};
};

// send dev=IF dmac=MAC src= dst= proto= ...: one packet, or its fragments (fragsize=, reverse), or N packets
// of different connections (flows=N): from source ports in a row, or, with each=dport, to such ports, or, with
// each=src or each=dst, from or to addresses that are step=S apart; count=N repeats it all
int send_packet(char **argv) {
  Words w(argv);
  Bytes packet = make_packet(w, "");
  vector<Bytes> all{packet};
  string each = w.text("each", "sport");
  for (long i = 1; i < w.number("flows", 1); i++) {
    Words next = w;
    if (each == "sport" || each == "dport") next.set(each, std::to_string(w.number(each) + i));
    else next.set(each, later_address(w.text(each), i * w.number("step", 1)));
    all.push_back(make_packet(next, ""));
  }
  if (w.has("fragsize")) all = fragments(packet, w.number("fragsize"), w.number("id", 1));
  if (w.has("reverse")) all = vector<Bytes>(all.rbegin(), all.rend());
  Wire wire(w, packet[0] >> 4 == 6);
  for (long n = w.number("count", 1); n > 0; n--)
    for (auto &p : all)
      if (!wire.send(p)) die("send: %s", strerror(errno));
  return 0;
}

// flood seconds=S dev=IF dmac=MAC src=NET ...: as fast as it goes, each packet from a random address of NET/16 (IPv4),
// or of its first sources=N, and a random port; prints how many there were
int flood(char **argv) {
  Words w(argv);
  string net = w.text("src");
  int64_t end = now_ms() + w.number("seconds", 1) * 1000;
  long sent = 0;
  Wire wire(w, false);
  for (; now_ms() < end; sent++) {
    w.set("src", later_address(net, 1 + random() % w.number("sources", 65534)));
    w.set("sport", std::to_string(1024 + random() % 64000));
    // a device whose queue is full takes the next one again
    wire.send(make_packet(w, ""));
  }
  printf("%ld\n", sent);
  return 0;
}

// errors dev=IF dmac=MAC src= dst= in.src= in.dst= in.sport= in.dport= ...: ICMP packets of all types, each about a
// packet of each protocol, cut after every number of bytes (step=N: after every Nth), once with a right and once
// with a wrong checksum. The quoted packets' destination ports are in a row. Prints how many there were.
int errors(char **argv) {
  Words w(argv);
  bool v6 = address(w.text("src")).family == AF_INET6;
  vector<int> types;
  if (v6) types = {0, 1, 2, 3, 4, 5, 100, 127, 128, 129, 137};
  else types = {0, 3, 4, 5, 8, 11, 12, 13, 18};
  long sent = 0, port = w.number("in.dport"), step = w.number("step", 1);
  Wire wire(w, v6);
  w.set("proto", v6 ? "icmp6" : "icmp");
  w.set("in.len", "8");
  for (const char *proto : {"udp", "tcp", "sctp", "icmp", "esp", "ah", "47"}) {
    w.set("in.proto", proto);
    size_t whole = make_packet(w, "in.").size();
    for (size_t quote = 0; quote <= whole; quote += step) {
      w.set("quote", std::to_string(quote));
      for (int type : types) {
        w.set("type", std::to_string(type));
        w.set("in.dport", std::to_string(port + sent % 20000));
        for (bool is_bad : {false, true}) {
          Words sum = w;
          if (is_bad) sum.set("badsum", "1");
          if (!wire.send(make_packet(sum, ""))) die("send: %s", strerror(errno));
          sent++;
        }
      }
    }
  }
  printf("%ld\n", sent);
  return 0;
}

string describe(const uint8_t *p, size_t n, bool partial, bool quoted);

// Where the inner packet of a tunnel packet starts, or 0 = it is none.
constexpr int gue_port = 6080;

size_t tunnel_head(const uint8_t *l4, size_t n, int proto) {
  if (proto == IPPROTO_UDP && n >= 12 && get16(l4 + 2) == gue_port) return 12 + (l4[8] & 31) * 4;
  if (proto == IPPROTO_GRE && n >= 4) return l4[0] & 0x80 ? 8 : 4;
  return 0;
}

bool is_tunnel(const uint8_t *l4, size_t n, int proto) {
  return proto == IPPROTO_IPIP || proto == IPPROTO_IPV6 || tunnel_head(l4, n, proto);
}

// A device may have been left to do one checksum. If the outer header has one, that is it; with GUE's remote
// checksums the inner one is not complete either.
string tunnel_inner(const uint8_t *l4, size_t n, int proto, bool partial, bool quoted) {
  size_t head = tunnel_head(l4, n, proto);
  if (n < head) return "{short}";
  if (proto == IPPROTO_UDP) partial = (head >= 20 && l4[12] & 0x80) || (partial && !get16(l4 + 6));
  if (proto == IPPROTO_GRE) partial = partial && head == 4;
  return "{" + describe(l4 + head, n - head, partial, quoted) + "}";
}

// Where the segment size stands among the options of a TCP header, or 0 = nowhere.
size_t mss_at(const uint8_t *l4, size_t n) {
  size_t end = std::min<size_t>((l4[12] >> 4) * 4, n);
  for (size_t at = 20; at + 4 <= end && l4[at];) {
    if (l4[at] == 1) {
      at++;
      continue;
    }
    if (l4[at] == 2) return l4[at + 1] == 4 ? at + 2 : 0;
    at += std::max<size_t>(l4[at + 1], 2);
  }
  return 0;
}

string hex(const uint8_t *p, size_t n) {
  string text;
  for (size_t i = 0; i < n; i++) text += print("%02x", p[i]);
  return text;
}

// capture text: of TCP also the numbers, and what is said
bool shows_text;

string numbers_and_text(const uint8_t *l4, size_t n) {
  string text = print(" seq=%u ack=%u", get32(l4 + 4), get32(l4 + 8));
  size_t at = (l4[12] >> 4) * 4;
  if (at >= n) return text;
  text += " \"";
  for (; at < n; at++) {
    if (l4[at] == '\r') text += "\\r";
    else if (l4[at] == '\n') text += "\\n";
    else text += l4[at] < ' ' || l4[at] > '~' ? print("\\%03o", l4[at]) : string(1, l4[at]);
  }
  return text + "\"";
}

string transport(const uint8_t *l4, size_t n, int proto, const uint8_t *addresses, size_t address_len, bool partial,
                 bool quoted) {
  string sum;
  auto verify = [&](bool with_pseudo) {
    if (quoted) return string();
    // the sender left the sum to the device: the field must hold the pseudo header's part of it
    if (partial) {
      if (proto == IPPROTO_SCTP) return string(" sum=left");
      size_t at = proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 2;
      return string(get16(l4 + at) == fold(pseudo_sum(addresses, address_len, proto, n)) ? " sum=ok" : " sum=bad");
    }
    if (proto == IPPROTO_SCTP) return string(get32(l4 + 8) == crc_of(l4, n) ? " sum=ok" : " sum=bad");
    uint32_t s = sum_of(l4, n) + (with_pseudo ? pseudo_sum(addresses, address_len, proto, n) : 0);
    return string(fold(s) == 0xffff ? " sum=ok" : " sum=bad");
  };
  switch (proto) {
    case IPPROTO_TCP: {
      if (n < 20) return " tcp short";
      string flags;
      for (int i = 0; i < 6; i++)
        if (l4[13] & 1 << i) flags += "FSRPAU"[i];
      if (quoted) return " tcp";
      string text = " tcp " + flags + print(" data=%zu", n - (l4[12] >> 4) * 4) + verify(true);
      if (size_t at = mss_at(l4, n)) text += print(" mss=%u", get16(l4 + at));
      return shows_text ? text + numbers_and_text(l4, n) : text;
    }
    case IPPROTO_UDP:
      if (size_t head = tunnel_head(l4, n, proto); head && n >= head)
        return " gue " + hex(l4 + 8, head - 8) + (get16(l4 + 6) ? verify(true) : " sum=none");
      if (n < 8) return " udp short";
      return quoted ? " udp" : print(" udp data=%zu", n - 8) + (get16(l4 + 6) ? verify(true) : " sum=none");
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6: {
      if (n < 8) return " icmp short";
      bool v6 = proto == IPPROTO_ICMPV6;
      bool is_error = v6 ? l4[0] < 128 : l4[0] == 3 || l4[0] == 11 || l4[0] == 4 || l4[0] == 12 || l4[0] == 5;
      string text = print(" icmp%s %d/%d", v6 ? "6" : "", l4[0], l4[1]);
      if (v6 ? l4[0] == 2 : l4[0] == 3 && l4[1] == 4) text += print(" mtu=%u", get32(l4 + 4));
      text += verify(v6);
      if (is_error) text += " [" + describe(l4 + 8, n - 8, false, true) + "]";
      return text;
    }
    case IPPROTO_GRE: {
      size_t head = tunnel_head(l4, n, proto);
      if (!head || n < head) return " gre short";
      string text = " gre " + hex(l4, 4);
      if (head == 8 && !quoted) {
        // left to the device: it starts from 0
        text += (partial ? get16(l4 + 4) == 0 : fold(sum_of(l4, n)) == 0xffff) ? " sum=ok" : " sum=bad";
        if (get16(l4 + 6)) text += " reserved=bad";
      }
      return text;
    }
    case IPPROTO_IPIP: return " ipip";
    case IPPROTO_IPV6: return " ip6";
    case IPPROTO_SCTP: {
      if (n < 12) return " sctp short";
      if (quoted) return " sctp";
      string text = " sctp";
      const char *sep = " ";
      for (size_t at = 12; at + 4 <= n; at += std::max((get16(l4 + at + 2) + 3) & ~3, 4), sep = "+")
        text += sep + (l4[at] < std::size(chunk_names) ? string(chunk_names[l4[at]]) : print("%d", l4[at]));
      return text + verify(false);
    }
    default: return print(" proto=%d data=%zu", proto, n);
  }
}

string ports(const uint8_t *l4, size_t n, int proto, size_t at) {
  if (n < 4 || (proto != IPPROTO_TCP && proto != IPPROTO_UDP && proto != IPPROTO_SCTP)) return "";
  return print(":%u", get16(l4 + at));
}

string describe(const uint8_t *p, size_t n, bool partial, bool quoted) {
  char a[64], b[64];
  if (n < 20) return "short";
  if (p[0] >> 4 == 4) {
    size_t head = (p[0] & 15) * 4, total = std::min<size_t>(get16(p + 2), n);
    int proto = p[9], frag = get16(p + 6);
    if (head < 20 || total < head) return "bad header";
    const uint8_t *l4 = p + head;
    size_t len = total - head;
    inet_ntop(AF_INET, p + 12, a, sizeof a);
    inet_ntop(AF_INET, p + 16, b, sizeof b);
    bool first = !(frag & 0x1fff);
    string text = string(a) + (first ? ports(l4, len, proto, 0) : "") + " > " + b + (first ? ports(l4, len, proto, 2) : "");
    bool tunnel = first && is_tunnel(l4, len, proto);
    if (!tunnel && (!first || frag & 0x2000)) {
      text += print(" fragment of %d: %d+%zu%s", proto, (frag & 0x1fff) * 8, len, frag & 0x2000 ? " more" : "");
    } else {
      text += transport(l4, len, proto, p + 12, 4, partial, quoted || frag & 0x2000);
    }
    if (!quoted) text += print(" ttl=%d len=%zu", p[8], total);
    if (p[1]) text += print(" tos=0x%02x", p[1]);
    if (frag & 0x4000) text += " df";
    if (!quoted && fold(sum_of(p, head)) != 0xffff) text += " ipsum=bad";
    // of an inner packet that is cut off only the head can be told
    if (tunnel) text += " " + tunnel_inner(l4, len, proto, partial, quoted || frag & 0x2000);
    return text;
  }
  if (n < 40) return "short";
  size_t total = std::min<size_t>(40 + get16(p + 4), n), at = 40;
  int proto = p[6];
  string frag;
  bool first = true;
  if (proto == 44 && total >= 48) {
    uint16_t f = get16(p + 42);
    proto = p[40];
    at = 48;
    first = !(f & ~7);
    frag = print(" fragment of %d: %d+%zu%s", proto, f & ~7, total - 48, f & 1 ? " more" : "");
  }
  // hop by hop, routing, destination options
  while ((proto == 0 || proto == 43 || proto == 60) && first && at + 8 <= total) {
    proto = p[at];
    at += 8 + p[at + 1] * 8;
  }
  if (at > total) return "bad header";
  const uint8_t *l4 = p + at;
  size_t len = total - at;
  inet_ntop(AF_INET6, p + 8, a, sizeof a);
  inet_ntop(AF_INET6, p + 24, b, sizeof b);
  auto name = [&](const char *addr, size_t offset) {
    string port = first ? ports(l4, len, proto, offset) : "";
    return port.empty() ? string(addr) : "[" + string(addr) + "]" + port;
  };
  string text = name(a, 0) + " > " + name(b, 2);
  text += frag.empty() ? transport(l4, len, proto, p + 8, 16, partial, quoted) : frag;
  if (!quoted) text += print(" ttl=%d len=%zu", p[7], total);
  int tclass = get16(p) >> 4 & 0xff;
  if (tclass) text += print(" tos=0x%02x", tclass);
  if (is_tunnel(l4, len, proto) && frag.empty()) {
    if (uint32_t label = get32(p) & 0xfffff) text += print(" label=0x%05x", label);
    text += " " + tunnel_inner(l4, len, proto, partial, quoted);
  }
  return text;
}

// capture dev=IF[,IF] [out] [text] [count=N] [ms=N]: a line for each IP packet that arrives there (out: that
// leaves), with what TCP carries (text). Neighbour discovery and multicast are left out.
int capture(char **argv) {
  Words w(argv);
  shows_text = w.has("text");
  vector<pollfd> set;
  vector<string> names;
  string devs = w.text("dev") + ",";
  for (size_t at = 0, end; (end = devs.find(',', at)) != string::npos; at = end + 1) {
    string dev = devs.substr(at, end - at);
    // of no protocol until it is bound: else it has packets of all devices by then
    int fd = socket(AF_PACKET, SOCK_DGRAM, 0), one = 1, size = 8 << 20;
    sockaddr_ll on{};
    on.sll_family = AF_PACKET;
    on.sll_protocol = htons(ETH_P_ALL);
    on.sll_ifindex = if_nametoindex(dev.c_str());
    if (!on.sll_ifindex) die("no device %s", dev.c_str());
    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (bind(fd, reinterpret_cast<sockaddr *>(&on), sizeof on) < 0) die("bind: %s", strerror(errno));
    set.push_back({fd, POLLIN, 0});
    names.push_back(dev);
  }
  setvbuf(stdout, nullptr, _IOLBF, 0);
  puts("ready");
  long left = w.number("count", -1);
  int64_t end = w.has("ms") ? now_ms() + w.number("ms") : INT64_MAX;
  static uint8_t data[70000];
  while (left && now_ms() < end) {
    if (poll(set.data(), set.size(), w.has("ms") ? std::max<int64_t>(end - now_ms(), 1) : -1) <= 0) continue;
    for (size_t i = 0; i < set.size() && left; i++) {
      if (!set[i].revents) continue;
      char control[256];
      sockaddr_ll from;
      iovec io{data, sizeof data};
      msghdr m{};
      m.msg_name = &from;
      m.msg_namelen = sizeof from;
      m.msg_iov = &io;
      m.msg_iovlen = 1;
      m.msg_control = control;
      m.msg_controllen = sizeof control;
      ssize_t n = recvmsg(set[i].fd, &m, MSG_DONTWAIT);
      if (n < 20) continue;
      if ((from.sll_pkttype == PACKET_OUTGOING) != w.has("out")) continue;
      uint16_t type = ntohs(from.sll_protocol);
      if (type != ETH_P_IP && type != ETH_P_IPV6) continue;
      bool v6 = type == ETH_P_IPV6;
      if (v6 ? data[24] == 0xff : data[16] >= 224) continue;
      if (v6 && data[6] == IPPROTO_ICMPV6 && data[40] >= 133 && data[40] <= 137) continue;
      bool partial = false;
      for (cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
        if (h->cmsg_type == PACKET_AUXDATA)
          partial = reinterpret_cast<tpacket_auxdata *>(CMSG_DATA(h))->tp_status & TP_STATUS_CSUMNOTREADY;
      printf("%s %s\n", names[i].c_str(), describe(data, n, partial, false).c_str());
      if (left > 0) left--;
    }
  }
  return 0;
}

// ---------------------------------------------------------------------------------------------------
// Datagrams of directors: to and from a multicast group on one device.

// A trailer of ours stands behind what is compared with the kernel's own module: docs/sync-protocol.md.
void cut_trailer(Bytes &message) {
  for (size_t len : {32, 64}) {
    if (message.size() < 4 + len) continue;
    const uint8_t *trailer = &message[message.size() - len];
    if (memcmp(trailer, "\xc5IVS\x01", 5) || trailer[7] != len) continue;
    message.resize(message.size() - len);
    message[2] = message.size() >> 8;
    message[3] = message.size();
    return;
  }
}

// hear dev=IF group=A port=P [ports=N] [ttl] [whole]: "ready", then a line for each datagram: its port, less the first
// one, and its bytes; ttl: also that. Without whole trailers are cut off, and messages of ours without records left out.
int hear(char **argv) {
  Words w(argv);
  vector<pollfd> set;
  int one = 1, size = 8 << 20;
  unsigned device = if_nametoindex(w.text("dev").c_str());
  if (!device) die("no device %s", w.text("dev").c_str());
  for (int i = 0; i < w.number("ports", 1); i++) {
    Endpoint group = endpoint(w.text("group"), w.number("port") + i);
    int fd = socket(group.family(), SOCK_DGRAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (bind(fd, group.sa(), group.len) < 0) die("bind: %s", strerror(errno));
    group_req request{};
    request.gr_interface = device;
    memcpy(&request.gr_group, &group.ss, sizeof group.ss);
    bool v6 = group.family() == AF_INET6;
    if (setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request) < 0)
      die("join: %s", strerror(errno));
    setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, &one, sizeof one);
    set.push_back({fd, POLLIN, 0});
  }
  setvbuf(stdout, nullptr, _IOLBF, 0);
  puts("ready");
  for (;;) {
    if (poll(set.data(), set.size(), -1) <= 0) continue;
    for (size_t i = 0; i < set.size(); i++) {
      if (!set[i].revents) continue;
      Bytes message(70000);
      char control[256];
      iovec io{message.data(), message.size()};
      msghdr m{};
      m.msg_iov = &io;
      m.msg_iovlen = 1;
      m.msg_control = control;
      m.msg_controllen = sizeof control;
      ssize_t n = recvmsg(set[i].fd, &m, MSG_DONTWAIT);
      if (n < 0) continue;
      message.resize(n);
      if (!w.has("whole")) {
        if (n >= 8 && message[0] == 0 && message[5] == 128) continue;
        cut_trailer(message);
      }
      string line = print("%zu", i);
      for (cmsghdr *h = CMSG_FIRSTHDR(&m); w.has("ttl") && h; h = CMSG_NXTHDR(&m, h)) {
        int ttl;
        memcpy(&ttl, CMSG_DATA(h), sizeof ttl);
        if (h->cmsg_type == IP_TTL || h->cmsg_type == IPV6_HOPLIMIT) line += print(" ttl=%d", ttl);
      }
      line += ' ';
      for (uint8_t byte : message) line += print("%02x", byte);
      puts(line.c_str());
    }
  }
}

// say dev=IF to=A port=P: each line of hex digits on standard input is a datagram, "-" an empty one
int say(char **argv) {
  Words w(argv);
  Endpoint to = endpoint(w.text("to"), w.number("port"));
  unsigned device = if_nametoindex(w.text("dev").c_str());
  if (!device) die("no device %s", w.text("dev").c_str());
  bool v6 = to.family() == AF_INET6;
  int fd = socket(to.family(), SOCK_DGRAM, 0);
  ip_mreqn on{};
  on.imr_ifindex = device;
  if (v6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &device, sizeof device)
         : setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &on, sizeof on))
    die("device: %s", strerror(errno));
  char *line = nullptr;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    string hex = line;
    while (!hex.empty() && strchr("\n ", hex.back())) hex.pop_back();
    Bytes message = hex == "-" ? Bytes() : bytes(hex);
    if (sendto(fd, message.data(), message.size(), 0, to.sa(), to.len) < 0) die("sendto: %s", strerror(errno));
  }
  return 0;
}

// ---------------------------------------------------------------------------------------------------
// Generic netlink, byte by byte.
class Message {
 public:
  Bytes data;
  size_t open(uint16_t type) {
    size_t at = data.size();
    data.resize(at + 4);
    memcpy(&data[at + 2], &type, 2);
    starts_.push_back(at);
    return at;
  }
  void close() {
    size_t at = starts_.back();
    starts_.pop_back();
    uint16_t len = data.size() - at;
    memcpy(&data[at], &len, 2);
    data.resize((data.size() + 3) & ~size_t{3});
  }
  void add(uint16_t type, const Bytes &value) {
    open(type);
    data.insert(data.end(), value.begin(), value.end());
    close();
  }

 private:
  vector<size_t> starts_;
};

template <typename T>
Bytes raw(T v) {
  Bytes b(sizeof v);
  memcpy(b.data(), &v, sizeof v);
  return b;
}

// u8:N u16:N u32:N u64:N be16:N be32:N ip:A (16 bytes) ip4:A (as short as it is) str:S (with NUL)
// text:S (without) hex:BYTES
Bytes value(const string &spec) {
  size_t colon = spec.find(':');
  string kind = spec.substr(0, colon), text = colon == string::npos ? "" : spec.substr(colon + 1);
  uint64_t n = strtoull(text.c_str(), nullptr, 0);
  if (!text.empty() && text[0] == '-') n = strtoll(text.c_str(), nullptr, 0);
  if (kind == "u8") return raw<uint8_t>(n);
  if (kind == "u16") return raw<uint16_t>(n);
  if (kind == "u32") return raw<uint32_t>(n);
  if (kind == "u64") return raw<uint64_t>(n);
  if (kind == "be16") return raw<uint16_t>(htons(n));
  if (kind == "be32") return raw<uint32_t>(htonl(n));
  if (kind == "ip" || kind == "ip4") {
    Address a = address(text);
    return Bytes(a.raw, a.raw + (kind == "ip" ? 16 : a.len()));
  }
  if (kind == "str" || kind == "text") {
    Bytes b(text.begin(), text.end());
    if (kind == "str") b.push_back(0);
    return b;
  }
  if (kind == "hex") {
    Bytes b;
    for (size_t i = 0; i + 1 < text.size(); i += 2) b.push_back(strtoul(text.substr(i, 2).c_str(), nullptr, 16));
    return b;
  }
  die("what is %s?", spec.c_str());
}

string tree(const uint8_t *p, size_t n, int level, int parent, bool flat) {
  string text;
  while (n >= 4) {
    uint16_t len, type;
    memcpy(&len, p, 2);
    memcpy(&type, p + 2, 2);
    if (len < 4 || len > n) return text + " broken";
    if (!text.empty()) text += ' ';
    text += print("%d%s", type & 0x3fff, type & 0x8000 ? "!" : "");
    bool nest = !flat && ((level == 0 && type <= 3) || (level == 1 && parent != 3 && (type == 10 || type == 12)));
    if (nest) {
      text += "{" + tree(p + 4, len - 4, level + 1, type, false) + "}";
    } else {
      text += '=';
      for (int i = 4; i < len; i++) text += print("%02x", p[i]);
    }
    size_t step = std::min<size_t>((len + 3) & ~3, n);
    p += step;
    n -= step;
  }
  return text;
}

int genl_socket() {
  int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC), one = 1;
  if (fd < 0) die("netlink: %s", strerror(errno));
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
  return fd;
}

// Also of messages that were taken: warnings.
bool tell_texts = false;

// Sends one message and prints each answer as a line.
int transact(int fd, uint16_t family, uint8_t cmd, uint8_t version, uint16_t flags, const Bytes &attrs, bool quiet,
             Bytes *first) {
  Bytes m(NLMSG_HDRLEN + GENL_HDRLEN);
  auto *h = reinterpret_cast<nlmsghdr *>(m.data());
  h->nlmsg_type = family;
  h->nlmsg_flags = flags;
  h->nlmsg_seq = 1;
  m[NLMSG_HDRLEN] = cmd;
  m[NLMSG_HDRLEN + 1] = version;
  m.insert(m.end(), attrs.begin(), attrs.end());
  reinterpret_cast<nlmsghdr *>(m.data())->nlmsg_len = m.size();
  if (send(fd, m.data(), m.size(), 0) < 0) die("send: %s", strerror(errno));
  static uint8_t buffer[1 << 17];
  for (;;) {
    if (!readable(fd, 5000)) {
      puts("no answer");
      return 1;
    }
    ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n < 0) die("recv: %s", strerror(errno));
    bool multi = false;
    for (auto *r = reinterpret_cast<nlmsghdr *>(buffer); NLMSG_OK(r, n); r = NLMSG_NEXT(r, n)) {
      auto *body = static_cast<uint8_t *>(NLMSG_DATA(r));
      if (r->nlmsg_type == NLMSG_ERROR || r->nlmsg_type == NLMSG_DONE) {
        int err = 0;
        memcpy(&err, body, sizeof err);
        string text;
        size_t skip = r->nlmsg_type == NLMSG_DONE ? NLMSG_HDRLEN + 4 : NLMSG_HDRLEN + sizeof(nlmsgerr);
        if (r->nlmsg_flags & NLM_F_ACK_TLVS) {
          const uint8_t *p = reinterpret_cast<uint8_t *>(r) + skip;
          size_t left = r->nlmsg_len - skip;
          while (left >= 4) {
            uint16_t len, type;
            memcpy(&len, p, 2);
            memcpy(&type, p + 2, 2);
            if (len < 4 || len > left) break;
            if (type == NLMSGERR_ATTR_MSG) text.assign(reinterpret_cast<const char *>(p) + 4);
            size_t step = std::min<size_t>((len + 3) & ~3, left);
            p += step;
            left -= step;
          }
        }
        if (quiet) return -err;
        if (err) printf("errno %d %s text: %s\n", -err, strerrorname_np(-err), text.c_str());
        else printf("%s%s\n", r->nlmsg_type == NLMSG_DONE ? "done" : "ack",
                    tell_texts && !text.empty() ? (" \"" + text + "\"").c_str() : "");
        return err ? 1 : 0;
      }
      if (first && first->empty()) first->assign(body + GENL_HDRLEN, body + r->nlmsg_len - NLMSG_HDRLEN);
      multi |= r->nlmsg_flags & NLM_F_MULTI;
      if (!quiet)
        printf("reply %d: %s\n", body[0],
               tree(body + GENL_HDRLEN, r->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, 0, 0, body[0] == 12 || body[0] == 14)
                   .c_str());
      if (!multi && !(flags & NLM_F_ACK)) return 0;
    }
  }
}

uint16_t family_id(int fd, const char *name) {
  Message m;
  m.add(CTRL_ATTR_FAMILY_NAME, value(string("str:") + name));
  Bytes answer;
  int err = transact(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, NLM_F_REQUEST | NLM_F_ACK, m.data, true, &answer);
  if (err) die("family %s: %s", name, strerror(err));
  for (size_t at = 0; at + 4 <= answer.size();) {
    uint16_t len, type, id;
    memcpy(&len, &answer[at], 2);
    memcpy(&type, &answer[at + 2], 2);
    memcpy(&id, &answer[at + 4], 2);
    if (type == CTRL_ATTR_FAMILY_ID) return id;
    if (len < 4) break;
    at += (len + 3) & ~3;
  }
  die("family %s has no id", name);
}

// genl CMD [dump] [version=N] [cut=N] ATTRIBUTES: words "N=VALUE", "N{" ... "}", "N!{" with the nested
// flag. cut=N leaves out the last N bytes of the message. No ack is asked for with "noack". "texts": print the text of
// an answer that is no error, too.
int genl(char **argv) {
  int cmd = atoi(*argv++), version = 1;
  uint16_t flags = NLM_F_REQUEST | NLM_F_ACK;
  size_t cut = 0;
  Message m;
  for (; *argv; argv++) {
    string word = *argv;
    if (word == "dump") flags = NLM_F_REQUEST | NLM_F_DUMP;
    else if (word == "noack") flags &= ~NLM_F_ACK;
    else if (word == "texts") tell_texts = true;
    else if (word.rfind("version=", 0) == 0) version = atoi(word.c_str() + 8);
    else if (word.rfind("cut=", 0) == 0) cut = atoi(word.c_str() + 4);
    else if (word == "}") m.close();
    else if (word.back() == '{') m.open(atoi(word.c_str()) | (word[word.size() - 2] == '!' ? NLA_F_NESTED : 0));
    else if (word.find('=') != string::npos) m.add(atoi(word.c_str()), value(word.substr(word.find('=') + 1)));
    else die("what is %s?", word.c_str());
  }
  m.data.resize(m.data.size() - std::min(cut, m.data.size()));
  int fd = genl_socket();
  return transact(fd, family_id(fd, "IPVS"), cmd, version, flags, m.data, false, nullptr);
}

// at NAMESPACE COMMAND...: what `ip netns exec` does, without mounting anything: ten times as fast
int at(char **argv) {
  int fd = open((string("/run/netns/") + argv[0]).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) die("namespace %s: %s", argv[0], strerror(errno));
  execvp(argv[1], argv + 1);
  die("%s: %s", argv[1], strerror(errno));
}

// starts the command; what it prints is of no interest
pid_t start_quietly(char **argv) {
  pid_t child = fork();
  if (child < 0) die("fork: %s", strerror(errno));
  if (!child) {
    int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    execvp(argv[0], argv);
    _exit(127);
  }
  return child;
}

// grace COMMAND...: runs the command and prints the longest time in microseconds that one of the kernel's grace periods (RCU)
// takes meanwhile; of five at least, however soon the command ends
int grace(char **argv) {
  pid_t child = start_quietly(argv);
  long longest = 0;
  int status = 0;
  bool is_running = true;
  for (int i = 0; is_running || i < 5; i++) {
    timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    // waits for one, where there is more than one CPU
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0) die("membarrier: %s", strerror(errno));
    clock_gettime(CLOCK_MONOTONIC, &after);
    longest = std::max(longest, (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000);
    if (is_running) is_running = waitpid(child, &status, WNOHANG) == 0;
  }
  printf("%ld\n", longest);
  return status ? 1 : 0;
}

// delays cpu=N rounds=N COMMAND...: runs the command so often on one CPU and prints, for each round, the longest time in
// microseconds that this CPU did not come to a process which goes before all others and wakes up every millisecond
int delays(char **argv) {
  int cpu = 0, rounds = 1;
  for (; *argv && strchr(*argv, '='); argv++) {
    string word = *argv;
    if (word.rfind("cpu=", 0) == 0) cpu = atoi(word.c_str() + 4);
    else if (word.rfind("rounds=", 0) == 0) rounds = atoi(word.c_str() + 7);
    else die("what is %s?", word.c_str());
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) < 0) die("CPU %d: %s", cpu, strerror(errno));
  void *memory = mmap(nullptr, sizeof(std::atomic<long>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap: %s", strerror(errno));
  auto *longest = new (memory) std::atomic<long>(0);
  pid_t watch = fork();
  if (watch < 0) die("fork: %s", strerror(errno));
  if (!watch) {
    sched_param first{.sched_priority = 50};
    if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0 || sched_setscheduler(0, SCHED_FIFO, &first) < 0)
      die("SCHED_FIFO: %s", strerror(errno));
    for (;;) {
      timespec before, after, nap{0, 1000000};
      clock_gettime(CLOCK_MONOTONIC, &before);
      clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, nullptr);
      clock_gettime(CLOCK_MONOTONIC, &after);
      long late = (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000 - 1000;
      if (late > *longest) *longest = late;
    }
  }
  int failed = 0;
  for (int i = 0; i < rounds; i++) {
    usleep(20000);
    *longest = 0;
    int status;
    waitpid(start_quietly(argv), &status, 0);
    failed |= status;
    // what was kept waiting until the very end is still to wake up
    usleep(20000);
    printf("%ld\n", longest->load());
    fflush(stdout);
  }
  kill(watch, SIGKILL);
  waitpid(watch, nullptr, 0);
  return failed ? 1 : 0;
}

}  // namespace

int main(int argc, char **argv) {
  if (string(argv[0]).ends_with("/at") || string(argv[0]) == "at") {
    if (argc < 3) die("at NAMESPACE COMMAND...");
    return at(argv + 1);
  }
  struct {
    const char *name;
    int words;
    int (*run)(char **);
  } const commands[] = {{"serve", 2, serve}, {"ask", 4, ask},         {"talk", 2, talk},
                        {"pulse", 2, pulse}, {"pace", 2, pace},
                        {"send", 4, send_packet}, {"flood", 4, flood}, {"errors", 6, errors}, {"capture", 1, capture},
                        {"genl", 1, genl}, {"delays", 1, delays}, {"grace", 1, grace},
                        {"hear", 3, hear}, {"say", 3, say}};
  if (argc > 1)
    for (auto &c : commands)
      if (string(argv[1]) == c.name && argc - 2 >= c.words) return c.run(argv + 2);
  fputs("usage: peer serve NAME [sctp:]PORT... | ask tcp|udp|sctp ADDR PORT N [option...] | talk ADDR PORT [option...]\n"
        "            pulse ADDR PORT [every=MS] | pace FILE ORIGINAL\n"
        "            send dev=IF dmac=MAC src=A dst=A ... | flood seconds=S dev=IF ... | errors dev=IF ... | capture dev=IF,... | genl CMD [dump] ATTRIBUTE...\n"
        "            delays [cpu=N] [rounds=N] COMMAND... | grace COMMAND...\n"
        "            hear dev=IF group=A port=P [ports=N] [ttl] [whole] | say dev=IF to=A port=P\n",
        stderr);
  return 2;
}
