import growthNodeSet from './GrowthNodeSet.graphql';
import growthOfMember from './GrowthOfMember.graphql';
import growthPath from './GrowthPath.graphql';
import growthPathUpdate from './GrowthPathUpdate.graphql';
import { operation, type Found, type Group } from './operation';
import pathAndMembers from './preludes/PathAndMembers.graphql';

export const growth: Group = {
  task: 'Growth path',
  operations: [
    operation({
      title: 'The path, and who stands where',
      explanation: 'Nodes, what they are worth, how many.',
      document: growthPath,
    }),
    operation({
      title: 'How far a member has come',
      explanation: 'Where they stand, what is next, and why.',
      document: growthOfMember,
      prelude: pathAndMembers,
      variables: (found) => ({ id: furthest(found)?.id }),
    }),
    operation({
      title: 'Promote by hand',
      explanation: 'Kept to the end of the month at least.',
      document: growthNodeSet,
      prelude: pathAndMembers,
      variables: (found, stamp) => ({
        input: {
          memberId: furthest(found)?.id,
          node: furthest(found)?.growth?.nextNode?.code,
          reason: '社群纪念日特别贡献',
          idempotencyKey: `console-${stamp}`,
        },
      }),
    }),
    operation({
      title: 'Change the path',
      explanation: 'Everybody is reviewed by it.',
      document: growthPathUpdate,
      prelude: pathAndMembers,
      variables: ({ growthPath: path }, stamp) => ({ input: path && { ...path, idempotencyKey: `console-${stamp}` } }),
    }),
  ],
};

/** Who has the largest value of the newest, and somewhere to go. */
function furthest({ members }: Found): Found.Member | undefined {
  const nodes = (members?.nodes ?? []).filter((member) => member.growth?.nextNode);
  return nodes.sort((a, b) => Number(b.growth?.value ?? 0) - Number(a.growth?.value ?? 0))[0];
}
