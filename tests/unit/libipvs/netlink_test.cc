// SPDX-License-Identifier: GPL-2.0-or-later
// The netlink way to the kernel, on a socket without one.
#include <gtest/gtest.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "answers.hh"
#include "backend.hh"
#include "fake_link.hh"
#include "interrupted.hh"
#include "ipvs/kernel.h"

namespace {

using bytes::attr;
using bytes::Bytes;
using bytes::genl;
using bytes::hex;
using bytes::number;
using bytes::text;
using bytes::operator+;
using ipvs::Change;
using ipvs::Origin;

ipvs::ServiceKey mark(std::uint32_t number) {
  return {.fwmark = number, .family = AF_INET, .protocol = 0, .addr = {}, .port = 0};
}

Bytes service(std::uint32_t number) {
  return genl(IPVS_CMD_NEW_SERVICE, answers::service_of_mark(number));
}
Bytes info(std::uint32_t api) {
  return genl(IPVS_CMD_SET_INFO, attr(1, number(0x010201U)) + attr(2, number(4096U)) +
                                     (api ? attr(IPVS_INFO_ATTR_API, number(api)) : Bytes{}));
}

std::vector<ipvs::Result<void>> changed(ipvs::Backend& backend, std::span<const Change> changes) {
  std::vector<ipvs::Remark> remarks;
  return backend.apply(changes, remarks);
}
std::expected<bool, ipvs::TableError> replace_table(ipvs::Backend& backend, const ipvs::Table& table) {
  std::vector<ipvs::Remark> remarks;
  return backend.replace_table(table, remarks);
}

/// A link whose family is known; `answer` answers everything else.
struct Connection {
  std::shared_ptr<Wire> wire = std::make_shared<Wire>();
  std::unique_ptr<ipvs::Backend> backend;
  std::uint16_t family = wire::kFamily;
  int asked = 0;  ///< requests besides those for the family

  explicit Connection(std::function<void(Wire&, const Request&)> answer) {
    wire->kernel = [this, answer](Wire& w, const Request& request) {
      if (request.message.type == 0x10) return w.answer(wire::family(request.message.seq, family));
      ++asked;
      answer(w, request);
    };
    auto opened = ipvs::open_netlink(std::make_unique<FakeLink>(wire));
    EXPECT_TRUE(opened);
    if (opened) backend = std::move(*opened);
  }
};

TEST(Netlink, AsksForTheFamilyByName) {
  Connection c([](Wire&, const Request&) {});
  ASSERT_EQ(c.wire->sent.size(), 1U);
  EXPECT_EQ(c.wire->sent[0], hex("20000000 1000 0500 01000000 00000000 03 01 0000 0900 0200 49505653 00 000000"));
  EXPECT_EQ(c.wire->opened, 1);
  EXPECT_EQ(c.backend->transport(), ipvs::Client::Transport::netlink);
}

/// One of the families in a list.
Bytes listed(std::uint32_t seq, const std::string& name, std::uint16_t number) {
  return bytes::message(0x10, 2, seq, Bytes{1, 2, 0, 0} + attr(2, bytes::text(name)) + attr(1, bytes::number(number)));
}

TEST(Netlink, WhoOnlyLooksOnAsksForAllFamilies) {
  auto wire = std::make_shared<Wire>();
  bool is_loaded = true;
  std::vector<std::uint16_t> types;
  wire->kernel = [&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    types.push_back(request.message.type);
    if (request.message.type == 0x1c) return w.answer(wire::reply(seq, info(1)) + wire::ack(seq));
    if (request.message.type != 0x10) return w.answer(wire::ack(seq, ENOENT));
    EXPECT_EQ(request.message.flags, NLM_F_REQUEST | NLM_F_DUMP);
    w.answer(listed(seq, "nlctrl", 0x10));
    if (is_loaded) w.answer(listed(seq, "IPVS", 0x1b) + listed(seq, "IPVS2", 0x77));
    w.answer(wire::done(seq));
  };
  auto backend = ipvs::open_loaded_netlink(std::make_unique<FakeLink>(wire));
  ASSERT_TRUE(backend);
  EXPECT_EQ(wire->sent[0], hex("14000000 1000 0103 01000000 00000000 03 02 0000"));
  EXPECT_EQ((*backend)->info().error().code, ENOENT) << "the module has gone, and is not asked for by its name later either";
  EXPECT_EQ(types, (std::vector<std::uint16_t>{0x10, 0x1b, 0x10}));

  is_loaded = false;
  auto absent = ipvs::open_loaded_netlink(std::make_unique<FakeLink>(wire));
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ENOENT);
}

Bytes connection(std::uint16_t port) {
  return attr(IPVS_CONN_ATTR_CONN,
              attr(IPVS_CONN_ATTR_PROTOCOL, hex("0600")) + attr(IPVS_CONN_ATTR_CLIENT, hex("0a010002")) +
                  attr(IPVS_CONN_ATTR_CLIENT_PORT, Bytes{static_cast<std::uint8_t>(port >> 8), static_cast<std::uint8_t>(port)}) +
                  attr(IPVS_CONN_ATTR_VIRT, hex("0a010064")) + attr(IPVS_CONN_ATTR_VIRT_PORT, hex("0050")) +
                  attr(IPVS_CONN_ATTR_DEST, hex("0a02010b")) + attr(IPVS_CONN_ATTR_DEST_PORT, hex("1f90")) +
                  attr(IPVS_CONN_ATTR_STATE, bytes::text("ESTABLISHED")) + attr(IPVS_CONN_ATTR_EXPIRES, bytes::number(899U)));
}

