// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/screen.hh"

#include <algorithm>
#include <limits>

#include "base/format.hh"
#include "base/overview.hh"
#include "base/words.hh"
#include "top/options.hh"

namespace top {
namespace {

using ipvsadm::formatted;

constexpr std::size_t kInput = 200;

Taken nothing_yet() {
  auto snapshot = std::make_shared<ipvsadm::Snapshot>();
  snapshot->trouble = "the kernel has not answered yet";
  return snapshot;
}

std::string name_of(const ipvs::ServiceKey& service, const ipvs::DestKey& dest) {
  return ipvsadm::title_of(dest) + " of " + ipvsadm::title_of(service);
}

/// Moves a window of `size` so that `index` is in it, and no further behind the end than needed.
void show(std::size_t& first, std::size_t index, std::size_t size, std::size_t count) {
  if (index < first) first = index;
  if (size > 0 && index >= first + size) first = index - size + 1;
  first = std::min(first, count > size ? count - size : 0);
}

}  // namespace

std::vector<std::string> help_lines() {
  std::vector<std::string> lines{
      "ipvs-top shows services and servers of IPVS, the load balancer in the kernel",
      "",
      "  up, down, page up, page down, home, end    move (j, k, g, G, too)",
      "  enter, right, left    show or hide the servers of a service",
      "  + -     show or hide those of all",
      "  /       only what has all of these words in address, port, scheduler or mark",
      "  esc     without that again",
      "  s       sort by ..., < and > by the column to the left or right, r in reverse",
      "  c       connections of the service or server, a thousand at a time: < and >",
      "          for others, / for those with these words, q back to the table",
      "  i       seconds between readings        p  pause        space  read now",
      "  h, ?    this                            q  quit         ^L     draw anew",
      "",
      "with --write, for a server; each asks before it does something:",
      "  d       drain: weight 0, no new connections",
      "  u       undrain: the weight that it had",
      "  w       set its weight",
      "",
      "in front of a row:",
      "  !       service without a usable server     ~  some are not usable",
      "  d       server with weight 0: drained       F  server that is full: as many",
      "          connections as its upper threshold",
      "",
      "columns, as many as there is room for; the one that is sorted by always is:",
  };
  for (const ColumnWords& each : columns())
    lines.push_back(formatted("  {}  {} {} {}", each.key, fitted(each.name, 9), fitted(each.title, 7), each.meaning));
  lines.emplace_back("  bars: the part that a server has of its service, a service of all, in the");
  lines.emplace_back("  column that is sorted by; of connections where that is no number");
  return lines;
}

Screen::Screen(const Settings& settings)
    : pace_{.interval = settings.interval},
      may_write_(settings.may_write),
      frame_(nothing_yet()),
      sorting_(settings.sorting),
      filter_text_(settings.filter),
      filter_(settings.filter),
      is_open_(settings.is_open) {}

void Screen::resize(std::size_t width, std::size_t height) {
  width_ = width;
  height_ = height;
  scroll();
}

void Screen::take(Taken taken, std::string clock) {
  frame_ = Frame(std::move(taken), frame_.taken());
  clock_ = std::move(clock);
  arrange();
}

void Screen::take(ConnectionList list) {
  if (!query_ || list.number != query_->number) return;
  is_listing_ = false;
  list_ = std::move(list);
  scroll();
}

// --- what is where ---

std::size_t Screen::rows_shown() const {
  std::size_t others = 2;  // titles and status
  if (view_ == View::table) others += header_lines(frame_, pace_, clock_, std::max<std::size_t>(height_ / 3, 1)).size();
  if (view_ == View::connections) others += 1;
  if (view_ == View::help) others = 1;
  return height_ > others ? height_ - others : 0;
}

std::size_t Screen::count() const {
  return view_ == View::table ? rows_.size() : view_ == View::connections ? list_.rows.size() : help_lines().size();
}

const Row* Screen::selected() const { return selected_ < rows_.size() ? &rows_[selected_] : nullptr; }

void Screen::scroll() {
  const std::size_t shown = rows_shown();
  show(first_, selected_, shown, rows_.size());
  show(list_first_, list_first_, shown, list_.rows.size());
  show(help_first_, help_first_, shown, help_lines().size());
}

void Screen::arrange() {
  rows_ = rows_of(frame_, sorting_, filter_, [this](const ipvs::ServiceKey& key) { return is_open_ != exceptions_.contains(key); });
  // A table that has gone may come back.
  if (rows_.empty()) return;
  if (selected_key_) {
    const auto& [service, dest] = *selected_key_;
    const auto found = std::ranges::find_if(rows_, [&](const Row& row) {
      return row.is_service() == !dest && frame_.service(row.service).service.key == service &&
             (!dest || frame_.dest(row.service, row.dest).key == *dest);
    });
    if (found != rows_.end()) selected_ = static_cast<std::size_t>(found - rows_.begin());
  }
  move_to(static_cast<std::ptrdiff_t>(selected_));
}

void Screen::move_to(std::ptrdiff_t index) {
  if (rows_.empty()) return;
  selected_ = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(index, 0, static_cast<std::ptrdiff_t>(rows_.size()) - 1));
  const Row& row = rows_[selected_];
  selected_key_.emplace(frame_.service(row.service).service.key, std::nullopt);
  if (!row.is_service()) selected_key_->second = frame_.dest(row.service, row.dest).key;
  scroll();
}

