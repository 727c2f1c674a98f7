import leaderboardOfCommunity from './LeaderboardOfCommunity.graphql';
import leaderboardStanding from './LeaderboardStanding.graphql';
import { operation, type Found, type Group } from './operation';
import largestCommunity from './preludes/LargestCommunity.graphql';
import membersOfCommunities from './preludes/MembersOfCommunities.graphql';

export const leaderboards: Group = {
  task: 'Leaderboards',
  operations: [
    operation({
      title: "A community's leaderboard",
      explanation: "The largest one's, of the month of a week ago.",
      document: leaderboardOfCommunity,
      prelude: largestCommunity,
      variables: ({ communities }) => ({ communityId: communities?.nodes[0]?.id, period: 'MONTH', on: weekAgo() }),
    }),
    operation({
      title: 'Where a member stands',
      explanation: 'This week and this month.',
      document: leaderboardStanding,
      prelude: membersOfCommunities,
      variables: (found) => ({ communityId: richest(found)?.communities?.nodes[0]?.id, memberId: richest(found)?.id }),
    }),
  ],
};

/** Who has the most to spend of the newest who are in a community. */
function richest({ members }: Found): Found.Member | undefined {
  const nodes = (members?.nodes ?? []).filter((member) => member.communities?.nodes.length);
  return nodes.sort((a, b) => Number(b.pointsBalance ?? 0) - Number(a.pointsBalance ?? 0))[0];
}

/** When the demo gave points for certain: this month may be young. */
function weekAgo(): string {
  return new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10);
}
