import communityArchive from './CommunityArchive.graphql';
import communityCreate from './CommunityCreate.graphql';
import communityList from './CommunityList.graphql';
import communityRestore from './CommunityRestore.graphql';
import communityUpdate from './CommunityUpdate.graphql';
import communityWithMembers from './CommunityWithMembers.graphql';
import { operation, type Found, type Group } from './operation';
import archivedCommunity from './preludes/ArchivedCommunity.graphql';
import largestCommunity from './preludes/LargestCommunity.graphql';
import newestCommunity from './preludes/NewestCommunity.graphql';

export const communities: Group = {
  task: 'Communities',
  operations: [
    operation({
      title: 'List communities',
      explanation: 'The largest first, page by page.',
      document: communityList,
      variables: () => ({ first: 10, sort: 'MEMBER_COUNT_DESC' }),
    }),
    operation({
      title: 'One community with members',
      explanation: 'The largest, and who joined it last.',
      document: communityWithMembers,
      prelude: largestCommunity,
      variables: (found) => ({ id: first(found), first: 10 }),
    }),
    operation({
      title: 'Create a community',
      explanation: 'Needs type, positioning and value proposition.',
      document: communityCreate,
      variables: (_, stamp) => ({
        input: {
          name: `城市夜跑 ${stamp}`,
          type: 'INTEREST',
          positioning: 'INTEREST_SOCIAL',
          platform: 'WECHAT',
          valueProposition: '每周三次，有人陪你跑完五公里。',
        },
      }),
    }),
    operation({
      title: 'Change a community',
      explanation: 'The newest one moves on to growth.',
      document: communityUpdate,
      prelude: newestCommunity,
      variables: (found) => ({ input: { id: first(found), stage: 'GROWTH' } }),
    }),
    operation({
      title: 'Archive a community',
      explanation: 'The newest one leaves the lists.',
      document: communityArchive,
      prelude: newestCommunity,
      variables: (found) => ({ input: { id: first(found) } }),
    }),
    operation({
      title: 'Restore a community',
      explanation: 'An archived one comes back.',
      document: communityRestore,
      prelude: archivedCommunity,
      variables: (found) => ({ input: { id: first(found) } }),
    }),
  ],
};

function first({ communities }: Found): string | undefined {
  return communities?.nodes[0]?.id;
}
