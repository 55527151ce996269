// SPDX-License-Identifier: GPL-2.0-or-later
// Which weights the servers of a service should have, by what they say of themselves and what others do. Pure: time is told.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feedback/answer.hh"
#include "feedback/config.hh"
#include "feedback/damper.hh"
#include "ipvs/types.hh"

namespace feedback {

/// What a later run has to know of a server: so it does not take a weight of ours for somebody's choice.
struct Memory {
  int base = 0;    ///< the weight that others gave it
  int before = 0;  ///< the weight of ours that it had, or
  int weight = 0;  ///< got, had there been time

  friend bool operator==(const Memory&, const Memory&) = default;
};
using Memories = std::map<ipvs::DestKey, Memory>;

/// A server as it is to be: as others have made it, but for its weight.
struct NewWeight {
  ipvs::Dest dest;
  int before = 0;
  std::string why;
};

/// What somebody may want to know.
struct News {
  bool is_detail = false;  ///< for who asks for all of it
  std::string text;
};

/// Others may change weights at any time, and are never fought:
///  - their weight 0 stays, whatever the server says, until they give it another one;
///  - any other weight of theirs is the new base, unless the configuration has one;
///  - a server whose weight they keep changing is left to them for a while.
class Service {
 public:
  explicit Service(ServiceConfig config, Memories memories = {});
  /// What a server has said counts as long as it is the same that is asked. One that is no longer asked has its base again.
  void configure(ServiceConfig config, Time now);
  /// It is no longer in the configuration: none of its servers is asked, and weights that are ours become the bases.
  void leave();
  /// There is nothing more to be done after leave().
  bool has_left() const;
  bool is_leaving() const { return is_leaving_; }
  const ServiceConfig& config() const { return config_; }

  /// The servers that the kernel has now, or that it has none.
  void see(std::span<const ipvs::DestEntry> dests, Time now);
  /// Those that are to be asked.
  std::vector<ipvs::DestKey> asked() const;
  void heard(const ipvs::DestKey& server, const Answer& answer, Time now);
  /// A question without an answer; why.
  void unheard(const ipvs::DestKey& server, std::string_view why, Time now);
  /// All weights are what the servers say, without a way to go.
  void settle();

  std::vector<NewWeight> wanted(Time now);
  /// The same, for the end: weights as if nobody had been asked.
  std::vector<NewWeight> farewell() const;
  /// What wanted() or farewell() wanted is so.
  void was_set(const ipvs::DestKey& server, int weight);
  /// The kernel has no such server any more.
  void is_gone(const ipvs::DestKey& server, Time now);

  /// With what wanted() has just wanted.
  Memories memories(std::span<const NewWeight> pending) const;
  std::vector<News> take_news() { return std::exchange(news_, {}); }

 private:
  struct Server {
    ipvs::Dest dest;           ///< as it was seen
    int learned = 0;           ///< the last weight of somebody else's that was not 0
    std::optional<int> ours;   ///< what we have set and nobody has changed
    bool is_held = false;      ///< at 0, by somebody else
    std::optional<Time> left_alone_until = {};
    std::deque<Time> changes = {};  ///< by somebody else
    Damper damper = {};
    bool is_new = false;       ///< it came while we were there, and begins small
    Time since = {};
    std::optional<Time> heard = {};
    bool is_silent = false;
    std::string trouble = {};  ///< why there was no answer the last time
    // What it has said.
    double percent = 100;
    bool is_down = false, is_drained = false;

    bool is_out() const { return is_down || is_drained; }
  };

  /// Of a former run or of a server that has gone: whoever puts it back with our weight has not chosen that.
  struct Remembered {
    Memory memory;
    std::optional<Time> until = {};  ///< none: until the service is first seen, and a while longer
  };

  void add(const ipvs::DestEntry& dest, bool is_first, Time now);
  void remember(const Server& server, Time now);
  void note_change(Server& server, const ipvs::DestEntry& dest, Time now);
  void step(Server& server, Time now);
  int base_of(const Server& server) const;
  int least_of(const Server& server) const;
  double least_share(const Server& server) const;
  bool is_asked(const Server& server) const;
  /// Has a weight of ours, and is no longer asked.
  bool is_returned(const Server& server) const;
  bool is_ours(const Server& server, Time now) const;
  int weight_of(const Server& server) const;
  static std::string why_of(const Server& server);
  void tell(const Server& server, bool is_detail, std::string text);

  ServiceConfig config_;
  std::map<ipvs::DestKey, Remembered> remembered_;  ///< of servers that are not there
  std::map<ipvs::DestKey, Server> servers_;
  bool was_seen_ = false, is_leaving_ = false;
  bool is_panicking_ = false;
  std::vector<News> news_;
};

}  // namespace feedback
