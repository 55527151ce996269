// SPDX-License-Identifier: GPL-2.0-or-later
#include "realserver/host.hh"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/fou.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/format.hh"
#include "base/io.hh"
#include "base/words.hh"

namespace realserver {
namespace {

using ipvsadm::formatted;
namespace netlink = ipvsadm::netlink;
using netlink::Message;

std::unexpected<std::string> refused(const std::string& what, const netlink::Error& error) {
  return std::unexpected(formatted("cannot {}: {}", what,
                                   error.words.empty() ? std::strerror(error.code) : error.words.c_str()));
}

class KernelHost : public Host {
 public:
  explicit KernelHost(netlink::Socket socket) : socket_(std::move(socket)) {}

  std::expected<std::optional<int>, std::string> setting(const std::string& name) override {
    const std::string path = "/proc/sys/net/" + name;
    auto text = ipvsadm::read_file(path);
    if (!text && text.error() == ENOENT) return std::nullopt;
    if (!text) return std::unexpected(formatted("cannot read {}: {}", path, std::strerror(text.error())));
    while (text->ends_with('\n')) text->pop_back();
    const auto value = ipvsadm::whole_number<int>(*text);
    if (!value) return std::unexpected(formatted("{} is not a number but {}", path, ipvsadm::shown(*text)));
    return *value;
  }

  Done set(const std::string& name, int value) override {
    const std::string path = "/proc/sys/net/" + name, text = formatted("{}\n", value);
    const auto file = ipvsadm::File::open(path, O_WRONLY);
    const int error = !file ? file.error() : write(file->fd(), text.data(), text.size()) < 0 ? errno : 0;
    if (error != 0)
      return std::unexpected(formatted("cannot write {} to {}: {}", value, path, std::strerror(error)));
    return {};
  }

  std::expected<std::vector<Device>, std::string> devices() override {
    auto all = ipvsadm::list_devices(socket_);
    if (!all) return refused("list devices", all.error());
    return std::move(*all);
  }

  std::expected<std::vector<ipvsadm::LocalAddress>, std::string> addresses() override {
    auto all = ipvsadm::list_addresses(socket_);
    if (!all) return refused("list addresses", all.error());
    return std::move(*all);
  }

  Done make_device(const std::string& name, const std::string& kind) override {
    Message request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK);
    request.header(ifinfomsg{}).put_text(IFLA_IFNAME, name);
    const auto info = request.begin(IFLA_LINKINFO);
    request.put_text(IFLA_INFO_KIND, kind).end(info);
    const auto done = socket_.tell(request);
    // With the module, which this has loaded, the kernel's own of a tunnel has come.
    if (!done && (done.error().code != EEXIST || kind == kDummy))
      return refused(formatted("make the device {} of the kind {}", name, kind), done.error());
    return {};
  }

  Done delete_device(const Device& device) override {
    ifinfomsg header{};
    header.ifi_index = device.index;
    Message request(RTM_DELLINK, NLM_F_ACK);
    const auto done = socket_.tell(request.header(header));
    if (!done && done.error().code != ENODEV)
      return refused(formatted("delete the device {}", device.name), done.error());
    return {};
  }

  Done set_up(const Device& device, bool up) override {
    ifinfomsg header{};
    header.ifi_index = device.index;
    header.ifi_flags = up ? IFF_UP : 0;
    header.ifi_change = IFF_UP;
    Message request(RTM_NEWLINK, NLM_F_ACK);
    const auto done = socket_.tell(request.header(header));
    if (!done)
      return refused(formatted("set the device {} {}", device.name, up ? "up" : "down"), done.error());
    return {};
  }

  Done add_address(const ipvs::Address& address, const Device& device) override {
    const auto done = change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address, device);
    if (!done)
      return refused(formatted("add the address {} on {}", address.to_string(), device.name), done.error());
    return {};
  }
  Done remove_address(const ipvs::Address& address, const Device& device) override {
    const auto done = change_address(RTM_DELADDR, 0, address, device);
    if (!done && done.error().code != EADDRNOTAVAIL)
      return refused(formatted("remove the address {} on {}", address.to_string(), device.name),
                     done.error());
    return {};
  }

