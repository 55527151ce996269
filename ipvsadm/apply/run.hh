// SPDX-License-Identifier: GPL-2.0-or-later
// Carries out commands: asks the kernel, prints what the formatting functions make of the answers.
#pragma once

#include <cstdio>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apply/model.hh"
#include "apply/session.hh"
#include "base/io.hh"
#include "check/gather.hh"
#include "grammar/command.hh"
#include "grammar/script.hh"
#include "grammar/sysctls.hh"
#include "names/names.hh"
#include "show/listing.hh"
#include "show/report.hh"

namespace ipvsadm {

/// What is outside of the program besides names: streams and the kernel.
struct World {
  int in = 0;
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  Kernel kernel = this_kernel();
  /// All that --check looks at but IPVS.
  std::function<std::expected<void, check::Trouble>(check::System&, bool asks)> look_around = check::gather_network;
};

/// Results go to standard output, messages to standard error. Every function returns an exit code.
class Runner {
 public:
  /// `program` is the name the tool was called by. `distinct_codes`: an exit code for each kind of failure.
  Runner(std::string program, Names& names, bool distinct_codes, World world = {})
      : program_(std::move(program)),
        names_(names),
        distinct_codes_(distinct_codes),
        world_(std::move(world)),
        out_(world_.out),
        err_(world_.err),
        session_(world_.kernel) {}

  int run(const Command& command);
  /// A command line that is none.
  int refuse(const UsageError& error);
  /// What the program exits with, `code` so far: output that did not reach its reader is no success. Closes the output.
  int finish(int code);

 private:
  int carry_out(const ipvs::Change& change);
  int carry_out(const Ensure& wanted);
  int carry_out(const StartWithKey& start);
  int carry_out(const ListServices& list);
  int carry_out(const ListConnections& list);
  int carry_out(const ShowTimeouts& show);
  int carry_out(const ShowDaemons& show);
  int carry_out(const Save& save);
  int carry_out(const Restore& restore);
  int carry_out(const Sysctls& sysctls);
  int carry_out(const Check& check);
  int carry_out(const ShowHelp&);
  int carry_out(const ShowVersion&);

  // Functions that get something return it, or the exit code.
  std::expected<ipvs::Client*, int> client();
  std::expected<ipvs::Client*, int> reached(const ipvs::Result<ipvs::Client*>& client);
  std::expected<std::vector<ipvs::ServiceWithDests>, int> services(const ListServices& list);
  std::expected<ipvs::ServiceWithDests, int> service(ipvs::Client& client, const ipvs::ServiceKey& key);
  std::expected<void, int> check_completeness(ipvs::Client& client);
  void prepare_names(const auto& table);
  std::expected<Command, int> with_key(const StartWithKey& start);
  int read_keys(std::vector<ScriptLine>& script);

  /// Exit codes of the lines carried out so far.
  struct Tally {
    int first_failure = exit_code::ok;
    int last = exit_code::ok;
    void note(int code) {
      if (first_failure == exit_code::ok) first_failure = code;
      last = code;
    }
    /// As 1.31, which ends with the code of the last line; but a success there hides no failure before it.
    int classic() const { return last != exit_code::ok ? last : first_failure; }
  };
  int restore(Restore::Mode mode);
  int restore_plain();
  int restore_replacing();
  int restore_atomic();
  int try_restore(Restore::Mode mode);
  void begin_with_kernel(TableModel& model);
  int describe(std::span<const ScriptLine> script, TableModel& model, Restore::Mode mode);
  void warn_of_unknown(const ipvs::Change& change);
  std::expected<std::vector<ScriptLine>, int> checked_script();
  bool step(ScriptLine line, std::vector<ScriptLine>& waiting, Tally& tally);
  void send(std::vector<ScriptLine>& waiting, Tally& tally);
  int replace_table(const TableModel& model, std::span<const ScriptLine> script);
  int replace_daemons(const TableModel& model, std::span<const ScriptLine> script);

  int unknown_sysctl(const std::string& name, std::span<const std::string> names);
  int act_on(const SysctlAction& action, ipvs::Client& client, std::vector<SysctlValue>& shown);

  void print(const std::string& text) { out_.write(text); }
  /// To standard error, behind all that went to standard output before.
  void complain(const std::string& message);
  int unreadable(const std::string& what, int error, int classic);
  /// `classic` is what 1.31 exits with.
  int code_of(Failure failure, int classic) const;
  int failed_listing(const ipvs::Error& error);
  int failed_change(const ipvs::Change& change, const ipvs::Error& error);
  void remark(const std::string& object, const std::string& words);
  void pass_on(const ipvs::Change& change, const std::vector<ipvs::Remark>& remarks);
  void tell_left_out();
  std::optional<std::string> cause_of(const ipvs::Change& change, const ipvs::Error& error);

  std::string program_;
  Names& names_;
  bool distinct_codes_;
  World world_;
  Output out_, err_;
  Session session_;
  Place place_;  ///< the line that is carried out while restoring
  std::map<std::string, std::size_t> remarks_;  ///< how many lines had this one so far
};

}  // namespace ipvsadm
