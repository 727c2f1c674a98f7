import membersImport from './MembersImport.graphql';
import { operation, type Group } from './operation';

export const imports: Group = {
  task: 'Import',
  operations: [
    operation({
      title: 'Import three members',
      explanation: 'Up to 1,000 rows; each has its own outcome.',
      document: membersImport,
      variables: (_, stamp) => ({
        input: {
          rows: ['周子涵', '吴佳怡', '郑浩然'].map((displayName, index) => ({
            displayName,
            externalRef: `import-${stamp}-${index + 1}`,
          })),
        },
      }),
    }),
  ],
};