  std::expected<std::vector<Port>, std::string> ports() override {
    const auto family = fou(false);
    if (!family && family.error().code == ENOENT) return std::vector<Port>{};
    if (!family) return refused("ask for the ports of tunnels", family.error());
    Message request(*family, NLM_F_DUMP);
    request.header(genlmsghdr{.cmd = FOU_CMD_GET, .version = FOU_GENL_VERSION, .reserved = 0});
    const auto listed = netlink::untorn([&]() -> std::expected<std::vector<Port>, netlink::Error> {
      std::vector<Port> all;
      const auto done = generic_->ask(request, [&](const netlink::Answer& answer) {
        const auto attributes = answer.attributes(sizeof(genlmsghdr));
        if (attributes.number<std::uint8_t>(FOU_ATTR_TYPE) != FOU_ENCAP_GUE) return;
        all.push_back({attributes.number<std::uint8_t>(FOU_ATTR_AF).value_or(0),
                       ntohs(attributes.number<std::uint16_t>(FOU_ATTR_PORT).value_or(0))});
      });
      if (!done) return std::unexpected(done.error());
      return all;
    });
    if (!listed) return refused("list the ports of tunnels", listed.error());
    return *listed;
  }
  Done add_port(const Port& port) override { return change_port(FOU_CMD_ADD, port, "open"); }
  Done remove_port(const Port& port) override { return change_port(FOU_CMD_DEL, port, "close"); }

 private:
  std::expected<void, netlink::Error> change_address(std::uint16_t type, std::uint16_t flags,
                                                     const ipvs::Address& address, const Device& device) {
    const bool six = address.family == AF_INET6;
    Message request(type, flags | NLM_F_ACK);
    request.header(ifaddrmsg{.ifa_family = static_cast<std::uint8_t>(address.family),
                             .ifa_prefixlen = static_cast<std::uint8_t>(ipvsadm::width_of(address.family)),
                             .ifa_flags = 0,
                             .ifa_scope = RT_SCOPE_UNIVERSE,
                             .ifa_index = static_cast<std::uint32_t>(device.index)});
    request.put(IFA_LOCAL, ipvsadm::bytes_of(address)).put(IFA_ADDRESS, ipvsadm::bytes_of(address));
    if (six && type == RTM_NEWADDR) request.put_number(IFA_FLAGS, std::uint32_t{IFA_F_NODAD});
    return socket_.tell(request);
  }

  /// The number of the family that unpacks tunnels in UDP; ENOENT: the kernel has none. Who asks for it by
  /// its name has its module loaded.
  std::expected<std::uint16_t, netlink::Error> fou(bool may_load) {
    if (!generic_) {
      auto opened = netlink::Socket::open(NETLINK_GENERIC);
      if (!opened) return std::unexpected(netlink::Error{opened.error(), {}});
      generic_ = std::make_unique<netlink::Socket>(std::move(*opened));
    }
    Message request(GENL_ID_CTRL, may_load ? NLM_F_ACK : NLM_F_DUMP);
    request.header(genlmsghdr{.cmd = CTRL_CMD_GETFAMILY, .version = 1, .reserved = 0});
    if (may_load) request.put_text(CTRL_ATTR_FAMILY_NAME, FOU_GENL_NAME);
    return netlink::untorn([&]() -> std::expected<std::uint16_t, netlink::Error> {
      std::optional<std::uint16_t> number;
      const auto done = generic_->ask(request, [&](const netlink::Answer& answer) {
        const auto attributes = answer.attributes(sizeof(genlmsghdr));
        if (attributes.text(CTRL_ATTR_FAMILY_NAME) == FOU_GENL_NAME)
          number = attributes.number<std::uint16_t>(CTRL_ATTR_FAMILY_ID);
      });
      if (!done) return std::unexpected(done.error());
      if (!number) return std::unexpected(netlink::Error{may_load ? EPROTO : ENOENT, {}});
      return *number;
    });
  }

  Done change_port(std::uint8_t command, const Port& port, const char* what) {
    const std::string words = formatted("{} the UDP port {} for GUE", what, port.port);
    const auto family = fou(true);
    if (!family) return refused(words, family.error());
    Message request(*family, NLM_F_ACK);
    request.header(genlmsghdr{.cmd = command, .version = FOU_GENL_VERSION, .reserved = 0});
    request.put_number(FOU_ATTR_AF, static_cast<std::uint8_t>(port.family))
        .put_number(FOU_ATTR_PORT, htons(port.port));
    if (command == FOU_CMD_ADD) request.put_number(FOU_ATTR_TYPE, std::uint8_t{FOU_ENCAP_GUE});
    const auto done = generic_->tell(request);
    if (!done) return refused(words, done.error());
    return {};
  }

  netlink::Socket socket_;
  std::unique_ptr<netlink::Socket> generic_;
};

}  // namespace

std::expected<std::unique_ptr<Host>, std::string> this_host() {
  auto socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket)
    return std::unexpected(
        formatted("cannot reach the kernel's network (rtnetlink): {}", std::strerror(socket.error())));
  return std::make_unique<KernelHost>(std::move(*socket));
}

}  // namespace realserver