// --- keys ---

void Screen::say(std::string text, Style style) {
  message_ = std::move(text);
  message_style_ = style;
}

void Screen::press(Key key) {
  message_.clear();
  if (key.code == Key::character && key.value == '\f') {
    wishes_.emplace_back(wish::Redraw{});
    return;
  }
  if (prompt_ != Prompt::none) return press_in_prompt(key);
  if (press_moving(key)) return;
  if (view_ == View::help) {
    // Whatever else is pressed leads back.
    help_first_ = 0;
    view_ = query_ ? View::connections : View::table;
    return scroll();
  }
  if (view_ == View::connections) return press_in_connections(key);
  press_in_table(key);
}

bool Screen::press_moving(Key key) {
  const auto page = static_cast<std::ptrdiff_t>(std::max<std::size_t>(rows_shown(), 1));
  const auto all = static_cast<std::ptrdiff_t>(count());
  std::ptrdiff_t by = 0;
  const bool is_letter = key.code == Key::character;
  if (key.code == Key::up || (is_letter && key.value == 'k')) by = -1;
  else if (key.code == Key::down || (is_letter && key.value == 'j')) by = 1;
  else if (key.code == Key::page_up) by = -page;
  else if (key.code == Key::page_down) by = page;
  else if (key.code == Key::home || (is_letter && key.value == 'g')) by = -all;
  else if (key.code == Key::end || (is_letter && key.value == 'G')) by = all;
  else return false;
  if (view_ == View::table) {
    move_to(static_cast<std::ptrdiff_t>(selected_) + by);
    return true;
  }
  std::size_t& first = view_ == View::help ? help_first_ : list_first_;
  const std::ptrdiff_t last = std::max<std::ptrdiff_t>(all - page, 0);
  first = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(first) + by, 0, last));
  return true;
}

void Screen::press_common(char key) {
  switch (key) {
    case ' ':
      wishes_.emplace_back(wish::Read{});
      if (query_) ask_for_list(list_.from);
      return;
    case 'p':
      pace_.is_paused = !pace_.is_paused;
      if (!pace_.is_paused) wishes_.emplace_back(wish::Read{});
      return;
    case 'i':
      return open_prompt(Prompt::interval, formatted("{:g}", pace_.interval));
    case '/':
      before_ = view_ == View::table ? filter_text_ : connection_filter_;
      return open_prompt(Prompt::filter, before_);
    case 'h':
    case '?':
      view_ = View::help;
      return;
    default:
      return say(formatted("the key '{}' does nothing here; h shows those that do", plain(std::string(1, key))));
  }
}

