// SPDX-License-Identifier: GPL-2.0-or-later
// A snapshot in the text format of Prometheus (0.0.4). Pure.
//
// Written by hand: with prometheus-cpp 1.0.1 ten series each of 50,000 servers take 4.5 s and 260 MB, as every sample is an
// object with all its labels before the first is written. Here the labels of a server are written once, some 130 bytes,
// and the text comes piece by piece: `make bench-exporter` says what it takes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/server.hh"
#include "base/snapshot.hh"

namespace exporter {

/// A value of a label between its quotes: backslash, quote and newline escaped, bytes that are no UTF-8 as U+FFFD.
std::string label_text(std::string_view value);

/// How the services and servers of a snapshot are named, which takes most of the time and memory: once for all whom it is
/// sent to.
class MetricLabels;
std::shared_ptr<const MetricLabels> metric_labels(const ipvsadm::Snapshot& snapshot);

/// The text. `labels`: of the same snapshot. `node_prefix`: what the metrics that node_exporter has, too, begin with ("node_ipvs"); empty: they are left out.
std::unique_ptr<Source> metrics(std::shared_ptr<const ipvsadm::Snapshot> snapshot, std::shared_ptr<const MetricLabels> labels,
                                std::string node_prefix);

}  // namespace exporter
