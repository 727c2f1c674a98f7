import membersImport from './MembersImport.graphql';
import { operation, type Found, type Group } from './operation';
import newestCommunity from './preludes/NewestCommunity.graphql';

const PEOPLE = [
  { displayName: '周子涵', city: '成都', tier: 'CORE' },
  { displayName: '吴佳怡', city: '苏州', tier: 'ORDINARY' },
  { displayName: '郑浩然', city: '长沙', tier: 'ORDINARY' },
];

export const imports: Group = {
  task: 'Import',
  operations: [
    operation({
      title: 'Import three members',
      explanation: 'Up to 1,000 rows; each has its own outcome.',
      document: membersImport,
      prelude: newestCommunity,
      variables: (found, stamp) => ({ input: { rows: PEOPLE.map((person, index) => row(person, index, found, stamp)) } }),
    }),
  ],
};

function row({ displayName, city, tier }: (typeof PEOPLE)[number], index: number, found: Found, stamp: string) {
  const phone = `+86137${String(Number(stamp) + index).slice(-8)}`;
  const communityId = found.communities?.nodes[0]?.id;
  return { externalRef: `import-${stamp}-${index + 1}`, displayName, phone, city, communityId, tier };
}