void Screen::press_in_table(Key key) {
  switch (key.code) {
    case Key::enter:
      return toggle();
    case Key::right:
      return toggle(true);
    case Key::left:
      return toggle(false);
    case Key::escape:
      return apply_filter("");
    case Key::character:
      break;
    default:
      return;
  }
  switch (key.value) {
    case 'q':
      wishes_.emplace_back(wish::Quit{});
      return;
    case '+':
    case '-':
      is_open_ = key.value == '+';
      exceptions_.clear();
      if (const Row* row = selected(); row && !row->is_service() && !is_open_) selected_key_->second.reset();
      return arrange();
    case 's':
      return open_prompt(Prompt::sort, "");
    case '<':
    case '>':
      return step_column(key.value == '<' ? -1 : 1);
    case 'r':
      sorting_.is_reversed = !sorting_.is_reversed;
      return arrange();
    case 'c':
      return open_connections();
    case 'd':
      return drain();
    case 'u':
      return undrain();
    case 'w':
      if ((subject_ = selected_server())) open_prompt(Prompt::weight, formatted("{}", weight_of(*subject_).value_or(0)));
      return;
    default:
      return press_common(key.value);
  }
}

void Screen::press_in_connections(Key key) {
  if (key.code == Key::escape || key.code == Key::left || (key.code == Key::character && key.value == 'q')) {
    query_.reset();
    list_ = {};
    is_listing_ = false;
    view_ = View::table;
    return scroll();
  }
  if (key.code != Key::character) return;
  if (key.value == '>' && list_.has_more) return ask_for_list(list_.from + kConnectionsKept);
  if (key.value == '<' && list_.from > 0) return ask_for_list(list_.from - std::min(list_.from, kConnectionsKept));
  if (key.value == '>' || key.value == '<') return say(key.value == '>' ? "there are no more" : "these are the first");
  press_common(key.value);
}

void Screen::toggle(std::optional<bool> to) {
  const Row* row = selected();
  if (!row) return;
  const ipvs::ServiceKey key = frame_.service(row->service).service.key;
  const bool is_open = is_open_ != exceptions_.contains(key);
  if (to != is_open) {
    if (is_open == is_open_) exceptions_.insert(key);
    else exceptions_.erase(key);
  }
  // Its servers go out of sight.
  if (!to.value_or(!is_open)) selected_key_.emplace(key, std::nullopt);
  arrange();
}

void Screen::sort_by(Column column) {
  sorting_ = {.column = column};
  arrange();
}

void Screen::step_column(int by) {
  const auto size = static_cast<int>(columns().size());
  sort_by(columns()[static_cast<std::size_t>((static_cast<int>(sorting_.column) + by + size) % size)].column);
}

void Screen::apply_filter(const std::string& text) {
  if (view_ == View::connections) {
    if (std::exchange(connection_filter_, text) != text) ask_for_list(0);
    return;
  }
  filter_text_ = text;
  filter_ = Filter(text);
  // If what was selected is not among them.
  selected_ = 0;
  arrange();
}

// --- what is typed ---

void Screen::open_prompt(Prompt prompt, std::string text) {
  prompt_ = prompt;
  input_ = std::move(text);
}

void Screen::press_in_prompt(Key key) {
  if (prompt_ == Prompt::confirm) {
    prompt_ = Prompt::none;
    if (key.code == Key::character && (key.value == 'y' || key.value == 'Y')) {
      wishes_.emplace_back(*pending_);
      return say("asking the kernel");
    }
    return say("nothing was changed");
  }
  if (prompt_ == Prompt::sort) {
    prompt_ = Prompt::none;
    if (key.code != Key::character) return;
    const auto found = std::ranges::find(columns(), key.value, &ColumnWords::key);
    if (found == columns().end()) return say(formatted("no column has the key '{}'; h shows them", plain(std::string(1, key.value))));
    return sort_by(found->column);
  }
  // Filters act while they are typed; the kernel's list of connections is asked for only when they are complete.
  const bool is_live = prompt_ == Prompt::filter && view_ == View::table;
  switch (key.code) {
    case Key::enter:
      return finish_prompt();
    case Key::escape:
      prompt_ = Prompt::none;
      if (is_live) apply_filter(before_);
      return;
    case Key::backspace:
      if (!input_.empty()) input_.pop_back();
      break;
    case Key::character:
      if (key.value == '\x15') input_.clear();  // ^U
      else if (key.value >= ' ' && key.value < '\x7f' && input_.size() < kInput) input_ += key.value;
      break;
    default:
      return;
  }
  if (is_live) apply_filter(input_);
}