TEST(Netlink, ConnectionsComeMessageByMessageOnASocketOfTheirOwn) {
  Connection c([](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    ASSERT_EQ(request.command(), IPVS_CMD_GET_CONN);
    w.answer(wire::reply(seq, genl(IPVS_CMD_GET_CONN, connection(1) + connection(2))));
    w.answer(wire::reply(seq, genl(IPVS_CMD_GET_CONN, connection(3))));
    w.answer(wire::done(seq));
  });
  std::vector<std::uint16_t> ports;
  const auto all = [&](ipvs::Connection& each) {
    ports.push_back(each.client_port);
    return true;
  };
  const auto listed = c.backend->for_each_connection({}, all);
  ASSERT_TRUE(listed);
  EXPECT_TRUE(*listed);
  EXPECT_EQ(ports, (std::vector<std::uint16_t>{1, 2, 3}));
  EXPECT_EQ(c.wire->opened, 2);

  ports.clear();
  const auto two = [&](ipvs::Connection& each) { return all(each) && ports.size() < 2; };
  ASSERT_TRUE(c.backend->for_each_connection({}, two));
  EXPECT_EQ(ports, (std::vector<std::uint16_t>{1, 2}));
  EXPECT_EQ(c.wire->answers.size(), 2U) << "what is not wanted is not read";
}

TEST(Netlink, ConnectionsOfOtherModulesAreReadElsewhere) {
  for (const int code : {EOPNOTSUPP, ENOENT, EPERM}) {
    Connection c([code](Wire& w, const Request& request) { w.answer(wire::ack(request.message.seq, code)); });
    const auto listed = c.backend->for_each_connection({}, [](auto&) { return true; });
    ASSERT_TRUE(listed) << code;
    EXPECT_FALSE(*listed);
    EXPECT_EQ(c.asked, 1) << "nor is the family asked for again";
  }
  Connection limited([](Wire&, const Request&) {});
  limited.wire->refuse_beside = EPERM;
  EXPECT_EQ(limited.backend->for_each_connection({}, [](auto&) { return true; }), false);
  limited.wire->refuse_beside = EMFILE;
  EXPECT_EQ(limited.backend->for_each_connection({}, [](auto&) { return true; }).error().code, EMFILE);
  Connection refused([](Wire& w, const Request& request) { w.answer(wire::ack(request.message.seq, EINVAL, "no")); });
  const auto listed = refused.backend->for_each_connection({}, [](auto&) { return true; });
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().detail, "no");
  Connection odd([](Wire& w, const Request& request) {
    w.answer(wire::reply(request.message.seq, genl(IPVS_CMD_GET_CONN, attr(IPVS_CONN_ATTR_CONN, hex("0000")))));
    w.answer(wire::done(request.message.seq));
  });
  EXPECT_EQ(odd.backend->for_each_connection({}, [](auto&) { return true; }).error().code, EPROTO);
}

TEST(Netlink, AConnectionIsNotVisitedTwice) {
  Connection c([](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    w.answer(wire::reply(seq, genl(IPVS_CMD_GET_CONN, {})) + wire::reply(seq, genl(IPVS_CMD_GET_CONN, connection(1))));
    w.answer(wire::ack(seq, EPERM));
  });
  int seen = 0;
  const auto listed = c.backend->for_each_connection({}, [&](auto&) { return ++seen > 0; });
  ASSERT_FALSE(listed) << "another way would begin anew";
  EXPECT_EQ(listed.error().code, EPERM);
  EXPECT_EQ(seen, 1);
}

TEST(Netlink, ConnectionsOfAModuleThatWasLoadedAnew) {
  Connection c([&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    if (request.message.type == wire::kFamily) return w.answer(wire::ack(seq, ENOENT));
    w.answer(wire::reply(seq, genl(IPVS_CMD_GET_CONN, {})));
    w.answer(wire::done(seq));
  });
  c.family = 0x42;
  EXPECT_EQ(c.backend->for_each_connection({}, [](auto&) { return true; }), true);
  EXPECT_EQ(c.asked, 2);
}

TEST(Netlink, ConnectionsThatNoRequestCanNameAreNotAskedFor) {
  Connection c([](Wire&, const Request&) {});
  ipvs::ConnectionFilter filter;
  filter.state = "LONGER THAN ANY OF THEM";
  EXPECT_EQ(c.backend->for_each_connection(filter, [](auto&) { return true; }), false);
  EXPECT_EQ(c.asked, 0);
}

TEST(Netlink, WhyItCannotBeOpenedIsTold) {
  const auto open = [](const std::shared_ptr<Wire>& wire) {
    auto backend = ipvs::open_netlink(std::make_unique<FakeLink>(wire));
    EXPECT_FALSE(backend);
    EXPECT_EQ(backend.error().operation, ipvs::Operation::open);
    return backend.error().code;
  };
  auto wire = std::make_shared<Wire>();
  wire->refuse_open = EMFILE;
  EXPECT_EQ(open(wire), EMFILE);
  wire = std::make_shared<Wire>();
  wire->refuse_send = EPERM;
  EXPECT_EQ(open(wire), EPERM);
  for (const int code : {ENOENT, ENOMEM, EACCES}) {
    wire = std::make_shared<Wire>();
    wire->kernel = [code](Wire& w, const Request& request) { w.answer(wire::ack(request.message.seq, code)); };
    EXPECT_EQ(open(wire), code);
  }
  wire = std::make_shared<Wire>();
  wire->kernel = [](Wire& w, const Request&) { w.fail(ENOBUFS); };
  EXPECT_EQ(open(wire), ENOBUFS);
  wire = std::make_shared<Wire>();
  wire->kernel = [](Wire& w, const Request& request) { w.answer(wire::ack(request.message.seq)); };
  EXPECT_EQ(open(wire), EPROTO) << "success without a number";
}

