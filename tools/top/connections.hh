// SPDX-License-Identifier: GPL-2.0-or-later
// The connections of a service or of one of its servers. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ipvs/connection.hh"
#include "ipvs/types.hh"
#include "top/grid.hh"
#include "top/rows.hh"

namespace top {

/// Of the kernel's list, which may have millions, no more than this is kept at a time.
inline constexpr std::size_t kConnectionsKept = 1000;

/// What is wanted of the kernel's list.
class ConnectionQuery {
 public:
  /// Of all servers of a service, or of one. What the list does not say is taken from the table: of a mark's service its
  /// servers, of one for all ports which ports have services of their own.
  ConnectionQuery(const ipvsadm::Snapshot& snapshot, const ipvs::ServiceWithDests& service, const ipvs::DestEntry* dest);

  /// What the library looks for, before accepts() is asked.
  const ipvs::ConnectionFilter& coarse() const { return coarse_; }
  bool accepts(const ipvs::Connection& connection) const;
  /// All of them are to the same virtual address and port.
  bool has_one_place() const { return coarse_.virt_port.has_value(); }

  std::string title;       ///< whose connections they are
  Filter filter;           ///< over what is shown
  std::size_t from = 0;    ///< how many of those that are accepted come before what is kept
  std::uint64_t number = 0;  ///< tells answers to older questions from that to this one

 private:
  ipvs::ConnectionFilter coarse_;
  std::optional<std::set<std::pair<ipvs::Address, std::uint16_t>>> servers_;
  std::set<std::uint16_t> other_ports_;
};

struct ConnectionList {
  std::uint64_t number = 0;  ///< of the question
  std::size_t from = 0;
  std::vector<ipvs::Connection> rows = {};
  bool has_more = false;
  std::string trouble = {};
};

/// Takes what a query is about from a stream of connections.
class Collector {
 public:
  explicit Collector(const ConnectionQuery& query) : query_(query), list_{.number = query.number, .from = query.from} {}
  /// False: it has enough.
  bool visit(ipvs::Connection& connection);
  ConnectionList take() { return std::move(list_); }

 private:
  const ConnectionQuery& query_;
  ConnectionList list_;
  std::size_t found_ = 0;
};

/// Where there is little room, what the title says is left out of each line.
Line connection_titles(const ConnectionQuery& query, std::size_t width);
Line connection_line(const ipvs::Connection& connection, const ConnectionQuery& query, std::size_t width);

}  // namespace top
