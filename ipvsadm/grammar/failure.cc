// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/failure.hh"

#include <cerrno>
#include <iterator>

namespace ipvsadm {
namespace {

// Numbers are for scripts and never change; 1 is left to what 1.31 meant by it.
constexpr FailureKind kKinds[] = {
    {Failure::usage, 2, "the command line is not a legal one"},
    {Failure::value, 3, "a value is not one, or out of its range"},
    {Failure::permission, 4, "no permission (CAP_NET_ADMIN is needed)"},
    {Failure::module, 5, "the kernel has no IPVS, or it cannot be reached"},
    {Failure::exists, 6, "the service, server or daemon is there already"},
    {Failure::service, 7, "there is no such service"},
    {Failure::server, 8, "the service has no such server"},
    {Failure::helper, 9, "there is no such scheduler, persistence engine or interface"},
    {Failure::daemon, 10, "no such daemon is running"},
    {Failure::memory, 11, "the kernel has no memory for it"},
    {Failure::conflict, 12, "options or settings exclude each other"},
    {Failure::unsupported, 13, "the kernel does not support it, such as IPv6"},
    {Failure::version, 14, "the module and ipvsadm do not fit"},
    {Failure::sysctl, 15, "there is no such sysctl"},
    {Failure::system, 16, "anything else"},
    {Failure::output, 17, "the output could not be written"},
    {Failure::input, 18, "the input, or a file, could not be read"},
    {Failure::changed, 19, "the table was changed each time it was read"},
    {Failure::limit, 20, "a sysctl allows no more services or servers"},
    {Failure::found, 21, "--check has found an error, or what deserves a warning"},
};
static_assert(std::size(kKinds) == static_cast<std::size_t>(Failure::found) + 1);

Failure missing(ipvs::Operation operation) {
  using enum ipvs::Operation;
  switch (operation) {
    case add_service:
    case edit_service:
      return Failure::helper;
    case edit_dest:
    case delete_dest:
      return Failure::server;
    default:
      return Failure::module;
  }
}

}  // namespace

std::span<const FailureKind> failure_kinds() { return kKinds; }

const FailureKind& kind_of(Failure failure) { return kKinds[static_cast<std::size_t>(failure)]; }

Failure failure_of(const ipvs::Error& error) {
  switch (error.code) {
    case EPERM:
    case EACCES:
      return Failure::permission;
    case ENOPROTOOPT:
      return Failure::module;
    case EEXIST:
      return Failure::exists;
    case ESRCH:
      return error.operation == ipvs::Operation::stop_daemon ? Failure::daemon : Failure::service;
    case ENOENT:
      return missing(error.operation);
    case ENODEV:
      return Failure::helper;
    case ENOMEM:
    case ENOBUFS:
      return Failure::memory;
    case EINVAL:
      return error.origin == ipvs::Origin::kernel ? Failure::value : Failure::system;
    case ERANGE:
      return Failure::value;
    case EBUSY:
    case EADDRINUSE:
      return Failure::conflict;
    case EAFNOSUPPORT:
    case EOPNOTSUPP:
      return Failure::unsupported;
    case EMSGSIZE:
      return Failure::version;
    case EINTR:
      return Failure::changed;
    case ENOSPC:
      return error.operation == ipvs::Operation::set_sysctl ? Failure::system : Failure::limit;
    default:
      return Failure::system;
  }
}

}  // namespace ipvsadm