TEST(Netlink, TheFamilyIsNotThatOfAnOldAnswer) {
  auto wire = std::make_shared<Wire>();
  wire->kernel = [](Wire& w, const Request& request) {
    w.answer(wire::family(request.message.seq + 7, 0x99));
    w.answer(wire::ack(request.message.seq + 7, ENOENT));
    w.answer(wire::family(request.message.seq, 0x42));
    if (request.message.type != 0x10) w.answer({});
  };
  auto backend = ipvs::open_netlink(std::make_unique<FakeLink>(wire));
  ASSERT_TRUE(backend);
  std::uint16_t type = 0;
  wire->kernel = [&](Wire& w, const Request& request) {
    type = request.message.type;
    w.answer(wire::ack(request.message.seq, EPERM));
  };
  EXPECT_EQ((*backend)->info().error().code, EPERM);
  EXPECT_EQ(type, 0x42);
}

TEST(Netlink, AnswersToOtherRequestsAreNoAnswers) {
  Connection c([](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    w.answer(wire::reply(seq - 1, info(7)) + wire::ack(seq - 1, EPERM) + wire::done(seq + 1));
    w.answer(wire::reply(seq, info(1)) + wire::ack(seq));
  });
  const auto info = c.backend->info();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->api, 1U);
  EXPECT_EQ(info->version, 0x010201U);
  EXPECT_EQ(info->conn_table_size, 4096U);
  EXPECT_EQ(c.wire->sent.back(), hex("14000000 1b00 0500 02000000 00000000 0f 01 0000"));
}

TEST(Netlink, AfterAFailedReceiveThereIsANewSocket) {
  bool fails = true;
  Connection c([&](Wire& w, const Request& request) {
    if (std::exchange(fails, false)) {
      w.fail(ENOBUFS);
      w.answer(wire::reply(request.message.seq, info(9)) + wire::ack(request.message.seq));
    } else {
      w.answer(wire::reply(request.message.seq, info(2)) + wire::ack(request.message.seq));
    }
  });
  EXPECT_EQ(c.backend->info().error().code, ENOBUFS);
  EXPECT_EQ(c.backend->info().value().api, 2U) << "not what was left in the old one";
  EXPECT_EQ(c.wire->opened, 2);
  EXPECT_TRUE(c.backend->info());
  EXPECT_EQ(c.wire->opened, 2) << "only once";

  fails = true;
  EXPECT_FALSE(c.backend->info());
  c.wire->refuse_open = EMFILE;
  const auto failed = c.backend->info();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, EMFILE);
  EXPECT_EQ(failed.error().origin, Origin::transport);
  c.wire->refuse_open = 0;
  EXPECT_TRUE(c.backend->info());
  EXPECT_EQ(c.wire->opened, 3);
}

TEST(Netlink, ADatagramThatMakesNoSenseIsAFailedReceive) {
  Connection c([](Wire& w, const Request&) { w.answer(hex("0400")); });
  EXPECT_EQ(c.backend->info().error().code, EPROTO);
  EXPECT_EQ(c.wire->opened, 1);
  (void)c.backend->info();
  EXPECT_EQ(c.wire->opened, 2);
}

TEST(Netlink, AChildProcessHasItsOwnSocket) {
  Connection c([](Wire& w, const Request& request) {
    w.answer(wire::reply(request.message.seq, info(1)) + wire::ack(request.message.seq));
  });
  ASSERT_TRUE(c.backend->info());
  ASSERT_EQ(c.wire->opened, 1);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool good = c.backend->info() && c.wire->opened == 2 && c.backend->info() && c.wire->opened == 2;
    _exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(c.backend->info());
  EXPECT_EQ(c.wire->opened, 1) << "the parent keeps its own";
}

TEST(Netlink, RefusalsAndSilence) {
  Connection c([](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    switch (request.command()) {
      case IPVS_CMD_GET_INFO:
        return w.answer(wire::ack(seq, EPERM, "not for you"));
      case IPVS_CMD_GET_CONFIG:
        return w.answer(wire::ack(seq));  // and nothing to go with it
      default:
        return w.answer(wire::reply(seq, genl(99, {})) + wire::ack(seq));
    }
  });
  const auto refused = c.backend->info();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().operation, ipvs::Operation::get_info);
  EXPECT_EQ(refused.error().code, EPERM);
  EXPECT_EQ(refused.error().detail, "not for you");
  EXPECT_EQ(refused.error().origin, Origin::kernel);
  EXPECT_EQ(c.backend->timeouts().error().code, EPROTO);
  EXPECT_EQ(c.backend->timeouts().error().origin, Origin::transport);
  EXPECT_EQ(c.backend->timeouts().error().operation, ipvs::Operation::get_timeouts);
  EXPECT_EQ(c.backend->service(mark(1)).error().code, EPROTO);
  EXPECT_EQ(c.backend->service(mark(1)).error().operation, ipvs::Operation::get_service);
  c.wire->refuse_send = EMSGSIZE;
  EXPECT_EQ(c.backend->info().error().code, EMSGSIZE);
  EXPECT_EQ(c.backend->info().error().origin, Origin::transport);
}

TEST(Netlink, QuestionsAsTheyTravel) {
  Connection c([](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    switch (request.command()) {
      case IPVS_CMD_GET_SERVICE:
        return w.answer(wire::reply(seq, service(5)) + wire::ack(seq));
      case IPVS_CMD_GET_CONFIG:
        return w.answer(wire::reply(seq, genl(IPVS_CMD_SET_CONFIG, attr(4, number(900U)) + attr(5, number(120U)) +
                                                                       attr(6, number(300U)))) +
                        wire::ack(seq));
      case IPVS_CMD_GET_DAEMON:
        w.answer(wire::reply(seq, genl(IPVS_CMD_NEW_DAEMON, attr(3, attr(1, number(1U)) + attr(2, text("d0")) +
                                                                        attr(3, number(5U))))));
        return w.answer(wire::done(seq));
      default:
        return w.answer(wire::ack(seq, EINVAL));
    }
  });
  const auto found = c.backend->service(mark(5));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key.fwmark, 5U);
  EXPECT_EQ(c.wire->sent.back(),
            hex("28000000 1b00 0500 02000000 00000000 04 01 0000 1400 0180 0600 0100 0200 0000 0800 0500 05000000"));
  const auto timeouts = c.backend->timeouts();
  ASSERT_TRUE(timeouts);
  EXPECT_EQ(*timeouts, (ipvs::Timeouts{.tcp = 900, .tcp_fin = 120, .udp = 300}));
  EXPECT_EQ(c.wire->sent.back(), hex("14000000 1b00 0500 03000000 00000000 0d 01 0000"));
  const auto daemons = c.backend->daemons();
  ASSERT_TRUE(daemons);
  ASSERT_EQ(daemons->size(), 1U);
  EXPECT_EQ(daemons->front().interface, "d0");
  EXPECT_EQ(c.wire->sent.back(), hex("14000000 1b00 0103 04000000 00000000 0b 02 0000"));
}