void Screen::finish_prompt() {
  const Prompt prompt = std::exchange(prompt_, Prompt::none);
  if (prompt == Prompt::filter) return apply_filter(input_);
  if (prompt == Prompt::interval) {
    const auto seconds = interval_from(input_);
    if (!seconds) return say(seconds.error(), Style::bad);
    pace_.interval = *seconds;
    wishes_.emplace_back(wish::Read{});
    return;
  }
  const auto weight = ipvsadm::whole_number<std::int32_t>(input_);
  if (!weight || *weight < 0)
    return say(formatted("\"{}\" is no weight: 0 to {}", input_, std::numeric_limits<std::int32_t>::max()), Style::bad);
  wish_weight(*weight);
}

// --- connections ---

void Screen::open_connections() {
  const Row* row = selected();
  if (!row) return say("there is no service");
  const auto& service = frame_.service(row->service);
  const auto query = std::make_shared<ConnectionQuery>(frame_.snapshot(), service,
                                                       row->is_service() ? nullptr : &service.dests[row->dest]);
  query_ = query;
  connection_filter_.clear();
  view_ = View::connections;
  list_ = {};
  list_first_ = 0;
  ask_for_list(0);
}

void Screen::ask_for_list(std::size_t from) {
  auto query = std::make_shared<ConnectionQuery>(*query_);
  query->filter = Filter(connection_filter_);
  query->number = ++questions_;
  if (query->from != from) list_first_ = 0;
  query->from = from;
  query_ = query;
  is_listing_ = true;
  wishes_.emplace_back(wish::List{query_});
}

void Screen::list_again() {
  if (query_) ask_for_list(query_->from);
}

// --- weights ---

std::optional<Screen::ServerKey> Screen::selected_server() {
  if (!may_write_) {
    say("weights stay as they are: start ipvs-top with --write to change them", Style::fair);
    return {};
  }
  const Row* row = selected();
  if (!row || row->is_service()) {
    say("choose a server: a service has no weight of its own");
    return {};
  }
  return ServerKey{frame_.service(row->service).service.key, frame_.dest(row->service, row->dest).key};
}

std::optional<std::int32_t> Screen::weight_of(const ServerKey& server) const {
  const auto* service = ipvsadm::find_service(frame_.snapshot(), server.first);
  if (!service) return {};
  const auto found = std::ranges::find(service->dests, server.second, &ipvs::DestEntry::key);
  if (found == service->dests.end()) return {};
  return found->weight;
}

void Screen::drain() {
  subject_ = selected_server();
  if (!subject_) return;
  if (weight_of(*subject_) == 0) return say("it is drained already: u gives it its weight back");
  wish_weight(0);
}

void Screen::undrain() {
  subject_ = selected_server();
  if (!subject_) return;
  if (weight_of(*subject_) != 0) return say("it is not drained: w changes its weight");
  const auto found = drained_.find(*subject_);
  if (found != drained_.end()) return wish_weight(found->second);
  // Somebody else has drained it.
  open_prompt(Prompt::weight, "1");
}

void Screen::wish_weight(std::int32_t weight) {
  const auto before = weight_of(*subject_);
  if (!before) return say(name_of(subject_->first, subject_->second) + " is not there any more", Style::bad);
  pending_ = {.service = subject_->first, .dest = subject_->second, .weight = weight};
  prompt_ = Prompt::confirm;
}

void Screen::weight_is_set(const WeightOutcome& outcome) {
  const ServerKey server{outcome.wanted.service, outcome.wanted.dest};
  const std::string name = name_of(server.first, server.second);
  if (!outcome.trouble.empty()) return say(formatted("{}: {}", name, plain(outcome.trouble)), Style::bad);
  if (outcome.wanted.weight != 0) drained_.erase(server);
  else if (outcome.before != 0) drained_[server] = outcome.before;
  std::string text = formatted("{}: weight {}, was {}", name, outcome.wanted.weight, outcome.before);
  if (!outcome.remark.empty()) text += "; " + plain(outcome.remark);
  say(std::move(text), Style::good);
  wishes_.emplace_back(wish::Read{});
}

// --- what is seen ---

