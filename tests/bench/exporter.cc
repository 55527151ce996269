// SPDX-License-Identifier: GPL-2.0-or-later
// What a scrape costs: 10,000 services with 5 servers each over loopback, as `make bench-exporter` prints it. Without a
// kernel, whose answer is to be added (the metric ipvs_exporter_snapshot_seconds); the table is copied instead.
//
// Ends with 1 if a scrape takes a second, or the program 100 MB.
#include <arpa/inet.h>
#include <linux/ip_vs.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdio>
#include <thread>

#include "base/fd.hh"
#include "exporter/app.hh"

namespace {

constexpr int kServices = 10'000, kServers = 5, kScrapes = 5;

struct Large : ipvsadm::Kernel {
  ipvsadm::Snapshot snapshot() override {
    ipvsadm::Snapshot taken;
    taken.table.resize(kServices);
    for (std::uint32_t i = 0; i < kServices; ++i) {
      auto& [service, dests] = taken.table[i];
      service.key.protocol = IPPROTO_TCP;
      service.key.addr = ipvs::Address::v4({htonl(0x0a000000 + i)});
      service.key.port = 443;
      service.scheduler = "wlc";
      dests.resize(kServers);
      for (std::uint32_t n = 0; n < kServers; ++n) {
        dests[n].key = {.addr = ipvs::Address::v4({htonl(0x0b000000 + i * kServers + n)}), .port = 8443};
        dests[n].weight = 10;
        dests[n].stats = {.conns = 123'456'789, .inpkts = 12'345'678'901, .outpkts = 12'345'678'901,
                          .inbytes = 1'234'567'890'123, .outbytes = 1'234'567'890'123};
      }
    }
    return taken;
  }
  std::optional<ipvs::Stats> totals() override { return {}; }
  std::expected<void, std::string> connections(const ipvs::ConnectionFilter&,
                                               const std::function<bool(ipvs::Connection&)>&) override {
    return {};
  }
};

std::size_t scrape(std::uint16_t port) {
  const exporter::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  constexpr std::string_view kAsk = "GET /metrics HTTP/1.0\r\n\r\n";
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0 ||
      send(fd.get(), kAsk.data(), kAsk.size(), 0) < 0)
    return 0;
  static char buffer[1 << 18];
  std::size_t all = 0;
  for (ssize_t size; (size = recv(fd.get(), buffer, sizeof(buffer), 0)) > 0;) all += static_cast<std::size_t>(size);
  return all;
}

}  // namespace

int main() {
  mallopt(M_ARENA_MAX, 1);
  Large kernel;
  exporter::App* app = nullptr;
  exporter::Server server([&](const exporter::Request& request, exporter::Ticket ticket) { app->handle(request, ticket); });
  const auto port = server.listen("127.0.0.1:0");
  if (!port) return 1;
  exporter::App made(server, kernel, {});
  app = &made;
  std::thread thread([&] { server.run(); });
  double worst = 0;
  std::size_t size = 0;
  for (int i = 0; i < kScrapes; ++i) {
    const auto begun = exporter::Clock::now();
    size = scrape(*port);
    worst = std::max(worst, std::chrono::duration<double>(exporter::Clock::now() - begun).count());
  }
  server.stop();
  thread.join();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf("%d services with %d servers: %.1f MB of metrics, worst of %d scrapes %.3f s, %ld MB resident\n", kServices,
              kServers, static_cast<double>(size) / 1e6, kScrapes, worst, used.ru_maxrss / 1024);
  return size > 50'000'000 && worst < 1 && used.ru_maxrss < 100 * 1024 ? 0 : 1;
}