TEST(Netlink, ADaemonIsNotStartedWithoutItsKeyOrPeers) {
  unsigned api = 0;
  std::vector<int> commands;
  Connection c([&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    commands.push_back(request.command());
    if (request.command() == IPVS_CMD_GET_INFO)
      w.answer(wire::reply(seq, genl(IPVS_CMD_SET_INFO, attr(1, number(0x010201U)) + attr(2, number(4096U)) +
                                                            attr(IPVS_INFO_ATTR_API, number(api)))));
    w.answer(wire::ack(seq));
  });
  ipvs::DaemonConfig daemon;
  daemon.key = "0123456789abcdef";
  const ipvs::Change changes[] = {Change::start_daemon_with(daemon), Change::flush()};
  std::vector<ipvs::Remark> remarks;
  for (api = 0; api < 3; ++api) {
    commands.clear();
    const auto outcome = c.backend->apply(changes, remarks);
    ASSERT_FALSE(outcome[0]);
    EXPECT_EQ(outcome[0].error().code, EOPNOTSUPP);
    EXPECT_EQ(outcome[0].error().operation, ipvs::Operation::start_daemon);
    EXPECT_EQ(outcome[0].error().detail,
              "this ip_vs module knows no peers and no keys of daemons: the one that comes with this library does");
    EXPECT_TRUE(outcome[1]) << "what stands behind it is made";
    EXPECT_EQ(commands, (std::vector<int>{IPVS_CMD_GET_INFO, IPVS_CMD_FLUSH}));
  }
  commands.clear();
  EXPECT_TRUE(c.backend->apply(std::span(changes).first(1), remarks).front()) << "level 3 knows them";
  EXPECT_EQ(commands, (std::vector<int>{IPVS_CMD_GET_INFO, IPVS_CMD_NEW_DAEMON}));
}

/// The numbers of the services that a list has.
ipvs::Result<std::vector<std::uint32_t>> list(ipvs::Backend& backend, std::size_t most = 99) {
  std::vector<std::uint32_t> seen;
  auto done = backend.for_each_service([&](ipvs::ServiceEntry& entry) {
    seen.push_back(entry.key.fwmark);
    return seen.size() < most;
  });
  if (!done) return std::unexpected(done.error());
  return seen;
}

TEST(Netlink, AListThatWasInterruptedIsAskedForAgain) {
  int interruptions = 2;
  Connection c([&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    const bool interrupt = interruptions-- > 0;
    // Once in a message of the list, once in its end.
    const bool at_end = interruptions == 0;
    w.answer(wire::reply(seq, service(interrupt ? 1 : 2), interrupt && !at_end ? 0x12 : 2));
    w.answer(wire::reply(seq, service(3), 2));
    w.answer(wire::done(seq, interrupt && at_end ? 0x12 : 2));
  });
  const auto seen = list(*c.backend);
  ASSERT_TRUE(seen);
  EXPECT_EQ(*seen, (std::vector<std::uint32_t>{2, 3})) << "of the last one only";
  EXPECT_EQ(c.asked, 3);
}

TEST(Netlink, AListThatIsInterruptedEachTimeIsAnErrorAndNotAMixture) {
  Connection c([&](Wire& w, const Request& request) {
    w.answer(wire::reply(request.message.seq, service(1), 0x12));
    w.answer(wire::done(request.message.seq));
  });
  int visits = 0;
  const auto done = c.backend->for_each_service([&](ipvs::ServiceEntry&) { return ++visits > 0; });
  ASSERT_FALSE(done);
  EXPECT_EQ(visits, 0);
  EXPECT_EQ(done.error().code, EINTR);
  EXPECT_EQ(done.error().origin, Origin::transport);
  EXPECT_EQ(done.error().operation, ipvs::Operation::list_services);
  EXPECT_EQ(done.error().detail, "the table was changed each of the 10 times it was read");
  EXPECT_EQ(done.error().summary(), "The table was changed each time it was read");
  EXPECT_EQ(c.asked, 10);
  std::optional<ipvs::Timeouts> timeouts;
  EXPECT_EQ(c.backend->for_each([](auto&) { return true; }, [](auto&, auto&) { return true; }, timeouts).error().code,
            EINTR);
}