/// Of a long text its end, where one types.
Line Screen::typed_line(const std::string& label) const {
  const std::size_t room = width_ > label.size() + 1 ? width_ - label.size() - 1 : 0;
  return {{label, Style::bold}, {input_.substr(input_.size() - std::min(input_.size(), room))}, {"_", Style::bold}};
}

Line Screen::status_line() const {
  switch (prompt_) {
    case Prompt::filter:
      return typed_line("filter: ");
    case Prompt::sort:
      return {{"sort by n)ame k)ind h)ealth w)eight a)ctive i)nactive c)onns p,P packets b,B bytes", Style::bold}};
    case Prompt::interval:
      return typed_line("seconds between readings: ");
    case Prompt::weight:
      return typed_line(formatted("weight of {}: ", name_of(subject_->first, subject_->second)));
    case Prompt::confirm:
      return {{formatted("{}{}: weight {} -> {}? y/n", pending_->weight == 0 ? "drain " : "", name_of(pending_->service, pending_->dest),
                         weight_of({pending_->service, pending_->dest}).value_or(0), pending_->weight),
               Style::fair}};
    case Prompt::none:
      break;
  }
  if (!message_.empty()) return {{message_, message_style_}};
  const std::string& filter = view_ == View::connections ? connection_filter_ : filter_text_;
  Line line;
  if (!filter.empty()) line.push_back({formatted("filter: {}   ", filter), Style::fair});
  if (view_ == View::connections) line.push_back({"q back  / filter  < > others  space read  p pause  h help", Style::quiet});
  else if (may_write_) line.push_back({"h help  q quit  / filter  s sort  c connections  d drain  u undrain  w weight", Style::quiet});
  else line.push_back({"h help  q quit  / filter  s sort  c connections  p pause  + - servers", Style::quiet});
  return line;
}

void Screen::draw_table(Grid& grid) const {
  const auto header = header_lines(frame_, pace_, clock_, std::max<std::size_t>(height_ / 3, 1));
  std::size_t at = 0;
  for (const Line& each : header) grid.put(at++, each);
  const Layout layout = layout_for(width_, sorting_.column);
  grid.put(at++, titles_line(layout, sorting_), true);
  const std::size_t shown = rows_shown();
  for (std::size_t i = first_; i < std::min(first_ + shown, rows_.size()); ++i)
    grid.put(at++, row_line(frame_, rows_[i], layout), i == selected_);
  if (rows_.empty() && frame_.snapshot().is_up())
    grid.put(at, {{filter_.is_empty() ? "    there are no services" : "    nothing has all of these words", Style::quiet}});
}

void Screen::draw_connections(Grid& grid) const {
  std::string count = is_listing_ && list_.rows.empty() ? "reading" : list_.rows.empty() ? "none"
                      : formatted("{} to {}{}", list_.from + 1, list_.from + list_.rows.size(),
                                  list_.has_more ? ", there are more" : "");
  if (pace_.is_paused) count += ", paused";
  grid.put(0, {{formatted("connections of {}   ", query_->title), Style::bold}, {count}});
  grid.put(1, connection_titles(*query_, width_), true);
  if (!list_.trouble.empty()) grid.put(2, {{plain(list_.trouble), Style::bad}});
  const std::size_t shown = rows_shown();
  for (std::size_t i = list_first_; i < std::min(list_first_ + shown, list_.rows.size()); ++i)
    grid.put(2 + i - list_first_, connection_line(list_.rows[i], *query_, width_));
}

void Screen::draw_help(Grid& grid) const {
  const auto lines = help_lines();
  for (std::size_t i = help_first_; i < std::min(help_first_ + rows_shown(), lines.size()); ++i)
    grid.put(i - help_first_, {{lines[i]}});
}

Grid Screen::draw() const {
  Grid grid(width_, height_);
  switch (view_) {
    case View::table:
      draw_table(grid);
      break;
    case View::connections:
      draw_connections(grid);
      break;
    case View::help:
      draw_help(grid);
      break;
  }
  if (height_ == 0) return grid;
  grid.put(height_ - 1, view_ == View::help ? Line{{"any other key leads back", Style::quiet}} : status_line());
  return grid;
}

}  // namespace top
