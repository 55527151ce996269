// SPDX-License-Identifier: GPL-2.0-or-later

// A client on the Go library that Docker and others configure IPVS with, in the namespace of a file, as Docker does it in
// that of a sandbox: each call and what it returned is a line.
package main

import (
	"fmt"
	"net"
	"os"
	"sort"
	"strconv"
	"syscall"
	"time"

	"github.com/moby/ipvs"
)

func said(call string, err error) {
	answer := "done"
	if err != nil {
		answer = err.Error()
	}
	fmt.Printf("%s: %s\n", call, answer)
}

func address(a net.IP, port uint16) string {
	if a == nil {
		return "-"
	}
	return net.JoinHostPort(a.String(), fmt.Sprint(port))
}

func list(h *ipvs.Handle) {
	services, err := h.GetServices()
	said("list", err)
	// the kernel's own module has no order
	sort.Slice(services, func(i, j int) bool {
		return services[i].FWMark < services[j].FWMark ||
			(services[i].FWMark == services[j].FWMark && services[i].Protocol < services[j].Protocol)
	})
	for _, s := range services {
		fmt.Printf("  mark %d protocol %d %s %s flags %#x timeout %d\n", s.FWMark, s.Protocol, address(s.Address, s.Port),
			s.SchedName, s.Flags, s.Timeout)
		dests, err := h.GetDestinations(s)
		if err != nil {
			said("  servers", err)
		}
		for _, d := range dests {
			fmt.Printf("    %s weight %d method %d thresholds %d %d connections %d %d packets %d\n", address(d.Address, d.Port),
				d.Weight, d.ConnectionFlags, d.LowerThreshold, d.UpperThreshold, d.ActiveConnections, d.InactiveConnections,
				d.Stats.PacketsIn)
		}
	}
}

func server(ip string, port uint16) *ipvs.Destination {
	family := uint16(syscall.AF_INET)
	if net.ParseIP(ip).To4() == nil {
		family = syscall.AF_INET6
	}
	return &ipvs.Destination{AddressFamily: family, Address: net.ParseIP(ip), Port: port, Weight: 1}
}

// A service as Swarm makes them: by its mark, on all ports.
func balance(h *ipvs.Handle, mark uint32, servers []string) {
	s := &ipvs.Service{AddressFamily: syscall.AF_INET, FWMark: mark, SchedName: ipvs.RoundRobin}
	if server(servers[0], 0).AddressFamily == syscall.AF_INET6 {
		s.AddressFamily, s.Netmask = syscall.AF_INET6, 128
	}
	said("service", h.NewService(s))
	for _, ip := range servers {
		said("server "+ip, h.NewDestination(s, server(ip, 0)))
	}
}

// Every call there is.
func all(h *ipvs.Handle) {
	vip := &ipvs.Service{AddressFamily: syscall.AF_INET, Protocol: syscall.IPPROTO_TCP, Address: net.ParseIP("10.1.0.100"), Port: 80,
		SchedName: ipvs.RoundRobin, Netmask: 0xffffffff}
	vip6 := &ipvs.Service{AddressFamily: syscall.AF_INET6, Protocol: syscall.IPPROTO_UDP, Address: net.ParseIP("fd01::100"), Port: 53,
		SchedName: ipvs.RoundRobin, Netmask: 128}
	sctp := &ipvs.Service{AddressFamily: syscall.AF_INET, Protocol: syscall.IPPROTO_SCTP, Address: net.ParseIP("10.1.0.100"), Port: 80,
		SchedName: "wlc", Netmask: 0xffffffff}
	mark := &ipvs.Service{AddressFamily: syscall.AF_INET, FWMark: 256, SchedName: ipvs.RoundRobin}

	fmt.Println("present:", h.IsServicePresent(vip))
	said("add", h.NewService(vip))
	said("add again", h.NewService(vip))
	fmt.Println("present:", h.IsServicePresent(vip))
	said("add IPv6", h.NewService(vip6))
	said("add SCTP", h.NewService(sctp))
	said("add mark", h.NewService(mark))
	said("server", h.NewDestination(vip, server("10.2.1.2", 80)))
	said("server again", h.NewDestination(vip, server("10.2.1.2", 80)))
	said("server IPv6", h.NewDestination(vip6, server("fd02:1::2", 53)))
	said("server SCTP", h.NewDestination(sctp, server("10.2.1.2", 80)))
	said("server by mark", h.NewDestination(mark, server("10.2.1.2", 0)))
	said("server by mark", h.NewDestination(mark, server("10.2.2.2", 0)))
	said("server elsewhere", h.NewDestination(&ipvs.Service{AddressFamily: syscall.AF_INET, FWMark: 9}, server("10.2.1.2", 0)))
	list(h)

	vip.SchedName, vip.Flags, vip.Timeout = ipvs.LeastConnection, 1, 300
	said("edit", h.UpdateService(vip))
	edited := server("10.2.1.2", 80)
	edited.Weight, edited.UpperThreshold, edited.LowerThreshold, edited.ConnectionFlags = 0, 20, 10, ipvs.ConnectionFlagDirectRoute
	said("edit server", h.UpdateDestination(vip, edited))
	said("edit what is not there", h.UpdateDestination(vip, server("10.2.9.2", 80)))
	one, err := h.GetService(vip)
	said("service", err)
	if one != nil {
		fmt.Printf("  %s flags %#x timeout %d\n", one.SchedName, one.Flags, one.Timeout)
	}
	list(h)

	said("timeouts", h.SetConfig(&ipvs.Config{TimeoutTCP: 800 * time.Second, TimeoutUDP: 200 * time.Second}))
	config, err := h.GetConfig()
	said("timeouts", err)
	if config != nil {
		fmt.Println(" ", config.TimeoutTCP, config.TimeoutTCPFin, config.TimeoutUDP)
	}

	said("delete server", h.DelDestination(vip, server("10.2.1.2", 80)))
	said("delete server again", h.DelDestination(vip, server("10.2.1.2", 80)))
	said("delete", h.DelService(vip))
	said("delete again", h.DelService(vip))
	said("delete IPv6", h.DelService(vip6))
	said("delete SCTP", h.DelService(sctp))
	list(h)
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: moby NAMESPACE all|list|clear|balance MARK SERVER...")
	os.Exit(2)
}

func main() {
	if len(os.Args) < 3 {
		usage()
	}
	h, err := ipvs.New(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer h.Close()
	switch os.Args[2] {
	case "all":
		all(h)
	case "list":
		list(h)
	case "clear":
		said("flush", h.Flush())
	case "balance":
		if len(os.Args) < 5 {
			usage()
		}
		mark, err := strconv.ParseUint(os.Args[3], 0, 32)
		if err != nil {
			usage()
		}
		balance(h, uint32(mark), os.Args[4:])
	default:
		usage()
	}
}
