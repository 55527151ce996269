// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ipvs/error.hh"

#include <cerrno>
#include <cstring>

namespace ipvs::inline v1 {
namespace {

struct Row {
  Operation operation;
  int code;
  const char* text;
};

constexpr Row kByOperation[] = {
    {Operation::add_service, EEXIST, "Service already exists"},
    {Operation::add_service, ENOENT, "Scheduler or persistence engine not found"},
    {Operation::add_service, ENOSPC, "As many services as the sysctl svc_max allows"},
    {Operation::edit_service, ESRCH, "No such service"},
    {Operation::edit_service, ENOENT, "Scheduler or persistence engine not found"},
    {Operation::delete_service, ESRCH, "No such service"},
    {Operation::zero_service, ESRCH, "No such service"},
    {Operation::add_dest, ESRCH, "Service not defined"},
    {Operation::add_dest, EEXIST, "Destination already exists"},
    {Operation::add_dest, ENOSPC, "As many servers as the sysctl dest_max allows"},
    {Operation::edit_dest, ESRCH, "Service not defined"},
    {Operation::edit_dest, ENOENT, "No such destination"},
    {Operation::delete_dest, ESRCH, "Service not defined"},
    {Operation::delete_dest, ENOENT, "No such destination"},
    {Operation::start_daemon, EEXIST, "Daemon has already run"},
    {Operation::start_daemon, EOPNOTSUPP, "A daemon's option that this module, or the way to it, does not know"},
    {Operation::stop_daemon, ESRCH, "No daemon is running"},
    {Operation::list_daemons, ESRCH, "No daemon is running"},
    {Operation::get_daemon_status, ESRCH, "No daemon is running"},
    {Operation::get_daemon_status, EOPNOTSUPP, "This module does not tell how synchronisation goes"},
    {Operation::get_status, EOPNOTSUPP, "This module does not tell of its tables"},
    {Operation::get_status, EACCES, "Permission denied (you must be root, or of its group)"},
    {Operation::list_services, ESRCH, "No such service"},
    {Operation::list_dests, ESRCH, "No such service"},
    {Operation::get_service, ESRCH, "No such service"},
    {Operation::list_drops, EOPNOTSUPP, "This module does not count drops by their reasons"},
    {Operation::get_sysctl, ENOENT, "No such sysctl"},
    {Operation::set_sysctl, ENOENT, "No such sysctl"},
    {Operation::set_sysctl, EINVAL, "Not a value for this sysctl"},
    {Operation::list_connections, EINVAL, "Invalid filter"},
    {Operation::list_connections, EAFNOSUPPORT, "Unknown address family"},
};

struct AnyRow {
  int code;
  const char* text;
};

constexpr AnyRow kAnyOperation[] = {
    {EPERM, "Permission denied (you must be root)"},
    {EINVAL, "Invalid operation.  Possibly wrong module version, address not unicast, ..."},
    {ENOPROTOOPT, "Protocol not available"},
    {ENOMEM, "Memory allocation problem"},
    {EOPNOTSUPP, "Operation not supported with IPv6"},
    {EAFNOSUPPORT, "Operation not supported with specified address family"},
    {EMSGSIZE, "Module is wrong version"},
    {EINTR, "The table was changed each time it was read"},
};

}  // namespace

const char* describe(Operation operation, int code) {
  for (const Row& row : kByOperation)
    if (row.operation == operation && row.code == code) return row.text;
  for (const AnyRow& row : kAnyOperation)
    if (row.code == code) return row.text;
  return std::strerror(code);
}

std::string Error::summary() const { return describe(operation, code); }

std::string Error::message() const { return detail.empty() ? summary() : detail; }

}  // namespace ipvs::inline v1
