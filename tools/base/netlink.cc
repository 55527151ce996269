// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/netlink.hh"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace ipvsadm::netlink {
namespace {

/// A dump's parts never exceed 32 KiB in the kernel; with room to spare.
constexpr std::size_t kBufferSize = 64 * 1024;

constexpr std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

/// What an answer of the type NLMSG_ERROR says; nothing if it says that all is well.
std::optional<Error> refusal(Bytes body, std::uint16_t flags) {
  nlmsgerr error;
  if (body.size() < sizeof(error)) return Error{EPROTO, {}};
  std::memcpy(&error, body.data(), sizeof(error));
  if (error.error == 0) return {};
  Error told{-error.error, {}};
  // With NLM_F_CAPPED the request is not repeated but for its header.
  std::size_t skip = sizeof(error);
  if (!(flags & NLM_F_CAPPED) && error.msg.nlmsg_len > sizeof(nlmsghdr))
    skip += aligned(error.msg.nlmsg_len - sizeof(nlmsghdr));
  if (flags & NLM_F_ACK_TLVS) told.words = Attributes(body, skip).text(NLMSGERR_ATTR_MSG);
  return told;
}

/// What the end of a list says, which may be that the kernel could not go on.
std::optional<Error> broken_off(Bytes body, std::uint16_t flags) {
  int code;
  if (body.size() < sizeof(code)) return {};
  std::memcpy(&code, body.data(), sizeof(code));
  if (code >= 0) return {};
  Error told{-code, {}};
  if (flags & NLM_F_ACK_TLVS) told.words = Attributes(body, sizeof(code)).text(NLMSGERR_ATTR_MSG);
  return told;
}

}  // namespace

Message::Message(std::uint16_t type, std::uint16_t flags) {
  header(nlmsghdr{.nlmsg_len = 0,
                  .nlmsg_type = type,
                  .nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST),
                  .nlmsg_seq = 0,
                  .nlmsg_pid = 0});
}

Message& Message::append(Bytes bytes) {
  text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  text_.resize(aligned(text_.size()));
  return *this;
}

Message& Message::put(std::uint16_t type, Bytes content) {
  header(nlattr{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + content.size()), .nla_type = type});
  return append(content);
}

Message& Message::put_text(std::uint16_t type, std::string_view text) {
  const std::string whole(text);
  return put(type, {reinterpret_cast<const std::uint8_t*>(whole.c_str()), whole.size() + 1});
}

std::size_t Message::begin(std::uint16_t type) {
  const std::size_t begun = text_.size();
  header(nlattr{.nla_len = 0, .nla_type = static_cast<std::uint16_t>(type | NLA_F_NESTED)});
  return begun;
}

Message& Message::end(std::size_t begun) {
  const auto length = static_cast<std::uint16_t>(text_.size() - begun);
  std::memcpy(text_.data() + begun, &length, sizeof(length));
  return *this;
}

std::string Message::finished(std::uint32_t sequence) const {
  std::string whole = text_;
  nlmsghdr header;
  std::memcpy(&header, whole.data(), sizeof(header));
  header.nlmsg_len = static_cast<std::uint32_t>(whole.size());
  header.nlmsg_seq = sequence;
  std::memcpy(whole.data(), &header, sizeof(header));
  return whole;
}

void for_each_attribute(Bytes bytes, const std::function<void(std::uint16_t type, Bytes content)>& take) {
  while (bytes.size() >= sizeof(nlattr)) {
    nlattr header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.nla_len < sizeof(header) || header.nla_len > bytes.size()) return;
    take(header.nla_type & NLA_TYPE_MASK, bytes.subspan(sizeof(header), header.nla_len - sizeof(header)));
    bytes = bytes.subspan(std::min(aligned(header.nla_len), bytes.size()));
  }
}

Attributes::Attributes(Bytes bytes, std::size_t skip) {
  if (skip > bytes.size()) return;
  for_each_attribute(bytes.subspan(skip),
                     [this](std::uint16_t type, Bytes content) { found_[type] = content; });
}

Bytes Attributes::bytes(std::uint16_t type) const {
  const auto found = found_.find(type);
  return found == found_.end() ? Bytes{} : found->second;
}

std::optional<std::uint32_t> Attributes::big_endian(std::uint16_t type) const {
  const auto value = number<std::uint32_t>(type);
  if (!value) return {};
  return ntohl(*value);
}

std::string text_of(Bytes content) {
  const std::string whole(reinterpret_cast<const char*>(content.data()), content.size());
  return whole.substr(0, whole.find('\0'));
}

std::string Attributes::text(std::uint16_t type) const { return text_of(bytes(type)); }

std::expected<bool, Error> Reader::read(Bytes datagram) {
  while (datagram.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    std::memcpy(&header, datagram.data(), sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > datagram.size())
      return std::unexpected(Error{EPROTO, {}});
    const Bytes body = datagram.subspan(sizeof(header), header.nlmsg_len - sizeof(header));
    datagram = datagram.subspan(std::min(aligned(header.nlmsg_len), datagram.size()));
    if (header.nlmsg_seq != sequence_) continue;
    is_torn_ = is_torn_ || (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) {
      auto error = header.nlmsg_type == NLMSG_DONE ? broken_off(body, header.nlmsg_flags)
                                                   : refusal(body, header.nlmsg_flags);
      if (!error && is_torn_) error = Error{EINTR, {}};
      if (error) return std::unexpected(std::move(*error));
      return true;
    }
    take_({header.nlmsg_type, body});
  }
  return false;
}

std::expected<Socket, int> Socket::open(int protocol) {
  Socket made(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (made.fd_ < 0) return std::unexpected(errno);
  const int on = 1;
  setsockopt(made.fd_, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
  setsockopt(made.fd_, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
  // What a list is asked for by is looked at, not passed over, by kernels that know this.
  setsockopt(made.fd_, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
  return made;
}

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

std::expected<void, Error> Socket::ask(const Message& request,
                                       const std::function<void(const Answer&)>& take) {
  const std::uint32_t sequence = ++sequence_;
  const std::string bytes = request.finished(sequence);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t done;
  while ((done = sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&kernel),
                        sizeof(kernel))) < 0 &&
         errno == EINTR)
    continue;
  if (done < 0) return std::unexpected(Error{errno, {}});
  std::vector<std::uint8_t> buffer(kBufferSize);
  Reader reader(sequence, take);
  for (;;) {
    // With MSG_TRUNC the size is that of the whole, also where it does not fit.
    while ((done = recv(fd_, buffer.data(), buffer.size(), MSG_TRUNC)) < 0 && errno == EINTR) continue;
    if (done < 0) return std::unexpected(Error{errno, {}});
    const auto size = static_cast<std::size_t>(done);
    if (size > buffer.size()) return std::unexpected(Error{EPROTO, {}});
    const auto ended = reader.read(Bytes(buffer).first(size));
    if (!ended) return std::unexpected(ended.error());
    if (*ended) return {};
  }
}

std::expected<void, Error> Socket::tell(const Message& request) {
  return ask(request, [](const Answer&) {});
}

}  // namespace ipvsadm::netlink
