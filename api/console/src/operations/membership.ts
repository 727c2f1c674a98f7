import communityMemberAdd from './CommunityMemberAdd.graphql';
import communityMemberRemove from './CommunityMemberRemove.graphql';
import communityMemberTierSet from './CommunityMemberTierSet.graphql';
import { operation, type Found, type Group } from './operation';
import memberships from './preludes/Memberships.graphql';

export const membership: Group = {
  task: 'Membership and tiers',
  operations: [
    operation({
      title: 'Add a member to a community',
      explanation: 'A recent member, where not yet a member.',
      document: communityMemberAdd,
      prelude: memberships,
      variables: (found) => ({ input: { ...missingMembership(found), tier: 'ORDINARY' } }),
    }),
    operation({
      title: 'Set a tier',
      explanation: 'A recent member becomes a core member.',
      document: communityMemberTierSet,
      prelude: memberships,
      variables: (found) => ({ input: { ...someMembership(found), tier: 'CORE' } }),
    }),
    operation({
      title: 'Remove from a community',
      explanation: 'The member stays; the membership ends.',
      document: communityMemberRemove,
      prelude: memberships,
      variables: (found) => ({ input: someMembership(found) }),
    }),
  ],
};

interface Membership {
  communityId: string | undefined;
  memberId: string | undefined;
}

/** The newest member who is in a community, and the first such community. */
function someMembership({ members }: Found): Membership {
  const member = members?.nodes.find((member) => member.communities?.nodes.length);
  return { communityId: member?.communities?.nodes[0]?.id, memberId: member?.id };
}

/** The newest member, and the first community that does not have them. */
function missingMembership({ members, communities }: Found): Membership {
  for (const member of members?.nodes ?? []) {
    const joined = new Set(member.communities?.nodes.map(({ id }) => id));
    const community = communities?.nodes.find(({ id }) => !joined.has(id));
    if (community) return { communityId: community.id, memberId: member.id };
  }
  return { communityId: undefined, memberId: undefined };
}
