// SPDX-License-Identifier: GPL-2.0-or-later
// The tournament finds whom a walk along the row finds, whatever changes between two picks, and in how few matches.
extern "C" {
#include "core/tournament.h"
}

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace {

constexpr u32 kNobody = ~0u;

class Game {
 public:
  explicit Game(u32 size) : bids_(size), winners_(size), game_{size, bids_.data(), winners_.data()} {
    ip_vs_tournament_play_all(&game_);
  }
  void set(u32 seat, u64 load, u32 weight) { bids_[seat] = {load, weight}; }
  void play(u32 seat) { ip_vs_tournament_play(&game_, seat); }
  void play_all() { ip_vs_tournament_play_all(&game_); }
  u32 winner() const {
    u32 seat;
    return ip_vs_tournament_winner(&game_, &seat) ? seat : kNobody;
  }
  // As the schedulers' walk along the list: the first of equals.
  u32 walk() const {
    u32 least = kNobody;
    for (u32 i = 0; i < bids_.size(); ++i)
      if (bids_[i].weight != 0 && (least == kNobody || ip_vs_load_less(bids_[i].load, bids_[i].weight, bids_[least].load,
                                                                       bids_[least].weight)))
        least = i;
    return least;
  }

 private:
  std::vector<ip_vs_bid> bids_;
  std::vector<u32> winners_;
  ip_vs_tournament game_;
};

TEST(Tournament, NobodyTakesPartAtFirst) {
  for (u32 size : {2u, 4u, 64u}) EXPECT_EQ(Game(size).winner(), kNobody) << size;
}

TEST(Tournament, TheOnlyOneWinsWhereverHeSits) {
  for (u32 size : {2u, 8u, 32u}) {
    for (u32 seat = 0; seat < size; ++seat) {
      Game game(size);
      game.set(seat, ~0u, 1);
      game.play(seat);
      EXPECT_EQ(game.winner(), seat);
      game.set(seat, 0, 0);
      game.play(seat);
      EXPECT_EQ(game.winner(), kNobody);
    }
  }
}

TEST(Tournament, OfEqualsTheFirstWins) {
  Game game(8);
  for (u32 seat : {6u, 2u, 5u}) {
    game.set(seat, 10, 2);
    game.play(seat);
  }
  EXPECT_EQ(game.winner(), 2u);
  // 15/3 is as much as 10/2
  game.set(1, 15, 3);
  game.play(1);
  EXPECT_EQ(game.winner(), 1u);
  game.set(1, 16, 3);
  game.play(1);
  EXPECT_EQ(game.winner(), 2u);
}

TEST(Tournament, WhoBecomesWorseLosesToWhomHeHadBeaten) {
  Game game(4);
  for (u32 seat = 0; seat < 4; ++seat) {
    game.set(seat, seat + 1, 1);
    game.play(seat);
  }
  for (u32 seat = 0; seat < 3; ++seat) {
    EXPECT_EQ(game.winner(), seat);
    game.set(seat, 100, 1);
    game.play(seat);
  }
  EXPECT_EQ(game.winner(), 3u);
}

TEST(Tournament, LargestLoadsAndWeights) {
  Game game(2);
  game.set(0, u64{1} << 39, 0x7fffffff);
  game.set(1, (u64{1} << 39) - 1, 0x7fffffff);
  game.play_all();
  EXPECT_EQ(game.winner(), 1u);
  game.set(1, (u64{1} << 39) - 1, 0x7ffffffe);
  game.play(1);
  EXPECT_EQ(game.winner(), 0u);
}

TEST(Tournament, ChancesAreThoseOfAWalk) {
  std::mt19937 random(7);
  for (u32 size : {2u, 4u, 16u, 256u}) {
    Game game(size);
    for (int turn = 0; turn < 20000; ++turn) {
      u32 seat = random() % size;
      // few loads and weights, so that there are equals; now and then nobody
      u32 weight = random() % (turn / 5000 % 2 ? 2 : 5);
      game.set(seat, random() % 8, weight);
      game.play(seat);
      ASSERT_EQ(game.winner(), game.walk()) << size << ": " << turn;
    }
  }
}

TEST(Tournament, AfterManyChangesAtOnceAllMatchesArePlayed) {
  std::mt19937 random(8);
  Game game(64);
  for (int turn = 0; turn < 500; ++turn) {
    for (u32 seat = 0; seat < 64; ++seat) game.set(seat, random() % 100, random() % 3);
    game.play_all();
    ASSERT_EQ(game.winner(), game.walk()) << turn;
  }
}

}  // namespace
