import memberByExternalRef from './MemberByExternalRef.graphql';
import memberByPhone from './MemberByPhone.graphql';
import memberCreate from './MemberCreate.graphql';
import memberIdentityAdd from './MemberIdentityAdd.graphql';
import memberList from './MemberList.graphql';
import memberProfileSet from './MemberProfileSet.graphql';
import memberUpdate from './MemberUpdate.graphql';
import { operation, type Found, type Group } from './operation';
import membersWithPhone from './preludes/MembersWithPhone.graphql';
import newestMembers from './preludes/NewestMembers.graphql';

export const members: Group = {
  task: 'Members',
  operations: [
    operation({
      title: 'List members',
      explanation: 'Page by page, with masked phones.',
      document: memberList,
      variables: () => ({ first: 10, sort: 'NAME_ASC' }),
    }),
    operation({
      title: 'Find by reference',
      explanation: 'By the id your own system knows.',
      document: memberByExternalRef,
      prelude: newestMembers,
      variables: (found) => ({ externalRef: firstWith(found, 'externalRef') }),
    }),
    operation({
      title: 'Find by phone',
      explanation: 'Exact; with or without country code.',
      document: memberByPhone,
      prelude: membersWithPhone,
      variables: (found) => ({ phone: firstWith(found, 'phone') }),
    }),
    operation({
      title: 'Create a member',
      explanation: 'With your own reference and a phone.',
      document: memberCreate,
      variables: (_, stamp) => ({
        input: { displayName: '林小雨', externalRef: `console-${stamp}`, phone: `+86139${stamp.slice(-8)}` },
      }),
    }),
    operation({
      title: 'Tag a member',
      explanation: 'Sets the tags of the newest one.',
      document: memberUpdate,
      prelude: newestMembers,
      variables: (found) => ({ input: { id: newest(found), tags: ['夜跑', '新人'] } }),
    }),
    operation({
      title: 'Set profile values',
      explanation: 'Each with its source and time.',
      document: memberProfileSet,
      prelude: newestMembers,
      variables: (found) => ({
        input: {
          memberId: newest(found),
          source: 'OPERATOR',
          profile: { city: '杭州', cityTier: 'NEW_TIER_1', interests: ['跑步', '读书'], payPropensity: 'HIGH' },
        },
      }),
    }),
    operation({
      title: 'Add an identity',
      explanation: 'One person, several platform ids.',
      document: memberIdentityAdd,
      prelude: newestMembers,
      variables: (found, stamp) => ({
        input: { memberId: newest(found), kind: 'OPENID', platform: 'WECHAT', appId: 'wx-demo', value: `o-${stamp}` },
      }),
    }),
  ],
};

function newest(found: Found): string | undefined {
  return found.members?.nodes[0]?.id;
}

function firstWith(found: Found, field: 'externalRef' | 'phone'): string | undefined {
  return found.members?.nodes.find((member) => member[field])?.[field] ?? undefined;
}