TEST(Netlink, AFlagOfAnotherAnswerInterruptsNothing) {
  Connection c([&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    w.answer(wire::reply(seq - 1, service(9), 0x12) + wire::reply(seq, service(1), 2) + wire::done(seq));
  });
  EXPECT_EQ(list(*c.backend).value(), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(c.asked, 1);
}

TEST(Netlink, ListsAreVisitedAsLongAsWanted) {
  Connection c([&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    w.answer(wire::reply(seq, service(1), 2) + wire::reply(seq, service(2), 2));
    w.answer(wire::reply(seq, service(3), 2) + wire::done(seq));
  });
  EXPECT_EQ(list(*c.backend).value(), (std::vector<std::uint32_t>{1, 2, 3}));
  EXPECT_EQ(list(*c.backend, 2).value(), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(list(*c.backend, 1).value(), (std::vector<std::uint32_t>{1}));
}

TEST(Netlink, AListWithSomethingThatIsNoneIsAnError) {
  Connection c([&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    w.answer(wire::reply(seq, service(1), 2) + wire::reply(seq, genl(99, {}), 2) + wire::done(seq));
  });
  EXPECT_EQ(list(*c.backend).error().code, EPROTO);
  EXPECT_EQ(c.backend->daemons().error().code, EPROTO);
}

TEST(Netlink, ServersOfAService) {
  Connection c([&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    const auto dest = [](const char* addr, unsigned weight) {
      return genl(IPVS_CMD_NEW_DEST,
                  attr(IPVS_CMD_ATTR_DEST,
                       attr(IPVS_DEST_ATTR_ADDR, hex(addr)) + attr(IPVS_DEST_ATTR_PORT, hex("0050")) +
                           attr(IPVS_DEST_ATTR_FWD_METHOD, number(0U)) + attr(IPVS_DEST_ATTR_WEIGHT, number(weight)) +
                           attr(IPVS_DEST_ATTR_U_THRESH, number(0U)) + attr(IPVS_DEST_ATTR_L_THRESH, number(0U)) +
                           attr(IPVS_DEST_ATTR_ACTIVE_CONNS, number(0U)) +
                           attr(IPVS_DEST_ATTR_INACT_CONNS, number(0U)) +
                           attr(IPVS_DEST_ATTR_PERSIST_CONNS, number(0U))));
    };
    w.answer(wire::reply(seq, dest("0a000001", 1), 2) + wire::reply(seq, dest("0a000002", 2), 2) + wire::done(seq));
  });
  std::vector<std::string> seen;
  const auto visit = [&](ipvs::DestEntry& entry) {
    seen.push_back(entry.key.addr.to_string());
    return false;
  };
  ASSERT_TRUE(c.backend->for_each_dest(mark(5), visit));
  EXPECT_EQ(seen, (std::vector<std::string>{"10.0.0.1"}));
  EXPECT_EQ(c.wire->sent.back(),
            hex("28000000 1b00 0103 02000000 00000000 08 02 0000 1400 0180 0600 0100 0200 0000 0800 0500 05000000"));
}

TEST(Netlink, TheWholeTableInOneListOrNotAtAll) {
  int refusal = 0;
  Bytes begin;
  Connection c([&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    if (refusal != 0) return w.answer(wire::ack(seq, refusal));
    w.answer(wire::reply(seq, genl(IPVS_CMD_GET_TABLE, begin + answers::service_of_mark(1)), 2));
    w.answer(wire::reply(seq, genl(IPVS_CMD_GET_TABLE, answers::service_of_mark(2)), 2) +
             wire::done(seq));
  });
  std::vector<std::uint32_t> seen;
  std::optional<ipvs::Timeouts> timeouts;
  const auto read = [&] {
    seen.clear();
    return c.backend->for_each(
        [&](ipvs::ServiceEntry& entry) {
          seen.push_back(entry.key.fwmark);
          return true;
        },
        [](auto&, auto&) { return true; }, timeouts);
  };
  EXPECT_EQ(read().value(), true);
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(c.wire->sent.back()[16], 64);
  EXPECT_FALSE(timeouts) << "of a module that does not tell";
  begin = attr(IPVS_CMD_ATTR_TIMEOUT_TCP, number(7U)) + attr(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, number(8U)) +
          attr(IPVS_CMD_ATTR_TIMEOUT_UDP, number(9U));
  EXPECT_EQ(read().value(), true);
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(timeouts, (ipvs::Timeouts{.tcp = 7, .tcp_fin = 8, .udp = 9}));
  begin = attr(IPVS_CMD_ATTR_TIMEOUT_UDP, number<std::uint16_t>(9));
  EXPECT_EQ(read().error().code, EPROTO);
  refusal = EOPNOTSUPP;
  EXPECT_EQ(read().value(), false) << "a module that does not know the command";
  EXPECT_TRUE(seen.empty());
  refusal = EPERM;
  EXPECT_EQ(read().error().code, EPERM);
}

struct Sent {
  std::vector<std::uint16_t> flags;
  std::vector<std::uint16_t> families;
  std::vector<std::uint32_t> seqs;
};

TEST(Netlink, ChangesGoTogetherAndOnlyTheLastIsAcknowledged) {
  Sent sent;
  Connection c([&](Wire& w, const Request& request) {
    sent.flags.push_back(request.message.flags);
    sent.seqs.push_back(request.message.seq);
    if (sent.flags.size() == 3) w.answer(wire::ack(request.message.seq, EEXIST, "it is there"));
    if (sent.flags.size() == 5) w.answer(wire::ack(request.message.seq + 70, EPERM) + wire::ack(1, EPERM));
    if (request.message.flags & NLM_F_ACK) w.answer(wire::ack(request.message.seq));
  });
  const std::vector<Change> changes(65, Change::delete_service(mark(1)));
  const auto outcome = changed(*c.backend, changes);
  ASSERT_EQ(outcome.size(), 65U);
  EXPECT_EQ(c.wire->sent.size(), 1U + 2) << "64 and 1";
  for (std::size_t i = 0; i < 65; ++i) {
    EXPECT_EQ(outcome[i].has_value(), i != 2) << i;
    EXPECT_EQ(sent.flags[i], i == 63 || i == 64 ? 5 : 1) << i;
    EXPECT_EQ(sent.seqs[i], i + 2) << i;
  }
  EXPECT_EQ(outcome[2].error().code, EEXIST);
  EXPECT_EQ(outcome[2].error().detail, "it is there");
  EXPECT_EQ(outcome[2].error().operation, ipvs::Operation::delete_service);
  EXPECT_EQ(outcome[2].error().origin, Origin::kernel);
  EXPECT_TRUE(changed(*c.backend, {}).empty());
}

TEST(Netlink, WhatIsSaidOfAChangeThatWasMadeIsKept) {
  ipvs::Service service;
  service.key = mark(1);
  ipvs::Dest dest;
  dest.key = {.addr = ipvs::Address::parse("10.0.0.1"), .port = 80};
  std::vector<Change> changes{Change::add_service(service), Change::flush(), Change::add_dest(mark(1), dest),
                              Change::edit_dest(mark(1), dest), Change::zero_all(), Change::edit_service(service)};
  changes.resize(70, Change::add_dest(mark(1), dest));
  std::vector<std::uint16_t> flags;
  const std::set<std::size_t> said{0, 3, 5, 66};
  Connection c([&](Wire& w, const Request& request) {
    const auto n = flags.size();
    flags.push_back(request.message.flags);
    if (request.message.flags & NLM_F_ACK)
      w.answer(wire::ack(request.message.seq, n == 3 ? EEXIST : 0, said.contains(n) ? "number " + std::to_string(n) : ""));
  });
  std::vector<ipvs::Remark> remarks(1);
  const auto outcome = c.backend->apply(changes, remarks);
  for (std::size_t i = 0; i < 70; ++i) {
    EXPECT_EQ(outcome[i].has_value(), i != 3) << i;
    EXPECT_EQ(flags[i], i == 1 || i == 4 ? 1 : 5) << i;
  }
  ASSERT_EQ(remarks.size(), 4U) << "a refusal is none";
  for (const auto& [place, number] : {std::pair(1U, 0U), std::pair(2U, 5U), std::pair(3U, 66U)}) {
    EXPECT_EQ(remarks[place].change, number);
    EXPECT_EQ(remarks[place].text, "number " + std::to_string(number));
    EXPECT_FALSE(remarks[place].service);
  }
}

TEST(Netlink, NothingIsSaidOfWhatMayNotHaveBeenMade) {
  Connection c([&](Wire& w, const Request& request) {
    w.answer(wire::ack(request.message.seq, 0, "words"));
    w.fail(ENOBUFS);
  });
  ipvs::Service service;
  service.key = mark(1);
  std::vector<ipvs::Remark> remarks;
  const auto outcome = c.backend->apply(std::vector(3, Change::add_service(service)), remarks);
  EXPECT_EQ(outcome[0].error().code, ENOBUFS);
  EXPECT_TRUE(remarks.empty());
}

TEST(Netlink, TheLastChangeMayBeTheOneRefused) {
  Connection c([&](Wire& w, const Request& request) { w.answer(wire::ack(request.message.seq, ESRCH)); });
  const std::vector<Change> changes{Change::delete_service(mark(1))};
  const auto outcome = changed(*c.backend, changes);
  EXPECT_EQ(outcome.front().error().code, ESRCH);
}

TEST(Netlink, WhenTheWayFailsNothingMoreIsSent) {
  int count = 0;
  Connection c([&](Wire& w, const Request& request) {
    if (++count == 2) w.answer(wire::ack(request.message.seq, EEXIST));
    if (count == 64) w.fail(ENOBUFS);
  });
  const std::vector<Change> changes(130, Change::flush());
  const auto outcome = changed(*c.backend, changes);
  EXPECT_EQ(count, 64) << "what comes behind may build on what was lost";
  ASSERT_EQ(outcome.size(), 130U);
  for (std::size_t i = 0; i < 130; ++i) {
    ASSERT_FALSE(outcome[i]) << i;
    EXPECT_EQ(outcome[i].error().code, i == 1 ? EEXIST : ENOBUFS) << i;
    EXPECT_EQ(outcome[i].error().origin, i == 1 ? Origin::kernel : Origin::transport) << i;
  }
  c.wire->refuse_send = ENOMEM;
  EXPECT_EQ(changed(*c.backend, changes).back().error().code, ENOMEM);
}

TEST(Netlink, AMalformedAcknowledgementIsNoSuccess) {
  Connection c([&](Wire& w, const Request& request) {
    w.answer(bytes::message(NLMSG_ERROR, 0, request.message.seq, number(0)));
  });
  const std::vector<Change> changes{Change::flush()};
  EXPECT_EQ(changed(*c.backend, changes).front().error().code, EPROTO);
  EXPECT_EQ(c.backend->info().error().code, EPROTO);
}

TEST(Netlink, AModuleThatWasLoadedAgainHasAnotherNumber) {
  std::vector<std::uint16_t> types;
  std::function<int(const Request&)> judge;
  Connection c([&](Wire& w, const Request& request) {
    types.push_back(request.message.type);
    const int code = judge(request);
    if (code == 0 && request.command() == IPVS_CMD_GET_INFO)
      w.answer(bytes::message(request.message.type, 0, request.message.seq, info(1)));
    if (code != 0 || (request.message.flags & NLM_F_ACK)) w.answer(wire::ack(request.message.seq, code));
  });
  judge = [&](const Request& request) { return request.message.type == c.family ? 0 : ENOENT; };
  c.family = 0x30;
  const std::vector<Change> changes(3, Change::flush());
  for (const auto& each : changed(*c.backend, changes)) EXPECT_TRUE(each);
  EXPECT_EQ(types, (std::vector<std::uint16_t>{0x1b, 0x1b, 0x1b, 0x30, 0x30, 0x30}));
  types.clear();
  c.family = 0x31;
  EXPECT_TRUE(c.backend->info());
  EXPECT_EQ(types, (std::vector<std::uint16_t>{0x30, 0x31}));

  // The number is the same: the refusal stands, and nothing is sent twice.
  types.clear();
  judge = [](const Request&) { return ENOENT; };
  for (const auto& each : changed(*c.backend, changes)) EXPECT_EQ(each.error().code, ENOENT);
  EXPECT_EQ(types.size(), 3U);
  EXPECT_EQ(c.backend->info().error().code, ENOENT);
  EXPECT_EQ(types.size(), 4U);

  // Only what was missed is sent again.
  types.clear();
  c.family = 0x32;
  int count = 0;
  judge = [&](const Request& request) { return ++count == 1 ? EEXIST : request.message.type == 0x32 ? 0 : ENOENT; };
  const auto outcome = changed(*c.backend, changes);
  EXPECT_EQ(outcome[0].error().code, EEXIST);
  EXPECT_TRUE(outcome[1] && outcome[2]);
  EXPECT_EQ(types, (std::vector<std::uint16_t>{0x31, 0x31, 0x31, 0x32, 0x32}));
}

TEST(Netlink, ARefusalWithWordsIsOfAKernelThatKnowsTheFamily) {
  Connection c([&](Wire& w, const Request& request) { w.answer(wire::ack(request.message.seq, ENOENT, "no such")); });
  const std::vector<Change> changes{Change::flush()};
  EXPECT_EQ(changed(*c.backend, changes).front().error().detail, "no such");
  EXPECT_EQ(c.wire->sent.size(), 2U) << "the family is not asked for again";
}

ipvs::Table two_services() {
  ipvs::Service one;
  one.key = mark(1);
  one.scheduler = "rr";
  ipvs::Service two = one;
  two.key = mark(2);
  ipvs::Dest dest;
  dest.key = {.addr = ipvs::Address::parse("10.0.0.1"), .port = 80};
  return {.services = {{one, {dest, dest}}, {two, {}}}, .timeouts = {}};
}

TEST(Netlink, AWholeTableIsOneMessageAndARefusalNamesItsItem) {
  std::uint32_t offset = 0;
  std::uint32_t api = 1;
  int code = EINVAL;
  Connection c([&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    if (request.command() == IPVS_CMD_GET_INFO) return w.answer(wire::reply(seq, info(api)) + wire::ack(seq));
    w.answer(wire::ack(seq, code, code ? "words" : "", offset));
  });
  const auto table = two_services();
  const auto message = ipvs::codec::encode_table(table, {.family_id = 0, .flags = 0, .seq = 0});
  const auto refusal = [&](std::uint32_t at) {
    offset = at;
    const auto done = replace_table(*c.backend, table);
    EXPECT_FALSE(done);
    return done.error();
  };
  auto error = refusal(static_cast<std::uint32_t>(message.items[1].offset + 4));
  EXPECT_EQ(error.service, 0U);
  EXPECT_EQ(error.dest, 0U);
  EXPECT_EQ(error.error.operation, ipvs::Operation::add_dest);
  EXPECT_EQ(error.error.detail, "words");
  EXPECT_EQ(c.wire->rooms.back(), message.bytes.size());
  error = refusal(static_cast<std::uint32_t>(message.items[3].offset));
  EXPECT_EQ(error.service, 1U);
  EXPECT_FALSE(error.dest);
  EXPECT_EQ(error.error.operation, ipvs::Operation::add_service);
  error = refusal(0);
  EXPECT_FALSE(error.service);
  EXPECT_EQ(error.error.operation, ipvs::Operation::replace_table);
  code = 0;
  EXPECT_EQ(replace_table(*c.backend, table).value(), true);
  api = 0;
  const auto before = c.wire->sent.size();
  EXPECT_EQ(replace_table(*c.backend, table).value(), false);
  EXPECT_EQ(c.wire->sent.size(), before + 1) << "nothing is sent in vain";
  c.wire->refuse_send = EPERM;
  EXPECT_EQ(replace_table(*c.backend, table).error().error.code, EPERM);
}

TEST(Netlink, WhatIsSaidOfAWholeTableNamesItsService) {
  Bytes cookie;
  Connection c([&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    if (request.command() == IPVS_CMD_GET_INFO) return w.answer(wire::reply(seq, info(3)) + wire::ack(seq));
    const Bytes said = attr(NLMSGERR_ATTR_MSG, text("words")) + (cookie.empty() ? Bytes{} : attr(NLMSGERR_ATTR_COOKIE, cookie));
    w.answer(bytes::message(2, 0x300, seq, number(0) + bytes::message(wire::kFamily, 5, seq, {}) + said));
  });
  const auto said = [&](const Bytes& with) {
    cookie = with;
    std::vector<ipvs::Remark> remarks;
    EXPECT_EQ(c.backend->replace_table(two_services(), remarks).value(), true);
    EXPECT_EQ(remarks.size(), 1U);
    EXPECT_EQ(remarks[0].text, "words");
    return remarks[0];
  };
  EXPECT_EQ(said(number(1U) + number(7U)).service, 1U);
  EXPECT_EQ(said(number(1U) + number(7U)).others, 7U);
  EXPECT_FALSE(said({}).service) << "an older module";
  EXPECT_FALSE(said(number(1U)).service);
  EXPECT_FALSE(said(number(2U) + number(0U)).service) << "there are two";
}

TEST(Netlink, SocketOptionsOnlyWhereThereIsNoFamily) {
  using Transport = ipvs::Client::Transport;
  int tried = 0;
  const auto open = [&](Transport transport, int code) {
    tried = 0;
    const auto fail = [](int errno_value) -> ipvs::BackendResult {
      return std::unexpected(
          ipvs::Error{.operation = ipvs::Operation::open, .code = errno_value, .detail = {}});
    };
    return ipvs::open_backend(
               transport, [&] { return fail(code); },
               [&] {
                 ++tried;
                 return fail(ENOPROTOOPT);
               })
        .error()
        .code;
  };
  EXPECT_EQ(open(Transport::any, ENOENT), ENOPROTOOPT);
  EXPECT_EQ(tried, 1);
  for (const int code : {EPERM, ENOMEM, EMFILE, ENOBUFS, EPROTO, EPROTONOSUPPORT}) {
    EXPECT_EQ(open(Transport::any, code), code);
    EXPECT_EQ(tried, 0);
  }
  EXPECT_EQ(open(Transport::netlink, ENOENT), ENOENT);
  EXPECT_EQ(tried, 0);
  EXPECT_EQ(open(Transport::sockopt, 0), ENOPROTOOPT);
  EXPECT_EQ(tried, 1);
}

/// On the kernel that runs the test, as far as that goes without privileges.
TEST(KernelLink, TalksToTheKernel) {
  auto link = ipvs::kernel_link();
  ASSERT_TRUE(link->open());
  const auto question = ipvs::codec::encode_get_family("nlctrl", 7);
  ASSERT_TRUE(link->send(question));
  const auto answer = link->receive();
  ASSERT_TRUE(answer);
  ipvs::codec::View rest = *answer;
  const auto message = ipvs::codec::take_message(rest);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->seq, 7U);
  const auto family = ipvs::codec::decode_family(*message);
  ASSERT_TRUE(family);
  EXPECT_EQ(family->number, 0x10);
  EXPECT_EQ(family->name, "nlctrl");
}

/// How large a send queue is: what was asked for, doubled by the kernel.
int send_queue(const ipvs::Link& link) {
  int size = 0;
  socklen_t length = sizeof(size);
  EXPECT_EQ(getsockopt(link.fd(), SOL_SOCKET, SO_SNDBUF, &size, &length), 0);
  return size;
}

TEST(KernelLink, ThereIsRoomForWhatIsSent) {
  auto link = ipvs::kernel_link();
  ASSERT_TRUE(link->open());
  const int at_first = send_queue(*link);
  link->make_room(static_cast<std::size_t>(at_first / 2));
  EXPECT_EQ(send_queue(*link), at_first) << "it is large enough";
  link->make_room(static_cast<std::size_t>(at_first / 2) - 1000);
  EXPECT_EQ(send_queue(*link), at_first) << "it never becomes smaller";
  const int wanted = 4096;
  const auto bare = ipvs::kernel_link();
  ASSERT_TRUE(bare->open());
  ASSERT_EQ(setsockopt(bare->fd(), SOL_SOCKET, SO_SNDBUF, &wanted, sizeof(wanted)), 0);
  bare->make_room(4097);
  EXPECT_EQ(send_queue(*bare), 8194) << "one byte more than there is room for";
}

TEST(KernelLink, ASignalEndsNothing) {
  auto link = ipvs::kernel_link();
  ASSERT_TRUE(link->open());
  const auto answer = interrupted::returned(
      [&] { return link->receive(); },
      [&] { EXPECT_TRUE(link->send(ipvs::codec::encode_get_family("nlctrl", 9))); });
  ASSERT_TRUE(answer);
  ipvs::codec::View rest = *answer;
  EXPECT_EQ(ipvs::codec::take_message(rest)->seq, 9U);
}

TEST(KernelLink, AnOldErrorIsNone) {
  auto link = ipvs::kernel_link();
  ASSERT_TRUE(link->open());
  errno = EINTR;
  ASSERT_TRUE(link->send(ipvs::codec::encode_get_family("nlctrl", 10)));
  errno = EINTR;
  const auto answer = link->receive_now();
  ASSERT_TRUE(answer);
  ipvs::codec::View rest = *answer;
  EXPECT_EQ(ipvs::codec::take_message(rest)->seq, 10U);
}

TEST(KernelLink, WhatOtherProcessesSendIsPassedOver) {
  auto link = ipvs::kernel_link();
  ASSERT_TRUE(link->open());
  ASSERT_TRUE(link->send(ipvs::codec::encode_get_family("nlctrl", 11)));
  for (const char* what : {"the answer", "its acknowledgement"}) ASSERT_TRUE(link->receive()) << what;
  sockaddr_nl address{};
  socklen_t length = sizeof(address);
  ASSERT_EQ(getsockname(link->fd(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  auto stranger = ipvs::kernel_link();
  ASSERT_TRUE(stranger->open());
  // also more than there is room for
  for (const std::size_t size : {20U, 70'000U}) {
    const Bytes bytes(size);
    const ssize_t sent =
        sendto(stranger->fd(), bytes.data(), size, 0, reinterpret_cast<const sockaddr*>(&address), length);
    if (sent < 0 && errno == EPERM) GTEST_SKIP() << "not root";
    ASSERT_EQ(sent, static_cast<ssize_t>(size));
  }
  ASSERT_TRUE(link->send(ipvs::codec::encode_get_family("nlctrl", 12)));
  const auto answer = link->receive();
  ASSERT_TRUE(answer);
  ipvs::codec::View rest = *answer;
  EXPECT_EQ(ipvs::codec::take_message(rest)->seq, 12U);
}

TEST(KernelLink, WhatCannotBeDoneIsTold) {
  auto link = ipvs::kernel_link();
  EXPECT_EQ(link->send(ipvs::codec::encode_get_family("nlctrl", 7)).error(), EBADF) << "it was not opened";
  EXPECT_EQ(link->receive().error(), EBADF);
  ASSERT_TRUE(link->open());
  EXPECT_EQ(link->receive_now().error(), EAGAIN) << "nothing has come, and nobody waits";
  EXPECT_EQ(link->send(bytes::Bytes(4 << 20)).error(), EMSGSIZE);
}

TEST(KernelLink, OpenedAgainNothingOldIsLeft) {
  auto link = ipvs::kernel_link();
  ASSERT_TRUE(link->open());
  ASSERT_TRUE(link->send(ipvs::codec::encode_get_family("nlctrl", 7)));
  const auto again = link->open();
  if (!again && again.error() == EPERM) GTEST_SKIP() << "not root";
  ASSERT_TRUE(again);
  ASSERT_TRUE(link->send(ipvs::codec::encode_get_family("nlctrl", 8)));
  const auto answer = link->receive();
  ASSERT_TRUE(answer);
  ipvs::codec::View rest = *answer;
  EXPECT_EQ(ipvs::codec::take_message(rest)->seq, 8U);
}

}  // namespace
